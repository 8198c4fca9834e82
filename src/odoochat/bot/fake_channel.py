"""In-memory channel for testing bots without a server.

A test verifies that the public methods take the same parameters as those of `odoochat.Channel`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn, Protocol

from odoochat.bot.fake_world import FakePeople, FakeWorld, missing
from odoochat.client.files import File
from odoochat.client.posting import Linkable
from odoochat.client.services import Markup, Mentioned
from odoochat.emoji import emoji_of
from odoochat.errors import UsageError
from odoochat.events import ReactionChanged
from odoochat.model import Attachment, Author, ChannelInfo, Me, Member, Message, Person, Progress
from odoochat.wire.content import body
from odoochat.wire.content.mentions import Mention, with_links

__all__ = ["FakeChannel", "FakeOwner"]

URL = "http://tester.invalid"


class FakeOwner(Protocol):
    """The client that a channel belongs to."""

    world: FakeWorld
    person: Person
    me: Me
    people: FakePeople

    def own(self, message: Message) -> Message:
        """Return a message as the client sees it."""
        ...

    def seen(self, info: ChannelInfo) -> ChannelInfo:
        """Return a channel as the client sees it."""
        ...

    def change(self, message: Message | int, html: str) -> None:
        """Change a message's body."""
        ...

    async def fetch_message(self, number: int) -> Message:
        """Return a message."""
        ...


class FakeTyping:
    """Stands in for `odoochat.ChannelTyping`."""

    @asynccontextmanager
    async def __call__(self) -> AsyncGenerator[None]:
        """Do nothing while the block runs."""
        yield

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""


class FakeMembers:
    """Stands in for `odoochat.ChannelMembers`.

    Args:
        world: the people.
        number: the channel's id.
    """

    def __init__(self, world: FakeWorld, number: int) -> None:
        self._world = world
        self._number = number

    async def __call__(self) -> list[Member]:
        """Return the members: both people in a direct chat, or everyone in a channel."""
        info = self._world.channels[self._number]
        people = [p for p in self._world.people.values() if info.kind != "chat" or p.id in info.partners]
        return [Member(p.author, 1000 * self._number + p.id, p.status) for p in people]


class FakeChannel:
    """Stands in for `odoochat.Channel`.

    Args:
        client: the client.
        number: the channel's id.

    Attributes:
        id: the channel's id.
        typing: typing notifications, which are ignored.
        members: the channel's members.
    """

    def __init__(self, client: FakeOwner, number: int) -> None:
        self._client = client
        self._world = client.world
        self.id = number
        self.typing = FakeTyping()
        self.members = FakeMembers(client.world, number)

    def __getattr__(self, name: str) -> NoReturn:
        missing("a channel", name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FakeChannel) and other.id == self.id and other._client is self._client

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def info(self) -> ChannelInfo:
        """The channel's data."""
        return self._client.seen(self._world.channels[self.id])

    @property
    def name(self) -> str:
        """The display name; for a direct chat, the other member's name."""
        return self.info.name

    @property
    def kind(self) -> str:
        """``channel`` or ``chat``."""
        return self.info.kind

    async def send(
        self,
        text: str,
        *,
        markup: Markup = "text",
        reply_to: Message | int | None = None,
        files: Sequence[File] = (),
        mentions: Sequence[Mentioned | Linkable] = (),
        progress: Callable[[Progress], None] | None = None,
        key: str | None = None,
        retry: bool = False,
    ) -> Message:
        """Post a message; see `odoochat.Conversation.send`."""
        found = [await self._mention(each) for each in mentions]
        html = with_links(body.render(text, markup), [each for each in found if each is not None], URL)
        attached = tuple(self._file(number, file) for number, file in enumerate(files))
        if not (text.strip() or attached):
            raise UsageError("the message is empty; pass text or a file")
        message = self._world.post(
            self._client.person,
            self.id,
            html,
            key,
            reply_to=reply_to.id if isinstance(reply_to, Message) else reply_to,
            attachments=attached,
            mentions=tuple(each.id for each in found if each is not None and each.model == "res.partner"),
        )
        return self._client.own(message)

    async def _mention(self, who: Mentioned | Linkable) -> Mention | None:
        if who in ("everyone", "@everyone"):
            return None
        if isinstance(who, Author | Person | int | str):
            person = await self._client.people.person(who if isinstance(who, int | str) else who.id)
            return Mention("res.partner", person.id, person.name)
        return Mention("discuss.channel", who.id, who.name)

    def _file(self, number: int, file: File) -> Attachment:
        name, data = (file[0], file[1]) if isinstance(file, tuple) else (Path(file).name, Path(file).read_bytes())
        return Attachment(1000 * (len(self._world.messages) + 1) + number, name, "", len(data))

    async def post(self, text: str, *, reply_to: Message | int | None = None, **options: Any) -> int:
        """Post a message and return its id; see `odoochat.Conversation.post`."""
        return (await self.send(text, reply_to=reply_to, **options)).id

    async def reply(self, message: Message | int, text: str, **options: Any) -> Message:
        """Reply to a message; see `odoochat.Conversation.reply`."""
        return await self.send(text, reply_to=message, **options)

    async def upload(
        self, file: File, text: str = "", *, progress: Callable[[Progress], None] | None = None
    ) -> Message:
        """Post a file; see `odoochat.Conversation.upload`."""
        return await self.send(text, files=[file])

    async def edit(self, message: Message | int, text: str, *, markup: Markup = "text") -> None:
        """Replace the text of a message; see `odoochat.Conversation.edit`."""
        self._client.change(message, body.render(text, markup))

    async def delete(self, message: Message | int) -> None:
        """Delete a message; see `odoochat.Conversation.delete`."""
        self._client.change(message, "")

    async def react(self, message: Message | int, emoji: str) -> None:
        """Add a reaction; see `odoochat.Conversation.react`."""
        number = message.id if isinstance(message, Message) else message
        self._world.publish(
            ReactionChanged(number, emoji_of(emoji), 1, (self._client.me.author,)), self._world.channels[self.id]
        )

    async def unreact(self, message: Message | int, emoji: str) -> None:
        """Remove a reaction; see `odoochat.Conversation.unreact`."""
        number = message.id if isinstance(message, Message) else message
        self._world.publish(ReactionChanged(number, emoji_of(emoji), 0), self._world.channels[self.id])

    async def fetch_message(self, number: int) -> Message:
        """Return a message from this channel; see `odoochat.Conversation.fetch_message`."""
        return await self._client.fetch_message(number)

    async def history(
        self,
        limit: int | None = None,
        *,
        before: Message | int | None = None,
        after: Message | int | None = None,
        oldest_first: bool = False,
        reactions: bool = True,
    ) -> AsyncIterator[Message]:
        """Iterate over the messages in this channel; see `odoochat.Conversation.history`."""
        lowest, highest = (m.id if isinstance(m, Message) else m for m in (after, before))
        found = [
            m
            for m in self._world.messages.values()
            if m.channel.id == self.id and (lowest is None or m.id > lowest) and (highest is None or m.id < highest)
        ]
        for message in (found if oldest_first else found[::-1])[:limit]:
            yield self._client.own(message)
