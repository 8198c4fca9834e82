"""A conversation to act on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Literal

from odoochat.client.account import Account
from odoochat.client.history import history
from odoochat.client.intake import Intake
from odoochat.client.sending import File, Sending
from odoochat.core.store import Store
from odoochat.errors import Rejected, UsageError
from odoochat.model import Author, ChannelInfo, ChannelRef, Message
from odoochat.wire import body

__all__ = ["Channel", "Markup"]

Markup = Literal["text", "markdown", "html"]
TYPING_AGAIN_SECONDS = 50.0
"""The web client repeats its sign of typing that often; others forget a typist after 60 s."""


class Channel:
    """One conversation of mine: its facts as they are known now, and what can be done in it."""

    def __init__(self, channel_id: int, account: Account, store: Store, intake: Intake, sending: Sending) -> None:
        self.id = channel_id
        self._account = account
        self._store = store
        self._intake = intake
        self._sending = sending

    def __repr__(self) -> str:
        return f"<Channel {self.id} {self.name!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Channel) and (self.id, self._account) == (other.id, other._account)

    def __hash__(self) -> int:
        return hash((self.id, id(self._account)))

    # --------------------------------------------------------------------- facts

    @property
    def info(self) -> ChannelInfo:
        """All that is known of it."""
        return self._store.info(self.id) or ChannelInfo(self.id, "")

    @property
    def ref(self) -> ChannelRef:
        """Its id and name."""
        return ChannelRef(self.id, self.name)

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
        return self._store.typing(self.id, time.monotonic())

    # --------------------------------------------------------------------- verbs

    async def send(
        self,
        text: str,
        *,
        markup: Markup = "text",
        reply_to: Message | int | None = None,
        files: Sequence[File] = (),
        mentions: Sequence[Author | int] = (),
    ) -> Message:
        """Posts a message, exactly once, after those that were sent here before.

        While the server is away it is tried again (see ``connect(patience=…)``); after an outcome that is unclear the
        message is looked for before it is posted again.

        Args:
            text: the message; newlines are kept.
            markup: how `text` is meant: ``text`` as it stands, ``markdown``, or ``html``, which Odoo cleans.
            reply_to: the message that it answers.
            files: paths, or pairs of a name and bytes.
            mentions: partners who are notified.

        Returns:
            The message as it was posted: the very value that subscribers get in `MessagePosted`.

        Raises:
            UsageError: an unknown markup, a file that cannot be read.
            AccessDenied, NotFound, Rejected: Odoo refuses it; it is not posted.
            Unreachable: it is not posted, and will not be.
            TimedOut: nobody answers; the text says whether it may have been posted.
        """
        html = body.render(text, markup)
        attachment_ids = await self._sending.upload(files) if files else ()
        if not text.strip() and not attachment_ids:
            raise UsageError("the message is empty: give a text or a file")
        task = self._sending.put(
            self.ref,
            html,
            reply_to=reply_to.id if isinstance(reply_to, Message) else reply_to,
            attachment_ids=attachment_ids,
            partner_ids=[m.id if isinstance(m, Author) else m for m in mentions],
        )
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._sending.withdraw(task)
            raise

    def history(
        self,
        limit: int | None = None,
        *,
        before: Message | int | None = None,
        after: Message | int | None = None,
        oldest_first: bool = False,
    ) -> AsyncIterator[Message]:
        """Its messages, read page by page: the newest first, or the oldest.

        Args:
            limit: how many at most, None for all.
            before, after: only messages with a lower, a higher id.
            oldest_first: begin with the oldest.
        """
        return history(
            self._intake.rows,
            self.id,
            limit=limit,
            before=before.id if isinstance(before, Message) else before,
            after=after.id if isinstance(after, Message) else after,
            oldest_first=oldest_first,
        )

    async def set_typing(self, typing: bool) -> None:
        """Tells the others that I type, or no longer do.

        Raises:
            ApiKeyOnly: from 16 on it needs a session.
        """
        await self._account.do(self._account.dialect.typing(self.id, typing))

    @asynccontextmanager
    async def typing(self) -> AsyncIterator[None]:
        """Shows me as typing while the block runs."""

        async def repeat() -> None:
            while True:
                await asyncio.sleep(TYPING_AGAIN_SECONDS)
                await self.set_typing(True)

        await self.set_typing(True)
        task = asyncio.create_task(repeat(), name="odoochat typing")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.set_typing(False)

    async def mark_read(self, message: Message | int | None = None) -> None:
        """Marks it as read.

        Args:
            message: the last one that was read; None for the newest.
        """
        number = message.id if isinstance(message, Message) else message
        if number is None:
            newest = await self._intake.rows.newest([self.id], limit=1)
            if not newest:
                return
            number = newest[0].id
        await self._account.do(self._account.dialect.mark_read(self.id, number))

    async def edit(self, message: Message | int, text: str, *, markup: Markup = "text") -> None:
        """Replaces the content of a message of mine. On 14 others see it only when they read it anew."""
        number = message.id if isinstance(message, Message) else message
        await self._account.do(self._account.dialect.edit(number, body.render(text, markup)))

    async def delete(self, message: Message | int) -> None:
        """Empties a message of mine, as the web client does; its place stays."""
        number = message.id if isinstance(message, Message) else message
        await self._account.do(self._account.dialect.edit(number, ""))

    async def react(self, message: Message | int, emoji: str, *, remove: bool = False) -> None:
        """Puts an emoji under a message, or takes mine back.

        Raises:
            Rejected: Odoo 14 has no reactions.
        """
        number = message.id if isinstance(message, Message) else message
        route = self._account.dialect.react(number, emoji, remove)
        if route is None:
            raise Rejected("reactions", f"Odoo {self._account.version} has no reactions")
        await self._account.do(route)
