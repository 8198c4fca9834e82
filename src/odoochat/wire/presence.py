"""Saying whether I am there."""

from __future__ import annotations

from odoochat.wire.call import Call
from odoochat.wire.rooms import Route

__all__ = ["AWAY_MILLISECONDS", "set_presence"]

AWAY_MILLISECONDS = 31 * 60 * 1000
"""Without a deed for half an hour somebody is away (``AWAY_TIMER`` 1800 s, addons/bus/models/bus_presence.py)."""


def set_presence(generation: int, status: str, uid: int, *, session: bool) -> Call | Route:
    """Says it: by ``/mail/set_manual_im_status`` from 19 on, before by how long nothing was done.

    Args:
        status: ``online``, ``away``; from 19 on ``busy`` and ``offline`` too.
    """
    idle = AWAY_MILLISECONDS if status == "away" else 0
    if generation >= 19:
        return Route("/mail/set_manual_im_status", {"status": status})
    if generation >= 16 and session:
        params = {"inactivity_period": idle, "im_status_ids_by_model": {}}
        return Route("/websocket/update_bus_presence", params)
    kwargs: dict[str, object] = {"inactivity_period": idle}
    if generation >= 15:
        kwargs |= {"identity_field": "user_id", "identity_value": uid}
    return Call("bus.presence", "update" if generation < 17 else "update_presence", None, kwargs)
