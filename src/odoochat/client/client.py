"""Logs in, listens, and hands out channels: here the two ways meet."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal, TypeVar, overload

from odoochat.client.account import Account
from odoochat.client.channel import Channel
from odoochat.client.conversation import Mentioned, Parts
from odoochat.client.dispatch import Dispatch, Subscription
from odoochat.client.feed import Feed
from odoochat.client.files import Files
from odoochat.client.guestrows import GuestRows
from odoochat.client.history import search
from odoochat.client.inbox import Inbox
from odoochat.client.intake import Intake
from odoochat.client.making import Making
from odoochat.client.people import People
from odoochat.client.presence import Presence
from odoochat.client.record import RecordThread
from odoochat.client.sending import Sending
from odoochat.client.state import OutboxFile, StateFile
from odoochat.core.catchup import Catchup
from odoochat.core.outbox import Entry, Outbox
from odoochat.core.store import Store
from odoochat.errors import ConfigError, NotFound, TimedOut, UsageError, names
from odoochat.events import Event, LinkChanged, Via
from odoochat.model import (
    Author,
    CannedAnswer,
    ChannelInfo,
    ChannelRef,
    Me,
    Message,
    Person,
    RecordRef,
    Version,
)
from odoochat.wire.call import Call

__all__ = ["Client"]

log = logging.getLogger("odoochat")

SAVE_SECONDS = 1.0

E1 = TypeVar("E1", bound=Event)


class Client:
    """One user on one server. Made by `connect`.

    Attributes:
        people: finds people, and tells who is there.
        inbox: where I was mentioned, and what I starred.
        files: fetches files, and pictures of people.
    """

    def __init__(
        self,
        account: Account,
        *,
        websocket_paths: Sequence[str],
        state: str | os.PathLike[str] | None,
        outbox: str | os.PathLike[str] | None,
        live: bool,
        patience: float | None,
        presence: Literal["online", "away"] | None = None,
        guest: bool = False,
    ) -> None:
        self._account = account
        self._live = live
        self._paths = websocket_paths
        self._store = Store()
        self._dispatch = Dispatch()
        self._catchup = Catchup()
        self._outbox = Outbox()
        rows = GuestRows(account, self._store) if guest else None
        self._intake = Intake(account, self._store, self._dispatch, self._catchup, self._outbox, rows)
        self._presence = Presence(account, self._store, self._intake, presence)
        self.people = People(account, self._store, self._intake, self._presence)
        self.files = Files(account)
        self.inbox = Inbox(account, self._store, self._intake)
        self._state_path = state
        self._outbox_path = outbox
        self._patience = patience if patience is not None else (120.0 if live else 0.0)
        self._state: StateFile | None = None
        self._feed: Feed | None = None
        self._sending: Sending | None = None
        self._saver: asyncio.Task[None] | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"<Client {self.url} {self.me.login if self._sending else 'not connected'}>"

    # ---------------------------------------------------------------------- life

    async def open(self) -> None:
        """Logs in and starts the live link; called once, by `connect`."""
        account = self._account
        await account.log_in()
        owner = f"{account.me.uid or account.identity.channel}@{account.identity.db}@{self.url}"
        resumed = self._read_state(owner)
        await self._intake.begin(resume=resumed)
        if self._live:
            self._feed = Feed(
                account,
                self._store,
                self._dispatch,
                self._intake,
                self._presence,
                paths=self._paths,
                wait_for_subscriber=self._state is not None,
            )
        file = OutboxFile(self._outbox_path, owner) if self._outbox_path is not None else None
        self._sending = Sending(
            account, self._outbox, self._intake, feed=self._feed, patience=self._patience, file=file
        )
        if self._feed is not None:
            self._feed.start()
            await self._feed.settled()
            if self._feed.error is not None:
                raise self._feed.error
        if waiting := self._sending.resume():
            log.info("%d messages of the last time wait to be sent", waiting)
        if self._state is not None:
            self._saver = asyncio.create_task(self._save_now_and_then(self._state), name="odoochat state")

    def _read_state(self, owner: str) -> bool:
        if self._state_path is None:
            return False
        self._state = StateFile(self._state_path, owner)
        account = self._state.read()
        if account is None:
            return False
        try:
            self._catchup.restore(account, asyncio.get_running_loop().time())
        except (ValueError, TypeError, KeyError):
            raise ConfigError(f"{self._state_path} is damaged: remove it to begin anew") from None
        return True

    async def _save_now_and_then(self, state: StateFile) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            state.write(self._catchup.export(self._dispatch.unhandled()))

    async def close(self, *, failed: bool = False) -> None:
        """Ends everything; safe to call twice, and in the middle of whatever is going on.

        Args:
            failed: whether a handler failed: the message it had in hand then counts as not handled.
        """
        if self._closed:
            return
        self._closed = True
        if self._saver is not None:
            self._saver.cancel()
            await asyncio.gather(self._saver, return_exceptions=True)
        if self._sending is not None:
            await self._sending.stop()
        if self._feed is not None:
            await self._feed.stop()
        await self._intake.stop()
        if self._state is not None and self._sending is not None:
            self._state.write(self._catchup.export(self._dispatch.unhandled(in_hand=failed)))
        self._dispatch.end()
        await self._account.http.close()

    # --------------------------------------------------------------------- facts

    @property
    def url(self) -> str:
        """The server's address, after redirects."""
        return str(self._account.http.base).rstrip("/")

    @property
    def me(self) -> Me:
        """Who is logged in."""
        return self._account.me

    @property
    def db(self) -> str:
        """The database."""
        return self._account.identity.db

    @property
    def version(self) -> Version:
        """The server's version."""
        return self._account.version

    @property
    def credential(self) -> str:
        """By what the login was made: ``password``, ``password+totp``, ``api key`` or ``session cookie``."""
        return self._account.identity.way

    @property
    def best(self) -> str:
        """Which live link this login can have, and why, in one sentence."""
        return self._account.identity.best

    @property
    def link(self) -> LinkChanged:
        """The state of the live link."""
        return self._feed.link_now if self._feed is not None else LinkChanged("closed")

    @property
    def via(self) -> Via | None:
        """The transport that is open, None when none is."""
        return self.link.via if self.link.state == "open" else None

    @property
    def outbox(self) -> list[Entry]:
        """What waits to be sent, oldest first."""
        return self._working.pending()

    def cancel(self, local_id: str) -> bool:
        """Withdraws a message that waits; False when it is under way or gone."""
        return self._working.cancel(local_id)

    @property
    def _working(self) -> Sending:
        if self._sending is None or self._closed:
            raise UsageError("the client is not connected: use it inside `async with odoochat.connect(…)`")
        return self._sending

    # ------------------------------------------------------------------ channels

    def channels(self) -> list[Channel]:
        """My channels, those with the latest activity first."""
        infos = self._store.channels()
        infos.sort(key=lambda i: (i.last_activity.timestamp() if i.last_activity else 0.0, i.id), reverse=True)
        return [self._channel(info.id) for info in infos]

    def channel(self, ref: int | str | ChannelRef) -> Channel:
        """A channel of mine.

        Args:
            ref: its id, or its name with or without ``#``.

        Raises:
            NotFound: no channel of mine has that id or name.
            UsageError: several have that name.
        """
        if isinstance(ref, ChannelRef):
            ref = ref.id
        infos = self._store.channels()
        if isinstance(ref, int) or ref.isdigit():
            found = [i for i in infos if i.id == int(ref)]
        else:
            name = ref.removeprefix("#").casefold()
            exact = [i for i in infos if i.name == ref.removeprefix("#")]
            found = exact or [i for i in infos if i.name.casefold() == name]
        if len(found) > 1:
            ids = names([f"{i.id} ({i.kind})" for i in found])
            raise UsageError(f"several channels are called {ref!r}: name one by its id: {ids}")
        if not found:
            mine = names([i.name for i in infos]) or "none"
            raise NotFound("channel", f"no channel {ref!r} among mine: {mine}")
        return self._channel(found[0].id)

    def _channel(self, channel_id: int) -> Channel:
        return Channel(channel_id, self._parts)

    @property
    def _parts(self) -> Parts:
        return Parts(self._account, self._store, self._intake, self._working, self.people, self.files)

    @property
    def _making(self) -> Making:
        return Making(self._parts)

    async def direct(self, person: Author | Person | int | str) -> Channel:
        """The direct chat with somebody, which is made when missing.

        Args:
            person: an author, a person, a partner id, a login, or a name, with or without ``@``.

        Raises:
            NotFound: nobody is called so.
            UsageError: several are.
        """
        self._working  # noqa: B018 - raises when closed
        return self._channel(await self.people.chat_with(person))

    async def create(
        self, name: str, *, people: Sequence[Mentioned] = (), description: str = "", public: bool = False
    ) -> Channel:
        """Makes a channel that colleagues may join.

        Args:
            people: who is brought in at once.
            public: whether guests without an account may come in by its `Channel.invitation`.

        Raises:
            NotFound: nobody is called as one of `people`; nothing was made then.
        """
        return await self._making.create(name, people=people, description=description, public=public)

    async def create_group(self, people: Sequence[Mentioned], name: str = "") -> Channel:
        """Makes a group: who is in it was invited, and nobody else sees it.

        Args:
            name: its name; without one it is called after its members.

        Raises:
            NotSupported: on 14.
            NotFound: nobody is called as one of `people`; nothing was made then.
        """
        return await self._making.create_group(people, name)

    async def join(self, ref: int | str) -> Channel:
        """Makes me a member of a channel.

        Args:
            ref: its id, or its name with or without ``#``.

        Raises:
            NotFound: there is no such channel that I may join.
        """
        return await self._making.join(ref)

    async def browse(self, text: str = "", limit: int = 50) -> list[ChannelInfo]:
        """Channels that I may join.

        Args:
            text: only those whose name holds it.
            limit: how many at most.
        """
        return await self._making.browse(text, limit)

    async def thread(self, model: str, number: int) -> RecordThread:
        """The discussion of a business document, e.g. ``await odoo.thread("sale.order", 42)``.

        Raises:
            NotFound: there is no such model or record.
            AccessDenied: I may not read it.
        """
        return await RecordThread(RecordRef(model, number), self._parts).load()

    async def message(self, number: int) -> Message:
        """A message by its id, wherever it stands.

        Raises:
            NotFound: there is none, or I may not read it.
        """
        self._working  # noqa: B018 - raises when closed
        found = await self._intake.rows.by_ids([number], everywhere=True)
        if not found:
            raise NotFound("message", f"no message {number}, or you may not read it")
        return found[0]

    def conversation(self, message: Message) -> Channel | RecordThread:
        """Where a message stands: the channel, or the record's discussion."""
        if message.record is not None:
            return RecordThread(message.record, self._parts)
        return self._channel(message.channel.id)

    def search(self, text: str, limit: int | None = None) -> AsyncIterator[Message]:
        """Messages whose text holds all these words, in every conversation and record that I may read, newest first.

        Args:
            limit: how many at most, None for all.
        """
        self._working  # noqa: B018 - raises when closed
        return search(self._intake.rows, [], text, limit)

    async def canned(self) -> list[CannedAnswer]:
        """The texts that people here keep to answer with."""
        return await self._making.canned()

    async def resolve(self, ref: int | str) -> Channel:
        """A channel by any of the forms that the command line takes: id, ``general``, ``#general``, ``@person``."""
        if isinstance(ref, str) and ref.startswith("@"):
            return await self.direct(ref)
        return self.channel(ref)

    async def refresh(self) -> None:
        """Reads my channels again."""
        self._working  # noqa: B018 - raises when closed
        await self._intake.refresh()

    # -------------------------------------------------------------------- events

    @overload
    def events(self, *, channel: Channel | int | None = None, maxsize: int = 1000) -> Subscription[Event]: ...
    @overload
    def events(
        self, kind: type[E1], /, *, channel: Channel | int | None = None, maxsize: int = 1000
    ) -> Subscription[E1]: ...
    @overload
    def events(
        self,
        first: type[Event],
        second: type[Event],
        /,
        *types: type[Event],
        channel: Channel | int | None = None,
        maxsize: int = 1000,
    ) -> Subscription[Event]: ...
    def events(
        self, *types: type[Event], channel: Channel | int | None = None, maxsize: int = 1000
    ) -> Subscription[Any]:
        """What happens from now on, as an async iterator.

        Args:
            types: only events of these types; none for all.
            channel: only events of this channel.
            maxsize: events that may wait; what comes to a full queue is missed and counted.
        """
        self._working  # noqa: B018 - raises when closed
        if maxsize < 1:
            raise UsageError(f"maxsize is {maxsize}: give 1 or more")
        number = channel.id if isinstance(channel, Channel) else channel
        return self._dispatch.subscribe(types, number, maxsize)

    async def open_link(self, timeout: float | None = None) -> LinkChanged:
        """Waits until the live link is open.

        Args:
            timeout: seconds, None for ever.

        Raises:
            TimedOut: it did not open in time.
            UsageError: this client has no live link.
        """
        if self._feed is None:
            raise UsageError("this client was connected with live=False")
        try:
            async with asyncio.timeout(timeout):
                await self._feed.opened.wait()
        except TimeoutError:
            raise TimedOut(f"the live link did not open within {timeout:g} s: {self.link.reason}") from None
        return self.link

    async def execute(self, model: str, method: str, ids: Sequence[int] | None = None, **kwargs: Any) -> Any:
        """Calls any public method of any model.

        Args:
            ids: of the records it is called on; None for a method of the model itself.
            kwargs: its arguments by name.

        Raises:
            OdooChatError: see `odoochat.errors`.
        """
        self._working  # noqa: B018 - raises when closed
        return await self._account.do(Call(model, method, None if ids is None else tuple(ids), kwargs))
