"""Webhooks arrive: retries, order within a channel, dead letters."""

from __future__ import annotations

import asyncio
import os
import random
import shlex
import stat
import sys
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web
from msgspec.structs import replace

from odoochat.errors import ConfigError
from odoochat.events import TypingChanged
from odoochat.model import Author, ChannelRef
from odoochat.webhooks.channel_queues import ChannelQueues
from odoochat.webhooks.command import CommandRunner
from odoochat.webhooks.dead_letters import DeadLetters
from odoochat.webhooks.forwarder import Forwarder
from odoochat.webhooks.poster import DeliveryFailed, RetryPolicy, WebhookPoster, check_url
from odoochat.webhooks.signature import SigningKey, new_secret
from odoochat.webhooks.webhook import Webhook, webhook_of
from tests.webhooks.messages import posted
from tests.webhooks.receiving import VerifyingReceiver

HOOK = Webhook("msg_1", 7, b'{"type":"message.posted"}')


class Waits:
    """Records the waits and returns at once."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


async def test_a_thousand_arrive_at_a_receiver_that_fails_half_the_time(tmp_path: Path) -> None:
    dice = random.Random(5)

    def answer(_: int) -> web.Response | None:
        return web.Response(status=dice.choice((500, 503, 429))) if dice.random() < 0.5 else None

    reports: list[str] = []
    letters = DeadLetters(tmp_path / "letters.sqlite")
    async with VerifyingReceiver(answer).serving() as receiver:
        key = SigningKey(receiver.secret)
        policy = RetryPolicy(attempts=40)
        async with (
            WebhookPoster(receiver.url, key, policy, sleep=Waits()) as poster,
            Forwarder(poster, letters, "account", reports.append) as forwarder,
        ):
            for number in range(1000):
                await forwarder.forward(posted(number, channel=number % 10))
            await forwarder.finish()
    assert reports == []
    assert receiver.requests > 1500
    order: dict[int, list[int]] = defaultdict(list)
    for each in receiver.received:
        message = each["data"]["message"]
        order[message["channel"]["id"]].append(message["id"])
    assert order == {channel: list(range(channel, 1000, 10)) for channel in range(10)}
    assert letters.all() == []


async def test_waits_are_random_below_a_growing_limit_and_obey_retry_after() -> None:
    date = format_datetime(datetime.fromtimestamp(1_000_090, UTC), usegmt=True)
    headers = [{}, {"Retry-After": "30"}, {"Retry-After": date}, {"Retry-After": "999999"}, {"Retry-After": "soon"}]

    def answer(number: int) -> web.Response | None:
        return web.Response(status=503, headers=headers[number - 1]) if number <= len(headers) else None

    waits = Waits()
    async with VerifyingReceiver(answer).serving() as receiver:
        key = SigningKey(receiver.secret)
        times = iter(range(1_000_000, 2_000_000, 10))
        async with WebhookPoster(
            receiver.url, key, sleep=waits, random_number=lambda: 0.5, clock=lambda: next(times)
        ) as poster:
            with pytest.raises(DeliveryFailed, match="HTTP 401"):  # those times are too old for the receiver
                await poster.deliver(HOOK)
    assert waits.seconds[:5] == [0.5, 30, 60, 3600, 8.0]
    assert len(set(receiver.timestamps)) == len(receiver.timestamps) == 10, "each attempt is signed anew"


@pytest.mark.parametrize("status", [301, 302, 307, 308, 410])
async def test_redirects_are_not_followed(status: int) -> None:
    async with VerifyingReceiver().serving() as elsewhere:

        def answer(_: int) -> web.Response:
            return web.Response(status=status, headers={"Location": elsewhere.url})

        async with (
            VerifyingReceiver(answer).serving() as receiver,
            WebhookPoster(receiver.url, SigningKey(elsewhere.secret)) as poster,
        ):
            with pytest.raises(DeliveryFailed, match=f"HTTP {status}") as raised:
                await poster.deliver(HOOK)
    assert raised.value.attempts == 1
    assert elsewhere.requests == 0


async def test_what_cannot_be_delivered_is_kept_for_the_owner_alone(tmp_path: Path) -> None:
    reports: list[str] = []
    letters = DeadLetters(tmp_path / "new" / "letters.sqlite")
    handled: list[int] = []
    async with VerifyingReceiver(
        lambda number: web.Response(status=500) if number <= 2 else None
    ).serving() as receiver:
        policy = RetryPolicy(attempts=2)
        async with (
            WebhookPoster(receiver.url, SigningKey(receiver.secret), policy, sleep=Waits()) as poster,
            Forwarder(poster, letters, "account", reports.append, clock=lambda: 1_800_000_000.0) as forwarder,
        ):
            for number in (1, 2):
                await forwarder.forward(posted(number), lambda number=number: handled.append(number))
            await forwarder.finish()
            [letter] = letters.all()
            assert (letter.url, letter.attempts, letter.reason) == (receiver.url, 2, "HTTP 500")
            assert letter.webhook == replace(webhook_of(posted(1), "account", 1_800_000_000.0), message=0)
            assert [each["data"]["message"]["id"] for each in receiver.received] == [2]
            assert sorted(handled) == [1, 2]
            assert forwarder.failed == 1
            await poster.deliver(letter.webhook)
    assert [each["data"]["message"]["id"] for each in receiver.received] == [2, 1]
    assert "HTTP 500" in reports[0]
    if sys.platform != "win32":
        assert stat.S_IMODE(letters.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(letters.path.parent.stat().st_mode) == 0o700
    letters.remove(letter.number)
    assert letters.all() == []


@pytest.mark.parametrize("keep", [True, False])
async def test_what_waits_at_the_end_is_kept(tmp_path: Path, keep: bool) -> None:
    letters = DeadLetters(tmp_path / "letters.sqlite")
    arrived, never = asyncio.Event(), asyncio.Event()

    class Stuck:
        url = "http://127.0.0.1:9/"

        async def deliver(self, webhook: Webhook) -> None:
            arrived.set()
            await never.wait()

    handled: list[int] = []
    async with Forwarder(Stuck(), letters, "account", lambda _: None, keep_unfinished=keep) as forwarder:
        for number in (1, 2, 3):
            await forwarder.forward(posted(number), lambda: handled.append(1))
        await arrived.wait()
    assert [letter.webhook.id for letter in letters.all()] == [
        webhook_of(posted(number), "account", 0).id for number in (1, 2, 3) if keep
    ]
    assert handled == []


def test_the_id_is_that_of_the_message() -> None:
    first, again = (webhook_of(posted(1), "account", now) for now in (1.0, 2.0))
    assert first.id == again.id
    assert len({first.id, webhook_of(posted(2), "account", 1).id, webhook_of(posted(1), "other", 1).id}) == 3
    typing = TypingChanged(ChannelRef(7, "general"), Author(3, "partner", "Ann"), True)
    assert webhook_of(typing, "account", 0).body.startswith(b'{"type":"typing.changed","timestamp":"1970-01-01T')
    assert webhook_of(typing, "account", 0).channel == 7


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("ftp://example.com/", "begins with https:// or http://"),
        ("/hook", "begins with https:// or http://"),
        ("https://", "begins with https:// or http://"),
        ("https://u:p@example.com/", "contains credentials"),
        ("https://example.com/#x", "fragment"),
        ("https://example.com/a b", "space"),
        ("https://example.com:99999/", "not a valid address"),
        ("https://[::1/", "not a valid address"),
    ],
)
def test_addresses_that_are_refused(url: str, error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        check_url(url)


def test_an_unencrypted_address_is_warned_of() -> None:
    assert check_url("https://example.com/hook?x=1") is None
    assert check_url("http://localhost:8000/") is None
    assert "not encrypted" in (check_url("http://example.com/") or "")


async def test_a_closed_port_is_tried_again(closed_port: int) -> None:
    url, waits = f"http://127.0.0.1:{closed_port}/", Waits()
    async with WebhookPoster(url, SigningKey(new_secret()), RetryPolicy(attempts=3), sleep=waits) as poster:
        with pytest.raises(DeliveryFailed, match="no connection"):
            await poster.deliver(HOOK)
    assert len(waits.seconds) == 2


async def test_a_receiver_that_keeps_failing_is_reported_once_until_it_accepts_again() -> None:
    reports: list[str] = []
    async with VerifyingReceiver(
        lambda number: web.Response(status=500) if number < 12 else None
    ).serving() as receiver:
        policy, key = RetryPolicy(attempts=8), SigningKey(receiver.secret)
        async with WebhookPoster(receiver.url, key, policy, report=reports.append, sleep=Waits()) as poster:
            with pytest.raises(DeliveryFailed, match="HTTP 500"):
                await poster.deliver(HOOK)
            assert reports == ["webhooks are not accepted (HTTP 500); trying again"]
            await poster.deliver(HOOK)
            await poster.deliver(HOOK)
    assert reports[1:] == ["webhooks are accepted again"]


async def test_proxies_of_the_environment_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy gets the whole address; this machine is reached directly."""
    targets: list[str] = []

    async def relay(request: web.BaseRequest) -> web.Response:
        targets.append(request.raw_path)
        return web.Response(status=204)

    runner = web.ServerRunner(web.Server(relay))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    proxy = f"http://user:s3cret@127.0.0.1:{runner.addresses[0][1]}"
    try:
        for name in ("NO_PROXY", "no_proxy", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTP_PROXY", proxy)
        async with WebhookPoster("http://hooks.example.test/in", SigningKey(new_secret())) as poster:
            await poster.deliver(HOOK)
        assert targets == ["http://hooks.example.test/in"]
        async with VerifyingReceiver().serving() as receiver:
            async with WebhookPoster(receiver.url, SigningKey(receiver.secret)) as poster:
                await poster.deliver(HOOK)
            assert len(receiver.ids) == 1
        assert len(targets) == 1
    finally:
        await runner.cleanup()
    monkeypatch.setenv("HTTP_PROXY", "http://user:s3cret@127.0.0.1:1")
    url = "http://hooks.example.test/in/token-of-the-receiver"
    async with WebhookPoster(url, SigningKey(new_secret()), RetryPolicy(attempts=1)) as poster:
        with pytest.raises(DeliveryFailed, match="no connection to the proxy") as failed:
            await poster.deliver(HOOK)
    assert "s3cret" not in str(failed.value)
    assert "token-of-the-receiver" not in str(failed.value)


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n", b"HTTP/1.1 999999 x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 100_000 + b"\r\n\r\n", b"HTTP/1.1 200 OK\r\n\x00: a\r\n\r\n",
        b"HTTP/1.1 503 x\r\nRetry-After: " + b"9" * 5_000 + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 x\r\nRetry-After: Mon, 99 Foo 0000 99:99:99 GMT\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 x\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n", b"",
    ],
)  # fmt: skip
async def test_odd_answers_of_a_receiver_fail_a_delivery_and_nothing_else(answer: bytes) -> None:
    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        with suppress(OSError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/secret-path"
    async with WebhookPoster(url, SigningKey(new_secret()), RetryPolicy(attempts=2), sleep=Waits()) as poster:
        with pytest.raises(DeliveryFailed) as failed:
            await poster.deliver(HOOK)
    assert "secret-path" not in str(failed.value)
    assert str(failed.value).isprintable()
    server.close()
    await server.wait_closed()


async def test_queues_keep_the_order_and_the_bound() -> None:
    running = most = 0
    seen: dict[int, list[int]] = defaultdict(list)

    async def work(item: tuple[int, int]) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        seen[item[0]].append(item[1])
        running -= 1

    queues = ChannelQueues(work, concurrency=3, limit=5)
    for number in range(100):
        async with asyncio.timeout(20):
            await queues.put(number % 7, (number % 7, number))
    await queues.join()
    assert most == 3
    assert seen == {channel: list(range(channel, 100, 7)) for channel in range(7)}
    assert await queues.close() == []


async def test_a_command_reads_json_and_no_shell_runs(tmp_path: Path) -> None:
    out = tmp_path / "out; echo $HOME"
    program = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read())"
    await CommandRunner(f"{sys.executable} -c '{program}' '{out}'").deliver(HOOK)
    assert out.read_bytes() == HOOK.body + b"\n"


