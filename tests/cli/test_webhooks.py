"""``listen --post``, ``listen --exec`` and ``webhook …``."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

import odoochat
from odoochat.cli import main
from odoochat.config import Profiles
from odoochat.errors import ConfigError
from odoochat.sandbox import Sandbox
from tests.cli.conftest import Ran
from tests.webhooks.receiving import VerifyingReceiver, texts

Run = Callable[..., Awaitable[Ran]]


async def say(box: Sandbox, *words: str, login: str = "bob") -> None:
    """Posts to #general until it is done."""
    async with odoochat.connect(box.url, login=login, password=login, live=False) as odoo:
        for word in words:
            await odoo.channel("general").send(word)


async def listening(run: Run, box: Sandbox, state: Path, *arguments: object, words: tuple[str, ...]) -> Ran:
    """Runs ``listen`` for words that are posted while it does not run: the state file delivers them."""
    if not state.exists():
        await run("listen", "general", "--timeout", 0.1, "--state", state)
    await say(box, *words)
    return await run("listen", "general", "--count", len(words), "--timeout", 30, "--state", state, *arguments)


async def test_listen_posts_what_it_prints(alice: Sandbox, run: Run, tmp_path: Path, monkeypatch) -> None:
    async with VerifyingReceiver().serving() as receiver:
        monkeypatch.setenv("ODOOCHAT_WEBHOOK_SECRET", receiver.secret.reveal())
        done = await listening(run, alice, tmp_path / "state", "--post", receiver.url, words=("one", "two"))
    assert done.code == 0, done.err
    assert texts(receiver.received) == ["one", "two"]
    assert receiver.received[0]["type"] == "message.posted"
    assert receiver.received[0]["data"]["message"]["mine"] is False
    assert receiver.ids[0] != receiver.ids[1]


async def test_dead_letters_are_listed_and_replayed(alice: Sandbox, run: Run, tmp_path: Path) -> None:
    gone = True
    async with VerifyingReceiver(lambda _: web.Response(status=410) if gone else None).serving() as receiver:
        secret, letters = tmp_path / "secret", tmp_path / "letters"
        secret.write_text(receiver.secret.reveal() + "\n")
        files = ("--secret-file", secret, "--dead-letters", letters)
        done = await listening(run, alice, tmp_path / "state", "--post", receiver.url, *files, words=("one", "two"))
        assert done.code == 1
        assert "HTTP 410" in done.err
        rows = (await run("webhook", "failed", "--dead-letters", letters, "--json")).objects
        assert [json.loads(row["body"])["data"]["message"]["text"] for row in rows] == ["one", "two"]
        assert (await run("webhook", "replay", *files)).code == 1
        gone = False
        again = await run("webhook", "replay", *files)
        assert (again.code, "2 of 2 webhooks delivered" in again.err) == (0, True)
        assert texts(receiver.received) == ["one", "two"]
        assert "no undelivered webhooks" in (await run("webhook", "failed", "--dead-letters", letters)).err


async def test_listen_runs_a_command(alice: Sandbox, run: Run, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import json, sys\n"
        "text = json.load(sys.stdin)['data']['message']['text']\n"
        f"open({str(tmp_path / 'out')!r}, 'a').write(text + '\\n')\n"
        "sys.exit(4 if text == 'two' else 0)\n"
    )
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(program))}"
    done = await listening(run, alice, tmp_path / "state", "--exec", command, words=("one", "two", "three"))
    assert done.code == 1
    assert re.search(r"exited with code 4 for message \d+$", done.err, re.MULTILINE), done.err
    assert (tmp_path / "out").read_text().split() == ["one", "two", "three"]
    await say(alice, "mine", login="alice")
    await run("listen", "--count", 1, "--timeout", 30, "--state", tmp_path / "state", "--exec", command)
    assert (tmp_path / "out").read_text().split() == ["one", "two", "three"], "own messages start no command"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--post", "https://example.com/"], "no webhook secret for signing; set ODOOCHAT_WEBHOOK_SECRET"),
        (["--post", "https://a:b@example.com/"], "contains credentials"),
        (["--post", "example.com"], "begins with https://"),
        (["--post", "https://example.com/", "--secret-file", "no-such"], "--secret-file no-such: No such file"),
        (["--dead-letters", "x"], "require --post"),
        (["--exec", "'"], "check the quotes"),
        (["--exec", "./no-such-program"], "no program './no-such-program' that can be run"),
    ],
)
async def test_wrong_targets(alice: Sandbox, run: Run, arguments: list[str], error: str) -> None:
    done = await run("listen", "--timeout", 0.1, *arguments)
    assert (done.code, error in done.err) == (2, True), done.err


