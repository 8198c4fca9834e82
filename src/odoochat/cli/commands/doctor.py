"""``doctor``: why chat does not work, and what to change."""

from __future__ import annotations

from odoochat.cli.checks import examine
from odoochat.cli.connection import Server, finish

__all__ = ["doctor"]


def doctor(*, post: str | None = None, server: Server | None = None, json: bool = False) -> int:
    """Find out why chat does not work, and what to change.

    Checks in order: address, version, login, session, live links, a subscription that answers, channels.

    Parameters
    ----------
    post
        Also posts a message to this channel and waits for it to come back.
    json
        Print one JSON object a check.
    """
    given = server or Server()
    return finish(lambda: examine(given, post=post, json=json))
