"""The current user's side of a channel: typing, reading, muting, and how far the members have read."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from odoochat.client.conversation import Conversation, number_of
from odoochat.errors import LinkError, NotFound, ProtocolError, ServerFault, UsageError
from odoochat.model import Author, ChannelInfo, Member, Message
from odoochat.wire.requests.channels import seen_up_to
from odoochat.wire.values import dicts, pair, records, when

__all__ = ["Attention"]

log = logging.getLogger("odoochat")

TYPING_AGAIN_SECONDS = 50.0
"""The web client repeats its sign of typing that often; others forget a typist after 60 s."""

NOTIFY = {"all": "all", "mentions": "mentions", "nothing": "no_notif", None: None}


class Attention(Conversation):
    """A channel's facts as they are known now, and where my attention is in it."""

    # --------------------------------------------------------------------- facts

    @property
    def info(self) -> ChannelInfo:
        """All that is known of it."""
        return self._state.info(self.id) or ChannelInfo(self.id, "")

    @property
    def name(self) -> str:
        """As it is shown to me; a direct chat bears the other's name."""
        return self.info.name

    @property
    def kind(self) -> str:
        """``channel``, ``chat``, ``group``…"""
        return self.info.kind

    @property
    def unread(self) -> int:
        """Messages that I have not read."""
        return self.info.unread

    @property
    def last_activity(self) -> datetime | None:
        """When something last happened in it."""
        return self.info.last_activity

    def typists(self) -> list[Author]:
        """Who is typing in it now."""
        return self._state.typing(self.id, time.monotonic())

    # -------------------------------------------------------------------- typing

    async def set_typing(self, typing: bool) -> None:
        """Tells the others that I type, or no longer do.

        Raises:
            ApiKeyOnly: from 16 on it needs a session.
            NotFound: I am not in it: Odoo 17 and later would make me a member.
        """
        self._session.require("typing")
        if self._state.info(self.id) is None:
            raise NotFound("channel", f"you are not a member of channel {self.id}; join it before you type in it")
        await self._session.do(self._session.dialect.membership.typing(self.id, typing))

    @asynccontextmanager
    async def typing(self) -> AsyncGenerator[None]:
        """Shows me as typing while the block runs; a sign that does not get through is left out."""

        async def repeat() -> None:
            while True:
                await asyncio.sleep(TYPING_AGAIN_SECONDS)
                await sign(True)

        async def sign(typing: bool) -> None:
            try:
                await self.set_typing(typing)
            except (LinkError, ServerFault, ProtocolError) as error:  # a sign that is lost spoils no message
                log.debug("sending the typing indicator: %s", error)

        await sign(True)
        task = asyncio.create_task(repeat(), name="odoochat typing")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await sign(False)

    # --------------------------------------------------------------------- marks

    async def mark_read(self, message: Message | int | None = None) -> None:
        """Marks it as read.

        Args:
            message: the last one that was read; None for the newest.
        """
        if message is None:
            newest = await self._queries.newest([self.id], limit=1)
            if not newest:
                return
            message = newest[0]
        session, number = self._session.has_session, number_of(message)
        messages = self._session.dialect.messages
        member = await self._my_member() if messages.reads_by_member(session=session) else 0
        await self._session.do(messages.mark_read(self.id, member, number, session=session))
        self._publisher.mark_read(self.ref, number)

    async def mark_unread(self, message: Message | int) -> None:
        """Marks it as unread from a message on.

        Raises:
            NotSupported: before 18.
        """
        self._session.require("mark_unread")
        session = self._session.has_session
        member = 0 if session else await self._my_member()
        messages = self._session.dialect.messages
        await self._session.do(messages.mark_unread(self.id, member, number_of(message), session=session))
        await self._membership.refresh()

    async def _my_member(self) -> int:
        call = self._session.dialect.membership.fetch_id(self.id, self._session.me.partner_id)
        rows = dicts(await self._session.do(call))
        if not rows:
            raise NotFound("channel", f"you are not a member of channel {self.id}; join it first")
        return pair(rows[0])[0]

    async def seen_by(self, message: Message | int) -> list[Author]:
        """Who has read a message, its author left out."""
        number = number_of(message)
        writer = message.author if isinstance(message, Message) else (await self.fetch_message(number)).author
        return [
            m.author for m in await self.members() if m.seen is not None and m.seen >= number and m.author != writer
        ]

    async def mute(self, minutes: float | None = None) -> None:
        """Stop notifications of this channel.

        Args:
            minutes: how long, in minutes; None until `unmute`.

        Raises:
            NotSupported: before Odoo 17.
            UsageError: `minutes` is not positive.
        """
        if minutes is not None and not minutes > 0:
            raise UsageError(f"minutes must be positive, not {minutes:g}; use unmute() to end a mute")
        await self._set_mute(minutes)

    async def unmute(self) -> None:
        """Resume notifications of this channel.

        Raises:
            NotSupported: before Odoo 17.
        """
        await self._set_mute(0)

    async def _set_mute(self, minutes: float | None) -> None:
        self._session.require("mute")
        session = self._session.has_session
        member = 0 if session else await self._my_member()
        membership, now = self._session.dialect.membership, datetime.now(UTC)
        await self._session.do(membership.mute(self.id, member, minutes, session=session, now=now))
        await self._membership.refresh()

    async def notify(self, what: str | None) -> None:
        """Chooses what notifies me.

        Args:
            what: ``all``, ``mentions``, ``nothing``, or None for what my settings say.

        Raises:
            NotSupported: before 17.
        """
        if what not in NOTIFY:
            raise UsageError(f"notify({what!r}) must be all, mentions, nothing or None")
        self._session.require("notify")
        session = self._session.has_session
        member = 0 if session else await self._my_member()
        await self._session.do(self._session.dialect.membership.notify(self.id, member, NOTIFY[what], session=session))
        await self._membership.refresh()

    async def members(self) -> list[Member]:
        """Who is in it, with presence, and how far each has read."""
        channels = self._session.dialect.channels
        rows = records(await self._session.do(channels.fetch_members(self.id)))
        rows = await self._queries.named(rows, "partner_id")
        people = [pair(row.get("partner_id"))[0] for row in rows]
        status = await self._services.people.statuses([p for p in people if p])
        found: list[Member] = []
        for row in rows:
            partner, name = pair(row.get("partner_id"))
            guest, guest_name = pair(row.get("guest_id"))
            if partner:
                author = self._state.author("partner", partner, name, display=True)
            elif guest:
                author = self._state.author("guest", guest, guest_name)
            else:
                continue
            self._state.member(row["id"], author)
            there = status.get(partner) or None
            found.append(Member(author, row["id"], there, seen_up_to(row) or None, when(row.get("create_date"))))
        return found
