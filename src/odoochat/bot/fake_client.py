"""In-memory client for testing bots without a server, limited to people, channels and messages.

A test verifies that the public methods take the same parameters as those of `odoochat.Client`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import msgspec

from odoochat.bot.fake_channel import URL, FakeChannel
from odoochat.bot.fake_world import FakePeople, FakeWorld, missing
from odoochat.client.subscription import Subscribers, Subscription
from odoochat.core.channel_matching import match_channel
from odoochat.errors import NotFound, UsageError
from odoochat.events import Event, MessageDeleted, MessageEdited, MessagePosted
from odoochat.model import Author, ChannelInfo, ChannelRef, Me, Message, Person, Version
from odoochat.wire.content import body

__all__ = ["FakeClient"]


class FakeServer:
    """Stands in for `odoochat.ServerInfo`."""

    def __init__(self) -> None:
        self.url = URL
        self.db = "tester"
        self.version = Version(19)
        self.channel_model = "discuss.channel"

    def can(self, feature: str) -> bool:
        """Return True, because the tester supports every feature.

        Args:
            feature: name of the feature.
        """
        return bool(feature)

    def require(self, feature: str) -> None:
        """Accept every feature.

        Args:
            feature: name of the feature.
        """

    def link_to(self, message: Message | int) -> str:
        """Return the address of a message.

        Args:
            message: the message or its id.
        """
        return f"{URL}/mail/message/{message.id if isinstance(message, Message) else message}"


class FakeClient:
    """Stands in for `odoochat.Client`.

    Args:
        world: people, channels and messages.
        person: the user.

    Attributes:
        world: people, channels and messages.
        person: the user, as a person.
        me: the user.
        server: the server.
        people: looks up people.
    """

    def __init__(self, world: FakeWorld, person: Person) -> None:
        self.world = world
        self.person = person
        self.me = Me(person.uid or person.id, person.id, person.name, person.login or "")
        self.server = FakeServer()
        self.people = FakePeople(world)
        self._subscribers = Subscribers()

    def __getattr__(self, name: str) -> NoReturn:
        missing("the client", name)

    # ----------------------------------------------------------------- for tests

    def receive(self, event: Event) -> None:
        """Publish an event to this client's subscriptions.

        Args:
            event: the event.
        """
        if isinstance(event, MessagePosted | MessageEdited):
            event = type(event)(self.own(event.message))
        self._subscribers.publish(event)

    def own(self, message: Message) -> Message:
        """Return a message as this client sees it.

        Args:
            message: the message.
        """
        info = self.seen(self.world.channels[message.channel.id])
        return msgspec.structs.replace(message, mine=message.author == self.me, channel=info.ref)

    def seen(self, info: ChannelInfo) -> ChannelInfo:
        """Return a channel as this client sees it.

        Args:
            info: the channel.
        """
        if info.kind != "chat":
            return info
        names = [p.name for p in self.world.people.values() if p.id in info.partners and p.id != self.person.id]
        return msgspec.structs.replace(info, name=", ".join(names))

    def change(self, message: Message | int, html: str) -> None:
        """Change a message's body.

        Args:
            message: the message or its id.
            html: the new body; empty to delete the message.
        """
        number = message.id if isinstance(message, Message) else message
        new = msgspec.structs.replace(self.world.messages[number], html=html, text=body.to_text(html))
        self.world.messages[number] = new
        info = self.world.channels[new.channel.id]
        self.world.publish(MessageEdited(new) if html else MessageDeleted(number, info.ref), info)

    # ---------------------------------------------------------------- the client

    def channels(self) -> list[Any]:
        """Return the user's channels."""
        return [
            FakeChannel(self, info.id)
            for info in self.world.channels.values()
            if info.kind != "chat" or self.person.id in info.partners
        ]

    def channel(self, ref: int | str | ChannelRef) -> Any:
        """Return one of the user's channels; see `odoochat.Client.channel`."""
        number = ref.id if isinstance(ref, ChannelRef) else ref
        return FakeChannel(self, match_channel(number, [channel.info for channel in self.channels()]).id)

    async def resolve(self, ref: int | str) -> Any:
        """Find a channel or a person; see `odoochat.Client.resolve`."""
        if isinstance(ref, str) and ref.startswith("@"):
            return await self.direct(ref)
        return self.channel(ref)

    async def direct(self, person: Author | Person | int | str) -> Any:
        """Open the direct chat with a person; see `odoochat.Client.direct`."""
        return FakeChannel(self, self.world.chat(self.person.id, await self.people.find(person)).id)

    def conversation(self, message: Message) -> Any:
        """Return the channel of a message; see `odoochat.Client.conversation`."""
        return FakeChannel(self, message.channel.id)

    async def reply(self, message: Message, text: str, **options: Any) -> Message:
        """Reply to a message; see `odoochat.Client.reply`."""
        found: Message = await self.conversation(message).send(text, reply_to=message, **options)
        return found

    async def react(self, message: Message, emoji: str) -> None:
        """Add a reaction; see `odoochat.Client.react`."""
        await self.conversation(message).react(message, emoji)

    async def fetch_message(self, number: int) -> Message:
        """Return a message; see `odoochat.Client.fetch_message`."""
        found = self.known_message(number)
        if found is None:
            raise NotFound("message", f"message {number} does not exist, or you do not have access to it")
        return found

    def known_message(self, message_id: int) -> Message | None:
        """Return a message, or None if it is unknown; see `odoochat.Client.known_message`."""
        found = self.world.messages.get(message_id)
        return self.own(found) if found is not None else None

    def events(self, *types: type[Event], channel: Any = None, maxsize: int = 1000) -> Subscription[Any]:
        """Subscribe to events; see `odoochat.Client.events`."""
        number = getattr(channel, "id", channel)
        return self._subscribers.subscribe(types, number, maxsize)

    async def execute(self, model: str, method: str, ids: Sequence[int] | None = None, **kwargs: Any) -> Any:
        """Return the result that the test set for a call; see `BotTester.answer`."""
        try:
            result = self.world.results[model, method]
        except KeyError:
            raise UsageError(
                f"the tester has no result for {model}.{method}; set one with tester.answer({model!r}, {method!r}, …), "
                "or pass a sandbox"
            ) from None
        return result(ids, kwargs) if callable(result) else result

    def end(self) -> None:
        """End the subscriptions."""
        self._subscribers.end()
