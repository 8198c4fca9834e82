"""Reorders command-line words: moves shared options after the command."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["command_first"]

SHARED_FLAGS = ("--json", "--password-stdin", "--insecure", "--verbose", "-v")
SHARED_OPTIONS = (
    "--url", "--db", "--login", "--profile", "--request-timeout",
    "--proxy", "--ca-file", "--client-cert", "--client-key",
)  # fmt: skip
"""Shared options that take a value; like shared flags, they may precede the command."""


def command_first(arguments: Sequence[str]) -> list[str]:
    """Move shared options from before the command to after it, e.g. in ``--json history general``.

    Args:
        arguments: the words as typed.

    Returns:
        The reordered words, or the original ones if the first option is not shared.
    """
    words = list(arguments)
    at = 0
    while at < len(words) and words[at].startswith("-"):
        name, has_value, _ = words[at].partition("=")
        if name in SHARED_OPTIONS:
            at += 1 if has_value else 2
        elif words[at] in SHARED_FLAGS or re.fullmatch("-v+", words[at]):
            at += 1
        elif at and words[at] in ("--help", "-h", "--version"):
            return [words[at]]
        else:
            return words
    if not 0 < at < len(words):
        return words
    return [words[at], *words[:at], *words[at + 1 :]]
