"""Requests about the user's own membership of channels: list, show, mute, typing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from odoochat.model import FOREVER
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.values import stamp
from odoochat.wire.version_table import VersionTable

__all__ = ["MembershipRequests"]


NEWEST_CHANGE: dict[str, object] = {"fields": ["write_date"], "order": "write_date desc, id desc", "limit": 1}
"""The query for the row that was written last."""


class MembershipRequests:
    """Builds the requests about the user's memberships for one version.

    Source: docs/protocol, sections C.5 and C.8 of each version.

    Args:
        table: the version's table.
    """

    def __init__(self, table: VersionTable, *, by_session: bool = True) -> None:
        self._table = table
        self._by_session = by_session

    def fetch_all(self, partner_id: int) -> Call:
        """Fetch all memberships of a partner, and all members of those of the channels that are named by their members.

        These are the partner's direct chats and channels without a name. One request instead of two saves a round trip.
        14 refuses False in a list beside a text, therefore the two terms for "no name" (seen on live 14).

        Args:
            partner_id: id of the current user.
        """
        # fmt: off
        domain = [
            "|", ["partner_id", "=", partner_id],
            "&", ["channel_id.channel_partner_ids", "in", [partner_id]],
            "|", ["channel_id.channel_type", "=", "chat"],
            "|", ["channel_id.name", "=", False], ["channel_id.name", "=", ""],
        ]
        # fmt: on
        query = {"domain": domain, "fields": ["partner_id", *self._table.member_fields]}
        return Call(self._table.member_model, "search_read", None, query)

    def fetch_id(self, channel_id: int, partner_id: int) -> Call:
        """Fetch the id of one membership.

        Args:
            channel_id: id of the channel.
            partner_id: id of the member.
        """
        domain = [["channel_id", "=", channel_id], ["partner_id", "=", partner_id]]
        return Call(self._table.member_model, "search_read", None, {"domain": domain, "fields": ["id"], "limit": 1})

    def fetch_last(self, partner_id: int, count: int) -> Call:
        """Fetch the ids of the last one of a partner's memberships and of one after it.

        The answer is one id, the same as before, unless the partner has joined or left a channel (seen on 14 and 19):
        so one short question finds both, however many channels there are.

        Args:
            partner_id: id of the current user.
            count: number of memberships that are known.
        """
        domain = [["partner_id", "=", partner_id]]
        page = {"order": "id", "offset": max(count - 1, 0), "limit": 2}
        return Call(self._table.member_model, "search_read", None, {"domain": domain, "fields": ["id"], **page})

    def fetch_newest_change(self, partner_id: int) -> Call:
        """Fetch the last change of one of a partner's memberships: read marks, muting, pinning (seen on 14 and 19).

        Args:
            partner_id: id of the current user.
        """
        query = {"domain": [["partner_id", "=", partner_id]], **NEWEST_CHANGE}
        return Call(self._table.member_model, "search_read", None, query)

    def write(self, member_id: int, **values: Any) -> Call:
        """Change a membership.

        Args:
            member_id: id of the membership.
            **values: fields and their new values.
        """
        return Call(self._table.member_model, "write", (member_id,), {"vals": values})

    @property
    def shows_by_member(self) -> bool:
        """Whether `show` needs the id of the user's membership."""
        return self._table.show_by == "store" and not self._by_session

    @property
    def notifies_by_member(self) -> bool:
        """Whether `mute` and `notify` need the id of the user's membership."""
        return not self._by_session

    def show(self, channel_id: int, member_id: int, uuid: str, pinned: bool, *, now: datetime) -> Call | Route:
        """Show a channel in the user's list, or hide it.

        Args:
            channel_id: id of the channel.
            member_id: id of the user's membership where `shows_by_member`; else 0.
            uuid: UUID of the channel, which 14 and 15 need.
            pinned: whether it is shown.
            now: the current time.
        """
        if self.shows_by_member:
            # The server shows a channel again after activity at or after `unpin_dt`: the next second excludes this one.
            return self.write(member_id, unpin_dt=False if pinned else stamp(now + timedelta(seconds=1)))
        match self._table.show_by:
            case "uuid":
                return Call(self._table.channel_model, "channel_pin", None, {"uuid": uuid, "pinned": pinned})
            case "id":
                return Call(self._table.channel_model, "channel_pin", (channel_id,), {"pinned": pinned})
            case _:
                handler = ["/discuss/channel/pin", {"channel_id": channel_id, "pinned": pinned}, 1]
                return Route(self._table.action_path, {"fetch_params": [handler]})

    def mute(self, channel_id: int, member_id: int, minutes: float | None, *, now: datetime) -> Call | Route:
        """Mute a channel (17 and later).

        Args:
            channel_id: id of the channel.
            member_id: id of the user's membership where `notifies_by_member`; else 0.
            minutes: how long; None for no end, 0 to unmute.
            now: the current time.
        """
        if self._by_session:
            whole = -1 if minutes is None else minutes and max(1, round(minutes))
            return Route(self._table.mute_path, {"channel_id": channel_id, "minutes": whole})
        until: Any = False
        if minutes is None:
            until = stamp(FOREVER)
        elif minutes:
            until = stamp(now + timedelta(minutes=minutes))
        return self.write(member_id, mute_until_dt=until)

    def notify(self, channel_id: int, member_id: int, what: str | None) -> Call | Route:
        """Choose which messages notify the user (17 and later).

        Args:
            channel_id: id of the channel.
            member_id: id of the user's membership where `notifies_by_member`; else 0.
            what: ``all``, ``mentions``, ``no_notif``, or None for the user's settings.
        """
        if self._by_session:
            return Route(self._table.notify_path, {"channel_id": channel_id, "custom_notifications": what or False})
        return self.write(member_id, custom_notifications=what or False)

    def typing(self, channel_id: int, typing: bool) -> Call | Route:
        """Show the user as typing, or no longer.

        Never for a channel without the user, as 17 and later would make them a member. Source:
        addons/mail/controllers/discuss/channel.py.

        Args:
            channel_id: id of the channel.
            typing: whether the user types.
        """
        if not self._table.typing_path:
            return Call(self._table.channel_model, "notify_typing", (channel_id,), {"is_typing": typing})
        return Route(self._table.typing_path, {"channel_id": channel_id, "is_typing": typing})