async def test_a_command_gets_no_secret_that_it_does_not_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODOOCHAT_WEBHOOK_SECRET", "whsec_x")
    monkeypatch.setenv("ODOOCHAT_MCP_TOKEN", "t" * 20)
    monkeypatch.setenv("ODOOCHAT_URL", "http://127.0.0.1:1")
    program = "import os, sys, pathlib; pathlib.Path(sys.argv[1]).write_text(repr(sorted(os.environ)))"
    await CommandRunner(f"{sys.executable} -c '{program}' '{tmp_path / 'names'}'").deliver(HOOK)
    names = (tmp_path / "names").read_text()
    assert "ODOOCHAT_URL" in names
    assert "ODOOCHAT_WEBHOOK_SECRET" not in names
    assert "ODOOCHAT_MCP_TOKEN" not in names


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (f"{sys.executable} -c 'raise SystemExit(3)'", "exited with code 3"),
        (f"{sys.executable} -c 'import time; time.sleep(60)'", "more than 0.5 s and was killed"),
    ],
)
async def test_a_command_that_fails(command: str, error: str) -> None:
    with pytest.raises(DeliveryFailed, match=error):
        await CommandRunner(command, timeout=0.5 if "sleep" in command else 30).deliver(HOOK)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows runs files by their names")
