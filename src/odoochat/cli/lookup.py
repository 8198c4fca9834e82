"""Finds the channels and messages given on the command line, and prints them after a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odoochat.cli.streams import json_line, print_result
from odoochat.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from odoochat.client.channel import Channel
    from odoochat.client.client import Client
    from odoochat.client.conversation import Conversation
    from odoochat.model import Message

__all__ = ["find_channel", "find_channel_message", "find_message", "print_channel", "print_message"]


async def find_channel(odoo: Client, ref: str) -> Channel:
    """Find an existing channel without creating a direct chat, unlike `Client.resolve`.

    Args:
        odoo: the connected client.
        ref: an id, ``general``, ``#general`` or ``@person``.

    Raises:
        NotFound: the channel does not exist.
        UsageError: several channels have this name.
    """
    if not ref.startswith("@"):
        return odoo.channel(ref)
    try:
        person = await odoo.people.person(ref)
    except NotFound:
        return await odoo.resolve(ref)  # an archived person's chat, or a channel with that name; creates nothing
    number = odoo.people.chat_known_with(person.id)
    if number is None:
        raise NotFound("channel", f"no direct chat with {ref.removeprefix('@')} yet; send a message first")
    return odoo.channel(number)


async def find_message(odoo: Client, number: int) -> tuple[Message, Conversation]:
    """Find a message, and the channel or record that it belongs to.

    Args:
        odoo: the connected client.
        number: the id of the message.

    Raises:
        NotFound: the message does not exist, or the user does not have access to it.
    """
    message = await odoo.fetch_message(number)
    return message, odoo.conversation(message)


async def find_channel_message(odoo: Client, number: int) -> tuple[Message, Channel]:
    """Find a message in a channel.

    Args:
        odoo: the connected client.
        number: the id of the message.

    Raises:
        NotFound: the message does not exist, or the user does not have access to it.
        ConfigError: the message belongs to a record.
    """
    from odoochat.client.channel import Channel

    message, place = await find_message(odoo, number)
    if not isinstance(place, Channel):
        raise ConfigError(f"message {number} belongs to a record ({place.name}), not to a channel")
    return message, place


async def print_message(odoo: Client, number: int, *, json: bool) -> None:
    """Refetch a message and print it as JSON; do nothing without ``--json``.

    Args:
        odoo: the connected client.
        number: the id of the message.
        json: whether --json was given.
    """
    if json:
        print_result(json_line(await odoo.fetch_message(number)))


async def print_channel(odoo: Client, channel: Channel, *, json: bool, number: bool = False) -> None:
    """Print a channel's current state as JSON; print nothing without ``--json``.

    Args:
        odoo: the connected client.
        channel: the channel.
        json: whether --json was given.
        number: whether to print the channel's id if --json was not given.
    """
    if json:
        await odoo.refresh()
        print_result(json_line(channel.info))
    elif number:
        print_result(str(channel.id))
