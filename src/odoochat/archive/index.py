"""Builds search index entries, which consist of a message's words and its filter tokens."""

from __future__ import annotations

import hashlib
import re

from odoochat.archive.words import words
from odoochat.model import Author, Message

__all__ = ["HAS", "channel_token", "entry", "person_token", "year_token"]

HAS = {"file": "hasfile", "image": "hasimage", "link": "haslink", "reaction": "hasreaction", "pin": "haspin"}
"""Maps each value of ``has:`` to its token."""

_LINK = re.compile(r"https?://", re.IGNORECASE)


def entry(message: Message) -> tuple[str, str]:
    """Return the two columns of a message's index entry.

    Args:
        message: the message.

    Returns:
        The words, including file names, and the filter tokens.
    """
    facts = [channel_token(message.channel.id), person_token(message.author), year_token(message.date.year)]
    if message.attachments:
        facts.append(HAS["file"])
    if any(a.mimetype.startswith("image/") for a in message.attachments):
        facts.append(HAS["image"])
    if _LINK.search(message.html or message.text):
        facts.append(HAS["link"])
    if message.reactions:
        facts.append(HAS["reaction"])
    if message.pinned is not None:
        facts.append(HAS["pin"])
    parts = [message.subject, message.text, *(a.name for a in message.attachments)]
    return words("\n".join(part for part in parts if part)), " ".join(facts)


def channel_token(number: int) -> str:
    """Return the filter token for a channel.

    Args:
        number: the channel's id.
    """
    return f"c{number}"


def person_token(author: Author) -> str:
    """Return the filter token for an author.

    Args:
        author: the author.
    """
    if author.id or not author.email:
        return f"{author.kind[0]}{author.id}"
    return "e" + hashlib.sha256(author.email.casefold().encode("utf-8", "replace")).hexdigest()[:16]


def year_token(year: int) -> str:
    """Return the filter token for a year.

    Args:
        year: the year, in UTC.
    """
    return f"y{year}"
