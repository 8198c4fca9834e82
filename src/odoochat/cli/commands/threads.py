"""``thread`` and ``threads``: the sub-channels of a channel (Odoo 18 and later)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from odoochat.cli.commands.channels import print_channel_list
from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import find_channel, find_channel_message, print_channel
from odoochat.cli.options import ChannelArgument, ServerOptions
from odoochat.cli.runner import run_connected
from odoochat.errors import ConfigError

if TYPE_CHECKING:
    from odoochat.client.client import Client

__all__ = ["thread", "threads"]


def thread(
    channel: ChannelArgument,
    name: str,
    /,
    *,
    from_: Annotated[int | None, Parameter(name="--from")] = None,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Create a thread in a channel and print its id (Odoo 18 and later).

    Parameters
    ----------
    channel
        Channel id or name (general, #general).
    name
        Name of the thread; if "", the server derives it from the --from message.
    from_
        Id of the message to start the thread from.
    json
        Print the thread as JSON.
    """

    async def work(odoo: Client) -> int:
        if not name.strip() and from_ is None:
            raise ConfigError("the name is empty; pass a name, or the message to start the thread from (--from)")
        found = await find_channel(odoo, channel)
        if from_ is not None:
            _, place = await find_channel_message(odoo, from_)
            if place != found:
                raise ConfigError(f"--from {from_}: this message belongs to {place.name!r}, not to {found.name!r}")
        await print_channel(odoo, await found.threads.create(name, from_), json=json, number=True)
        return DONE

    return run_connected(server, work)


def threads(channel: ChannelArgument, /, *, server: ServerOptions | None = None, json: bool = False) -> int:
    """List the threads of a channel: id, name, topic (Odoo 18 and later).

    Parameters
    ----------
    channel
        Channel id or name (general, #general).
    json
        Print one JSON object per line.
    """

    async def work(odoo: Client) -> int:
        print_channel_list(await (await find_channel(odoo, channel)).threads(), json=json)
        return DONE

    return run_connected(server, work)
