"""What was heard or found becomes events: each message once, the store first, channels followed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec

from odoochat.client.publisher import EVENTS_EACH, Publishing
from odoochat.errors import NotFound, OdooChatError
from odoochat.events import (
    InboxReceived,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    NotificationReceived,
    PresenceChanged,
    TypingChanged,
)
from odoochat.model import Author, ChannelInfo, Message
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.requests.echo import is_echo
from odoochat.wire.updates import ChannelPatch, MessagePatch, Refresh, Update

__all__ = ["Intake"]

log = logging.getLogger("odoochat")

CLOCK_STEP = timedelta(seconds=5)
"""How much later than its message's date the database may stamp a row of the same message."""
REFRESH_SECONDS = 2.0
ROW_SECONDS = 2.0
SAME_MOMENT = timedelta(seconds=2)
TRUSTED_SECONDS = 20.0
"""How long after the login a link that opens needs no question for what was missed: the bus still has it."""


class Intake(Publishing):
    """The one door through which everything comes in: live, by polling, or by catching up. See `Publishing`."""

    async def begin(
        self, *, resume: bool, light: bool = False, server_time: Callable[[], datetime | None] | None = None
    ) -> None:
        """Reads my channels and, unless the account was taken up again, takes what is there as delivered.

        Args:
            resume: whether the account was taken up again.
            light: whether neither messages nor marks are read: for a client that only sends or asks.
            server_time: gives the server's clock at its last answer.
        """
        me = self._session.me
        self._light = light
        self._state.me = me
        self._state.author("partner", me.partner_id, me.name)
        infos, members = await self.rows.my_channels()
        counted = server_time() if server_time is not None else None
        self._state.renew(infos)
        self._refreshed_at = time.monotonic()
        if light:
            self._catchup.known_channels = set(members)
            return
        if resume:
            for channel_id in set(members) - self._catchup.known_channels:
                self._catchup.joined(channel_id, members[channel_id])
        else:
            messages = await self.rows.newest(members)
            self._state.keep(reversed(messages))
            self._catchup.begin(messages, now=time.monotonic())
            self._begun_at = time.monotonic()
            # A message that came between the two answers is not in the unread counts: then channels are read again.
            if counted is not None and any(m.date >= counted - SAME_MOMENT for m in messages):
                self._refresh_in(REFRESH_SECONDS)
        self._catchup.known_channels = set(members)
        self._state.inbox.count(*await self.rows.marked(), self._state.channel_of)

    @property
    def just_begun(self) -> bool:
        """Whether a link that opens now brings by itself all that came since `begin`.

        The bus sends what it has of the last 50 seconds to a client that asks for the first time; polls ask for all
        that is newer than what was read.
        """
        return self._begun_at is not None and time.monotonic() - self._begun_at < TRUSTED_SECONDS

    async def opened(self) -> None:
        """A link is open: asks for what was missed before it, when it does not bring that itself.

        Raises:
            OdooChatError: it could not be asked.
        """
        self._trusts_replay, self._begun_at = self.just_begun, None
        if not self._trusts_replay:
            await self.refresh()
            await self.catch_up(reopened=True)

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
        heard = await self._completed(heard)
        for thing in heard:
            # One frame may hold more than the queues do: subscribers that keep up get a chance to read.
            await self._subscribers.room(EVENTS_EACH, lasting=False)
            if isinstance(thing, Refresh):
                refresh.add(thing.channel_id)
            elif isinstance(thing, MessagePosted) and self._state.info(thing.message.channel.id) is None:
                await self._unknown_channel(thing.message, live=not replay)
            elif isinstance(thing, MemberJoined | MemberLeft) and self._is_me(thing.author):
                refresh.add(thing.channel.id)
            elif replay and isinstance(thing, ChannelPatch):
                if self._trusts_replay:  # it may be newer than what was read at the login
                    refresh.add(thing.id)
            elif not (replay and isinstance(thing, TypingChanged | PresenceChanged)):
                self._hear(thing, live=not replay)
        if refresh:
            await self._maybe_refresh(refresh)

    def _decode(self, item: Notification) -> list[Update]:
        dialect = self._session.dialect
        if self._session.kind != "guest" and is_echo(item):
            return []
        try:
            return [self._personal(thing) for thing in dialect.decoder.decode(item, self._state)]
        except Exception as error:  # hostile or unknown shapes must not stop the rest
            log.warning("a notification of type %r could not be read: %s", item.type, type(error).__name__)
            return [NotificationReceived(item.type, item.payload)]

    def _personal(self, thing: Update) -> Update:
        if isinstance(thing, MessagePosted | MessageEdited | InboxReceived):
            message = self._state.personal(thing.message)
            return thing if message is thing.message else type(thing)(message)
        return thing

    async def _completed(self, heard: list[Update]) -> list[Update]:
        """Adds to live messages what the server leaves out of them but tells in their rows.

        14 leaves out what a message answers; 14 and 15 say display names, "Company, Name". A message without an author
        and without a sender's address, where the server keeps that back, has it in its row.
        """
        told = self._session.dialect.table.parents_in_messages
        posted = [thing.message for thing in heard if isinstance(thing, MessagePosted)]
        ids = [m.id for m in posted if (not told and m.reply_to is None) or self._is_unnamed(m.author)]
        if not ids or self._session.kind == "guest":
            return heard
        try:
            async with asyncio.timeout(ROW_SECONDS):
                rows = {m.id: m for m in await self.rows.by_ids(ids)}
        except (OdooChatError, TimeoutError) as error:
            log.debug("the rows of %d messages could not be read: %s", len(ids), error)
            return heard
        return [
            MessagePosted(completed(thing.message, row))
            if isinstance(thing, MessagePosted) and (row := rows.get(thing.message.id)) is not None
            else thing
            for thing in heard
        ]

    def _is_unnamed(self, author: Author) -> bool:
        if author.kind == "partner" and author.name:
            return self._state.plain_name(author.id, author.name) is None
        return author.kind == "unknown"

    async def _unknown_channel(self, message: Message, *, live: bool) -> None:
        if message.channel.id in self._catchup.foreign:
            return
        await self.refresh()
        if self._state.info(message.channel.id) is None:
            self._catchup.foreign.add(message.channel.id)
            return
        self.admit(self._named(message), live=live)

    # ------------------------------------------------------------- my own messages

    async def posted(self, message_id: int, channel_id: int, *, patience: float) -> Message:
        """The Message with an id that the server gave to a post of mine, published like all others.

        When it must be read, what its channel still misses from before it comes first: the order is kept.

        Args:
            patience: seconds to wait for the live link to bring it, before it is read.

        Raises:
            OdooChatError: it was posted, but could not be read back.
        """
        known = self._state.message(message_id)
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
            brought = await self._bring_until(channel_id, message_id)
            if (known := self._state.message(message_id)) is not None:
                return known
            messages = await self.rows.by_ids([message_id])
            if not messages:
                raise NotFound("mail.message", f"message {message_id} was posted, and removed since")
            if brought:
                self.admit(messages[0])
            return self._state.message(message_id) or messages[0]
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
            if self._state.info(message.channel.id) is not None:
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

    async def _bring_until(self, channel_id: int, last: int) -> bool:
        """Delivers what a channel misses up to a message.

        Returns:
            Whether all of it was delivered. It is not when a subscription is full, perhaps that of the very task that
            sends: then the link delivers it later, when there is room.
        """
        if self._state.info(channel_id) is None or not self._subscribers.first.is_set():
            return True  # without a subscriber, what was missed waits for the first one
        if self._light and not self._catchup.top:
            self._catchup.floor = last - 1  # what was there at the login was not read: it begins with this one
        after = 0
        while self.resubscribe is None or not self._subscribers.crowded:
            missing = self._catchup.missing([channel_id], time.monotonic(), near=True, after=after)
            page = await self.rows.missing([*missing, ["id", "<=", last]])
            for message in page.messages:
                self._take_row(message)
            if page.last is None or page.last <= after or page.last >= last:
                return True
            after = page.last
        return False

    # ------------------------------------------------------------------ membership

    async def _maybe_refresh(self, channels: set[int | None]) -> None:
        """Reads my channels again: at once when an unknown one is spoken of, else a little later and once for many."""
        unknown = any(c is None or self._state.info(c) is None for c in channels)
        now = time.monotonic()
        if unknown or now - self._refreshed_at > REFRESH_SECONDS:
            await self.refresh()
        else:
            self._refresh_in(REFRESH_SECONDS)

    def _refresh_in(self, seconds: float) -> None:
        if self._refresh_later is None:
            self._refresh_later = asyncio.get_running_loop().call_later(seconds, self._refresh_soon)

    def _refresh_soon(self) -> None:
        self._refresh_later = None
        self._run(self.refresh, "my channels")

    async def refresh(self) -> None:
        """Reads my channels; store, subscription and the messages of new channels follow.

        Raises:
            OdooChatError: they could not be read.
        """
        async with self._refreshing:
            infos, members, top = await self._read_channels()
            self._refreshed_at = time.monotonic()
            before = self._catchup.known_channels
            self._catchup.known_channels = set(members)
            new = [i for i in members if i not in before]
            for channel_id in new:
                self._catchup.joined(channel_id, members[channel_id])
            self._state.counted = top
            changes = self._state.renew(infos)
        for event in changes:
            await self._subscribers.room(EVENTS_EACH, lasting=False)
            self.publish(event)
        await self.count()
        if (new or before - set(members)) and self.resubscribe is not None:
            log.info("my channels changed: subscribing again")
            await self.resubscribe()
        after = self._catchup.floor
        while new and not (self._light and not self._catchup.top):
            page = await self.rows.missing([["res_id", "in", new], ["id", ">", after]])
            await self.admit_all(page.messages)
            if page.last is None or page.last <= after:
                break
            after = page.last

    async def _read_channels(self) -> tuple[list[ChannelInfo], dict[int, datetime | None], int]:
        """My channels, and up to which message their unread counts go: no message came between the two answers."""
        # What was delivered before is in the counts, or was removed since.
        delivered = self._catchup.top
        top = await self.rows.top([info.id for info in self._state.channels()])
        infos, members = await self.rows.my_channels()
        for _ in range(2):
            before, top = top, await self.rows.top(members)
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
        top = 0 if near else await self._notice_restore(reopened)
        found = after = 0
        while channels := {info.id for info in self._state.channels()}:
            page = await self.rows.missing(self._catchup.missing(channels, time.monotonic(), near=near, after=after))
            for message in page.messages:
                await self._subscribers.room(EVENTS_EACH)
                if self._state.info(message.channel.id) is not None:
                    found += self._take_row(message)
            # All of these channels are mine, so the server drops nothing from a page. What is newer than `top` comes
            # live, by the next poll or the next sweep.
            if page.last is None or page.last <= after or (not page.full and page.last >= top):
                break
            after = page.last
        self._catchup.mark(time.monotonic())
        self._state.counted = 0
        if found and not near:
            log.info("caught up: %d messages", found)
        return found

    async def check(self) -> int:
        """Asks for what came lately, on a hint that the link left something out; returns how many messages it found.

        It is one request when nothing is missing.

        Raises:
            OdooChatError: it could not be asked.
        """
        return await self.catch_up(near=True)

    async def poll(self) -> int:
        """The same for a client without a link: it also notices that the user is in a channel that it does not know.

        Raises:
            OdooChatError: it could not be asked.
        """
        if await self.rows.joined_more():
            await self.refresh()
        return await self.catch_up(near=True)

    def _take_row(self, message: Message) -> int:
        """Publishes what a row of a message says anew; returns 1 for a message that was missing."""
        match self._catchup.judge(message):
            case "new":
                return int(self.admit(message))
            case "edited":
                self._take_edited(message)
            case "known":
                old = self._state.message(message.id)
                if old is not None and old.html != message.html:
                    self._take_edited(message)
        return 0

    def _take_edited(self, message: Message) -> None:
        change = self._state.patched(MessagePatch(message.id, message.html, message.written, message.attachments))
        self._catchup.note_written(message)
        self._publish_change(change or MessageEdited(message))

    async def _notice_restore(self, reopened: bool) -> int:
        """Finds out whether the database was put back to an older state, and which messages were removed.

        Returns:
            The id of the newest message in my channels, 0 when there is none.
        """
        # What stood in a channel that is no longer mine cannot be read, and is not gone for that.
        known = {i: date for i, (date, c) in self._catchup.recent().items() if self._state.info(c) is not None}
        recent = sorted(known)
        channels = [info.id for info in self._state.channels()]
        top = await self.rows.top(channels)
        if not recent or (top == recent[-1] and not reopened):
            return top
        if top > recent[-1] and not reopened:
            recent = recent[-3:]  # a few tell whether what is newer follows them or a backup
        there = {m.id: m for m in await self.rows.by_ids(recent)}
        # Names change, and rows show other ones than live messages: ids and dates tell a restored database.
        other = {i for i, m in there.items() if is_another(m, known[i])}
        gone = [i for i in recent if i not in there]
        if other or (top < recent[-1] and len(gone) > 3 and not set(recent[-3:]) & set(there)):
            log.info("the server's message ids fell back: a database was restored")
            # Messages above the backup may have been received by their new ids already.
            same = [i for i in there if i < min(other, default=top + 1)]
            self._state.forget_messages()
            if same:
                self._catchup.rewind(max(same), there.keys() - other, now=time.monotonic())
            else:
                # What was posted after the restore is newer than all that was known before.
                messages = await self.rows.newest(channels)
                self._catchup.restart(messages, max(known.values()), time.monotonic())
            if self.forget_bus is not None:
                self.forget_bus()
            return top
        for number in gone:
            channel = self._state.channel(self._catchup.recent().get(number, (None, 0))[1])
            if self._state.info(channel.id) is not None:
                await self._subscribers.room(EVENTS_EACH)
                self._publish_change(MessageDeleted(number, channel))
        return top


def is_another(row: Message, known: datetime) -> bool:
    """Whether a row is another message than the one that was delivered with its id, before a database was restored.

    A date that differs is not enough: Odoo lets a message be dated anew after it was posted. A message that took over
    an id is stored later than the one that had it.

    Args:
        row: the message as the server stores it now.
        known: the date of the delivered message.
    """
    return row.date != known and (row.created or row.date) > known + CLOCK_STEP


def completed(message: Message, row: Message) -> Message:
    """A live message with what only its row says."""
    author = row.author if message.author.kind == "unknown" or row.author == message.author else message.author
    return msgspec.structs.replace(
        message, author=author, reply_to=message.reply_to or row.reply_to, subject=message.subject or row.subject
    )


def in_order(heard: list[Update]) -> list[Update]:
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
