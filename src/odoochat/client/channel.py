"""Channel: reads and changes one of the current user's channels."""

from __future__ import annotations

from odoochat.client.channel_members import ChannelMembers, own_member_id
from odoochat.client.channel_polls import ChannelPolls
from odoochat.client.channel_settings import ChannelSettings
from odoochat.client.channel_typing import ChannelTyping
from odoochat.client.conversation import Conversation
from odoochat.client.posting import Posting
from odoochat.client.services import Services, id_of
from odoochat.errors import UsageError
from odoochat.model import Attachment, ChannelInfo, Message
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.values import attachment, count, pair, records, when

__all__ = ["Channel", "ChannelThreads"]


class Channel(Conversation):
    """A channel, a group, a direct chat or a thread.

    Args:
        number: the channel's id.
        services: the client's services.

    Attributes:
        id: the channel's id.
        members: its members: ``await channel.members()``, ``channel.members.invite("bob")``.
        typing: typing notifications: ``async with channel.typing():``.
        threads: its threads: ``await channel.threads()``, ``channel.threads.create("name")``.
        polls: its polls: ``channel.polls.create(…)``.
        settings: name, topic, notifications and visibility: ``channel.settings.mute(60)``.
    """

    def __init__(self, number: int, services: Services) -> None:
        super().__init__(number, None, services)
        self.members = ChannelMembers(number, services)
        self.typing = ChannelTyping(number, services)
        self.threads = ChannelThreads(number, services)
        self.polls = ChannelPolls(number, services)
        self.settings = ChannelSettings(number, services)

    def __repr__(self) -> str:
        return f"<Channel {self.id} {self.name!r}>"

    # --------------------------------------------------------------------- facts

    @property
    def info(self) -> ChannelInfo:
        """The channel as currently known to the client."""
        return self._services.state.info(self.id) or ChannelInfo(self.id, "")

    @property
    def name(self) -> str:
        """The display name; for a direct chat, the other member's name."""
        return self.info.name

    @property
    def kind(self) -> str:
        """Odoo's ``channel_type``: ``channel``, ``chat``, ``group``…"""
        return self.info.kind

    @property
    def unread(self) -> int:
        """Number of unread messages."""
        return self.info.unread

    # ---------------------------------------------------------------- read state

    async def mark_read(self, message: Message | int | None = None) -> None:
        """Mark the channel as read.

        Args:
            message: the last read message, or its id; None for the newest.

        Raises:
            NotFound: the user is not a member.
        """
        services, session = self._services, self._services.session
        if message is None:
            newest = await services.queries.newest([self.id], limit=1)
            if not newest:
                return
            message = newest[0]
        messages = session.dialect.messages
        member = await own_member_id(services, self.id) if messages.reads_by_member else 0
        await session.do(messages.mark_read(self.id, member, id_of(message)))
        services.publisher.mark_read(self.info.ref, id_of(message))

    async def mark_unread(self, message: Message | int) -> None:
        """Mark the channel as unread, starting from a given message.

        Args:
            message: the first unread message, or its id.

        Raises:
            NotSupported: before Odoo 18.
            NotFound: the user is not a member.
        """
        session = self._services.session
        session.require("mark_unread")
        messages = session.dialect.messages
        member = await own_member_id(self._services, self.id) if messages.unreads_by_member else 0
        await session.do(messages.mark_unread(self.id, member, id_of(message)))
        await self._services.membership.refresh()

    # ---------------------------------------------------------------------- pins

    async def pin(self, message: Message | int) -> None:
        """Pin a message to this channel.

        Args:
            message: the message, or its id.

        Raises:
            NotSupported: before Odoo 17.
            NotFound: the message does not exist in this channel.
            UsageError: the message belongs to a different conversation.
        """
        await _set_pin(self, self._services, self._posting, message, pinned=True)

    async def unpin(self, message: Message | int) -> None:
        """Unpin a message from this channel.

        Args:
            message: the message, or its id.

        Raises:
            NotSupported: before Odoo 17.
            NotFound: the message does not exist in this channel.
            UsageError: the message belongs to a different conversation.
        """
        await _set_pin(self, self._services, self._posting, message, pinned=False)

    async def pins(self) -> list[Message]:
        """Fetch the pinned messages.

        Returns:
            The messages, most recently pinned first.

        Raises:
            NotSupported: before Odoo 17.
        """
        self._services.session.require("pin")
        domain = [["res_id", "=", self.id], ["pinned_at", "!=", False]]
        found = await self._services.queries.messages(domain, order="id", limit=1000)
        return sorted(found, key=lambda m: m.pinned or m.date, reverse=True)

    # --------------------------------------------------------------------- other

    async def files(self, limit: int = 100) -> list[Attachment]:
        """Fetch the files sent in this channel.

        Args:
            limit: maximum number of files.

        Returns:
            The files, newest first.
        """
        session = self._services.session
        return [
            attachment(row) for row in records(await session.do(session.dialect.files.fetch_of_channel(self.id, limit)))
        ]

    async def leave(self) -> None:
        """Leave the channel.

        Raises:
            UsageError: the channel is a direct chat, which can only be hidden.
        """
        if self.kind == "chat":
            raise UsageError("a direct chat cannot be left; use channel.settings.hide() to hide it")
        session = self._services.session
        await session.do(session.dialect.channels.leave(self.id))
        await self._services.membership.refresh()


