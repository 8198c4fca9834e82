"""Channel matching: which of several channels a user means by what they typed."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterable

from odoochat.errors import NotFound, UsageError, names
from odoochat.model import ChannelInfo

__all__ = ["match_channel", "matching_channels"]

LONGEST_ID = 18
"""Digits of the largest number that is taken for an id; ids have 64 bits at most."""


def matching_channels(ref: int | str, channels: Iterable[ChannelInfo]) -> list[ChannelInfo]:
    """Returns the channels that a reference fits best.

    A name wins over a looser reading of it: a channel called ``#odd`` is found by ``#odd``, by ``##odd``, and by
    ``odd`` unless another one is called so. Lower and upper case differ only where channels differ in nothing else.

    Args:
        ref: an id, a name with or without ``#`` before it, or ``@`` and the name of a direct chat.
        channels: those to choose from.

    Returns:
        The best ones, in their order: none, one, or several with the same name.
    """
    known = list(channels)
    if isinstance(ref, int):
        return [info for info in known if info.id == ref]
    if (number := _number(ref)) and (found := [info for info in known if info.id == number]):
        return found
    for fits in _readings(ref):
        if found := [info for info in known if info.name and fits(info)]:
            return found
    if (number := _number(ref.removeprefix("#"))) is not None:
        return [info for info in known if info.id == number]
    return []


def match_channel(ref: int | str, channels: Iterable[ChannelInfo]) -> ChannelInfo:
    """Returns the one channel that a reference means; see `matching_channels`.

    Raises:
        NotFound: none fits; the text names those that there are.
        UsageError: several fit; the text names their ids.
    """
    known = list(channels)
    found = matching_channels(ref, known)
    if len(found) > 1:
        ids = names([f"{info.id} ({info.kind})" for info in found])
        raise UsageError(f"several channels are named {ref!r}; use an id: {ids}")
    if found:
        return found[0]
    near = _near(ref, known) if isinstance(ref, str) else ""
    mine = names([info.name for info in known]) or "none"
    raise NotFound("channel", f"no channel {ref!r}{near}; your channels: {mine}")


def _readings(ref: str) -> list[Callable[[ChannelInfo], bool]]:
    """Ways to compare a name with a reference, the strictest first."""
    bare, loose = ref.removeprefix("#"), _folded(ref)
    ways: list[Callable[[ChannelInfo], bool]] = [
        lambda info: info.name == ref,
        lambda info: info.name == bare,
        lambda info: _folded(info.name) == loose,
        lambda info: _folded(info.name) == loose.removeprefix("#"),
        lambda info: bool(loose.strip("#")) and _folded(info.name).lstrip("#") == loose.lstrip("#"),
    ]
    if ref.startswith("@"):
        ways.append(lambda info: info.kind == "chat" and _folded(info.name) == _folded(ref[1:]))
    return ways


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().strip()


def _number(ref: str) -> int | None:
    return int(ref) if ref.isascii() and ref.isdecimal() and len(ref) <= LONGEST_ID else None


def _near(ref: str, channels: list[ChannelInfo]) -> str:
    by_name = {_folded(info.name).lstrip("#"): info.name for info in channels if info.name}
    found = difflib.get_close_matches(_folded(ref).lstrip("#"), by_name, n=1, cutoff=0.7)
    return f" (did you mean {by_name[found[0]]!r}?)" if found else ""
