"""Presence requests, for the current user and for others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from odoochat.wire.requests.call import Call, Route
from odoochat.wire.values import pair
from odoochat.wire.version_table import VersionTable

__all__ = ["AWAY_MILLISECONDS", "PresenceRequests"]

AWAY_MILLISECONDS = 31 * 60 * 1000
"""A user counts as away after 30 minutes without activity (``AWAY_TIMER``, addons/bus/models/bus_presence.py)."""


class PresenceRequests:
    """Builds presence requests for one Odoo version.

    Args:
        table: the version table.
    """

    def __init__(self, table: VersionTable) -> None:
        self._table = table

    def set_status(self, status: str, uid: int) -> Call | Route:
        """Set the user's presence; before Odoo 19, the server derives it from the time since the last activity.

        Args:
            status: one of `VersionTable.statuses`.
            uid: user id.
        """
        if self._table.status_path:
            return Route(self._table.status_path, {"status": status})
        kwargs: dict[str, object] = {"inactivity_period": AWAY_MILLISECONDS if status == "away" else 0}
        if self._table.presence_identity:
            kwargs |= {"identity_field": "user_id", "identity_value": uid}
        return Call("bus.presence", self._table.presence_method, None, kwargs)

    def fetch(self, partner_ids: Sequence[int]) -> Call:
        """Fetch people's presence status; from Odoo 20 on, presence belongs to users, not partners.

        Source: addons/mail/models/res_partner.py and res_users.py (20.0, not verified on a live server).

        Args:
            partner_ids: partner ids.
        """
        if self._table.presence_model == "res.users":
            query = {"domain": [["partner_id", "in", list(partner_ids)]], "fields": ["partner_id", "im_status"]}
            return Call("res.users", "search_read", None, query)
        query = {"domain": [["id", "in", list(partner_ids)]], "fields": ["im_status"]}
        return Call(self._table.presence_model, "search_read", None, query)

    @staticmethod
    def fetched(rows: Iterable[Mapping[str, Any]]) -> dict[int, str]:
        """Return each partner's presence status, by partner id, from the response to `fetch`.

        Args:
            rows: the rows returned by the server.
        """
        return {pair(row.get("partner_id", row.get("id")))[0]: str(row.get("im_status") or "") for row in rows}

    def channels(self, watched: Mapping[int, int]) -> list[str]:
        """Return the bus channels that carry people's presence: per partner in Odoo 17 to 19, per user from 20 on.

        A channel name may be followed by a token, which users with read access to the person do not need. Source:
        addons/bus/models/ir_websocket.py (17.0, 18.0), addons/mail/models/ir_websocket.py (19.0).

        Args:
            watched: user ids by partner id; 0 for a partner without a user.
        """
        if not self._table.presence_channels:
            return []
        if self._table.presence_model == "res.users":
            return [f"odoo-presence-res.users_{uid}" for uid in watched.values() if uid]
        return [f"odoo-presence-{self._table.presence_model}_{partner}" for partner in watched]
