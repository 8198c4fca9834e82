"""``history``: what was said."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt

from odoochat.cli.completion import Conversing
from odoochat.cli.connection import Server, connected, finish
from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import known
from odoochat.cli.streams import json_line, out
from odoochat.errors import ConfigError
from odoochat.render import message_lines

__all__ = ["history"]


def history(
    channel: Conversing = "",
    /,
    *,
    limit: NonNegativeInt = 30,
    before: int | None = None,
    ids: Annotated[bool, Parameter(negative="--no-ids")] = True,
    record: tuple[str, int] | None = None,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Print the last messages of a channel, oldest first.

    Parameters
    ----------
    channel
        An id, a name (general, #general) or a person (@bob).
    limit
        How many messages at most.
    before
        Only messages older than the one with this id.
    ids
        Begins each message with its id, as search does; --no-ids leaves it out.
    record
        The discussion of a record instead, e.g. --record sale.order 42.
    json
        Print one JSON object a line.
    """
    given = server or Server()

    async def job() -> int:
        if bool(channel) is (record is not None):
            raise ConfigError("history needs CHANNEL, or --record MODEL ID, and not both")
        async with connected(given, live=False) as odoo:
            found = await known(odoo, channel) if record is None else await odoo.record(*record)
            messages = [m async for m in found.history(limit, before=before)]
        for message in reversed(messages):
            for line in [json_line(message)] if json else message_lines(message, number=ids):
                out(line)
        return DONE

    return finish(job)
