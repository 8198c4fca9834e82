"""Formats a number with its noun, in the singular or plural."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number followed by its noun, for example ``1 message`` or ``1,200 messages``.

    Args:
        number: the number of things.
        noun: the noun in the singular.
        plural: the noun in the plural; empty for the singular with an s.
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
