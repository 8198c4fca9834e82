"""Channel matching: finds the channel that a user's input refers to, or suggests a similar name."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterable

from odoochat.errors import NotFound, UsageError, names
from odoochat.model import ChannelInfo

__all__ = ["match_channel", "matching_channels"]

LONGEST_ID = 18
"""Maximum number of digits of an id; ids have at most 64 bits."""


def matching_channels(ref: int | str, channels: Iterable[ChannelInfo]) -> list[ChannelInfo]:
    """Return the channels that best match a reference.

    An exact match wins over a looser one: ``#odd``, ``##odd`` and ``odd`` all match a channel named ``#odd``, but
    ``odd`` does so only if no channel is named exactly ``odd``. Case matters only when names differ by case alone.

    Args:
        ref: an id, a name with or without a leading ``#``, or ``@`` followed by the name of a direct chat.
        channels: the channels to search.

    Returns:
        The best matches in their original order. There may be none, one, or several with the same name.
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
    """Return the one channel that matches a reference; see `matching_channels`.

    Raises:
        NotFound: no channel matches; the message lists the user's channels.
        UsageError: multiple channels match; the message lists their ids.
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
    """Return functions that compare a channel's name with a reference, strictest first."""
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
