"""The examples run unchanged against the sandbox, and the bots on real servers with a person who uses a browser."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import odoochat
from odoochat import MessagePosted
from odoochat.bot import Bot, BotTester, filters
from odoochat.client.channel import Channel
from odoochat.client.client import Client
from odoochat.sandbox import Sandbox, running_sandbox
from tests.contract import servers
from tests.tui.test_story import Browser, Place, place  # noqa: F401 - a fixture

EXAMPLES = Path(__file__).parent.parent / "examples"
LINE = 20.0
"""Seconds to wait for a line or a message."""


@asynccontextmanager
async def started(name: str, *arguments: str, **environ: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run an example in a process of its own, which is ended at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        EXAMPLES / name,
        *arguments,
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def account(box: Sandbox, login: str = "bob") -> dict[str, str]:
    return {"ODOOCHAT_URL": box.url, "ODOOCHAT_DB": box.db, "ODOOCHAT_LOGIN": login, "ODOOCHAT_PASSWORD": login}


async def output(name: str, *arguments: str, **environ: str) -> tuple[int | None, str]:
    """Run an example to its end."""
    async with started(name, *arguments, **environ) as process:
        out, _ = await asyncio.wait_for(process.communicate(), 50)
        return process.returncode, out.decode()


def imported(name: str) -> Any:
    """Import an example anew, so that no test sees what another one changed."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


async def first(record: odoochat.Record) -> str:
    """Return the text of the latest message of a record."""
    async for message in record.history(limit=1):
        return message.text
    return ""


async def test_echo(tmp_path):
    async with Sandbox(19) as box:
        state = str(tmp_path / "echo")
        async with started("echo.py", **account(box), ECHO_ANSWERS="2", ECHO_STATE=state) as process:
            assert process.stdout is not None
            assert await process.stdout.readline() == f"Bob echoes on {box.url}\n".encode()
            async with odoochat.connect(box.url, login="alice", password="alice") as alice:
                chat = await alice.direct("bob")
                heard = alice.events(MessagePosted, channel=chat)
                for text in ("hello", "again"):
                    message = await chat.send(text)
                    answer = await heard.get(LINE)
                    while answer.message.author == alice.me.author:
                        answer = await heard.get(LINE)
                    assert (answer.message.text, answer.message.reply_to) == (text, message.id)
            assert await asyncio.wait_for(process.wait(), LINE) == 0


async def test_digest():
    async with Sandbox(19) as box:
        code, out = await output("digest.py", **account(box), ODOOCHAT_API_KEY=box.api_key("bob"))
        assert code == 0
        assert "#general: " in out


@pytest.mark.parametrize("version", [14, 19])
async def test_standup(version: int) -> None:
    thursday = datetime(2030, 1, 10, 8, 30, tzinfo=UTC)
    bot = imported("standup").bot
    with running_sandbox(version) as box:
        async with BotTester(bot, box, now=thursday, channel="general") as tester:
            assert (await tester.advance(minutes=30))[0].startswith("What do you work on today?")
            assert await tester.say("/today tests of the relay") == ["Noted."]
            await tester.say("/today the <b>release</b>", by="bob")
            await tester.say("/today nothing", by="bob")
            assert await tester.say("/today") == ["text is missing: any text\nUsage: /today text…"]
            assert [line.split() for line in (await tester.advance(hours=1))[0].splitlines() if line] == [
                ["Today:"],
                ["-", "Alice:", "tests", "of", "the", "relay"],
                ["-", "Bob:", "nothing"],
            ]
            assert len(await tester.advance(days=1)) == 1  # the question; yesterday's answers are gone


@pytest.mark.parametrize("version", [14, 19])
async def test_leads(version: int) -> None:
    with running_sandbox(version) as box:
        box.model("crm.lead", name=str, expected_revenue=float)
        async with BotTester(imported("leads").bot, box) as tester:
            made = await tester.odoo.execute(
                "crm.lead", "create", vals_list=[{"name": "Chairs", "expected_revenue": 5.0}]
            )
            number = made[0] if isinstance(made, list) else made
            assert await tester.say("/leads chair") == [f"{number}: Chairs"]
            assert await tester.say("/leads table") == ["No lead contains “table”."]
            assert await tester.say("/revenue 999 7") == ["There is no lead 999."]
            (question,) = await tester.say(f"/revenue {number} 70")
            assert question.startswith("Change the revenue of Chairs from 5 to 70?")
            assert await tester.say("yes") == ["Chairs is now worth 70."]
            rows = await tester.odoo.execute("crm.lead", "read", [number], fields=["expected_revenue"])
            assert rows[0]["expected_revenue"] == 70
            record = await tester.odoo.record("crm.lead", number)
            assert "Alice changed the expected revenue to 70" in await first(record)


