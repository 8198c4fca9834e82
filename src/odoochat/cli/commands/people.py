"""``people`` and ``presence``: who there is, and whether they are there."""

from __future__ import annotations

from typing import Literal

from cyclopts.types import NonNegativeInt

from odoochat.cli.connection import Server, act
from odoochat.cli.exit_codes import DONE, say
from odoochat.cli.streams import json_line, out
from odoochat.client.client import Client
from odoochat.render import person_lines
from odoochat.wire.content.body import safe_line

__all__ = ["people", "presence"]

STATUS_IS_KEPT = 19


def people(text: str = "", /, *, limit: NonNegativeInt = 50, server: Server | None = None, json: bool = False) -> int:
    """List people to write to: id, login, name, whether they are there.

    Parameters
    ----------
    text
        Only those whose name or login holds it.
    limit
        How many at most.
    json
        Print one JSON object a line.
    """

    async def work(odoo: Client) -> int:
        found = await odoo.people.search(text, limit)
        for line in [json_line(person) for person in found] if json else person_lines(found):
            out(line)
        return DONE

    return act(server, work)


def presence(
    status: Literal["online", "away", "busy", "offline"] | None = None,
    /,
    *,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Print whether the others see me as there, or choose it.

    Odoo 19 and later keep what was chosen, and show it while a device of yours is connected; online leaves it to the
    devices. Earlier ones show it for about a minute, and know only online and (17, 18) away.

    Parameters
    ----------
    status
        What the others shall see.
    json
        Print one JSON object.
    """

    async def work(odoo: Client) -> int:
        if status is not None:
            await odoo.people.set_status(status)
        me = await odoo.people.person(odoo.me.partner_id)
        if status is not None and odoo.version.major < STATUS_IS_KEPT:
            say(f"odoochat: Odoo {odoo.version} shows this for about a minute")
        elif status is not None and me.status != status:
            say(f"odoochat: kept; you are shown as {safe_line(me.status)} until a device of yours is connected")
        if json:
            out(json_line(me))
        elif status is None:
            out(safe_line(me.status) or "unknown")
        return DONE

    return act(server, work)