async def test_a_command_that_was_removed(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    runner = CommandRunner(shlex.quote(str(program)))
    program.unlink()
    with pytest.raises(DeliveryFailed, match=f"cannot start {program}: No such file"):
        await runner.deliver(HOOK)


async def test_queued_events_of_a_command_are_reported_at_the_end() -> None:
    class Stuck:
        url = "exec:stuck"
        begun = asyncio.Event()

        async def deliver(self, webhook: Webhook) -> None:
            self.begun.set()
            await asyncio.Event().wait()

    for keep, expected in ((True, 1), (False, 0)):
        reports: list[str] = []
        async with Forwarder(Stuck(), None, "account", reports.append, keep_unfinished=keep) as forwarder:
            for number in (1, 2):
                await forwarder.forward(posted(number))
            await asyncio.wait_for(Stuck.begun.wait(), 30)
        assert [text.partition(";")[0] for text in reports] == [
            "stopped before 2 queued events were handled"
        ] * expected


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups")
@pytest.mark.parametrize("end", ["timeout", "cancel"])
async def test_a_command_is_killed_with_what_it_started(tmp_path: Path, end: str) -> None:
    fifo = tmp_path / "held"
    os.mkfifo(fifo)
    # The grandchild holds the pipe open for writing until it ends.
    command = shlex.join(["sh", "-c", f"sleep 60 > {shlex.quote(str(fifo))} & wait"])
    delivery = asyncio.create_task(CommandRunner(command, timeout=1 if end == "timeout" else 60).deliver(HOOK))
    async with asyncio.timeout(30):
        with await asyncio.to_thread(fifo.open, "rb") as held:
            if end == "cancel":
                delivery.cancel()
            with pytest.raises((DeliveryFailed, asyncio.CancelledError)):
                await delivery
            assert await asyncio.to_thread(held.read) == b""


@pytest.mark.parametrize(
    ("command", "error"),
    [("", "no command"), ("'", "check the quotes"), ("/no/such/program -v", "no program '/no/such/program'")],
)
def test_a_command_that_cannot_be_read(command: str, error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        CommandRunner(command)
