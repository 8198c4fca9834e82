"""download and upload, and the progress that a terminal shows."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from odoochat.cli.progress_bar import ProgressBar, format_size
from odoochat.model import Progress
from odoochat.sandbox import Sandbox

from .conftest import Ran, be
from .test_process import Terminal
from .test_verbs import done, refused

Run = Callable[..., Awaitable[Ran]]


@pytest.mark.parametrize("version", [14, 19])
async def test_up_and_down(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: int) -> None:
    async with Sandbox(version) as box:
        be(monkeypatch, box.url, "alice")
        one, two = tmp_path / "one.bin", tmp_path / "two.txt"
        one.write_bytes(os.urandom(300_000))
        two.write_text("two")
        printed = (await run("upload", "general", one, two, "--text", "both", "--json")).objects[0]
        assert printed["text"] == "both"
        ids = {a["name"]: a["id"] for a in printed["attachments"]}
        to = tmp_path / "fetched"
        to.mkdir()
        paths = (await done(run, "download", ids["one.bin"], ids["two.txt"], "--to", to)).splitlines()
        assert [Path(p).name for p in paths] == ["one.bin", "two.txt"]
        assert (to / "one.bin").read_bytes() == one.read_bytes()
        printed = (await run("download", ids["two.txt"], "--to", to, "--json")).objects[0]
        assert printed == {"id": ids["two.txt"], "path": str(to / "two (1).txt"), "size": 3}
        await done(run, "download", ids["two.txt"], "--to", to / "other.txt")
        await refused(run, 2, "already exists", "download", ids["two.txt"], "--to", to / "other.txt")


async def test_a_hostile_name_leads_nowhere(run: Run, alice: Sandbox, tmp_path: Path) -> None:
    ran = await run("upload", "general", tmp_path / "no-such-file")
    assert (ran.code, ran.out) == (2, "")
    file = tmp_path / "harmless.txt"
    file.write_text("x")
    number = (await run("upload", "general", file, "--json")).objects[0]["attachments"][0]["id"]
    await refused(run, 2, "no such folder", "download", number, "--to", tmp_path / "nowhere" / "file")
    await refused(run, 2, "multiple files", "download", number, number, "--to", tmp_path / "new")
    await refused(run, 5, "999999", "download", 999999, "--to", tmp_path)


def test_the_bar_shows_its_progress() -> None:
    bar = ProgressBar("film.mp4\x1b[31m")
    bar(Progress(0, 200_000_000))
    assert bar.line(Progress(100_000_000, 200_000_000), 10.0) == (
        "film.mp4  [############............]  50%  100.0 MB of 200.0 MB  10.0 MB/s"
    )
    assert bar.line(Progress(1500, None), 1.0) == "film.mp4  1.5 kB  1.5 kB/s"
    assert bar.line(Progress(0, 0), 0.0) == "film.mp4  0 B  0 B/s"
    assert [format_size(n) for n in (0, 999, 1000, 5e9)] == ["0 B", "999 B", "1.0 kB", "5.0 GB"]


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
async def test_a_terminal_sees_the_bar(alice: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "big.bin"
    file.write_bytes(bytes(2_000_000))
    screen = Terminal("upload", "general", str(file))
    assert await screen.end() == 0
    assert "100%" in screen.shown
    assert "2.0 MB of 2.0 MB" in screen.shown
    assert screen.shown.rpartition("\x1b[K")[2].strip().isdigit(), "the bar is gone in the end"


async def test_no_bar_without_a_terminal(run: Run, alice: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "big.bin"
    file.write_bytes(bytes(2_000_000))
    assert (await done(run, "upload", "general", file)).strip().isdigit()
