"""The tools offered to an assistant."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from itertools import islice
from typing import Annotated, Any, Literal

from pydantic import Field

from odoochat.client.client import Client
from odoochat.errors import NotFound, UsageError
from odoochat.mcp.arrivals import Arrivals
from odoochat.mcp.output import channels_value, message_value, messages_value, people_value
from odoochat.mcp.permissions import Permissions
from odoochat.model import Message, Person

__all__ = ["DiscussTools"]

MOST_MESSAGES = 50
MOST_CHANNELS = 200
LONGEST_WAIT = 300.0
LARGEST_DOWNLOAD = 100_000_000

ChannelName = Annotated[str, Field(description="Id or name of the channel, e.g. general; @name for a direct chat")]
Limit = Annotated[int, Field(ge=1, le=MOST_MESSAGES, description="Maximum number of messages")]
MessageId = Annotated[int, Field(ge=1, description="Id of a message")]
Text = Annotated[str, Field(min_length=1, max_length=20_000, description="The text to post")]
Markup = Annotated[Literal["text", "markdown"], Field(description="Format of the text")]


class DiscussTools:
    """Tools that let an assistant take part in Odoo Discuss. The assistant reads their docstrings.

    Args:
        odoo: the connected client.
        permissions: what the assistant may do.
        arrivals: buffers received messages.
    """

    def __init__(self, odoo: Client, permissions: Permissions, arrivals: Arrivals) -> None:
        self._odoo = odoo
        self._permissions = permissions
        self._arrivals = arrivals

    async def list_channels(self) -> dict[str, Any]:
        """List the channels and direct chats that you can use, with the number of unread messages."""
        return channels_value(self._permissions.allowed(), MOST_CHANNELS)

    async def list_people(
        self, text: Annotated[str, Field(description="Part of the name; empty for all")] = ""
    ) -> dict[str, Any]:
        """List people by name. To use a direct chat with a person, pass @login as the channel.

        Args:
            text: part of the name; empty for all.
        """
        if self._permissions.channels is None:
            return people_value(await self._odoo.people.search(text, MOST_MESSAGES))
        people: dict[int, Person] = {}
        for channel in self._permissions.allowed():  # only the members of these channels
            for member in await channel.members():
                author = member.author
                if author.kind == "partner" and text.lower() in author.name.lower():
                    people[author.id] = Person(author.id, author.name)
        return people_value(islice(people.values(), MOST_MESSAGES))

    async def read_messages(
        self,
        channel: ChannelName,
        limit: Limit = 20,
        before: Annotated[int | None, Field(description="Only messages older than this id")] = None,
        after: Annotated[int | None, Field(description="Only messages newer than this id")] = None,
    ) -> dict[str, Any]:
        """Read the latest messages in a channel, or those after an id, oldest first. Does not mark them as read.

        Args:
            channel: id or name of the channel.
            limit: maximum number of messages.
            before: only messages older than this id.
            after: only messages newer than this id.
        """
        place = await self._permissions.channel(channel)
        found = place.history(limit, before=before, after=after, oldest_first=after is not None)
        messages = [message async for message in found]
        return messages_value(sorted(messages, key=lambda m: m.id))

    async def search_messages(
        self,
        text: Annotated[str, Field(min_length=1, description="Words that a message must contain")],
        channel: Annotated[str | None, Field(description="Channel to search; all channels if omitted")] = None,
        limit: Limit = 20,
    ) -> dict[str, Any]:
        """Search for messages that contain all the given words, newest first.

        Args:
            text: the words.
            channel: limit the search to this channel; all channels if omitted.
            limit: maximum number of messages.
        """
        if channel is not None:
            return messages_value(await _all((await self._permissions.channel(channel)).search(text, limit)))
        if self._permissions.channels is None:
            return messages_value(await _all(self._odoo.search(text, limit)))
        found = [m for place in self._permissions.allowed() for m in await _all(place.search(text, limit))]
        return messages_value(sorted(found, key=lambda m: m.id, reverse=True)[:limit])

    async def send_message(self, channel: ChannelName, text: Text, markup: Markup = "text") -> dict[str, Any]:
        """Post a message in a channel. To get the reply, pass the returned id to wait_for_message as `after`.

        Args:
            channel: id or name of the channel.
            text: the text to post.
            markup: format of the text.
        """
        self._permissions.check_writing()
        place = await self._permissions.channel(channel)
        return message_value(await place.send(text, markup=markup))

    async def reply_to_message(self, message_id: MessageId, text: Text, markup: Markup = "text") -> dict[str, Any]:
        """Reply to a message in its channel.

        Args:
            message_id: id of the message.
            text: the text to post.
            markup: format of the text.
        """
        self._permissions.check_writing()
        return message_value(await self._odoo.reply(await self._permissions.message(message_id), text, markup=markup))

    async def add_reaction(
        self, message_id: MessageId, emoji: Annotated[str, Field(description="The emoji or its name: 👍, :tada:")]
    ) -> dict[str, Any]:
        """Add a reaction to a message.

        Args:
            message_id: id of the message.
            emoji: the emoji or its name.
        """
        self._permissions.check_writing()
        await self._odoo.react(await self._permissions.message(message_id), emoji)
        return {"done": True}

    async def upload_file(
        self,
        channel: ChannelName,
        path: Annotated[str, Field(description="Path of the file, relative to the folder for files")],
        text: Annotated[str, Field(max_length=20_000, description="Text of the message")] = "",
    ) -> dict[str, Any]:
        """Send a file from the files folder to a channel.

        Args:
            channel: id or name of the channel.
            path: path of the file, relative to the files folder.
            text: text of the message.
        """
        self._permissions.check_writing()
        file = self._permissions.read_file(path)
        place = await self._permissions.channel(channel)
        return message_value(await place.send(text, files=[file]))

    async def download_file(
        self,
        message_id: MessageId,
        file_id: Annotated[int, Field(ge=1, description="Id of a file in the message")],
    ) -> dict[str, Any]:
        """Download a file attached to a message, saving it in the files folder.

        Args:
            message_id: id of the message.
            file_id: id of the file.
        """
        folder = self._permissions.folder()
        file = self._permissions.attachment(await self._permissions.message(message_id), file_id)
        if file.size is not None and file.size > LARGEST_DOWNLOAD:
            raise UsageError(f"the file is larger than {LARGEST_DOWNLOAD:,} bytes ({file.size:,})")
        path = await self._odoo.files.download(file, folder)
        return {"path": path.relative_to(folder).as_posix(), "size": path.stat().st_size, "untrusted": True}

    async def wait_for_message(
        self,
        channel: Annotated[str | None, Field(description="Channel to wait for; all channels if omitted")] = None,
        after: Annotated[
            int | None,
            Field(description="Also return earlier messages with a higher id than this"),
        ] = None,
        timeout: Annotated[float, Field(gt=0, le=LONGEST_WAIT, description="Seconds to wait")] = 30.0,
    ) -> dict[str, Any]:
        """Wait for the next messages from other people. Returns as soon as one arrives or the wait times out.

        Args:
            channel: limit the wait to this channel; all channels if omitted.
            after: also return messages with an id higher than this that arrived before the call.
            timeout: seconds to wait.
        """
        place = None if channel is None else await self._permissions.channel(channel)

        def wanted(message: Message) -> bool:
            here = place is None or message.channel.id == place.id
            return here and not message.mine and self._permissions.sees(message)

        found: list[Message] = []
        if place is not None and after is not None:  # also includes messages that arrived before this process started
            there = await _all(place.history(MOST_MESSAGES, after=after, oldest_first=True))
            found = [message for message in there if wanted(message)]
        found = found or await self._arrivals.wait(wanted, after, timeout)
        return messages_value(found[:MOST_MESSAGES], timed_out=not found)

    async def channels_resource(self) -> str:
        """Return all allowed channels as JSON."""
        return json.dumps(await self.list_channels(), ensure_ascii=False)

    async def channel_resource(self, channel: str) -> str:
        """Return the latest messages in a channel as JSON.

        Args:
            channel: the channel's id.

        Raises:
            NotFound: the value is not an id.
        """
        if not channel.isascii() or not channel.isdigit():
            raise NotFound("channel", "invalid channel URI: it must end with the channel's numeric id")
        return json.dumps(await self.read_messages(channel), ensure_ascii=False)


async def _all(found: AsyncIterator[Message]) -> list[Message]:
    return [message async for message in found]
