"""Opening a colleague's file: only what is harmless by its name and by its bytes reaches a program of the desktop."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from odoochat.sandbox import Sandbox
from odoochat.tui.commands.file_types import is_openable, openable_name
from tests.tui.chat_pilot import ChatPilot

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
GOOD = {
    "a.png": PNG,
    "A.PNG": PNG,
    "a.jpg": b"\xff\xd8\xff\xe0" + bytes(9),
    "a.jpeg": b"\xff\xd8\xff\xe1" + bytes(9),
    "a.gif": b"GIF89a" + bytes(9),
    "a.webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "a.bmp": b"BM" + bytes(9),
    "a.pdf": b"%PDF-1.7\n",
    "a.txt": "Grüße, 漢字\nand more".encode(),
    "empty.txt": b"",
    "long.txt": ("ü" * 5000).encode(),
    "a.log": b"12:00 started\n12:01 [worker] done\n",
    "a.mp3": b"ID3\x04" + bytes(9),
    "b.mp3": b"\xff\xfb\x90\x00",
    "a.wav": b"RIFF\0\0\0\0WAVEfmt ",
    "a.flac": b"fLaC\0",
    "a.ogg": b"OggS\0",
    "a.mp4": b"\0\0\0\x18ftypisom",
    "a.m4a": b"\0\0\0\x18ftypM4A ",
    "a.webm": b"\x1a\x45\xdf\xa3" + bytes(9),
    "a.avi": b"RIFF\0\0\0\0AVI LIST",
}
BAD = {
    "invoice.bat": b"@echo off\r\n",
    "invoice.cmd": b"plain",
    "invoice.txt.exe": b"MZ",
    "a.svg": b"<svg/>",
    "a.m3u": b"#EXTM3U\n",
    "a.html": b"<p>",
    "a.sessiontop": b"[Desktop Entry]\nExec=x",
    "a.sh": b"#!/bin/sh\n",
    "a.py": b"print()",
    "a.docx": b"PK\x03\x04",
    "a.csv": b"a,b",
    "a.ps": b"%!PS",
    "a.eps": b"%!PS",
    "a.url": b"[InternetShortcut]\nURL=file:///x",
    "a.lnk": b"L\0\0\0",
    "a.jar": b"PK",
    "a.appimage": b"\x7fELF",
    "a.wmv": b"0&\xb2u",
    "a.mov": b"\0\0\0\x18ftypqt  ",
    "png": PNG,
    "": PNG,
    "a.": PNG,
    "a.png ": PNG,
    "a.png.": PNG,
    "a.png\u200b": PNG,
    "a.ｐｎｇ": PNG,
    "a.png:evil.bat": PNG,
}
LIARS = {
    "a.png": b"%!PS-Adobe-3.0 EPSF-3.0",
    "a.jpg": b"#!/bin/sh\n",
    "a.gif": b"<svg/>",
    "a.pdf": b"<html>",
    "a.txt": b"#!/bin/sh\necho",
    "b.txt": b"\n\n[Desktop Entry]\nType=Application\nExec=x\n",
    "c.txt": b"words\n[Desktop Entry]\nExec=x\n",
    "d.txt": b"\xef\xbb\xbf <html>",
    "e.txt": b"MZ\0\0",
    "f.txt": b"\xff\xfe\x00",
    "g.txt": b"%!PS",
    "h.txt": b"#EXTM3U",
    "a.mp3": b"#EXTM3U\n",
    "a.mp4": b"<smil>",
    "a.ogg": b"[playlist]",
    "a.wav": b"RIFF\0\0\0\0WEBP",
    "a.log": b"<svg/>",
}


@pytest.mark.parametrize("name", sorted(GOOD))
def test_harmless_files_are_opened(name: str, tmp_path: Path) -> None:
    plain = openable_name(name)
    assert plain is not None
    path = tmp_path / plain
    path.write_bytes(GOOD[name])
    assert is_openable(path)


@pytest.mark.parametrize("name", sorted(BAD))
def test_other_suffixes_are_not_opened(name: str, tmp_path: Path) -> None:
    assert openable_name(name) is None
    if name.strip():
        path = tmp_path / name
        path.write_bytes(BAD[name])
        assert not is_openable(path)


@pytest.mark.parametrize("name", sorted(LIARS))
def test_a_name_that_its_bytes_contradict_is_not_opened(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(LIARS[name])
    assert not is_openable(path)


@pytest.mark.parametrize(
    "name",
    ["../../../etc/x.png", "..\\..\\x.png", "-rf.png", "a\nb.png", "x" * 500 + ".png", ".png", "\u202egnp.exe.png"],
)
def test_a_name_for_opening_is_plain(name: str) -> None:
    plain = openable_name(name)
    assert plain is not None
    assert "/" not in plain and "\\" not in plain and plain.isprintable() and not plain.startswith(("-", "."))
    assert len(plain) < 70 and plain.endswith(".png")


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desktop whose opener writes down what it opens."""
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {tmp_path}/opened\n')
    opener.chmod(0o755)
    home = tmp_path / "home"
    (home / "Downloads").mkdir(parents=True)
    monkeypatch.setenv("PATH", f"{opener.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setenv("HOME", str(home))
    return tmp_path / "opened"


async def _open(stand: ChatPilot, box: Sandbox, name: str, data: bytes) -> None:
    await send(box, name, data)
    await stand.shows(name[:12])
    await stand.press("escape", "o")


async def send(box: Sandbox, name: str, data: bytes) -> None:
    import odoochat

    async with odoochat.connect(box.url, login="bob", password="bob") as bob:
        await bob.channel("general").send("see", files=[(name, data)])


async def test_a_picture_is_opened_from_a_private_folder_that_goes(
    alice: ChatPilot, box: Sandbox, desktop: Path
) -> None:
    await _open(alice, box, "holiday.png", PNG)
    await alice.until(desktop.exists)
    path = Path(desktop.read_text().strip())
    assert path.name == "holiday.png" and path.read_bytes() == PNG
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, path.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert path.is_relative_to(alice.app.temporary_folder())
    await alice.app.on_unmount()
    assert not path.parent.parent.exists()


@pytest.mark.parametrize(
    ("name", "data"), [("invoice.bat", b"@echo off"), ("holiday.png", b"%!PS-Adobe"), ("a.svg", b"<svg/>")]
)
async def test_what_may_run_is_saved_and_shown_in_its_folder(
    alice: ChatPilot, box: Sandbox, desktop: Path, name: str, data: bytes
) -> None:
    await _open(alice, box, name, data)
    await alice.shows_toast("files of this type are not opened")
    downloads = Path.home() / "Downloads"
    await alice.until(desktop.exists)
    assert desktop.read_text().split("\n") == [str(downloads), ""]
    assert (downloads / name).read_bytes() == data
    assert [each.name for each in downloads.iterdir()] == [name]
