"""Requests for the user's own channel memberships: list, show, mute, report typing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from odoochat.model import FOREVER
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.values import stamp
from odoochat.wire.version_table import VersionTable

__all__ = ["MembershipRequests"]


NEWEST_CHANGE: dict[str, object] = {"fields": ["write_date"], "order": "write_date desc, id desc", "limit": 1}
"""Query options that select the most recently written row."""


class MembershipRequests:
    """Builds requests for the user's memberships in one Odoo version.

    Source: docs/protocol, sections C.5 and C.8 for each version.

    Args:
        table: the version table.
    """

    def __init__(self, table: VersionTable, *, by_session: bool = True) -> None:
        self._table = table
        self._by_session = by_session

    def fetch_all(self, partner_id: int) -> Call:
        """Fetch all of a partner's memberships, plus all members of channels that are named after their members.

        Channels named after their members are direct chats and channels without a name. Using one request instead of
        two saves a round trip. Odoo 14 rejects False next to a string in a list, so "no name" takes two terms
        (observed on a live server).

        Args:
            partner_id: the current user's partner id.
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
            channel_id: channel id.
            partner_id: the member's partner id.
        """
        domain = [["channel_id", "=", channel_id], ["partner_id", "=", partner_id]]
        return Call(self._table.member_model, "search_read", None, {"domain": domain, "fields": ["id"], "limit": 1})

    def fetch_last(self, partner_id: int, count: int) -> Call:
        """Fetch the ids of a partner's last known membership and of the one after it, if any.

        The response is the same single id unless the partner has joined or left a channel (observed on live Odoo 14
        and 19 servers), so one short request detects either, regardless of the number of channels.

        Args:
            partner_id: the current user's partner id.
            count: number of known memberships.
        """
        domain = [["partner_id", "=", partner_id]]
        page = {"order": "id", "offset": max(count - 1, 0), "limit": 2}
        return Call(self._table.member_model, "search_read", None, {"domain": domain, "fields": ["id"], **page})

    def fetch_newest_change(self, partner_id: int) -> Call:
        """Fetch the latest change to a partner's memberships: read marks, muting, pinning.

        Observed on live Odoo 14 and 19 servers.

        Args:
            partner_id: the current user's partner id.
        """
        query = {"domain": [["partner_id", "=", partner_id]], **NEWEST_CHANGE}
        return Call(self._table.member_model, "search_read", None, query)

    def fetch_written(self, partner_id: int, since: datetime) -> Call:
        """Fetch the ids of a partner's channels that have a message written at or after a date.

        Odoo looks the messages up by channel, as for a list of channels. Joining this term to one for message ids with
        "or" would make Odoo 14 read the whole table of messages (observed on live Odoo 14 and 19 servers). Source:
        addons/mail/models/mail_thread.py, ``message_ids`` with ``auto_join`` (14.0), ``bypass_search_access`` (19.0).

        Args:
            partner_id: the current user's partner id.
            since: the date, in whole seconds.
        """
        domain = [["channel_partner_ids", "in", [partner_id]], ["message_ids.write_date", ">=", stamp(since)]]
        return Call(self._table.channel_model, "search_read", None, {"domain": domain, "fields": ["id"]})

    def write(self, member_id: int, **values: Any) -> Call:
        """Change a membership.

        Args:
            member_id: membership id.
            **values: new values by field name.
        """
        return Call(self._table.member_model, "write", (member_id,), {"vals": values})

    @property
    def shows_by_member(self) -> bool:
        """Whether `show` needs the user's membership id."""
        return self._table.show_by == "store" and not self._by_session

    @property
    def notifies_by_member(self) -> bool:
        """Whether `mute` and `notify` need the user's membership id."""
        return not self._by_session

    def show(self, channel_id: int, member_id: int, uuid: str, pinned: bool, *, now: datetime) -> Call | Route:
        """Show or hide a channel in the user's list.

        Args:
            channel_id: channel id.
            member_id: the user's membership id if `shows_by_member`, otherwise 0.
            uuid: channel UUID, needed by Odoo 14 and 15.
            pinned: whether to show the channel.
            now: the current time, an aware datetime.
        """
        if self.shows_by_member:
            # The server shows a channel again once there is activity at or after `unpin_dt`; using the next second
            # excludes activity in the current one.
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
        """Mute a channel (Odoo 17 and later).

        Args:
            channel_id: channel id.
            member_id: the user's membership id if `notifies_by_member`, otherwise 0.
            minutes: duration in minutes; None to mute indefinitely, 0 to unmute.
            now: the current time, an aware datetime.
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
        """Choose which messages notify the user (Odoo 17 and later).

        Args:
            channel_id: channel id.
            member_id: the user's membership id if `notifies_by_member`, otherwise 0.
            what: ``all``, ``mentions``, ``no_notif``, or None to follow the user's settings.
        """
        if self._by_session:
            return Route(self._table.notify_path, {"channel_id": channel_id, "custom_notifications": what or False})
        return self.write(member_id, custom_notifications=what or False)

    def typing(self, channel_id: int, typing: bool) -> Call | Route:
        """Report that the user is typing or has stopped typing.

        Never call this for a channel the user is not in: Odoo 17 and later would make them a member. Source:
        addons/mail/controllers/discuss/channel.py.

        Args:
            channel_id: channel id.
            typing: whether the user is typing.
        """
        if not self._table.typing_path:
            return Call(self._table.channel_model, "notify_typing", (channel_id,), {"is_typing": typing})
        return Route(self._table.typing_path, {"channel_id": channel_id, "is_typing": typing})
