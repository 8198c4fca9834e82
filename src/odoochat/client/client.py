"""Client: channels, records, people, events and lookups for one user on one server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

from odoochat.client import channels
from odoochat.client.channel import Channel
from odoochat.client.client_link import ClientLink
from odoochat.client.client_outbox import ClientOutbox
from odoochat.client.connection import Connection
from odoochat.client.files import Files
from odoochat.client.first_event import first_event
from odoochat.client.history import search
from odoochat.client.inbox import Inbox
from odoochat.client.people import People
from odoochat.client.posting import SendOptions
from odoochat.client.record import Record, fetch_record
from odoochat.client.server_info import ServerInfo
from odoochat.client.services import Mentioned, Services
from odoochat.client.subscription import Subscription
from odoochat.core.channel_matching import match_channel
from odoochat.errors import NotFound, UsageError
from odoochat.events import Event, Via
from odoochat.model import Author, ChannelInfo, ChannelRef, Me, Message, Person
from odoochat.net.login import Credential
from odoochat.wire.requests.call import Call

if TYPE_CHECKING:
    from odoochat.client.client_archive import ClientArchive

__all__ = ["Client"]

E1 = TypeVar("E1", bound=Event)


class Client:
    """A client for one user on one server, returned by `odoochat.connect`.

    Args:
        connection: the open connection.

    Attributes:
        server: the server's address, version and features.
        link: the state of the live link.
        outbox: messages that have not been posted yet.
        people: finds people, and gets and sets presence.
        inbox: the inbox, including mentions, and starred messages.
        files: uploads and downloads files, and fetches avatars.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # Scripts read the session cookie through `_account`.
        self._session = self._account = connection.session
        self._state = connection.state
        self.server = ServerInfo(connection.session)
        self.link = ClientLink(connection)
        self.outbox = ClientOutbox(connection)
        self.people = People(connection)
        self.files = Files(connection.session, connection.state)
        self.inbox = Inbox(connection)
        self._services = Services(connection, self.people, self.files)

    def __repr__(self) -> str:
        return f"<Client {self.server.url} {self.me.login}{'' if self._connection.is_open else ' closed'}>"

    async def close(self) -> None:
        """Close the connection. ``async with`` does this automatically. Calling it more than once is safe.

        Raises:
            ConfigError: the state file could not be written; everything is closed nonetheless.
        """
        await self._connection.close()

    @property
    def archive(self) -> ClientArchive:
        """The client's archive on disk; raises `UsageError` without ``connect(…, archive=True)``."""
        return self._connection.kept

    @property
    def via(self) -> Via | None:
        """The transport of the open live link, or None if no link is open."""
        return self.link.via if self.link.state == "open" else None

    @property
    def me(self) -> Me:
        """The current user."""
        return self._session.me

    @property
    def credential(self) -> Credential:
        """The kind of login, e.g. ``password`` or ``api key``."""
        return self._session.identity.way

    # ------------------------------------------------------------------ channels

    def channels(self) -> list[Channel]:
        """Return the current user's channels, most recently active first."""
        infos = self._state.channels()
        infos.sort(key=lambda i: (i.last_activity.timestamp() if i.last_activity else 0.0, i.id), reverse=True)
        return [Channel(info.id, self._services) for info in infos]

    def channel(self, ref: int | str | ChannelRef) -> Channel:
        """Return one of the current user's channels.

        Args:
            ref: its id, its name with or without ``#``, or the `ChannelRef` of a message or event.

        Raises:
            NotFound: the user is not a member of such a channel.
            UsageError: several channels have that name.
        """
        if isinstance(ref, ChannelRef):
            ref = ref.id
        return Channel(match_channel(ref, self._state.channels()).id, self._services)

    async def resolve(self, ref: int | str) -> Channel:
        """Find a channel by any reference that the command line accepts.

        Args:
            ref: its id, its name (``general``, ``#general``), or a person (``@bob``). A direct chat that does not exist
                yet is created, unless the person is archived.

        Raises:
            NotFound: the channel or person does not exist. UsageError: several match."""
        return await channels.resolve(self._services, ref)

    async def direct(self, person: Author | Person | int | str) -> Channel:
        """Open the direct chat with a person, creating it if necessary.

        Args:
            person: an author, a person, a partner id, a login, or a name, with or without ``@``.

        Raises:
            NotFound: no such person.
            UsageError: several people have that name.
        """
        self._services.check_open()
        return Channel(await self.people.chat_with(person), self._services)

    async def create(
        self, name: str, *, people: Sequence[Mentioned] = (), description: str = "", public: bool = False
    ) -> Channel:
        """Create a channel that colleagues can join.

        Args:
            name: its name.
            people: people to invite immediately: `Person` objects, partner ids, logins or names.
            description: its topic.
            public: whether guests without an account may join using its `ChannelSettings.invitation`.

        Returns:
            The channel.

        Raises:
            UsageError: the name is empty.
            NotFound: one of the people does not exist; nothing was created.
        """
        return await channels.create_channel(self._services, name, people, description, public=public)

    async def create_group(self, people: Sequence[Mentioned], name: str = "") -> Channel:
        """Create a group, which only its members can see.

        Args:
            people: its other members: `Person` objects, partner ids, logins or names.
            name: its name; if empty, it is named after its members.

        Raises:
            NotSupported: on Odoo 14.
            NotFound: one of the people does not exist; nothing was created.
        """
        return await channels.create_group(self._services, people, name)

    async def join(self, ref: int | str) -> Channel:
        """Join a channel.

        Args:
            ref: its id, or its name with or without ``#``.

        Returns:
            The channel.

        Raises:
            NotFound: the channel does not exist, or the user is not allowed to join it.
            UsageError: several channels have that name.
        """
        return await channels.join(self._services, ref)

    async def browse(self, text: str = "", limit: int = 50) -> list[ChannelInfo]:
        """Fetch the channels that the current user can join.

        Args:
            text: part of the name; empty for all.
            limit: maximum number of channels.

        Returns:
            The channels, sorted by name.

        Raises:
            UsageError: `limit` is negative.
        """
        return await channels.browse(self._services, text, limit)

    async def refresh(self) -> None:
        """Fetch the current user's channels again.

        Raises:
            OdooChatError: they could not be fetched.
        """
        self._services.check_open()
        await self._services.membership.refresh()

    # ------------------------------------------------------------------ messages

    async def record(self, model: str, number: int) -> Record:
        """Open the discussion (chatter) of a business document: ``await odoo.record("sale.order", 42)``.

        Args:
            model: the model's technical name.
            number: the record's id.

        Returns:
            The record, including its name.

        Raises:
            NotFound: the model or record does not exist.
            AccessDenied: the user is not allowed to read it.
        """
        return await fetch_record(self._services, model, number)

    def conversation(self, message: Message) -> Channel | Record:
        """Return the channel or the record that a message belongs to.

        Args:
            message: the message.
        """
        if message.record is not None:
            return Record(message.record, self._services)
        return Channel(message.channel.id, self._services)

    async def reply(self, message: Message, text: str, **options: Unpack[SendOptions]) -> Message:
        """Reply to a message in its channel or on its record.

        Args:
            message: the message.
            text: the text of the reply.
            options: see `Conversation.send`.

        Returns:
            The posted reply.

        Raises:
            OdooChatError: see `Conversation.send`.
        """
        return await self.conversation(message).send(text, reply_to=message, **options)

    async def react(self, message: Message, emoji: str) -> None:
        """Add a reaction to a message.

        Args:
            message: the message.
            emoji: the emoji itself or its name: ``👍``, ``:tada:``, ``thumbsup``.

        Raises:
            NotSupported: on Odoo 14.
            ApiKeyOnly: the login has no session.
            UsageError: `emoji` is not an emoji.
        """
        await self.conversation(message).react(message, emoji)

    async def fetch_message(self, number: int) -> Message:
        """Fetch a message from any channel or record by its id.

        Args:
            number: the message's id.

        Returns:
            The current version of the message.

        Raises:
            NotFound: the message does not exist, or the user is not allowed to read it.
        """
        self._services.check_open()
        queries = self._services.queries
        found = await queries.by_ids([number], everywhere=True)
        if not found:
            raise NotFound("message", f"no message {number}, or you are not allowed to read it")
        return (await queries.reactions.complete(found))[0]

    def known_message(self, message_id: int) -> Message | None:
        """Return a recent message from the client's cache, or None if it is not cached.

        Args:
            message_id: the message's id.
        """
        return self._state.message(message_id)

    def search(self, text: str, limit: int | None = None) -> AsyncIterator[Message]:
        """Iterate over all messages that the user can read and that contain all of the given words, newest first.

        Args:
            text: one or more words.
            limit: maximum number of messages, or None for all.

        Returns:
            The messages, as an async iterator.

        Raises:
            UsageError: `text` is empty, or `limit` is negative.
        """
        self._services.check_open()
        return search(self._services.queries, [], text, limit)

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
        """Subscribe to future events.

        Args:
            types: limit the subscription to these event types; all types if omitted. `EventsMissed` is always included.
            channel: limit the subscription to events of this channel (a channel or its id); all channels if omitted.
            maxsize: maximum number of waiting events. If the queue is full, further events are dropped and counted.

        Returns:
            The events, as an async iterator.

        Raises:
            UsageError: `maxsize` is not positive, or the client is closed.
        """
        self._services.check_open()
        if maxsize < 1:
            raise UsageError(f"maxsize must be at least 1, not {maxsize}")
        number = channel.id if isinstance(channel, Channel) else channel
        return self._connection.subscribers.subscribe(types, number, maxsize)

    async def wait_for(
        self,
        kind: type[E1],
        *,
        where: Callable[[E1], bool] | None = None,
        channel: Channel | int | None = None,
        timeout: float | None = None,
    ) -> E1:
        """Wait for an event: ``await odoo.wait_for(MessagePosted, where=lambda e: e.message.mine, timeout=10)``.

        Args:
            kind: the type of the event.
            where: a function that returns whether an event matches; None to accept the first one.
            channel: limit the subscription to events of this channel (a channel or its id); all channels if omitted.
            timeout: seconds to wait; None to wait forever.

        Returns:
            The event.

        Raises:
            TimedOut: no matching event arrived in time.
            UsageError: the client was closed before a matching event arrived.
        """
        async with self.events(kind, channel=channel) as found:
            return await first_event(found, kind, where, timeout)

    async def execute(self, model: str, method: str, ids: Sequence[int] | None = None, **kwargs: Any) -> Any:
        """Call any public method of any model.

        Args:
            model: the model's technical name.
            method: the method's name.
            ids: ids of the records to call it on; None for a method of the model itself.
            kwargs: the keyword arguments, as JSON values.

        Returns:
            The result, as a JSON value.

        Raises:
            OdooChatError: see `odoochat.errors`.
        """
        self._services.check_open()
        return await self._session.do(Call(model, method, None if ids is None else tuple(ids), kwargs))
