"""Channel settings: name, topic, notifications, visibility and invitation link."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from odoochat.client.channel_members import own_member_id
from odoochat.client.services import Services
from odoochat.errors import UsageError
from odoochat.wire.values import dicts

__all__ = ["ChannelSettings", "Notify"]

Notify = Literal["all", "mentions", "nothing", "default"]
"""Which messages of a channel notify the current user."""

NOTIFY = {"all": "all", "mentions": "mentions", "nothing": "no_notif", "default": None}


class ChannelSettings:
    """The settings of a channel, for all members or only for the current user.

    Args:
        channel_id: the channel's id.
        services: the client's services.
    """

    def __init__(self, channel_id: int, services: Services) -> None:
        self._channel_id = channel_id
        self._services = services

    # -------------------------------------------------------------- for everyone

    async def rename(self, name: str) -> None:
        """Change the channel's name.

        Args:
            name: the new name.

        Raises:
            UsageError: the name is empty.
            AccessDenied: the user is not allowed to change it.
        """
        if not name.strip():
            raise UsageError("the new name is empty")
        session = self._services.session
        await session.do(session.dialect.channels.rename(self._channel_id, name))
        await self._services.membership.refresh()

    async def describe(self, text: str) -> None:
        """Change the channel's topic.

        Args:
            text: the new topic.

        Raises:
            AccessDenied: the user is not allowed to change it.
        """
        session = self._services.session
        await session.do(session.dialect.channels.describe(self._channel_id, text))
        await self._services.membership.refresh()

    async def invitation(self) -> str:
        """Fetch the link for joining as a guest without an account, if the channel allows guests.

        Returns:
            The link.

        Raises:
            NotSupported: on Odoo 14.
        """
        self._services.session.require("invitation")
        return f"{self._services.session.url}/chat/{self._channel_id}/{await self._uuid()}"

    async def _uuid(self) -> str:
        info = self._services.state.info(self._channel_id)
        if info is not None and info.uuid is not None:
            return info.uuid
        session = self._services.session
        rows = dicts(await session.do(session.dialect.channels.fetch_uuid(self._channel_id)))
        return str(rows[0].get("uuid") or "") if rows else ""

    # ------------------------------------------------------ for the current user

    async def mute(self, minutes: float | None = None) -> None:
        """Mute the channel's notifications.

        Args:
            minutes: how long to mute it, in minutes; None to mute it until `unmute` is called.

        Raises:
            NotSupported: before Odoo 17.
            UsageError: `minutes` is not positive.
        """
        if minutes is not None and not minutes > 0:
            raise UsageError(f"minutes must be positive, not {minutes:g}; use unmute() to end a mute")
        await self._set_mute(minutes)

    async def unmute(self) -> None:
        """Unmute the channel's notifications.

        Raises:
            NotSupported: before Odoo 17.
        """
        await self._set_mute(0)

    async def _set_mute(self, minutes: float | None) -> None:
        session = self._services.session
        session.require("mute")
        membership, now = session.dialect.membership, datetime.now(UTC)
        member = await self._member_id(needed=membership.notifies_by_member)
        await session.do(membership.mute(self._channel_id, member, minutes, now=now))
        await self._services.membership.refresh()

    async def notify(self, what: Notify) -> None:
        """Choose which messages of the channel notify the current user.

        Args:
            what: ``all``, ``mentions``, ``nothing``, or ``default`` for the user's own default.

        Raises:
            NotSupported: before Odoo 17.
            UsageError: `what` is not one of these.
        """
        if what not in NOTIFY:
            raise UsageError(f"notify() accepts 'all', 'mentions', 'nothing' or 'default', not {what!r}")
        session = self._services.session
        session.require("notify")
        membership = session.dialect.membership
        member = await self._member_id(needed=membership.notifies_by_member)
        await session.do(membership.notify(self._channel_id, member, NOTIFY[what]))
        await self._services.membership.refresh()

    async def hide(self) -> None:
        """Hide the channel from the current user's channel list until the next message arrives.

        Raises:
            NotSupported, ApiKeyOnly: this version or login does not support it.
        """
        await self._set_shown(shown=False)

    async def show(self) -> None:
        """Show a hidden channel in the current user's channel list.

        Raises:
            NotSupported, ApiKeyOnly: this version or login does not support it.
        """
        await self._set_shown(shown=True)

    async def _set_shown(self, *, shown: bool) -> None:
        session = self._services.session
        session.require("hide")
        membership = session.dialect.membership
        member = await self._member_id(needed=membership.shows_by_member)
        uuid, now = await self._uuid(), datetime.now(UTC)
        await session.do(membership.show(self._channel_id, member, uuid, shown, now=now))
        await self._services.membership.refresh()

    async def _member_id(self, *, needed: bool) -> int:
        return await own_member_id(self._services, self._channel_id) if needed else 0
