"""What was heard or found becomes events: each message once, the store first, channels followed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from odoochat.client.publisher import Publishing
from odoochat.errors import NotFound, OdooChatError
from odoochat.events import (
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    NotificationReceived,
    PresenceChanged,
    TypingChanged,
)
from odoochat.model import ChannelInfo, Message
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.updates import ChannelPatch, Heard, MessagePatch, Refresh

__all__ = ["Intake"]

log = logging.getLogger("odoochat")

REFRESH_SECONDS = 2.0
PARENT_SECONDS = 2.0


class Intake(Publishing):
    """The one door through which everything comes in: live, by polling, or by catching up. See `Publishing`."""

    async def begin(self, *, resume: bool) -> None:
        """Reads my channels and, unless the account was taken up again, takes what is there as delivered."""
        me = self._account.me
        self._store.me = me
        self._store.author("partner", me.partner_id, me.name)
        infos, members = await self.rows.my_channels()
        self._store.renew(infos)
        if resume:
            for channel_id in set(members) - self._catchup.known_channels:
                self._catchup.joined(channel_id, members[channel_id])
        else:
            messages = await self.rows.newest([i.id for i in infos])
            self._store.keep(reversed(messages))
            self._catchup.begin(messages, now=time.monotonic())
        self._catchup.known_channels = set(members)
        self._store.boxes.count(*await self.rows.marked(), self._store.channel_of)
        self._refreshed_at = time.monotonic()

    # ------------------------------------------------------------------ delivering

    async def deliver(self, items: Iterable[Notification], *, replay: bool) -> None:
        """Decodes notifications and publishes what they say.

        Args:
            replay: they are older news: who was typing then is of no interest, and my channels were just read.

        Raises:
            OdooChatError: a channel that is spoken of could not be looked up.
        """
        refresh: set[int | None] = set()
        heard = in_order([thing for item in items for thing in self._decode(item)])
        if not self._account.dialect.says_parents:
            heard = await self._with_parents(heard)
        for thing in heard:
            if isinstance(thing, Refresh):
                refresh.add(thing.channel_id)
            elif isinstance(thing, MessagePosted) and self._store.info(thing.message.channel.id) is None:
                await self._unknown_channel(thing.message)
            elif isinstance(thing, MemberJoined | MemberLeft) and self._is_me(thing.author):
                refresh.add(thing.channel.id)
            elif not (replay and isinstance(thing, TypingChanged | PresenceChanged | ChannelPatch)):
                self._hear(thing)
        if refresh:
            await self._maybe_refresh(refresh)

    def _decode(self, item: Notification) -> list[Heard]:
        dialect = self._account.dialect
        if self._account.kind != "guest" and dialect.is_echo(item):
            return []
        try:
            return dialect.decode(item, self._store)
        except Exception as error:  # hostile or unknown shapes must not stop the rest
            log.warning("a notification of type %r could not be read: %s", item.type, type(error).__name__)
            return [NotificationReceived(item.type, item.payload)]

    async def _with_parents(self, heard: list[Heard]) -> list[Heard]:
        """The same, with what messages answer, which 14 does not say live."""
        ids = [thing.message.id for thing in heard if isinstance(thing, MessagePosted)]
        if not ids:
            return heard
        try:
            async with asyncio.timeout(PARENT_SECONDS):
                parents = await self.rows.parents(ids)
        except (OdooChatError, TimeoutError) as error:
            log.debug("what %d messages answer was not told: %s", len(ids), error)
            return heard
        return [
            MessagePosted(msgspec.structs.replace(thing.message, reply_to=parents.get(thing.message.id)))
            if isinstance(thing, MessagePosted)
            else thing
            for thing in heard
        ]

    async def _unknown_channel(self, message: Message) -> None:
        if message.channel.id in self._catchup.foreign:
            return
        await self.refresh()
        if self._store.info(message.channel.id) is None:
            self._catchup.foreign.add(message.channel.id)
            return
        self.admit([self._named(message)])

    # ------------------------------------------------------------- my own messages

    async def posted(self, message_id: int, channel_id: int, *, patience: float) -> Message:
        """The Message with an id that the server gave to a post of mine, published like all others.

        When it must be read, what its channel still misses from before it comes first: the order is kept.

        Args:
            patience: seconds to wait for the live link to bring it, before it is read.

        Raises:
            OdooChatError: it was posted, but could not be read back.
        """
        known = self._store.message(message_id)
        if known is not None:
            return known
        waiting = self._waiting.setdefault(message_id, asyncio.get_running_loop().create_future())
        try:
            if patience:
                try:
                    async with asyncio.timeout(patience):
                        return await asyncio.shield(waiting)
                except TimeoutError:
                    pass
            await self._bring_until(channel_id, message_id)
            if (known := self._store.message(message_id)) is not None:
                return known
            messages = await self.rows.by_ids([message_id])
            if not messages:
                raise NotFound("mail.message", f"message {message_id} was posted, and removed since")
            self.admit(messages)
            return self._store.message(message_id) or messages[0]
        finally:
            self._waiting.pop(message_id, None)

    async def written(self, message_id: int) -> None:
        """A message was changed by writing its row, of which the server tells nobody: my subscribers hear it now."""
        try:
            found = await self.rows.by_ids([message_id])
        except OdooChatError as error:
            log.debug("message %d was changed, but not read back: %s", message_id, error)
            return
        for message in found:
            if self._store.info(message.channel.id) is not None:
                self._take_edited(message)

    async def record_message(self, message_id: int) -> Message:
        """The Message with an id that the server gave to a post of mine on a record; no link brings those.

        Raises:
            OdooChatError: it was posted, but could not be read back.
        """
        messages = await self.rows.by_ids([message_id], everywhere=True)
        if not messages:
            raise NotFound("mail.message", f"message {message_id} was posted, and removed since")
        return messages[0]

    async def _bring_until(self, channel_id: int, last: int) -> None:
        """Delivers what a channel misses up to a message."""
        if self._store.info(channel_id) is None or not self._dispatch.first.is_set():
            return  # nobody listens yet: what was missed waits for the first who does
        after = 0
        while True:
            missing = self._catchup.missing(time.monotonic(), near=True, after=after)
            page = await self.rows.missing([*missing, ["res_id", "=", channel_id], ["id", "<=", last]])
            self._take_rows(page)
            if len(page) < self.rows.PAGE:
                return
            after = page[-1].id

    # ------------------------------------------------------------------ membership

    async def _maybe_refresh(self, channels: set[int | None]) -> None:
        """Reads my channels again: at once when an unknown one is spoken of, else a little later and once for many."""
        unknown = any(c is None or self._store.info(c) is None for c in channels)
        now = time.monotonic()
        if unknown or now - self._refreshed_at > REFRESH_SECONDS:
            await self.refresh()
        elif self._refresh_later is None:
            self._refresh_later = asyncio.get_running_loop().call_later(REFRESH_SECONDS, self._refresh_soon)

    def _refresh_soon(self) -> None:
        self._refresh_later = None
        self._run(self.refresh, "my channels")

    async def refresh(self) -> None:
        """Reads my channels; store, subscription and the messages of new channels follow.

        Raises:
            OdooChatError: they could not be read.
        """
        infos, members, top = await self._read_channels()
        self._refreshed_at = time.monotonic()
        before = self._catchup.known_channels
        self._catchup.known_channels = set(members)
        new = [i for i in members if i not in before]
        for channel_id in new:
            self._catchup.joined(channel_id, members[channel_id])
        self._store.counted = top
        for event in self._store.renew(infos):
            self.publish(event)
        await self.count()
        if (new or before - set(members)) and self.resubscribe is not None:
            log.info("my channels changed: subscribing again")
            await self.resubscribe()
        after = self._catchup.floor
        while new:
            page = await self.rows.missing([["res_id", "in", new], ["id", ">", after]])
            self.admit(page)
            if len(page) < self.rows.PAGE:
                break
            after = page[-1].id

    async def _read_channels(self) -> tuple[list[ChannelInfo], dict[int, datetime | None], int]:
        """My channels, and up to which message their unread counts go: no message came between the two answers."""
        # What was delivered before is in the counts, or was removed since.
        delivered = self._catchup.top
        top = await self.rows.top()
        infos, members = await self.rows.my_channels()
        for _ in range(2):
            before, top = top, await self.rows.top()
            if top == before:
                break
            infos, members = await self.rows.my_channels()
        return infos, members, max(top, delivered)

    # ------------------------------------------------------------------ catching up

    async def catch_up(self, *, near: bool = False, reopened: bool = False) -> int:
        """Asks for what is missing and delivers it, page by page; waits for subscribers that keep up; tells how many.

        Raises:
            OdooChatError: it could not be asked; what was delivered until then is settled.
        """
        if not near:
            await self._notice_restore(reopened)
        found, after = 0, 0
        while True:
            page = await self.rows.missing(self._catchup.missing(time.monotonic(), near=near, after=after))
            full = len(page) >= self.rows.PAGE
            mine = await self._mine(page)
            if full:
                await self._dispatch.room(len(mine) + 1)
            found += self._take_rows(mine)
            if not full or page[-1].id <= after:
                break
            after = page[-1].id
        self._catchup.mark(time.monotonic())
        self._store.counted = 0
        if found and not near:
            log.info("caught up: %d messages", found)
        return found

    async def _mine(self, page: Sequence[Message]) -> list[Message]:
        """The messages of a page that stand in my channels; unknown channels are looked up once."""
        strange = {m.channel.id for m in page if self._store.info(m.channel.id) is None} - self._catchup.foreign
        if strange:
            await self.refresh()
            self._catchup.foreign |= {c for c in strange if self._store.info(c) is None}
        return [m if m.channel.name else self._named(m) for m in page if self._store.info(m.channel.id) is not None]

    def _take_rows(self, page: Sequence[Message]) -> int:
        found = 0
        for message in page:
            match self._catchup.judge(message):
                case "new":
                    found += self.admit([message])
                case "edited":
                    self._take_edited(message)
                case "known":
                    old = self._store.message(message.id)
                    if old is not None and old.html != message.html:
                        self._take_edited(message)
        return found

    def _take_edited(self, message: Message) -> None:
        change = self._store.patched(MessagePatch(message.id, message.html, message.edited, message.attachments))
        self._catchup.note_written(message)
        self._publish_change(change or MessageEdited(message))

    async def _notice_restore(self, reopened: bool) -> None:
        """Finds out whether the database was put back to an older state, and which messages were removed."""
        # What stood in a channel that is no longer mine cannot be read, and is not gone for that.
        known = {i: m for i in self._store.recent_ids(100) if (m := self._store.message(i)) is not None}
        recent = [i for i, m in known.items() if self._store.info(m.channel.id) is not None]
        newest = await self.rows.newest([i.id for i in self._store.channels()], limit=1)
        top = newest[0].id if newest else 0
        if not recent or (top >= self._catchup.top and not reopened):
            return
        there = {m.id: m for m in await self.rows.by_ids(recent)}
        other = [i for i, m in there.items() if i in known and (m.date, m.author) != (known[i].date, known[i].author)]
        gone = [i for i in recent if i not in there]
        if other or (top < self._catchup.top and len(gone) > 3 and not set(recent[-3:]) & set(there)):
            log.info("the server's message ids fell back: a database was restored")
            same = [m for i, m in there.items() if i not in other]
            messages = await self.rows.newest([i.id for i in self._store.channels()])
            self._store.forget_messages()
            self._catchup.restart(messages, max((m.date for m in same), default=None), time.monotonic())
            if self.forget_bus is not None:
                self.forget_bus()
            return
        for number in gone:
            old = self._store.message(number)
            self._publish_change(MessageDeleted(number, old.channel if old else None))


def in_order(heard: list[Heard]) -> list[Heard]:
    """The same, but with the messages of each channel in the order of their ids: one answer of a long poll may hold
    them otherwise, as its rows stand in the order in which they were made (seen on 14)."""
    places: dict[int, list[int]] = {}
    for place, thing in enumerate(heard):
        if isinstance(thing, MessagePosted):
            places.setdefault(thing.message.channel.id, []).append(place)
    for where in places.values():
        if len(where) > 1:
            messages = sorted((heard[i] for i in where), key=lambda e: e.message.id)  # type: ignore[union-attr]
            for i, message in zip(where, messages, strict=True):
                heard[i] = message
    return heard
