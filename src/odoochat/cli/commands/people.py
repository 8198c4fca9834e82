"""``people`` and ``presence``: other users, and your own status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cyclopts.types import NonNegativeInt

from odoochat.cli.exit_codes import DONE
from odoochat.cli.options import ServerOptions
from odoochat.cli.runner import run_connected
from odoochat.cli.streams import json_line, print_note, print_result
from odoochat.render import person_lines
from odoochat.wire.content.body import safe_line
from odoochat.wire.versions.registry import table_for

if TYPE_CHECKING:
    from odoochat.client.client import Client

__all__ = ["people", "presence"]


def people(
    text: str = "", /, *, limit: NonNegativeInt = 50, server: ServerOptions | None = None, json: bool = False
) -> int:
    """List people: id, login, name, status.

    Parameters
    ----------
    text
        List only people whose name or login contains this text.
    limit
        Maximum number of people.
    json
        Print one JSON object per line.
    """

    async def work(odoo: Client) -> int:
        found = await odoo.people.search(text, limit)
        for line in [json_line(person) for person in found] if json else person_lines(found):
            print_result(line)
        return DONE

    return run_connected(server, work)


def presence(
    status: Literal["online", "away", "busy", "offline"] | None = None,
    /,
    *,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Print your status as others see it, or set it.

    Odoo 19 and later store the status and show it while one of your devices is connected. Set it to online to remove
    the stored status, so Odoo determines it from your devices again. Earlier versions show the status for about a
    minute and support only online and, in Odoo 17 and 18, away.

    Parameters
    ----------
    status
        The status to show to others.
    json
        Print one JSON object.
    """

    async def work(odoo: Client) -> int:
        if status is not None:
            await odoo.people.set_status(status)
        me = await odoo.people.person(odoo.me.partner_id)
        if status is not None and not table_for(odoo.server.version).status_path:
            print_note(f"odoochat: Odoo {odoo.server.version} shows this status for about a minute")
        elif status is not None and me.status != status:
            shown = safe_line(me.status or "offline")
            print_note(f"odoochat: status saved; others see {shown} until one of your devices is connected")
        if json:
            print_result(json_line(me))
        elif status is None:
            print_result(safe_line(me.status or "unknown"))
        return DONE

    return run_connected(server, work)
