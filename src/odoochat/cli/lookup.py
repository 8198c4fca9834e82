"""Conversations and messages as the command line names them."""

from __future__ import annotations

from odoochat.cli.streams import json_line, out
from odoochat.client.channel import Channel
from odoochat.client.client import Client
from odoochat.client.conversation import Conversation
from odoochat.errors import ConfigError, NotFound
from odoochat.model import Message

__all__ = ["channel_of", "known", "place_of", "show_channel", "show_message"]


async def known(odoo: Client, ref: str) -> Channel:
    """A conversation that is there: to read one, no direct chat is made.

    Args:
        ref: an id, ``general``, ``#general`` or ``@person``.

    Raises:
        NotFound: there is none.
        UsageError: several are called so.
    """
    if not ref.startswith("@"):
        return odoo.channel(ref)
    try:
        person = await odoo.people.person(ref)
    except NotFound:
        return await odoo.resolve(ref)  # an old chat, or a channel with such a name: nothing is made
    number = odoo.people.chat_known_with(person.id)
    if number is None:
        raise NotFound("channel", f"no direct chat with {ref.removeprefix('@')} yet: send a message first")
    return odoo.channel(number)


async def place_of(odoo: Client, number: int) -> tuple[Message, Conversation]:
    """A message by its id, and the conversation that it stands in.

    Raises:
        NotFound: there is no such message, or I may not read it.
    """
    message = await odoo.fetch_message(number)
    return message, odoo.conversation(message)


async def channel_of(odoo: Client, number: int) -> tuple[Message, Channel]:
    """A message of a channel, by its id.

    Raises:
        NotFound: there is no such message, or I may not read it.
        ConfigError: it stands on a record, for which this cannot be done.
    """
    message, place = await place_of(odoo, number)
    if not isinstance(place, Channel):
        raise ConfigError(f"message {number} stands on a record ({place.name}), not in a channel")
    return message, place


async def show_message(odoo: Client, number: int, *, json: bool) -> None:
    """Prints a message as it is now, for those who want JSON; others trust the exit code."""
    if json:
        out(json_line(await odoo.fetch_message(number)))


async def show_channel(odoo: Client, channel: Channel, *, json: bool, number: bool = False) -> None:
    """Prints a conversation as it is now, as JSON.

    Args:
        number: whether to print its id when no JSON is wanted.
    """
    if json:
        await odoo.refresh()
        out(json_line(channel.info))
    elif number:
        out(str(channel.id))
