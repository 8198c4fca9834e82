"""``channels``: my conversations."""

from __future__ import annotations

from odoochat.cli.connection import Server, connected, finish
from odoochat.cli.exit_codes import DONE
from odoochat.cli.streams import json_line, out
from odoochat.render import channel_lines

__all__ = ["channels"]


def channels(*, all: bool = False, server: Server | None = None, json: bool = False) -> int:
    """List my channels: id, name, kind, unread, last activity.

    Parameters
    ----------
    all
        Those too that I put out of my list by `odoochat hide`.
    json
        Print one JSON object a line.
    """
    given = server or Server()

    async def job() -> int:
        async with connected(given, live=False) as odoo:
            infos = [channel.info for channel in odoo.channels() if all or channel.info.pinned]
        for line in [json_line(info) for info in infos] if json else channel_lines(infos):
            out(line)
        return DONE

    return finish(job)
