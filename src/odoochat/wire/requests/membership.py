"""What is asked about my own place in a conversation: whether it is listed, silent, and that I type in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from odoochat.model import FOREVER
from odoochat.wire.requests.call import Call
from odoochat.wire.requests.channels import Route
from odoochat.wire.values import stamp

__all__ = ["Place"]


class Place:
    """The questions of one version. Source: PROTOCOL of the versions, sections C.5 and C.8.

    Args:
        generation: 14 to 20.
        channel_model, member_model: what the version calls them.
    """

    def __init__(self, generation: int, channel_model: str, member_model: str) -> None:
        self._generation = generation
        self._channel = channel_model
        self._member = member_model

    def shows_by_member(self, *, session: bool) -> bool:
        """Whether `show` needs the id of the user's own member record: 20 †, without a session."""
        return self._generation >= 20 and not session

    def show(self, channel_id: int, member_id: int, uuid: str, pinned: bool, *, session: bool) -> Call | Route:
        """Puts it into the user's list, or out of it.

        Args:
            member_id: of the user's own member record, where `shows_by_member`; else 0.
            uuid: of the channel, which 14 and 15 ask for.
        """
        if self.shows_by_member(session=session):
            # A second later than now: what happened in this second would show it again.
            later = stamp(datetime.now(UTC) + timedelta(seconds=1))
            return self.write_member(member_id, unpin_dt=False if pinned else later)
        if self._generation < 16:
            return Call(self._channel, "channel_pin", None, {"uuid": uuid, "pinned": pinned})
        if self._generation >= 20:
            asked = ["/discuss/channel/pin", {"channel_id": channel_id, "pinned": pinned}, 1]
            return Route("/mail/store", {"fetch_params": [asked]})
        return Call(self._channel, "channel_pin", (channel_id,), {"pinned": pinned})

    def mute(self, channel_id: int, member_id: int, minutes: float | None, *, session: bool) -> Call | Route:
        """Silences it.

        Args:
            minutes: how long; None for good, 0 for no longer.
        """
        if session:
            path = "/discuss/settings/mute" if self._generation >= 18 else "/discuss/channel/mute"
            whole = -1 if minutes is None else minutes and max(1, round(minutes))
            return Route(path, {"channel_id": channel_id, "minutes": whole})
        until: Any = False
        if minutes is None:
            until = stamp(FOREVER)
        elif minutes:
            until = stamp(datetime.now(UTC) + timedelta(minutes=minutes))
        return self.write_member(member_id, mute_until_dt=until)

    def notify(self, channel_id: int, member_id: int, what: str | None, *, session: bool) -> Call | Route:
        """Chooses which messages notify me: ``all``, ``mentions``, ``no_notif``, None as in my settings."""
        if session:
            path = "/discuss/settings/custom_notifications"
            if self._generation < 18:
                path = "/discuss/channel/update_custom_notifications"
            return Route(path, {"channel_id": channel_id, "custom_notifications": what or False})
        return self.write_member(member_id, custom_notifications=what or False)

    def typing(self, channel_id: int, typing: bool) -> Call | Route:
        """Tells the others that I type, or no longer do; never for a channel that I am not in, as 17 and later would
        make me a member (addons/mail/controllers/discuss/channel.py)."""
        if self._generation < 16:
            return Call(self._channel, "notify_typing", (channel_id,), {"is_typing": typing})
        path = "/mail/channel/notify_typing" if self._generation < 17 else "/discuss/channel/notify_typing"
        return Route(path, {"channel_id": channel_id, "is_typing": typing})

    def write_member(self, member_id: int, **values: Any) -> Call:
        """Changes my own member record."""
        return Call(self._member, "write", (member_id,), {"vals": values})

    def my_member(self, channel_id: int, partner_id: int) -> Call:
        """Asks for the id of my member record."""
        domain = [["channel_id", "=", channel_id], ["partner_id", "=", partner_id]]
        return Call(self._member, "search_read", None, {"domain": domain, "fields": ["id"], "limit": 1})
