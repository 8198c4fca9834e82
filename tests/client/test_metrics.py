"""Metrics against the sandbox: what they count, what they cost when off, and how they are shown."""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter
from importlib import import_module
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import odoochat
from odoochat import LinkChanged, MessagePosted, Metrics
from odoochat.metrics import METRICS
from odoochat.otel import export, instrument_name
from odoochat.sandbox import Sandbox
from tests.timings import quick_connect

SECONDS = 20.0


async def until(found: Any) -> None:
    async with asyncio.timeout(SECONDS):
        while not found():
            await asyncio.sleep(0.01)


async def test_a_client_is_counted_from_its_login_to_its_close():
    metrics = Metrics()
    async with (
        Sandbox(19) as box,
        quick_connect(box.url, login="ann", password="ann", metrics=metrics) as ann,
        quick_connect(box.url, login="bob", password="bob") as bob,
    ):
        value = metrics.value
        assert value("odoochat_clients") == value("odoochat_link_open") == 1
        assert value("odoochat_link_changes_total", "open") == 1
        assert value("odoochat_reconnects_total") == 0

        with_events = ann.events(maxsize=1)
        for text in ("one", "two", "three"):
            await bob.channel("general").send(text)
        await until(lambda: value("odoochat_delivery_lag_seconds") == 3)
        assert value("odoochat_events_total", "MessagePosted") == 3
        assert value("odoochat_subscriptions") == value("odoochat_subscription_events") == 1
        assert value("odoochat_events_missed_total") >= 2
        with_events.close()
        assert value("odoochat_subscriptions") == 0

        await ann.channel("general").send("mine")
        assert value("odoochat_sends_total", "posted") == value("odoochat_send_seconds") == 1
        assert value("odoochat_delivery_lag_seconds") == 3
        box.faults.cut_answer(method="/mail/message/post")
        await ann.channel("general").send("again")
        assert value("odoochat_sends_total", "posted") == 2
        assert value("odoochat_outbox_messages") == 0

        links = ann.events(LinkChanged)
        box.faults.drop()
        async for event in links:
            if isinstance(event, LinkChanged) and event.state == "open":
                break
        assert value("odoochat_reconnects_total") == 1
    assert value("odoochat_clients") == value("odoochat_link_open") == 0
    assert value("odoochat_sends_total", "posted") == 2
    assert value("odoochat_events_missed_total") >= 2
    with pytest.raises(KeyError):
        value("odoochat_nothing")


async def test_retries_and_failures_are_counted():
    metrics = Metrics()
    async with (
        Sandbox(19) as box,
        quick_connect(box.url, login="ann", password="ann", metrics=metrics, patience=60) as ann,
    ):
        box.faults.fail(times=3, status=502)
        await ann.channel("general").send("hello")
        assert metrics.value("odoochat_send_retries_total") >= 1
        with pytest.raises(odoochat.OdooChatError):
            await (await ann.record("res.partner", 3)).send("may not")
        assert metrics.value("odoochat_sends_total", "failed") == 1


async def test_a_refused_login_leaves_no_client_behind():
    metrics = Metrics()
    async with Sandbox(19) as box:
        with pytest.raises(odoochat.LoginError):
            await odoochat.connect(box.url, login="ann", password="wrong", metrics=metrics)
    assert metrics.value("odoochat_clients") == 0


async def test_without_metrics_none_of_their_code_runs():
    calls: Counter[str] = Counter()

    def count(frame: Any, event: str, _: object) -> None:
        if event == "call":
            calls[frame.f_globals.get("__name__", "")] += 1

    async def work(metrics: Metrics | None) -> int:
        calls.clear()
        async with Sandbox(19) as box, quick_connect(box.url, login="ann", password="ann", metrics=metrics) as ann:
            sys.setprofile(count)
            try:
                posts = ann.events(MessagePosted)
                await ann.channel("general").send("hi")
                await posts.get(SECONDS)
            finally:
                sys.setprofile(None)
        return calls["odoochat.metrics"]

    assert await work(None) == 0
    assert calls["odoochat.client.subscription"] > 0
    assert await work(Metrics()) > 0


def numbers(text: str) -> dict[str, float]:
    """Read the text format of Prometheus: a line is a comment, or a name, labels and a number."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP [a-z_]+ \S.*|TYPE [a-z_]+ (counter|gauge|histogram))", line), line
            continue
        match = re.fullmatch(r'([a-z_]+(?:\{[a-z]+="[^"\\]*"\})?) (\S+)', line)
        assert match is not None, line
        assert match[1] not in found
        found[match[1]] = float(match[2])
    assert text.endswith("\n")
    return found


def test_the_text_of_prometheus():
    now = 1000.0
    metrics = Metrics(monotonic=lambda: now)

    class Source:
        def measure(self) -> dict[str, float]:
            return {"odoochat_link_open": 1.0, "odoochat_outbox_messages": 2}

    count = metrics.add(Source())
    count(LinkChanged("open", "websocket"))
    count(LinkChanged("open", "peek"))
    count(odoochat.MessagePending("a", odoochat.ChannelRef(1), "hi"))
    now += 0.3
    metrics.posted("a")
    text = metrics.prometheus()
    found = numbers(text)
    assert found['odoochat_link_changes_total{state="open"}'] == 2
    assert found["odoochat_reconnects_total"] == 1
    assert found["odoochat_outbox_messages"] == 2
    assert found['odoochat_send_seconds_bucket{le="0.25"}'] == 0
    assert found['odoochat_send_seconds_bucket{le="0.5"}'] == found['odoochat_send_seconds_bucket{le="+Inf"}'] == 1
    assert found["odoochat_send_seconds_sum"] == pytest.approx(0.3)
    assert [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")] == [m.name for m in METRICS]


async def test_log_records_have_an_event_and_fields(caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO", "odoochat")
    async with Sandbox(19) as box, quick_connect(box.url, login="ann", password="ann") as ann:
        await ann.channel("general").send("hi")
    events = {getattr(record, "event", None): record for record in caplog.records if record.name == "odoochat"}
    assert {"session.opened", "link.opened", "send.posted", "message.received"} <= set(events)
    assert None not in events
    assert vars(events["link.opened"])["via"] == "websocket"
    assert vars(events["session.opened"])["login"] == "ann"


async def test_opentelemetry_shows_the_same_numbers():
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    metrics = Metrics()
    export(metrics, provider.get_meter("odoochat"))
    async with Sandbox(19) as box, quick_connect(box.url, login="ann", password="ann", metrics=metrics) as ann:
        await ann.channel("general").send("hi")
        data = reader.get_metrics_data()
        assert data is not None
        shown = {m.name: m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics}
        (sends,) = shown["odoochat.sends"].data.data_points
        assert (sends.value, dict(sends.attributes or {})) == (1, {"outcome": "posted"})
        assert shown["odoochat.link.open"].data.data_points[0].value == 1
        assert shown["odoochat.send"].unit == "s"
        assert shown["odoochat.send"].data.data_points[0].count == 1
    assert set(shown) <= {instrument_name(metric) for metric in METRICS}
    provider.shutdown()


def test_without_opentelemetry_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "odoochat.otel")
    monkeypatch.setitem(sys.modules, "opentelemetry.metrics", None)
    with pytest.raises(ImportError, match=r': pip install "opentelemetry-api>=1\.28"$'):
        import_module("odoochat.otel")
