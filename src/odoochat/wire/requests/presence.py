"""Requests about presence: the user's own, and that of others."""

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
    """Builds the requests about presence for one version.

    Args:
        table: the version's table.
    """

    def __init__(self, table: VersionTable) -> None:
        self._table = table

    def set_status(self, status: str, uid: int) -> Call | Route:
        """Set the user's presence: directly from 19 on, earlier by the time since the last activity.

        Args:
            status: one of `VersionTable.statuses`.
            uid: id of the user.
        """
        if self._table.status_path:
            return Route(self._table.status_path, {"status": status})
        kwargs: dict[str, object] = {"inactivity_period": AWAY_MILLISECONDS if status == "away" else 0}
        if self._table.presence_identity:
            kwargs |= {"identity_field": "user_id", "identity_value": uid}
        return Call("bus.presence", self._table.presence_method, None, kwargs)

    def fetch(self, partner_ids: Sequence[int]) -> Call:
        """Fetch the presence of people; from 20 on users have it, not partners.

        Source: addons/mail/models/res_partner.py and res_users.py (20.0, not seen live).

        Args:
            partner_ids: ids of the people.
        """
        if self._table.presence_model == "res.users":
            query = {"domain": [["partner_id", "in", list(partner_ids)]], "fields": ["partner_id", "im_status"]}
            return Call("res.users", "search_read", None, query)
        query = {"domain": [["id", "in", list(partner_ids)]], "fields": ["im_status"]}
        return Call(self._table.presence_model, "search_read", None, query)

    @staticmethod
    def fetched(rows: Iterable[Mapping[str, Any]]) -> dict[int, str]:
        """Return the presence by partner id, from the answer to `fetch`.

        Args:
            rows: rows of the answer.
        """
        return {pair(row.get("partner_id", row.get("id")))[0]: str(row.get("im_status") or "") for row in rows}

    def channels(self, watched: Mapping[int, int]) -> list[str]:
        """Return the bus channels with the presence of people: partners from 17 to 19, users from 20 on.

        A token may follow the name; users who may read the person need none. Source:
        addons/bus/models/ir_websocket.py (17.0, 18.0), addons/mail/models/ir_websocket.py (19.0).

        Args:
            watched: user ids by partner ids; 0 for a partner without a user.
        """
        if not self._table.presence_channels:
            return []
        if self._table.presence_model == "res.users":
            return [f"odoo-presence-res.users_{uid}" for uid in watched.values() if uid]
        return [f"odoo-presence-{self._table.presence_model}_{partner}" for partner in watched]
