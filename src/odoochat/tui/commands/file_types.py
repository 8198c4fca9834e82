"""Which files may be handed to the desktop's programs: an allow list by the name's suffix and the first bytes.

A desktop handles a file by its suffix, by its bytes, or by both: it may run it, or open something
that runs programs. So both have to say the same harmless kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

__all__ = ["is_openable", "openable_name"]

HEAD = 4096
"""Bytes that are looked at."""

_Check = Callable[[bytes], bool]
_PROGRAM_TEXTS = re.compile(
    rb"\A[\s\x00-\x20]*(?:#!|<|%!|%PDF|#EXT|\{\\rtf|@echo)"
    rb"|^\s*\[[\w :.-]{1,100}\]\s*$",
    re.IGNORECASE | re.MULTILINE,
)
"""Texts that some program takes for its own: scripts, pages, play lists, mails, launchers and other INI files."""


def _begins(*heads: bytes) -> _Check:
    return lambda data: data.startswith(heads)


def _has(at: int, *marks: bytes) -> _Check:
    return lambda data: any(data[at : at + len(mark)] == mark for mark in marks)


def _riff(kind: bytes) -> _Check:
    return lambda data: data[:4] == b"RIFF" and data[8:12] == kind


def _is_mp3(data: bytes) -> bool:
    return data.startswith(b"ID3") or (len(data) > 2 and data[0] == 0xFF and data[1] & 0xE6 in (0xE2, 0xE4, 0xE6))


def _is_text(data: bytes) -> bool:
    if b"\x00" in data or _PROGRAM_TEXTS.search(data.removeprefix(b"\xef\xbb\xbf")):
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(data) == HEAD and error.start > HEAD - 4  # a character that the limit cuts
    return True


_KINDS: dict[str, _Check] = {
    "png": _begins(b"\x89PNG\r\n\x1a\n"),
    **dict.fromkeys(("jpg", "jpeg"), _begins(b"\xff\xd8\xff")),
    "gif": _begins(b"GIF87a", b"GIF89a"),
    "webp": _riff(b"WEBP"),
    "bmp": _begins(b"BM"),
    "pdf": _begins(b"%PDF-"),
    **dict.fromkeys(("txt", "log"), _is_text),
    "mp3": _is_mp3,
    "wav": _riff(b"WAVE"),
    "flac": _begins(b"fLaC"),
    **dict.fromkeys(("ogg", "oga", "opus", "ogv"), _begins(b"OggS")),
    **dict.fromkeys(("m4a", "mp4", "m4v"), _has(4, b"ftyp")),
    **dict.fromkeys(("webm", "mkv"), _begins(b"\x1a\x45\xdf\xa3")),
    "avi": _riff(b"AVI "),
}


def openable_name(name: str) -> str | None:
    """Return a plain file name for a file that may be opened if its bytes agree, None for a suffix that is not allowed.

    Args:
        name: as the sender gave it; hostile.
    """
    stem, dot, suffix = name.rpartition(".")
    if not dot or suffix.casefold() not in _KINDS or not suffix.isascii():
        return None
    plain = re.sub(r"[^\w -]", "_", stem.replace("\\", "/").rpartition("/")[2])[:60].strip(" -")
    return f"{plain or 'file'}.{suffix.casefold()}"


def is_openable(path: Path) -> bool:
    """Return whether a file's suffix and its first bytes name the same kind on the allow list.

    Args:
        path: the file.

    Raises:
        OSError: it cannot be read.
    """
    check = _KINDS.get(path.suffix.removeprefix(".").casefold())
    if check is None:
        return False
    with path.open("rb") as file:
        return check(file.read(HEAD))
