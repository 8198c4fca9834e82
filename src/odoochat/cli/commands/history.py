"""``history``: the past messages of a channel or record."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from odoochat.cli.connection import connected
from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import find_channel
from odoochat.cli.options import ChannelArgument, ServerOptions
from odoochat.cli.runner import run_command
from odoochat.cli.streams import json_line, print_result
from odoochat.errors import ConfigError
from odoochat.render import message_lines

__all__ = ["history"]


def history(
    channel: ChannelArgument = "",
    /,
    *,
    limit: NonNegativeInt = 30,
    before: PositiveInt | None = None,
    ids: Annotated[bool, Parameter(negative="--no-ids")] = True,
    record: tuple[str, int] | None = None,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Print the latest messages of a channel, oldest first.

    Parameters
    ----------
    channel
        Channel id, name (general, #general) or person (@bob).
    limit
        Maximum number of messages.
    before
        Print only messages older than the message with this id.
    ids
        Print the id of each message; --no-ids omits it.
    record
        Print a record's messages instead, e.g. --record sale.order 42.
    json
        Print one JSON object per line.
    """

    async def job() -> int:
        if bool(channel) is (record is not None):
            raise ConfigError("history needs either CHANNEL or --record MODEL ID")
        async with connected(server or ServerOptions(), live=False) as odoo:
            found = await find_channel(odoo, channel) if record is None else await odoo.record(*record)
            messages = [m async for m in found.history(limit, before=before)]
        for message in reversed(messages):
            for line in [json_line(message)] if json else message_lines(message, number=ids):
                print_result(line)
        return DONE

    return run_command(job)
