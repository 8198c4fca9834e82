"""Classifies pasted text as file paths or code; pure, except that it checks whether files exist."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["is_code", "pasted_paths"]

MAX_PATHS = 8_000
"""Maximum length of text to check for paths, in characters."""
MAX_FILES = 50
MAX_CODE_LINES = 400
"""Number of lines to check for code."""
CODE_SHARE = 0.4
_CODE_LINE = re.compile(
    r".*[;{}]\s*$|.*\)\s*:\s*$|\s*[\])}]+[,;]?\s*$|\s*</?\w[^>]*>\s*$|.*(=>|->|::|&&|\|\|)"
    r"|\s*(def|class|import|from|return|if|elif|else|for|while|try|except|with|async|await|raise|function|const|let|var"
    r"|public|private|static|void|int|#include|fn|use|package|SELECT|INSERT|UPDATE|FROM|WHERE)\b.*[\w)\]:;,({'\"*]$"
    r"|\s*[\w.\[\]'\"]+\s*[-+*/|]?=\s*\S|\s*(\$|>>>|\.\.\.)\s|Traceback \(most recent|\s+File \".*\", line \d"
    r"|\s*[\w.]+\([^)]*\)\s*$|\s*(//|/\*|<!--)"
)
_PROSE_LINE = re.compile(r"\s*(?:[-*>#]\s|\d+[.)]\s)|[^\W\d_].*[.!?]\s*$")


def pasted_paths(text: str) -> list[Path]:
    """Return the files listed in pasted text. Terminals paste dropped files as paths, often in quotes.

    Args:
        text: the pasted text.

    Returns:
        The files; empty if the text is anything other than file paths.
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


def is_code(text: str) -> bool:
    """Return whether multi-line text looks like code.

    Args:
        text: the text.
    """
    lines = [line for line in text.expandtabs(4).splitlines()[:MAX_CODE_LINES] if line.strip()]
    if len(lines) < 2 or "```" in text:
        return False
    code = sum(1 for line in lines if _CODE_LINE.match(line))
    prose = sum(1 for line in lines if _PROSE_LINE.match(line) and not _CODE_LINE.match(line))
    indented = any(line.startswith(("  ", "\t")) for line in lines)
    return code > prose and code / len(lines) >= (CODE_SHARE if indented else 2 * CODE_SHARE)
