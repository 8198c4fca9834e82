"""Completes @people, #channels, :emoji: and /commands in the composer; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from odoochat.emoji import find_emojis, ranked_names

__all__ = ["Completion", "CompletionToken", "completions", "ranked_names", "token_at"]

MAX_OFFERED = 8
_TOKEN = re.compile(r"(?:^|(?<=\s))([@#:])([^\s@#:]*)\Z|\A(/)([\w-]*)\Z")
_ARGUMENT = re.compile(r"\A/([\w-]+) (\S*)\Z")


class CompletionToken(NamedTuple):
    """The word before the cursor that can be completed.

    Attributes:
        sign: ``@``, ``#``, ``:`` or ``/``; empty for a slash command's argument.
        start: the index of the sign in the text.
        query: the text after the sign.
        command: the slash command to which the argument belongs; empty for other tokens.
    """

    sign: str
    start: int
    query: str
    command: str = ""


class Completion(NamedTuple):
    """One completion.

    Attributes:
        text: the text that replaces the token.
        label: the text to display.
        note: the note to display next to the label.
    """

    text: str
    label: str
    note: str = ""


def token_at(text: str) -> CompletionToken | None:
    """Return the token at the end of the text, or None if there is none.

    Args:
        text: all of the text before the cursor.
    """
    found = _TOKEN.search(text)
    if found is None:
        argument = _ARGUMENT.match(text)
        return CompletionToken("", argument.start(2), argument[2], argument[1]) if argument else None
    sign, query = (found[1], found[2]) if found[1] else (found[3], found[4])
    if sign == ":" and len(query) < 2:
        return None  # a single colon is usually not an emoji
    return CompletionToken(sign, found.start(1) if found[1] else found.start(3), query)


def completions(
    token: CompletionToken,
    people: Mapping[int, str],
    channels: Iterable[str],
    commands: Mapping[str, str],
    used: Mapping[str, int] | None = None,
    arguments: Iterable[str] = (),
) -> list[Completion]:
    """Return completions for a token, most likely first.

    Args:
        token: the token.
        people: names, keyed by partner id.
        channels: channel names.
        commands: descriptions of slash commands, keyed by name.
        used: how often each emoji was used.
        arguments: the slash command's possible arguments.
    """
    query = token.query.casefold()
    found: list[Completion]
    match token.sign:
        case "@":
            found = [Completion(f"@{name} ", f"@{name}") for name in ranked_names(query, people.values())]
        case "#":
            found = [Completion(f"#{name} ", f"#{name}") for name in ranked_names(query, channels)]
        case ":":
            found = [Completion(f"{emoji} ", f"{emoji} :{name}:") for name, emoji in find_emojis(query, used).items()]
        case "":
            found = [Completion(name, name) for name in ranked_names(query, arguments)]
        case _:
            found = [Completion(f"/{name} ", f"/{name}", commands[name]) for name in ranked_names(query, commands)]
    return found[:MAX_OFFERED]