async def test_bridge() -> None:
    async with Sandbox(19) as left, Sandbox(16) as right:
        environ = {
            f"{side}_{name.removeprefix('ODOOCHAT_')}": value
            for side, box in (("LEFT", left), ("RIGHT", right))
            for name, value in account(box, "carol").items()
        }
        async with started("bridge.py", **environ) as process:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"connected\n"
            async with (
                odoochat.connect(left.url, login="ann", password="ann") as ann,
                odoochat.connect(right.url, login="bob", password="bob") as bob,
            ):
                for sender, receiver in ((ann, bob), (bob, ann)):
                    text = f"hello from {sender.me.name}"
                    events = receiver.events(MessagePosted, channel=receiver.channel("general"))
                    await sender.channel("general").send(text)
                    assert (await events.get(LINE)).message.text == f"{sender.me.name}: {text}"
                for each in (ann, bob):  # nothing goes back and forth
                    texts = [m.text async for m in each.channel("general").history(limit=10)]
                    assert sum("hello from" in text for text in texts) == 2


async def test_notify() -> None:
    async with Sandbox(19) as box:
        shell = [sys.executable, "-c"]
        code, out = await output("notify.py", "general", *shell, "print('fine')", **account(box))
        assert (code, out) == (0, "fine\n")
        code, out = await output("notify.py", "general", *shell, "print('no space'); exit(3)", **account(box))
        assert (code, out) == (3, "no space\n")
        async with odoochat.connect(box.url, login="ann", password="ann", live=False) as ann:
            texts = [m.text async for m in ann.channel("general").history(limit=5)]
            assert texts[0] == f"{sys.executable} failed with exit code 3:\nno space"
            assert not any("fine" in text for text in texts)


async def test_notify_about_a_program_that_cannot_be_started() -> None:
    async with Sandbox(19) as box:
        code, out = await output("notify.py", "general", "nosuchcmd", "--full", **account(box))
        assert (code, out) == (127, "")
        async with odoochat.connect(box.url, login="ann", password="ann", live=False) as ann:
            texts = [m.text async for m in ann.channel("general").history(limit=1)]
            assert texts == ["nosuchcmd cannot be started: No such file or directory"]


async def test_notify_about_a_program_that_prints_bytes() -> None:
    async with Sandbox(19) as box:
        program = "import sys; sys.stdout.buffer.write(b'caf\\xe9'); exit(3)"
        code, out = await output("notify.py", "general", sys.executable, "-c", program, **account(box))
        assert (code, out) == (3, "caf\ufffd")
        async with odoochat.connect(box.url, login="ann", password="ann", live=False) as ann:
            texts = [m.text async for m in ann.channel("general").history(limit=1)]
            assert texts == [f"{sys.executable} failed with exit code 3:\ncaf\ufffd"]


@pytest.mark.parametrize(
    "name", [path.name for path in sorted(EXAMPLES.glob("*.py")) if "sys.argv" in path.read_text("utf-8")]
)
def test_missing_arguments(name: str) -> None:
    for arguments in ([], ["general"]):
        done = subprocess.run(
            [sys.executable, EXAMPLES / name, *arguments], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"usage: python examples/{name} CHANNEL ")
        assert len(done.stderr.splitlines()) == 1


async def test_assistant() -> None:
    module = imported("assistant")
    module.EDIT_SECONDS = 0.1
    with running_sandbox(19) as box:
        async with BotTester(module.bot, box) as tester:
            edits = tester.odoo.events(odoochat.MessageEdited)
            assert await tester.say("what is new?") == ["…"]  # one message, which then grows
            texts = [""]
            while texts[-1].endswith("…") or not texts[-1]:
                event = await edits.get(LINE)
                assert isinstance(event, odoochat.MessageEdited)
                texts.append(event.message.text)
            assert texts[-1] == "You asked: what is new?"
            assert len(texts) > 2
            assert all(texts[-1].startswith(text.rstrip("…").rstrip()) for text in texts)
            assert await tester.say("no answer here", channel="general") == []


