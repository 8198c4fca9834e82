"""Saying whether I am there, and asking to hear of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from odoochat.wire.requests.call import Call
from odoochat.wire.requests.channels import Route
from odoochat.wire.values import pair

__all__ = ["AWAY_MILLISECONDS", "channels", "set_status", "statuses", "told_statuses"]

AWAY_MILLISECONDS = 31 * 60 * 1000
"""Without a deed for half an hour somebody is away (``AWAY_TIMER`` 1800 s, addons/bus/models/bus_presence.py)."""


def set_status(generation: int, status: str, uid: int) -> Call | Route:
    """Sets it: by ``/mail/set_manual_im_status`` from 19 on, before by how long nothing was done.

    Args:
        status: ``online``, ``away``; from 19 on ``busy`` and ``offline`` too.
    """
    idle = AWAY_MILLISECONDS if status == "away" else 0
    if generation >= 19:
        return Route("/mail/set_manual_im_status", {"status": status})
    kwargs: dict[str, object] = {"inactivity_period": idle}
    if generation >= 15:
        kwargs |= {"identity_field": "user_id", "identity_value": uid}
    return Call("bus.presence", "update" if generation < 17 else "update_presence", None, kwargs)


def statuses(generation: int, partner_ids: Sequence[int]) -> Call:
    """Asks whether people are there; from 20 on the users are asked, as partners have no status any more.

    Source: addons/mail/models/res_partner.py and res_users.py (20 †).
    """
    field, model, fields = "id", "res.partner", ["im_status"]
    if generation >= 20:
        field, model, fields = "partner_id", "res.users", ["partner_id", "im_status"]
    return Call(model, "search_read", None, {"domain": [[field, "in", list(partner_ids)]], "fields": fields})


def told_statuses(rows: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """The statuses by partner id, out of the answer to `statuses`."""
    return {pair(row.get("partner_id", row.get("id")))[0]: str(row.get("im_status") or "") for row in rows}


def channels(generation: int, watched: Mapping[int, int]) -> list[str]:
    """The names by which one hears of people's presence: partners from late 17 to 19, users from 20 on.

    Args:
        watched: user ids by partner ids.

    Source: addons/bus/models/ir_websocket.py (17, 18), addons/mail/models/ir_websocket.py (19), where a token may
    follow; who may read the person needs none.
    """
    if generation < 17:
        return []
    if generation >= 20:
        return [f"odoo-presence-res.users_{uid}" for uid in watched.values() if uid]
    return [f"odoo-presence-res.partner_{partner}" for partner in watched]
