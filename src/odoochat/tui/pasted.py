"""What a pasted text is: paths of files, or code; pure but for a look at the disk."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["pasted_paths"]

MAX_PATHS = 8_000
"""Characters of a text that is looked at for paths."""
MAX_FILES = 50


def pasted_paths(text: str) -> list[Path]:
    """Return the files that a pasted text names: terminals paste dropped files so, one or several, often quoted.

    Args:
        text: the text.

    Returns:
        The files; none when the text is anything else than paths of files.
    """
    text = text.strip()
    if not text or len(text) > MAX_PATHS:
        return []
    whole = _pasted_path(text.strip("'\""))
    if whole is not None:
        return [whole]
    try:
        words = shlex.split(text) if os.sep == "/" else text.splitlines()
    except ValueError:
        return []
    if len(words) > MAX_FILES:
        return []
    found = [path for word in words if (path := _pasted_path(word)) is not None]
    return found if len(found) == len(words) else []


def _pasted_path(text: str) -> Path | None:
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    if not text.startswith(("/", "~", "./", "../")) and text[1:3] not in (":\\", ":/"):
        return None
    try:
        path = Path(text).expanduser()
        return path if path.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None