async def _set_pin(
    channel: Channel, services: Services, posting: Posting, message: Message | int, *, pinned: bool
) -> None:
    session = services.session
    session.require("pin")
    number = posting.checked(message, channel.name)
    if not isinstance(message, Message):
        await channel.fetch_message(number)  # Odoo silently ignores an unknown id
    await session.do(session.dialect.messages.pin(channel.id, number, pinned))


class ChannelThreads:
    """A channel's threads (Odoo 18 and later): ``await channel.threads()`` lists them.

    Args:
        channel_id: the channel's id.
        services: the client's services.
    """

    def __init__(self, channel_id: int, services: Services) -> None:
        self._channel_id = channel_id
        self._services = services

    async def __call__(self) -> list[ChannelInfo]:
        """Fetch the threads.

        Returns:
            The threads, newest first.

        Raises:
            NotSupported: before Odoo 18.
        """
        session = self._services.session
        session.require("thread")
        rows = records(await session.do(session.dialect.channels.fetch_threads(self._channel_id)))
        return [
            self._services.state.info(row["id"])
            or ChannelInfo(
                row["id"],
                safe_name(str(row.get("name") or "")),
                str(row.get("channel_type") or "channel"),
                last_activity=when(row.get("last_interest_dt")),
                parent=self._channel_id,
                from_message=pair(row.get("from_message_id"))[0] or None,
            )
            for row in rows
        ]

    async def counts(self) -> dict[int, int]:
        """Count the threads' messages, excluding system messages but including threads that the user has not joined.

        Returns:
            The number of messages by thread id.

        Raises:
            NotSupported: before Odoo 19.
        """
        session = self._services.session
        session.require("replies")
        rows = records(await session.do(session.dialect.channels.count_replies(self._channel_id)))
        return {row["id"]: count(row.get("message_count")) for row in rows}

    async def create(self, name: str = "", message: Message | int | None = None) -> Channel:
        """Create a thread.

        Args:
            name: its name; if empty, the server derives one from the message.
            message: the message that starts the thread, or its id.

        Returns:
            The thread.

        Raises:
            NotSupported: before Odoo 18.
            ApiKeyOnly: the login has no session.
        """
        session = self._services.session
        session.require("thread")
        channels = session.dialect.channels
        number = id_of(message) if message is not None else None
        made = channels.created_thread(await session.do(channels.create_thread(self._channel_id, name, number)))
        await self._services.membership.refresh()
        return Channel(made, self._services)
