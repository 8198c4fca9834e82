"""Conversations and messages as the command line names them."""

from __future__ import annotations

from odoochat.client.channel import Channel
from odoochat.client.client import Client
from odoochat.errors import NotFound

__all__ = ["known"]


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
    person = await odoo.people.person(ref)
    number = odoo.people.chat_known_with(person.id)
    if number is None:
        raise NotFound("channel", f"no direct chat with {ref.removeprefix('@')} yet: send a message first")
    return odoo.channel(number)
