"""Channels, history, send and listen, as scripts use them."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from odoochat.sandbox import Sandbox

from .conftest import Ran, be, ended

Run = Callable[..., Awaitable[Ran]]
Spawn = Callable[..., Awaitable[asyncio.subprocess.Process]]

VERSIONS = (14, 15, 16, 17, 18, 19, 20)


@pytest.fixture(params=VERSIONS)
async def any_box(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """Sandboxes of every version, with the environment of alice."""
    async with Sandbox(request.param) as box:
        be(monkeypatch, box.url, "alice")
        yield box


async def received(process: asyncio.subprocess.Process, word: str) -> str:
    """Reads a process's stderr up to a line with a word."""
    assert process.stderr is not None
    async with asyncio.timeout(20):
        while line := await process.stderr.readline():
            if word in line.decode():
                return line.decode()
    raise AssertionError(f"it ended without {word!r}")


# ---------------------------------------------------------------- channels, history


async def test_channels(run: Run, any_box: Sandbox) -> None:
    ran = await run("channels")
    assert (ran.code, ran.err) == (0, "")
    head, *rows = ran.out.splitlines()
    assert head.startswith("ID")
    assert {"general", "support", "random", "Bob"} <= {row.split()[1] for row in rows}
    printed = (await run("channels", "--json")).objects
    general = next(c for c in printed if c["name"] == "general")
    assert general["id"] == 1
    assert general["kind"] == "channel"
    assert isinstance(general["unread"], int)


async def test_history_is_oldest_first(run: Run, any_box: Sandbox) -> None:
    printed = (await run("history", "general", "--json")).objects
    assert [m["id"] for m in printed] == sorted(m["id"] for m in printed)
    assert printed[-1]["text"] == "I will write the announcement."
    assert set(printed[-1]) == {
        "id", "channel", "author", "text", "html", "date", "reply_to", "attachments", "reactions",
    }  # fmt: skip
    last = (await run("history", "#general", "--limit", "2", "--json")).objects
    assert last == printed[-2:]
    before = (await run("history", "1", "--limit", "2", "--before", last[0]["id"], "--json")).objects
    assert before == printed[-4:-2]
    assert (await run("history", "general", "--limit", "0")).out == ""
    lines = (await run("history", "@bob")).out.splitlines()
    assert [line.split(" ", 3)[3] for line in lines] == [
        "Alice: Hi Bob, do you have a minute?",
        "Bob: Sure, what is it?",
    ]


async def test_history_of_a_hostile_text_is_safe(run: Run, alice: Sandbox) -> None:
    alice.world.post("bob", "general", "a\x1b[31mred\u202e\n\x9bb")
    for arguments in (("history", "general"), ("history", "general", "--json")):
        out = (await run(*arguments)).out
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", out)


# ---------------------------------------------------------------------------- send


async def test_send_prints_the_id(run: Run, any_box: Sandbox) -> None:
    text = "a < b & c\n  ünï 🎉"
    ran = await run("send", "general", text)
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"\d+\n", ran.out)
    printed = (await run("history", "general", "--limit", "1", "--json")).objects[0]
    assert (printed["id"], printed["text"]) == (int(ran.out), text)
    assert printed["author"]["name"] == "Alice"


async def test_send_takes_three_kinds_of_text(run: Run, any_box: Sandbox) -> None:
    plain = (await run("send", "general", "**a** <b>c</b>", "--json")).objects[0]
    assert plain["text"] == "**a** <b>c</b>"
    bold = (await run("send", "general", "**a** <b>c</b>", "--markdown", "--json")).objects[0]
    assert "<strong>a</strong>" in bold["html"]
    assert bold["text"] == "a <b>c</b>"
    html = (await run("send", "general", "<b>c</b>", "--html", "--json")).objects[0]
    assert "<b>c</b>" in html["html"]
    assert html["text"] == "c"


async def test_send_from_standard_input(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("first\nsecond\n"))
    assert (await run("send", "general", "-", "--json")).objects[0]["text"] == "first\nsecond"


