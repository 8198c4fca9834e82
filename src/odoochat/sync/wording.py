"""Converts docstrings and annotations from the async API to the blocking one."""

from __future__ import annotations

import inspect
import re

__all__ = ["annotation", "described", "of_handle"]

TEXTS = (
    ("await odoochat.connect(", "odoochat.sync.connect("),
    ("odoochat.connect", "odoochat.sync.connect"),
    ("async with", "with"),
    ("async for", "for"),
    ("await ", ""),
    ("as an async iterator", "as an iterator"),
    ("An async iterator", "An iterator"),
    ("an async iterator", "an iterator"),
    ("StopAsyncIteration", "StopIteration"),
)
ANNOTATIONS = (
    (r"\bAsync(?:Iterator|Generator)\[(?!None\])(.*?)\]", r"Generator[\1, None, None]"),
    (r"\bAsyncGenerator\[None\]", "AbstractContextManager[None]"),
)


def described(doc: str | None) -> str | None:
    """Convert a docstring from the async API to the blocking one.

    Args:
        doc: the docstring.
    """
    if doc is None:
        return None
    for old, new in TEXTS:
        doc = doc.replace(old, new)
    return re.sub(r";\s+raised on entering", "", doc)


def of_handle(doc: str | None) -> str | None:
    """Return a class's docstring, omitting constructor arguments, as only the client creates instances.

    Args:
        doc: the docstring.
    """
    doc = described(inspect.cleandoc(doc) if doc is not None else None)
    return re.sub(r"Args:\n(?: {4}.+\n?)+\n?", "", doc).rstrip() if doc is not None else None


def annotation(text: str) -> str:
    """Convert an annotation from the async API to the blocking one.

    Args:
        text: the annotation.
    """
    for pattern, new in ANNOTATIONS:
        text = re.sub(pattern, new, text)
    return text
