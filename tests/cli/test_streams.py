"""Standard input and output with a bad day: full disks, closed descriptors, bytes that are no text."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from pathlib import Path

import pytest

from odoochat.sandbox import Sandbox

from .conftest import Ran, ended

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
