"""Notifications: what reaches the desktop, by which way, and how many of them."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from odoochat.events import MessagePosted
from odoochat.sandbox import Sandbox
from odoochat.tui import notifications as notices
from odoochat.tui.notifications import Notifier, send_to_desktop, terminal_sequence
from odoochat.tui.settings import Settings

from . import company
from .chat_pilot import opened, profile

HOSTILE = r'<b>bold</b> <img src="file:///etc/passwd"/> &amp; a\\nb \074i\076 \x1b'

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="desktops of Linux")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `notify-send` that writes its arguments down, and no session bus."""
    file = tmp_path / "bin" / "notify-send"
    file.parent.mkdir()
    file.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {tmp_path}/said\n')
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{file.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    return tmp_path / "said"


@linux
async def test_the_program_gets_neither_markup_nor_escapes(program: Path) -> None:
    assert await send_to_desktop("A <u>title</u>", HOSTILE)
    said = program.read_text()
    assert "<" not in said
    # What notify-send makes of it (g_strcompress), and the desktop then (markup), is the text as it was.
    body = said.splitlines()[3].encode().decode("unicode_escape")
    assert body.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == HOSTILE


SERVICE = """
import asyncio, sys
from jeepney import MessageType, new_method_return, new_error
from jeepney.bus_messages import message_bus
from jeepney.io.asyncio import open_dbus_connection

async def main(capabilities, out):
    bus = await open_dbus_connection()
    await bus.send(message_bus.RequestName("org.freedesktop.Notifications"))
    while True:
        message = await bus.receive()
        member = message.header.fields.get(3)
        if message.header.message_type is not MessageType.method_call:
            if message.header.message_type is MessageType.method_return:
                print("ready", flush=True)
            continue
        if member == "GetCapabilities":
            await bus.send(new_method_return(message, "as", (capabilities,)))
        elif member == "Notify":
            open(out, "a").write(repr(message.body) + "\\n")
            await bus.send(new_method_return(message, "u", (1,)))

asyncio.run(main(sys.argv[2:], sys.argv[1]))
"""


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A session bus of our own."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("there is no dbus-daemon")
    config = tmp_path / "bus.conf"
    config.write_text(
        f"<busconfig><type>session</type><listen>unix:path={tmp_path}/bus</listen><policy context='default'>"
        "<allow send_destination='*'/><allow eavesdrop='true'/><allow own='*'/></policy></busconfig>"
    )
    daemon = subprocess.Popen(
        ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"], stdout=subprocess.PIPE, text=True
    )
    assert daemon.stdout is not None
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", daemon.stdout.readline().strip())
    yield
    daemon.terminate()
    daemon.wait()
    daemon.stdout.close()


@linux
@pytest.mark.parametrize("capabilities", [("body", "body-markup"), ("body",)])
async def test_on_the_session_bus_no_program_sees_the_text(
    program: Path, bus: None, tmp_path: Path, capabilities: tuple[str, ...]
) -> None:
    service = subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(tmp_path / "got"), *capabilities], stdout=subprocess.PIPE, text=True
    )
    try:
        assert service.stdout is not None
        await asyncio.to_thread(service.stdout.readline)
        assert await send_to_desktop("Bob in general", HOSTILE)
        name, _, _, title, body, *_ = eval((tmp_path / "got").read_text())
        assert (name, title) == ("odoochat", "Bob in general")
        assert body == (
            HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            if len(capabilities) > 1
            else HOSTILE
        )
        assert not program.exists()
    finally:
        service.terminate()
        service.wait()
        service.stdout.close()


@linux
@pytest.mark.parametrize("address", ["unix:path=/nowhere/at/all", "tcp:host=127.0.0.1", "nonsense", ";;;"])
async def test_a_bus_that_is_not_there_is_no_fault(
    program: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    assert await send_to_desktop("title", "text")
    assert program.exists()


@pytest.mark.parametrize("environ", [{"TERM": "foot"}, {"KITTY_WINDOW_ID": "1"}, {"TERM_PROGRAM": "ghostty"}])
def test_what_a_terminal_passes_on_holds_no_markup_and_no_escape(environ: dict[str, str]) -> None:
    sequence = terminal_sequence(HOSTILE, HOSTILE + "\x1b\\;\x07", environ)
    assert "<" not in sequence and "\\" not in sequence[:-1] and "\x07" not in sequence
    assert "\x1b" not in sequence[1:-2]


async def test_a_flood_is_a_few_notifications_and_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "foot")
    out: list[str] = []
    rung: list[int] = []
    notifier = Notifier(out.append, lambda job, name: job.close(), lambda: rung.append(1), pause=0.05)
    for number in range(20_000):
        notifier.notify("Bob", f"text {number}", bell=True)
    assert len(out) == len(rung) == notices.BURST
    while len(out) == notices.BURST:
        await asyncio.sleep(0.01)
    assert f"{20_000 - notices.BURST:,} more messages" in out[-1]
    notifier.close()


@linux
async def test_a_flood_in_the_chat_starts_few_programs(program: Path, tmp_path: Path) -> None:
    company.fill(tmp_path)
    async with opened(company.profile(), folder=tmp_path, settings=Settings(notify="all")) as stand:
        company.settle(stand.screen.session)
        started: list[Any] = []
        run = stand.screen.session.run

        def counted(job: Coroutine[Any, Any, Any], name: str) -> Any:
            started.append(name)
            return run(job, name)

        stand.chat.notifier._run = counted
        plain = company.messages()[2]
        for number in range(1_000, 2_000):
            stand.screen.session.deliver(
                MessagePosted(msgspec.structs.replace(plain, id=number, channel=company.CHANNELS[1].ref))
            )
        assert len(started) <= notices.BURST


@linux
async def test_a_message_is_reported_without_its_markup(box: Sandbox, program: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    async with opened(
        profile(box.url, "alice", "alice"), folder=folder, channel="random", settings=Settings(notify="all")
    ) as stand:
        await stand.connected()
        box.world.post("bob", "general", "<b>@Alice</b> \\x41")
        await stand.until(program.exists)
        assert "<b>" not in program.read_text()
