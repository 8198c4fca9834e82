"""``doctor``: diagnoses why chat is not working."""

from __future__ import annotations

from odoochat.cli.options import ServerOptions
from odoochat.cli.runner import run_command

__all__ = ["doctor"]


def doctor(*, post: str | None = None, server: ServerOptions | None = None, json: bool = False) -> int:
    """Diagnose why chat does not work and suggest what to change.

    Checks the address, version, login, session, live connection, a subscription and your channels, in that order.

    Parameters
    ----------
    post
        Also post a message to this channel and wait until it is delivered back.
    json
        Print one JSON object per check.
    """

    async def job() -> int:
        from odoochat.cli.checks import check_server

        return await check_server(server or ServerOptions(), post=post, json=json)

    return run_command(job)
