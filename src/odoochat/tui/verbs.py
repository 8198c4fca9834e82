"""What the screen asks of the library, in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import cast

from odoochat.client.channel import Channel
from odoochat.client.client import Client
from odoochat.client.conversation import Markup
from odoochat.model import Attachment, Author, ChannelInfo, Member, Message, Progress

__all__ = ["Verbs"]

MEMBERS = 200


class Conversing:
    """Acts on the conversations of one client.

    Args:
        client: connected.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def channel(self, channel_id: int) -> Channel:
        """A channel of mine."""
        return self._client.channel(channel_id)

    # ------------------------------------------------------------------ messages

    async def send(
        self,
        channel_id: int,
        text: str,
        *,
        markup: str,
        reply_to: int | None,
        mentions: Sequence[int],
        files: Sequence[Path] = (),
        progress: Callable[[Progress], None] | None = None,
    ) -> Message:
        """Posts a message, or files."""
        return await self.channel(channel_id).send(
            text, markup=cast("Markup", markup), reply_to=reply_to, mentions=mentions, files=files, progress=progress
        )

    async def edit(self, message: Message, text: str, markup: str) -> None:
        """Replaces what a message of mine says."""
        await self.channel(message.channel.id).edit(message, text, markup=cast("Markup", markup))

    async def delete(self, message: Message) -> None:
        """Empties a message of mine."""
        await self.channel(message.channel.id).delete(message)

    async def react(self, message: Message, emoji: str, *, remove: bool) -> None:
        """Puts an emoji under a message, or takes mine back."""
        await self.channel(message.channel.id).react(message, emoji, remove=remove)

    async def pin(self, message: Message, *, remove: bool) -> None:
        """Pins a message to its channel."""
        await self.channel(message.channel.id).pin(message, remove=remove)

    async def star(self, message: Message, *, remove: bool) -> None:
        """Puts a star on a message."""
        await self.channel(message.channel.id).star(message, remove=remove)

    async def message(self, number: int) -> Message:
        """A message by its id."""
        return await self._client.message(number)

    # ------------------------------------------------------------------ channels

    async def thread(self, channel_id: int, message: Message) -> int:
        """The id of the thread that begins at a message; made when missing."""
        made = await self.channel(channel_id).create_thread(message=message)
        return int(made.id)

    async def mark_read(self, channel_id: int, message_id: int) -> None:
        """Marks a channel as read up to a message."""
        await self.channel(channel_id).mark_read(message_id)

    async def mark_unread(self, message: Message) -> None:
        """Marks a message and all after it as unread."""
        await self.channel(message.channel.id).mark_unread(message)

    async def mute(self, channel_id: int, minutes: float | None) -> None:
        """Mutes a channel: None for good, 0 to hear it again."""
        await self.channel(channel_id).mute(minutes)

    async def members(self, channel_id: int) -> list[Member]:
        """Who is in a channel."""
        found: list[Member] = await self.channel(channel_id).members()
        return found[:MEMBERS]

    async def typing(self, channel_id: int, typing: bool) -> None:
        """Shows me as writing, or not."""
        await self.channel(channel_id).set_typing(typing)

    async def direct(self, partner_id: int) -> int:
        """The id of the direct chat with somebody."""
        return (await self._client.direct(partner_id)).id

    async def join(self, channel_id: int) -> int:
        """Joins a channel."""
        return int((await self._client.join(channel_id)).id)

    async def leave(self, channel_id: int) -> None:
        """Leaves a channel."""
        await self.channel(channel_id).leave()

    async def create(self, name: str) -> int:
        """Makes a channel."""
        return int((await self._client.create(name)).id)

    async def invite(self, channel_id: int, people: Sequence[str]) -> None:
        """Brings people into a channel."""
        await self.channel(channel_id).invite(*people)


class Verbs(Conversing):
    """Acts on one client: conversations, and what is found, fetched and saved."""

    # -------------------------------------------------------------------- finding

    async def search(self, text: str, channel_id: int | None, limit: int) -> list[Message]:
        """Messages that hold a text, newest first; in one channel or everywhere."""
        found = (self._client if channel_id is None else self.channel(channel_id)).search(text, limit=limit)
        return [message async for message in found]

    async def people(self, text: str, limit: int = 20) -> list[Author]:
        """People whose names hold a text."""
        found = await self._client.people.search(text, limit=limit)
        return [person.author for person in found]

    def require(self, feature: str) -> None:
        """Refuses what this server, or such a login, cannot do: see `Client.require`."""
        self._client.require(feature)

    async def statuses(self, partner_ids: Iterable[int]) -> dict[int, str]:
        """Who is there, by partner id."""
        return await self._client.people.statuses(sorted(partner_ids))

    async def browse(self, text: str, limit: int = 20) -> list[ChannelInfo]:
        """Channels that I may join."""
        found: list[ChannelInfo] = await self._client.browse(text, limit=limit)
        return found

    async def inbox(self, limit: int) -> list[Message]:
        """What mentions me, the newest first."""
        return [message async for message in self._client.inbox.messages(limit)]

    async def inbox_read(self, messages: Sequence[Message]) -> None:
        """Takes messages out of my inbox."""
        await self._client.inbox.mark_read(*messages)

    async def starred(self, limit: int) -> list[Message]:
        """What bears my star, the newest first."""
        return [message async for message in self._client.inbox.starred(limit)]

    async def pins(self, channel_id: int) -> list[Message]:
        """What is pinned to a channel."""
        return await self.channel(channel_id).pins()

    # ---------------------------------------------------------------------- files

    async def read_file(self, attachment: Attachment, limit: int) -> bytes:
        """Read a file's bytes; one that is larger than the limit is refused by `UsageError`."""
        data: bytes = await self._client.files.read(attachment, limit=limit)
        return data

    async def download(self, attachment: Attachment, to: Path, progress: Callable[[Progress], None]) -> Path:
        """Saves a file into a folder; gives its path."""
        saved: Path = await self._client.files.download(attachment, to=to, progress=progress)
        return saved