async def test_curl_writes_to_a_channel(
    alice: Sandbox, run: Run, spawn: Callable[..., Awaitable[asyncio.subprocess.Process]]
) -> None:
    token = (await run("webhook", "token", "add", "ci", "general")).out.strip()
    listed = await run("webhook", "token", "list")
    assert "general" in listed.out
    assert token not in listed.out
    process = await spawn("webhook", "serve", "--port", 0)
    assert process.stdout is not None
    async with asyncio.timeout(30), aiohttp.ClientSession() as http:
        url = (await process.stdout.readline()).decode().strip()
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "build 7"}
        answers = []
        for _ in range(2):
            async with http.post(url, data={"text": "Build 7 <b>failed</b>"}, headers=headers) as response:
                answers.append((response.status, await response.json()))
        assert answers[0] == answers[1], "the same key posts once"
        assert answers[0][0] == 201
        assert (await run("create", "later")).code == 0
        later = (await run("webhook", "token", "add", "later", "later")).out.strip()
        async with http.post(url, data={"text": "new"}, headers={"Authorization": f"Bearer {later}"}) as response:
            assert response.status == 201, "a channel that was created while the server runs"
        assert (await run("webhook", "token", "remove", "ci")).code == 0
        async with http.post(url, data={"text": "again"}, headers=headers) as response:
            assert response.status == 401
        process.terminate()
        assert await process.wait() == (0 if os.name == "posix" else 1)
    last = (await run("history", "general", "--limit", 2, "--json")).objects
    assert last[-1]["text"] == "Build 7 <b>failed</b>"
    assert last[-1]["id"] == answers[0][1]["id"]
    assert last[-2]["text"] != last[-1]["text"]


Spawn = Callable[..., Awaitable[asyncio.subprocess.Process]]


async def stopped_while_posting(
    box: Sandbox, spawn: Spawn, receiver: VerifyingReceiver, stop: signal.Signals, *arguments: object
) -> None:
    """Stops ``listen`` with a signal while a receiver has not answered two messages."""
    process = await spawn("listen", "general", "--post", receiver.url, *arguments)
    assert process.stderr is not None
    async with asyncio.timeout(45):
        await process.stderr.readline()  # connected
        await say(box, "one", "two")
        assert process.stdout is not None
        for word in (b"one", b"two"):  # printed, and so waiting for the receiver
            assert word in await process.stdout.readline()
        while not receiver.requests:
            await asyncio.sleep(0.02)
        process.send_signal(stop)
        await process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
async def test_what_waits_when_it_is_stopped_is_kept(
    alice: Sandbox, run: Run, spawn: Spawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = True
    async with VerifyingReceiver(
        lambda _: web.Response(status=503, headers={"Retry-After": "60"}) if slow else None
    ).serving() as receiver:
        monkeypatch.setenv("ODOOCHAT_WEBHOOK_SECRET", receiver.secret.reveal())
        letters = ("--dead-letters", tmp_path / "letters")
        await stopped_while_posting(alice, spawn, receiver, signal.SIGTERM, *letters)
        slow = False
        assert "2 of 2" in (await run("webhook", "replay", *letters)).err
    assert texts(receiver.received) == ["one", "two"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither")
@pytest.mark.parametrize("stop", ["SIGKILL", "SIGTERM"])
async def test_with_a_state_file_the_next_run_delivers_what_waited(
    alice: Sandbox, run: Run, spawn: Spawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    slow = True
    async with VerifyingReceiver(
        lambda _: web.Response(status=503, headers={"Retry-After": "60"}) if slow else None
    ).serving() as receiver:
        monkeypatch.setenv("ODOOCHAT_WEBHOOK_SECRET", receiver.secret.reveal())
        options = ("--dead-letters", tmp_path / "letters", "--state", tmp_path / "state")
        await stopped_while_posting(alice, spawn, receiver, signal.Signals[stop], *options)
        slow = False
        assert (await run("webhook", "failed", *options[:2])).out == ""
        done = await run("listen", "general", "--post", receiver.url, "--count", 2, "--timeout", 30, *options)
        assert done.code == 0, done.err
    assert texts(receiver.received) == ["one", "two"]


async def test_the_secret_of_a_profile(alice: Sandbox, run: Run, monkeypatch) -> None:
    assert (await run("login", "work")).code == 0
    made = (await run("webhook", "secret", "--save", "--profile", "work")).out.strip()
    assert Profiles().read("work")["webhook_secret"] == made
    assert (await run("login", "work")).code == 0
    assert Profiles().read("work")["webhook_secret"] == made, "a new login keeps it"
    for name in ("URL", "LOGIN", "PASSWORD"):
        monkeypatch.delenv(f"ODOOCHAT_{name}")
    async with VerifyingReceiver().serving() as receiver:
        done = await run("listen", "--profile", "work", "--timeout", 0.1, "--post", receiver.url)
    assert done.code == 0, done.err
    with pytest.raises(ConfigError, match="no profile"):
        Profiles().read("other")


def test_a_secret_without_a_profile(capsys) -> None:
    assert main(["webhook", "secret"]) == 0
    assert capsys.readouterr().out.startswith("whsec_")
    assert main(["webhook", "secret", "--save", "--url", "http://127.0.0.1:9"]) == 2
    assert "no profile to save the secret in" in capsys.readouterr().err


async def test_messages_beyond_the_count_wait_for_the_next_run(alice: Sandbox, run: Run, tmp_path: Path) -> None:
    state = ("--state", tmp_path / "state")
    await run("listen", "general", "--timeout", 0.1, *state)
    await say(alice, "one", "two", "three")
    printed = [(await run("listen", "general", "--count", 1, "--timeout", 30, "--json", *state)).objects for _ in "123"]
    assert [[row["message"]["text"] for row in rows] for rows in printed] == [["one"], ["two"], ["three"]]
