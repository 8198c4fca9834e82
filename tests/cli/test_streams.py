"""Standard input and output with a bad day: full disks, closed descriptors, bytes that are no text."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import shlex
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from odoochat.cli.commands import channels as channels_command
from odoochat.sandbox import Sandbox

from .conftest import Ran, ended

Run = Callable[..., Awaitable[Ran]]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")


async def shell(command: str, given: bytes = b"") -> Ran:
    """Runs a line of the shell, in which ``odoochat`` is ours."""
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", f'odoochat() {{ {shlex.quote(sys.executable)} -m odoochat "$@"; }}\n{command}',
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(given)
    process.stdin.close()
    return await ended(process)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("command", ["channels", "history general --json", "--help"])
async def test_a_full_disk(alice: Sandbox, command: str) -> None:
    ran = await shell(f"odoochat {command} >/dev/full")
    assert ran == Ran(1, "", "odoochat: cannot write to standard output: No space left on device\n")


async def test_a_closed_output_is_reported_before_anything_is_done(alice: Sandbox) -> None:
    before = len(alice.world.history("general"))
    ran = await shell("odoochat send general unheard >&-")
    assert ran == Ran(1, "", "odoochat: standard output is closed\n")
    assert len(alice.world.history("general")) == before


@pytest.mark.parametrize("command", ["history general", "--help"])
async def test_a_reader_of_one_line(alice: Sandbox, command: str) -> None:
    ran = await shell(f"{{ odoochat {command}; echo code $? >&2; }} | head -1")
    assert (ran.code, ran.err) == (0, "code 0\n")
    assert len(ran.out.splitlines()) == 1


@pytest.mark.parametrize("command", ["--help", "--version", "send --help", "bot --help", "doctor", "bot run x:bot"])
async def test_every_command_reports_a_closed_output(alice: Sandbox, command: str) -> None:
    assert await shell(f"odoochat {command} >&-") == Ran(1, "", "odoochat: standard output is closed\n")


@pytest.mark.parametrize("error", ["&-", "/dev/full"])
@pytest.mark.parametrize(
    ("command", "code", "out"),
    [
        ("listen --timeout 0.5", 0, ""),
        ("listen --timeout 0.5 -vv", 0, ""),
        ("listen --timeout 0.5 --count 1", 1, ""),
        ("mark-as-red", 2, ""),
        ("send nowhere hello", 5, ""),
        ("channels --login nobody", 4, ""),
        ("link 1", 0, "/mail/message/1"),
    ],
)
async def test_a_lost_note_changes_no_result(alice: Sandbox, command: str, code: int, out: str, error: str) -> None:
    if error == "/dev/full" and not Path(error).exists():
        pytest.skip("a device of Linux")
    ran = await shell(f"odoochat {command} 2>{error}")
    assert (ran.code, ran.err) == (code, "")
    assert ran.out.strip().endswith(out) if out else ran.out == ""


async def test_listen_goes_on_if_the_reader_of_its_notes_exits(alice: Sandbox) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "odoochat", "listen", "--count", "1",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=writing,
    )  # fmt: skip
    os.close(writing)
    ending = asyncio.create_task(process.communicate())
    async with asyncio.timeout(30):
        while not ending.done():
            if alice.connections:
                alice.world.post("bob", "general", "still there?")
            await asyncio.wait({ending}, timeout=0.1)
    assert (process.returncode, b"still there?" in ending.result()[0]) == (0, True)


async def test_no_connection_gets_the_number_of_a_closed_descriptor() -> None:
    code = "; ".join(
        [
            "import os, socket, subprocess, sys",
            "from odoochat.cli.descriptors import open_missing_descriptors",
            "open_missing_descriptors()",
            "free = socket.socket().fileno()",
            "print('lost', file=sys.stderr)",
            "child = subprocess.run(['/bin/sh', '-c', 'cat && echo lost && echo lost >&2'])",
            "os._exit(free if child.returncode == 0 and (sys.stdin, sys.stdout) == (None, None) else 99)",
        ]
    )
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", f"exec {shlex.quote(sys.executable)} -c {shlex.quote(code)} <&- >&- 2>&-"
    )
    async with asyncio.timeout(30):
        assert 2 < await process.wait() < 99


async def test_a_broken_pipe_elsewhere_is_a_failure(alice: Sandbox, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    def broken(*_: object) -> list[str]:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    monkeypatch.setattr(channels_command, "channel_lines", broken)
    ran = await run("channels")
    assert (ran.code, ran.out, ran.err) == (1, "", "odoochat: Broken pipe\n")


@pytest.mark.parametrize(("given", "at"), [(b"abc\xff", "byte 3 is 0xff"), (b"caf\xe9\n", "byte 3 is 0xe9")])
async def test_bytes_that_are_no_text(alice: Sandbox, given: bytes, at: str) -> None:
    before = len(alice.world.history("general"))
    ran = await shell("odoochat send general -", given)
    assert (ran.code, ran.out) == (2, "")
    assert at in ran.err
    assert "iconv" in ran.err
    assert len(alice.world.history("general")) == before


async def test_a_text_that_is_no_text(alice: Sandbox, tmp_path: Path) -> None:
    ran = await shell("odoochat send general \"$(printf 'ab\\377')\"")
    assert (ran.code, ran.out) == (2, "")
    assert "not valid UTF-8" in ran.err


async def test_a_closed_input(alice: Sandbox) -> None:
    ran = await shell("odoochat send general - <&-")
    assert ran.code == 2
    assert "standard input is closed" in ran.err
    for command in ("mcp", "channels --password-stdin"):
        assert await shell(f"odoochat {command} <&-") == Ran(2, "", "odoochat: standard input is closed\n")
    assert (await shell("odoochat listen --timeout 0.5 <&-")).code == 0
    ran = await shell("unset ODOOCHAT_PASSWORD; odoochat channels <&-")
    assert ran.code == 2
    assert "no credentials" in ran.err


@pytest.mark.parametrize(
    "encoding", ["ascii", "cp1252", "latin-1", "utf-16", "ascii:replace", "cp1252:ignore", "utf-8"]
)
async def test_json_is_json_in_every_encoding(alice: Sandbox, encoding: str) -> None:
    text = "größe 👍 € ж"
    alice.world.post("bob", "general", text)
    ran = await shell(
        f"PYTHONIOENCODING={encoding} odoochat history general --limit 1 --json | od -An -v -tx1 | tr -d ' \\n'"
    )
    raw = bytes.fromhex(ran.out)
    decoded = raw.decode("utf-16" if encoding == "utf-16" else "utf-8")
    assert json.loads(decoded)["text"] == text
    if encoding == "utf-8":
        assert "größe 👍" in decoded


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", "gr\\u00f6\\u00dfe \\ud83d\\udc4d"), ("cp1252:replace", "größe \\ud83d\\udc4d")]
)
async def test_lines_for_people_escape_what_the_encoding_lacks(alice: Sandbox, encoding: str, shown: str) -> None:
    alice.world.post("bob", "general", "größe 👍")
    ran = await shell(f"PYTHONIOENCODING={encoding} odoochat history general --limit 1 | od -An -v -tx1 | tr -d ' \\n'")
    assert bytes.fromhex(ran.out).decode(encoding.partition(":")[0]).rstrip("\n").endswith(shown)


async def test_help_in_ascii(alice: Sandbox) -> None:
    ran = await shell("PYTHONIOENCODING=ascii odoochat react --help")
    assert (ran.code, ran.err) == (0, "")
