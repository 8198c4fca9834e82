"""Own posts: the messages that the server creates for the client's posts."""

from __future__ import annotations

import asyncio

from msgspec import Struct

from odoochat.client.catchup_runner import CatchUpRunner
from odoochat.client.publisher import Publisher
from odoochat.client.queries import ServerQueries
from odoochat.client.subscription import Subscribers
from odoochat.core.state import ClientState
from odoochat.errors import NotFound
from odoochat.model import Message

__all__ = ["OwnPosts", "PostResult"]


class PostResult(Struct, frozen=True):
    """A message that is on the server.

    Attributes:
        id: the message's id.
        message: the message as the server stores it; None if it was not read back.
    """

    id: int
    message: Message | None


class OwnPosts:
    """Returns the message for a post. Like any other message, it is published once.

    Args:
        state: the client's state, which may already contain the message.
        publisher: publishes the message once the link delivers it.
        catchup_runner: first delivers the channel's missing messages.
        queries: fetches the message if the link does not deliver it.
        subscribers: the subscriptions.
    """

    def __init__(
        self,
        *,
        state: ClientState,
        publisher: Publisher,
        catchup_runner: CatchUpRunner,
        queries: ServerQueries,
        subscribers: Subscribers,
    ) -> None:
        self._state = state
        self._publisher = publisher
        self._catchup_runner = catchup_runner
        self._queries = queries
        self._subscribers = subscribers

    @property
    def awaited(self) -> bool:
        """Whether a subscriber may be waiting for the message of a post."""
        return self._subscribers.first.is_set()

    async def in_channel(self, message_id: int, channel_id: int, *, patience: float) -> Message:
        """Return the message for a post in a channel.

        If the message must be fetched, the channel's earlier missing messages are delivered first to preserve order.

        Args:
            message_id: the id that the server assigned to the post.
            channel_id: the channel's id.
            patience: seconds to wait for the live link to deliver the message before fetching it.

        Returns:
            The same value that subscribers receive.

        Raises:
            OdooChatError: the message was posted but could not be read back.
        """
        if (known := self._state.message(message_id)) is not None:
            return known
        with self._publisher.posts.expecting(message_id) as expected:
            if patience:
                try:
                    async with asyncio.timeout(patience):
                        return await asyncio.shield(expected)
                except TimeoutError:
                    pass
            brought = await self._catchup_runner.bring_until(channel_id, message_id)
            if (known := self._state.message(message_id)) is not None:
                return known
            message = await self.fetch(message_id, everywhere=False)
            if brought:
                self._publisher.deliver(message)
            return self._state.message(message_id) or message

    async def fetch(self, message_id: int, *, everywhere: bool = True) -> Message:
        """Fetch the message for a post, without publishing it. The live link delivers no posts on records.

        Args:
            message_id: the id that the server assigned to the post.
            everywhere: whether the post may be on a record.

        Returns:
            The message.

        Raises:
            NotFound: the message was posted but has since been deleted.
            OdooChatError: the message was posted but could not be read back.
        """
        messages = await self._queries.by_ids([message_id], everywhere=everywhere)
        if not messages:
            raise NotFound("mail.message", f"message {message_id} was posted but has since been deleted")
        return messages[0]
