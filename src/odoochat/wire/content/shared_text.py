"""Shared text: one object for equal texts, because many clients in one process receive the same messages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache

__all__ = ["remembered", "share"]

REMEMBERED = 4_096
"""Number of texts that `remembered` keeps."""

REMEMBERED_LENGTH = 4_000
"""Maximum length of a text that `remembered` keeps, in characters."""


@lru_cache(REMEMBERED)
def _remembered(text: str) -> str:
    return text


def remembered(text: str) -> str:
    """Return the object that an earlier call returned for an equal text, if that was not long ago.

    Args:
        text: any text; a long one is returned as it is.
    """
    return _remembered(text) if len(text) <= REMEMBERED_LENGTH else text


# Python 3.12 never frees an interned string (measured on 3.12.1), so each message would stay in memory.
share: Callable[[str], str] = remembered if sys.version_info[:2] == (3, 12) else sys.intern
"""Returns one object for equal texts."""
