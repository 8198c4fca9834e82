"""The client: channels, events and lookups for one user on one server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar, overload

from odoochat.client.channel import Channel
from odoochat.client.conversation import Mentioned, Services
from odoochat.client.facts import ConnectionFacts
from odoochat.client.history import search
from odoochat.client.making import Making
from odoochat.client.record import Record
from odoochat.client.subscription import Subscription
from odoochat.core.channel_matching import match_channel, matching_channels
from odoochat.errors import NotFound, TimedOut, UsageError
from odoochat.events import Event, LinkChanged
from odoochat.model import (
    Author,
    CannedAnswer,
    ChannelInfo,
    ChannelRef,
    Message,
    Person,
    RecordRef,
)
from odoochat.wire.requests.call import Call

__all__ = ["Client"]


E1 = TypeVar("E1", bound=Event)


class Client(ConnectionFacts):
    """One user on one server. Made by `connect`.

    Attributes:
        people: finds people, and tells who is there.
        inbox: where I was mentioned, and what I starred.
        files: fetches files, and pictures of people.
    """

    # ------------------------------------------------------------------ channels

    def channels(self) -> list[Channel]:
        """My channels, those with the latest activity first."""
        infos = self._state.channels()
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
        return self._channel(match_channel(ref, self._state.channels()).id)

    def _channel(self, channel_id: int) -> Channel:
        return Channel(channel_id, self._services)

    @property
    def _services(self) -> Services:
        connection = self._connection
        return Services(
            self._session,
            self._state,
            connection.queries,
            connection.publisher,
            connection.membership,
            self._working,
            self.people,
            self.files,
        )

    @property
    def _making(self) -> Making:
        return Making(self._services)

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

        Raises:
            UsageError: a limit below 0.
        """
        return await self._making.browse(text, limit)

    async def record(self, model: str, number: int) -> Record:
        """Open the discussion (chatter) of a business document: ``await odoo.record("sale.order", 42)``.

        Args:
            model: the model's technical name.
            number: the record's id.

        Returns:
            The record, with its name.

        Raises:
            NotFound: there is no such model or record.
            AccessDenied: the user may not read it.
        """
        return await Record(RecordRef(model, number), self._services).load()

    async def fetch_message(self, number: int) -> Message:
        """Fetch a message of any channel or record by its id.

        Args:
            number: the message's id.

        Returns:
            The message as the server has it now.

        Raises:
            NotFound: there is no such message, or the user may not read it.
        """
        self._working  # noqa: B018 - raises when closed
        found = await self._connection.queries.by_ids([number], everywhere=True)
        if not found:
            raise NotFound("message", f"no message {number}, or you may not read it")
        return (await self._connection.queries.reactions.complete(found))[0]

    def known_message(self, message_id: int) -> Message | None:
        """Return a recent message as it is known now, None when the client does not know it; asks nobody.

        Args:
            message_id: the message's id.
        """
        return self._state.message(message_id)

    def conversation(self, message: Message) -> Channel | Record:
        """Where a message stands: the channel, or the record's discussion."""
        if message.record is not None:
            return Record(message.record, self._services)
        return self._channel(message.channel.id)

    def search(self, text: str, limit: int | None = None) -> AsyncIterator[Message]:
        """Messages whose text holds all these words, in every conversation and record that I may read, newest first.

        Args:
            limit: how many at most, None for all.
        """
        self._working  # noqa: B018 - raises when closed
        return search(self._connection.queries, [], text, limit)

    async def canned(self) -> list[CannedAnswer]:
        """The texts that people here keep to answer with."""
        return await self._making.canned()

    async def resolve(self, ref: int | str) -> Channel:
        """A channel by any of the forms that the command line takes: id, ``general``, ``#general``, ``@person``.

        The direct chat with a person is made when missing; with an archived person only an old one is found.

        Args:
            ref: the id, the name or the person.

        Raises:
            NotFound: there is none.
            UsageError: several are called so.
        """
        if not (isinstance(ref, str) and ref.startswith("@")):
            return self.channel(ref)
        try:
            return await self.direct(ref)
        except NotFound:
            if (number := await self.people.chat_of_archived(ref)) is not None:
                return self._channel(number)
            if found := matching_channels(ref, [i for i in self._state.channels() if i.kind != "chat"]):
                return self._channel(match_channel(ref, found).id)  # it is called so, with its @
            raise

    async def refresh(self) -> None:
        """Reads my channels again."""
        self._working  # noqa: B018 - raises when closed
        await self._connection.membership.refresh()

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
            raise UsageError(f"maxsize must be at least 1, not {maxsize}")
        number = channel.id if isinstance(channel, Channel) else channel
        return self._connection.subscribers.subscribe(types, number, maxsize)

    async def open_link(self, timeout: float | None = None) -> LinkChanged:
        """Waits until the live link is open.

        Args:
            timeout: seconds, None for ever.

        Returns:
            The state of the link.

        Raises:
            TimedOut: it did not open in time.
            LoginError: it ended for good, and will not open any more; or another error that says why it ended.
            UsageError: this client has no live link, or was closed.
        """
        if self._connection.live_link is None:
            raise UsageError("this client was connected with live=False")
        try:
            async with asyncio.timeout(timeout):
                return await self._connection.status.wait_open()
        except TimeoutError as error:
            if isinstance(error, TimedOut):
                raise
            why = f": {self.link.reason}" if self.link.reason else ""
            raise TimedOut(f"the live link did not open within {timeout:g} s{why}") from None

    async def execute(self, model: str, method: str, ids: Sequence[int] | None = None, **kwargs: Any) -> Any:
        """Calls any public method of any model.

        Args:
            ids: of the records it is called on; None for a method of the model itself.
            kwargs: its arguments by name.

        Raises:
            OdooChatError: see `odoochat.errors`.
        """
        self._working  # noqa: B018 - raises when closed
        return await self._session.do(Call(model, method, None if ids is None else tuple(ids), kwargs))
