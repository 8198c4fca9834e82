"""File names: makes names from the network safe for the file system."""

from __future__ import annotations

import re

from odoochat.wire.content.body import safe_line

__all__ = ["safe_name"]

_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICES = re.compile(r"(?i)(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³])\s*(?:\.|$)")
"""Names that Windows reserves for devices, with any suffix, even after spaces.

Source: Microsoft, "Naming Files, Paths, and Namespaces"."""


def safe_name(name: str, number: int) -> str:
    """Return a file name that has no folders or invisible characters, and is valid on Linux, macOS and Windows.

    Args:
        name: the name that the sender chose.
        number: the attachment's id, used if no characters of the name remain.
    """
    last = re.split(r"[/\\]", name)[-1]
    name = _UNFIT.sub("_", safe_line(last, 1000)).strip(" .")
    if not name:
        return f"file-{number}"
    if _DEVICES.match(name):
        name = f"_{name}"
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 20:
        stem, suffix = name, ""
    room = 200 - len(suffix.encode()) - 1
    stem = stem.encode()[:room].decode(errors="ignore").rstrip(" .") or f"file-{number}"
    return f"{stem}.{suffix}" if suffix else stem
