"""``@Bob Smith``, ``@everyone`` and ``#general`` in a text that is to be sent: who and what is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence

from odoochat.cli.exit_codes import say
from odoochat.client.channel import Channel
from odoochat.client.client import Client
from odoochat.client.conversation import Conversation, Mentioned
from odoochat.model import Person
from odoochat.wire.content.body import safe_line
from odoochat.wire.versions.features import feature

__all__ = ["mentioned"]

MOST = 20
_PERSON = re.compile(r"(?<![\w@#/.])@(?=(\w[\w.+-]*))")
_CHANNEL = re.compile(r"(?<![\w@#/&])#(?=#*\w)")


async def mentioned(
    odoo: Client, place: Conversation, text: str, named: Sequence[str], *, text_too: bool
) -> tuple[str, list[Mentioned | Conversation]]:
    """Whom and what a text speaks of.

    A word behind ``@`` is a login, or begins the name of somebody; what is nobody's stays text.

    Args:
        place: where it is sent.
        named: who is to be mentioned besides, by ``--mention``.
        text_too: whether to look into the text at all.

    Returns:
        The text, with the names of those who stood there by login, and the mentions.

    Raises:
        NotFound, UsageError: one of `named` is nobody, or several.
    """
    found: list[Mentioned | Conversation] = [int(n) if n.isdigit() else n for n in named]
    if not text_too:
        return text, found
    found += _channels(odoo, text)
    people: dict[int, Person] = {}
    changed: list[tuple[int, int, str]] = []
    for match in list(_PERSON.finditer(text))[:MOST]:
        word, rest = match[1].rstrip(".-+"), text[match.end() :]
        if word.casefold() == "everyone":
            if isinstance(place, Channel) and odoo.version.major >= feature("mention_everyone").session[0]:
                found.append("everyone")
            continue
        person, by_login = await _person(odoo, word, rest)
        if person is None:
            continue
        people[person.id] = person
        if by_login:
            changed.append((match.end(), match.end() + len(by_login), person.name))
    for start, end, name in reversed(changed):
        text = text[:start] + name + text[end:]
    return text, [*found, *people.values()]


def _channels(odoo: Client, text: str) -> list[Mentioned | Conversation]:
    """My channels that a text names, the longest name first."""
    mine = sorted((c for c in odoo.channels() if c.name and c.kind != "chat"), key=lambda c: -len(c.name))
    found: dict[int, Conversation] = {}
    for match in _CHANNEL.finditer(text):
        channel = next((c for c in mine if _begins(text[match.end() :], c.name)), None)
        if channel is not None:
            found[channel.id] = channel
    return list(found.values())


async def _person(odoo: Client, word: str, rest: str) -> tuple[Person | None, str]:
    """Who is meant by what stands behind ``@``; and his login when it is that which stands there."""
    there = await odoo.people.search(word, 50)
    named = [p for p in there if p.name and _begins(rest, p.name)]
    longest = max((len(p.name) for p in named), default=0)
    named = [p for p in named if len(p.name) == longest]
    by_login = [p for p in there if p.login and _begins(rest, p.login)]
    found = named or by_login
    if len(found) > 1:
        listed = ", ".join(f"@{safe_line(p.login)}" for p in found)
        say(f"odoochat: several are called @{safe_line(word)}, none is mentioned: name one by login: {listed}")
        return None, ""
    if not found:
        return None, ""
    return found[0], "" if named else rest[: len(found[0].login)]


def _begins(text: str, name: str) -> bool:
    """Whether a text begins with a name, and that ends there."""
    return text[: len(name)].casefold() == name.casefold() and not re.match(r"\w", text[len(name) :])
