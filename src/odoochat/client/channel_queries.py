"""Channel queries: fetches the user's channels, and whether they have changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from odoochat.client.answers import SAME_MOMENT, LastChange, fetch_rows
from odoochat.client.partner_names import PartnerNames
from odoochat.client.session import Session
from odoochat.core.state import ClientState
from odoochat.model import ChannelInfo
from odoochat.wire.values import pair, text, when

__all__ = ["ChannelQueries"]


class ChannelQueries:
    """Fetches the user's channels for one client.

    Args:
        session: sends the requests.
        state: remembers names.
        names: finds the plain names of the members of direct chats.
    """

    def __init__(self, session: Session, state: ClientState, names: PartnerNames) -> None:
        self._session = session
        self._state = state
        self._names = names
        self._memberships: list[int] = []

    async def mine(self) -> tuple[list[ChannelInfo], dict[int, datetime | None]]:
        """Fetch the user's channels.

        Returns:
            The channels, and when the user joined each one, by channel id.
        """
        dialect, me = self._session.dialect, self._session.me.partner_id
        everybody = await fetch_rows(self._session, dialect.membership.fetch_all(me))
        members = [m for m in everybody if pair(m.get("partner_id"))[0] == me]
        self._memberships = sorted(m["id"] for m in members)
        ids = sorted({pair(m.get("channel_id"))[0] for m in members} - {0})
        if not ids:
            return [], {}
        rows = await fetch_rows(self._session, dialect.channels.fetch(ids))
        private = {r["id"] for r in rows if r.get("channel_type") == "chat" or not r.get("name")}
        partners = [m for m in everybody if pair(m.get("partner_id"))[0] and pair(m.get("channel_id"))[0] in private]
        self._learn_chat_names(rows, partners)
        others = await self._names.named(partners, "partner_id")
        infos = dialect.rows.channel_infos(members, rows, others, me)
        for other in others:
            partner, name = pair(other.get("partner_id"))
            self._state.author("partner", partner, name, display=True)
        listed = {info.id for info in infos}
        since = {pair(m.get("channel_id"))[0]: when(m.get("create_date")) for m in members}
        return infos, {i: s for i, s in since.items() if i in listed}

    def _learn_chat_names(self, rows: list[dict[str, Any]], partners: list[dict[str, Any]]) -> None:
        """Derive partners' plain names from the stored names of direct chats, which saves a request.

        A direct chat's stored name, such as "Alice, Bob", contains its members' plain names at that time, while Bob's
        display name may be "Company, Bob". Source: addons/mail/models/discuss/discuss_channel.py (17.0), channel_get.
        """
        stored = {row["id"]: text(row.get("name")) for row in rows if row.get("channel_type") == "chat"}
        for row in partners:
            partner, display = pair(row.get("partner_id"))
            chat = stored.get(pair(row.get("channel_id"))[0], "")
            _, comma, plain = display.rpartition(", ")
            if comma and display not in chat and plain in chat.split(", "):
                self._state.author("partner", partner, plain)

    async def joined_or_left(self) -> bool:
        """Check with one small request whether the user has joined or left a channel since the last fetch."""
        me, known = self._session.me.partner_id, self._memberships
        rows = await fetch_rows(self._session, self._session.dialect.membership.fetch_last(me, len(known)))
        return [row["id"] for row in rows] != known[-1:]

    async def last_change(self, *, of_channels: bool) -> LastChange:
        """Fetch the last change to the user's memberships or channels with one small request.

        Args:
            of_channels: whether to fetch the last change to a channel rather than to a membership.
        """
        requests = self._session.dialect.channels if of_channels else self._session.dialect.membership
        rows = await fetch_rows(self._session, requests.fetch_newest_change(self._session.me.partner_id))
        if not rows:
            return LastChange(0, None, settled=True)
        at, now = when(rows[0].get("write_date")), self._session.http.server_time
        return LastChange(rows[0]["id"], at, settled=at is None or now is None or at < now - SAME_MOMENT)