async def test_send_files_and_an_answer(run: Run, alice: Sandbox, tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "zwei ü.txt"
    one.write_text("1")
    two.write_text("22")
    first = int((await run("send", "general", "look", "--file", one, "--file", two)).out)
    printed = (await run("history", "general", "--limit", "1", "--json")).objects[0]
    assert {a["name"] for a in printed["attachments"]} == {"one.txt", "zwei ü.txt"}
    only_file = await run("send", "general", "--file", one)
    assert only_file.code == 0
    answer = (await run("send", "general", "nice", "--reply-to", first, "--json")).objects[0]
    assert answer["reply_to"] == first


@pytest.mark.parametrize("text", ["-x", "--strange words", "-1", "- a list"])
async def test_send_a_text_that_looks_like_an_option(run: Run, alice: Sandbox, text: str) -> None:
    assert (await run("send", "general", text, "--json")).objects[0]["text"] == text


async def test_send_to_a_person_makes_the_chat(run: Run, alice: Sandbox) -> None:
    printed = (await run("send", "@Carol", "psst", "--json")).objects[0]
    assert printed["channel"]["name"] == "Carol"
    assert (await run("send", "@carol", "again", "--json")).objects[0]["channel"] == printed["channel"]


async def test_send_with_a_key(run: Run, any_box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ODOOCHAT_PASSWORD")
    monkeypatch.setenv("ODOOCHAT_API_KEY", any_box.api_key("alice"))
    assert (await run("send", "general", "by key")).code == 0


# -------------------------------------------------------------------------- listen


@pytest.mark.parametrize("any_box", [14, 19], indirect=True)
async def test_listen_prints_what_send_wrote(run: Run, spawn: Spawn, any_box: Sandbox) -> None:
    names = ("websocket", "peek", "rpc") if any_box.version >= 16 else ("longpoll", "rpc")
    for transport in names:
        process = await spawn("listen", "general", "--json", "--count", 3, "--transport", transport)
        assert transport in await received(process, "connected by")
        texts = [f"{transport} {n}" for n in range(3)]
        any_box.world.post("bob", "random", "not for us")
        ids = [int((await run("send", "general", text)).out) for text in texts]
        ran = await ended(process)
        assert ran.code == 0
        assert [(o["event"], o["message"]["id"], o["message"]["text"]) for o in ran.objects] == [
            ("message_posted", i, t) for i, t in zip(ids, texts, strict=True)
        ]
        assert ran.objects[0]["message"]["channel"] == {"id": 1, "name": "general"}


@pytest.mark.parametrize("any_box", [14, 19], indirect=True)
async def test_listen_with_a_key_alone(
    run: Run, spawn: Spawn, any_box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ODOOCHAT_PASSWORD")
    monkeypatch.setenv("ODOOCHAT_API_KEY", any_box.api_key("alice"))
    process = await spawn("listen", "general", "--json", "--count", 2)
    assert "rpc" in await received(process, "connected by")
    any_box.world.post("bob", "general", "one")
    any_box.world.post("bob", "general", "two")
    ran = await ended(process)
    assert (ran.code, [o["message"]["text"] for o in ran.objects]) == (0, ["one", "two"])


async def test_listen_to_everything(spawn: Spawn, alice: Sandbox) -> None:
    process = await spawn("listen", "--json", "--events", "--count", 1)
    assert process.stdout is not None
    first = json.loads(await process.stdout.readline())
    assert first == {
        "event": "link_changed", "state": "open", "via": "websocket", "retry_in": None, "reason": None,
    }  # fmt: skip
    alice.world.typing("bob", "general")
    typing = json.loads(await process.stdout.readline())
    assert (typing["event"], typing["author"]["name"], typing["typing"]) == ("typing_changed", "Bob", True)
    alice.faults.drop(1006)
    alice.world.post("bob", "support", "while you were away")
    ran = await ended(process)
    assert ran.code == 0
    states = [o["state"] for o in ran.objects if o["event"] == "link_changed"]
    assert states == ["waiting", "connecting", "open"]
    assert ran.objects[-1]["message"]["text"] == "while you were away"
    assert ran.err == ""


async def test_listen_for_people(spawn: Spawn, alice: Sandbox) -> None:
    process = await spawn("listen", "general", "@bob", "--count", 2)
    await received(process, "connected by")
    alice.world.post("bob", alice.world.chat("alice", "bob"), "to you")
    alice.world.post("bob", "random", "to others")
    alice.world.post("carol", "general", "to all")
    ran = await ended(process)
    assert ran.code == 0
    assert re.sub(r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d ", "", ran.out).splitlines() == [
        "#Bob Bob: to you",
        "#general Carol: to all",
    ]


@pytest.mark.parametrize(("count", "code"), [((), 0), (("--count", 2), 1)])
async def test_listen_for_some_seconds(spawn: Spawn, alice: Sandbox, count: tuple[object, ...], code: int) -> None:
    process = await spawn("listen", "--json", "--timeout", 0.7, *count)
    await received(process, "connected by")
    alice.world.post("bob", "general", "one")
    ran = await ended(process)
    assert ran.code == code
    assert [o["message"]["text"] for o in ran.objects] == ["one"]


async def test_listen_reports_the_link_beside_the_messages(spawn: Spawn, alice: Sandbox) -> None:
    process = await spawn("listen", "--count", 1)
    await received(process, "connected by websocket")
    alice.faults.drop(1006)
    assert "1006" in await received(process, "trying")
    await received(process, "connected by websocket")
    alice.world.post("bob", "general", "back again")
    ran = await ended(process)
    assert ran.code == 0
    assert ran.out.endswith("#general Bob: back again\n")


async def test_listen_remembers_what_it_printed(spawn: Spawn, alice: Sandbox, tmp_path: Path) -> None:
    state = tmp_path / "state"
    process = await spawn("listen", "--json", "--count", 1, "--state", state)
    await received(process, "connected by")
    alice.world.post("bob", "general", "one")
    assert (await ended(process)).code == 0
    alice.world.post("bob", "general", "two")
    alice.world.post("bob", "support", "three")
    ran = await ended(await spawn("listen", "--json", "--count", 2, "--timeout", 10, "--state", state))
    assert ran.code == 0
    assert [o["message"]["text"] for o in ran.objects] == ["two", "three"]


async def test_listen_ends_when_no_login_is_possible_any_more(spawn: Spawn, alice: Sandbox) -> None:
    process = await spawn("listen", "--json")
    await received(process, "connected by")
    alice.faults.change_password("alice", "another")
    alice.world.post("bob", "general", "wakes the link")
    ran = await ended(process)
    assert ran.code == 4
    assert "alice" in ran.err
