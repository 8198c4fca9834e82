"""Partner names: fetches the plain names of people whose display names contain their company."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from odoochat.client.answers import fetch_rows
from odoochat.client.session import Session
from odoochat.core.state import ClientState
from odoochat.errors import OdooChatError
from odoochat.wire.requests.people import fetch_partner_names
from odoochat.wire.values import pair, text

__all__ = ["PartnerNames"]

NAMES_AT_ONCE = 500
"""Number of partners per request."""

log = logging.getLogger("odoochat")


class PartnerNames:
    """Finds the plain names of partners, and remembers them.

    A ``display_name`` is "Company, Name" for a partner with a parent company, while live notifications contain "Name".

    Args:
        session: sends the requests.
        state: remembers the names.
    """

    def __init__(self, session: Session, state: ClientState) -> None:
        self._session = session
        self._state = state

    async def named(self, rows: list[dict[str, Any]], field: str) -> list[dict[str, Any]]:
        """Return rows in which each partner pair contains the plain name.

        Where it may differ from the display name, it is fetched; if the server refuses, the display name is kept.

        Args:
            rows: rows from the server.
            field: the field that contains the pairs.
        """
        shown = {partner: name for partner, name in (pair(row.get(field)) for row in rows) if partner and name}
        names = await self.learn(shown)
        plain = {p: names.get(p) or self._state.plain_name(p, name) or name for p, name in shown.items()}
        if plain == shown:
            return rows
        return [
            row | {field: [partner, plain[partner]]} if (partner := pair(row.get(field))[0]) in plain else row
            for row in rows
        ]

    async def learn(self, shown: Mapping[int, str]) -> dict[int, str]:
        """Fetch and remember the plain names that are unknown.

        Args:
            shown: display names by partner id.

        Returns:
            The fetched names by partner id; without the names that the server refuses.
        """
        unknown = [partner for partner, name in shown.items() if self._state.plain_name(partner, name) is None]
        found = await self._fetch(unknown) if unknown else {}
        for partner, name in found.items():
            self._state.author("partner", partner, name)
        return found

    async def _fetch(self, ids: Sequence[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        for start in range(0, len(ids), NAMES_AT_ONCE):
            call = fetch_partner_names(ids[start : start + NAMES_AT_ONCE])
            try:
                rows = await fetch_rows(self._session, call)
            except OdooChatError as error:
                log.debug("names of %d partners unknown: %s", len(ids), error)
                return found
            found |= {r["id"]: name for r in rows if (name := text(r.get("name")))}
        return found
