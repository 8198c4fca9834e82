"""Finds the people and channels mentioned in text: ``@Bob Smith``, ``@everyone``, ``#general``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from odoochat.cli.streams import print_note
from odoochat.wire.content.body import safe_line

if TYPE_CHECKING:
    from odoochat.client.client import Client
    from odoochat.client.conversation import Conversation
    from odoochat.client.services import Mentioned
    from odoochat.model import Person

__all__ = ["find_mentions"]

MAX_MENTIONS = 20
_PERSON = re.compile(r"(?<![\w@#/.])@(?=(\w[\w.+-]*))")
_CHANNEL = re.compile(r"(?<![\w@#/&])#(?=#*\w)")


async def find_mentions(
    odoo: Client, place: Conversation, text: str, named: Sequence[str], *, in_text: bool
) -> tuple[str, list[Mentioned | Conversation]]:
    """Find the people and channels mentioned in text.

    A word after ``@`` is a login or the start of a name; a word that matches nobody remains plain text.

    Args:
        odoo: the connected client.
        place: the channel or record that the text will be sent to.
        text: the text.
        named: additional people to mention, from ``--mention``.
        in_text: whether to search the text for mentions.

    Returns:
        The text with logins replaced by user names, and the mentions.
    """
    found: list[Mentioned | Conversation] = [int(n) if n.isdigit() else n for n in named]
    if not in_text:
        return text, found
    found += _channels(odoo, text)
    people: dict[int, Person] = {}
    replaced: list[tuple[int, int, str]] = []
    for match in list(_PERSON.finditer(text))[:MAX_MENTIONS]:
        word, rest = match[1].rstrip(".-+"), text[match.end() :]
        if word.casefold() == "everyone":
            if _takes_everyone(odoo, place):
                found.append("everyone")
            continue
        person, login = await _person(odoo, word, rest)
        if person is None:
            continue
        people[person.id] = person
        if login:
            replaced.append((match.end(), match.end() + len(login), person.name))
    for start, end, name in reversed(replaced):
        text = text[:start] + name + text[end:]
    return text, [*found, *people.values()]


def _takes_everyone(odoo: Client, place: Conversation) -> bool:
    from odoochat.client.channel import Channel

    return isinstance(place, Channel) and odoo.server.can("mention_everyone")


def _channels(odoo: Client, text: str) -> list[Mentioned | Conversation]:
    """Return the user's channels mentioned in the text. If several names match, the longest wins."""
    channels = sorted((c for c in odoo.channels() if c.name and c.kind != "chat"), key=lambda c: -len(c.name))
    found: dict[int, Conversation] = {}
    for match in _CHANNEL.finditer(text):
        channel = next((c for c in channels if _begins(text[match.end() :], c.name)), None)
        if channel is not None:
            found[channel.id] = channel
    return list(found.values())


async def _person(odoo: Client, word: str, rest: str) -> tuple[Person | None, str]:
    """Return the person whose name or login follows ``@``, and the login if it was used instead of the name."""
    candidates = await odoo.people.search(word, 50)
    named = [p for p in candidates if p.name and _begins(rest, p.name)]
    longest = max((len(p.name) for p in named), default=0)
    named = [p for p in named if len(p.name) == longest]
    by_login = [p for p in candidates if p.login and _begins(rest, p.login)]
    found = named or by_login
    if len(found) > 1:
        logins = ", ".join(f"@{safe_line(p.login or p.name)}" for p in found)
        print_note(f"odoochat: several users are named @{safe_line(word)}; use a login to mention one: {logins}")
        return None, ""
    if not found:
        return None, ""
    return found[0], "" if named else rest[: len(found[0].login or "")]


def _begins(text: str, name: str) -> bool:
    """Return whether text starts with a name that ends at a word boundary."""
    return text[: len(name)].casefold() == name.casefold() and not re.match(r"\w", text[len(name) :])
