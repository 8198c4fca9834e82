"""Allow list of file types that may be opened with desktop programs, by file suffix and first bytes.

A desktop chooses a program by a file's suffix, its content or both, and may execute the file or open it with a program
that executes its content. The suffix and content must therefore indicate the same harmless type.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

__all__ = ["is_openable", "openable_name"]

HEAD = 4096
"""Number of bytes to inspect at the start of a file."""

_Check = Callable[[bytes], bool]
_PROGRAM_TEXTS = re.compile(
    rb"\A[\s\x00-\x20]*(?:#!|<|%!|%PDF|#EXT|\{\\rtf|@echo)"
    rb"|^\s*\[[\w :.-]{1,100}\]\s*$",
    re.IGNORECASE | re.MULTILINE,
)
"""Patterns that programs recognize as scripts, web pages, playlists, emails, launchers or other INI files."""


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
        return len(data) == HEAD and error.start > HEAD - 4  # the limit cut off a character
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
    """Return a safe name for a file if its suffix is on the allow list, otherwise None.

    Args:
        name: the file name chosen by the sender; untrusted.
    """
    stem, dot, suffix = name.rpartition(".")
    if not dot or suffix.casefold() not in _KINDS or not suffix.isascii():
        return None
    plain = re.sub(r"[^\w -]", "_", stem.replace("\\", "/").rpartition("/")[2])[:60].strip(" -")
    return f"{plain or 'file'}.{suffix.casefold()}"


def is_openable(path: Path) -> bool:
    """Return whether a file's suffix and first bytes indicate the same allowed type.

    Args:
        path: the file.

    Raises:
        OSError: the file cannot be read.
    """
    check = _KINDS.get(path.suffix.removeprefix(".").casefold())
    if check is None:
        return False
    with path.open("rb") as file:
        return check(file.read(HEAD))
