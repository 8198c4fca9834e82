"""``members``, ``invite`` and ``remove``: the members of a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import find_channel, print_channel
from odoochat.cli.options import ChannelArgument, PersonArgument, ServerOptions
from odoochat.cli.runner import run_connected
from odoochat.cli.streams import json_line, print_result
from odoochat.render import member_lines

if TYPE_CHECKING:
    from odoochat.client.client import Client

__all__ = ["invite", "members", "remove"]


def members(channel: ChannelArgument, /, *, server: ServerOptions | None = None, json: bool = False) -> int:
    """List the members of a channel: id, name, status, last message read.

    Parameters
    ----------
    channel
        Channel id, name (general, #general) or person (@bob).
    json
        Print one JSON object per line.
    """

    async def work(odoo: Client) -> int:
        found = await (await find_channel(odoo, channel)).members()
        for line in [json_line(member) for member in found] if json else member_lines(found):
            print_result(line)
        return DONE

    return run_connected(server, work)


def invite(
    channel: ChannelArgument,
    person: PersonArgument,
    /,
    *others: PersonArgument,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Add people to a channel or group.

    Parameters
    ----------
    channel
        Channel id or name (general, #general).
    person
        Login or name, with or without @.
    others
        More people.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await find_channel(odoo, channel)
        await found.members.invite(person, *others)
        await print_channel(odoo, found, json=json)
        return DONE

    return run_connected(server, work)


def remove(
    channel: ChannelArgument, person: PersonArgument, /, *, server: ServerOptions | None = None, json: bool = False
) -> int:
    """Remove a member from a channel or group, if the server permits it.

    Parameters
    ----------
    channel
        Channel id or name (general, #general).
    person
        Login or name, with or without @.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await find_channel(odoo, channel)
        await found.members.remove(person)
        await print_channel(odoo, found, json=json)
        return DONE

    return run_connected(server, work)