async def test_export(tmp_path: Path) -> None:
    async with Sandbox(19) as box:
        environ = {**account(box), "ARCHIVE": str(tmp_path / "archive.sqlite")}
        async with odoochat.connect(box.url, login="ann", password="ann") as ann:
            await ann.channel("general").send("the last word", files=[("notes.txt", b"bytes")])
        code, out = await output("export.py", "general", str(tmp_path / "page"), **environ)
        assert code == 0, out
        assert "the last word" in (tmp_path / "page" / "index.html").read_text("utf-8")
        assert list((tmp_path / "page").rglob("*notes.txt"))
        code, out = await output("export.py", "general", str(tmp_path / "general.jsonl"), **environ)
        assert code == 0, out
        assert "the last word" in (tmp_path / "general.jsonl").read_text("utf-8")


# ------------------------------------------------------------------------------- a person


async def until(person: Browser, room: int, text: str) -> None:
    """Wait until a person sees a text, as a browser that looks again and again."""
    async with asyncio.timeout(30):
        while text not in await person.texts(room):
            await asyncio.sleep(0.1)


@asynccontextmanager
async def running(bot: Bot, place: Place, *, direct: bool = False) -> AsyncIterator[tuple[Client, Channel]]:  # noqa: F811
    """Run a bot as admin in a channel with Bob, or in their direct chat, and nowhere else."""
    async with odoochat.connect(place.url, db=place.db, login="admin", password="admin") as admin:
        name = f"examples {uuid.uuid4().hex[:8]}"
        room = await (admin.direct("bob") if direct else admin.create(name, people=["bob"]))
        bot.where = filters.channel(room.id)
        stop = asyncio.Event()
        runner = bot.runner(admin)
        task = asyncio.create_task(runner.run(stop))
        ready = asyncio.create_task(runner.ready.wait())
        try:
            await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
            yield admin, room
        finally:
            ready.cancel()
            stop.set()
            await task


@pytest.mark.timeout(120)
async def test_a_person_with_a_browser(place: Place) -> None:  # noqa: F811
    async with Browser(place, "bob") as bob:
        async with running(imported("standup").bot, place) as (_, room):
            await bob.post(room.id, "!today writing tests")
            await until(bob, room.id, "Noted.")
            await bob.post(room.id, "!today")
            await until(bob, room.id, "text is missing")
        async with running(imported("assistant").bot, place, direct=True) as (_, chat):
            question = f"what is {uuid.uuid4().hex}"
            await bob.post(chat.id, question)
            await until(bob, chat.id, f"You asked: {question}")


@pytest.mark.odoo
@pytest.mark.timeout(120)
@pytest.mark.parametrize("version", [14, 19])
async def test_a_person_with_a_browser_changes_a_record(version: int) -> None:
    server = servers.real(version)
    there = Place(server.url, server.db, version)
    leads = imported("leads")
    leads.MODEL, leads.FIELD = "res.partner", "color"  # these servers have no CRM
    async with Browser(there, "bob") as bob, running(leads.bot, there) as (admin, room):
        name = f"Lead {uuid.uuid4().hex[:8]}"
        made = await admin.execute("res.partner", "create", vals_list=[{"name": name}])
        number = made[0] if isinstance(made, list) else made
        try:
            await bob.post(room.id, f"!leads {name}")
            await until(bob, room.id, f"{number}: {name}")
            await bob.post(room.id, f"!revenue {number} 7")
            await until(bob, room.id, f"Change the revenue of {name} from 0 to 7?")
            await bob.post(room.id, "yes")
            await until(bob, room.id, f"{name} is now worth 7.")
            rows = await admin.execute("res.partner", "read", [number], fields=["color"])
            assert rows[0]["color"] == 7
            record = await admin.record("res.partner", number)
            assert "Bob changed the expected revenue to 7" in await first(record)
        finally:
            await admin.execute("res.partner", "unlink", [number])


def test_every_example_is_tried() -> None:
    tried = Path(__file__).read_text("utf-8")
    for path in EXAMPLES.glob("*.py"):
        assert f'"{path.name}"' in tried or f'imported("{path.stem}")' in tried, path.name
