"""Posters: the requests that post a message of the outbox, and find it when the outcome is unclear."""

from __future__ import annotations

from typing import Protocol

from odoochat.client.queries import ServerQueries
from odoochat.client.session import Session
from odoochat.core.outbox import Outbox, OutboxEntry
from odoochat.model import Message
from odoochat.wire.requests.call import Call, Route

__all__ = ["CallPoster", "Poster", "RoutePoster", "poster_for"]

NEWEST = 30
"""Messages of the channel that are compared with a post that has no ``Message-Id``."""


class Poster(Protocol):
    """Posts messages in one way."""

    def request(self, entry: OutboxEntry) -> Call | Route:
        """Build the request that posts a message.

        Args:
            entry: the message.
        """
        ...

    def posted_id(self, answer: object) -> int:
        """Return the id of the message from the response to `request`.

        Args:
            answer: the decoded answer.
        """
        ...

    async def find(self, entry: OutboxEntry) -> Message | None:
        """Look for a message that may have been posted.

        Args:
            entry: the message.

        Returns:
            The message on the server, or None if it is not there now.

        Raises:
            OdooChatError: the server could not be asked.
        """
        ...


class CallPoster:
    """Posts by a model call, which carries a ``Message-Id``.

    Args:
        session: builds the request.
        queries: looks for the ``Message-Id``.
    """

    def __init__(self, session: Session, queries: ServerQueries) -> None:
        self._session = session
        self._queries = queries

    def request(self, entry: OutboxEntry) -> Call | Route:
        """See `Poster.request`."""
        return self._session.dialect.messages.post(entry.message)

    def posted_id(self, answer: object) -> int:
        """See `Poster.posted_id`."""
        return self._session.dialect.messages.posted_id(answer)

    async def find(self, entry: OutboxEntry) -> Message | None:
        """See `Poster.find`."""
        domain = [["message_id", "=", entry.message.message_id]]
        found = await self._queries.messages(domain, order="id", limit=1, everywhere=True)
        return found[0] if found else None


class RoutePoster:
    """Posts by the route for guests, which carries no ``Message-Id``.

    Args:
        session: builds the request.
        queries: reads the newest messages.
        outbox: knows which messages belong to other posts.
    """

    def __init__(self, session: Session, queries: ServerQueries, outbox: Outbox) -> None:
        self._session = session
        self._queries = queries
        self._outbox = outbox

    def request(self, entry: OutboxEntry) -> Call | Route:
        """See `Poster.request`."""
        return self._session.dialect.guests.post(entry.message)

    def posted_id(self, answer: object) -> int:
        """See `Poster.posted_id`."""
        return self._session.dialect.guests.posted_id(answer)

    async def find(self, entry: OutboxEntry) -> Message | None:
        """See `Poster.find`: the author's newest messages are compared, except those from before the post."""
        files = sorted(entry.message.attachment_ids)
        for message in await self._queries.newest([entry.message.channel_id], limit=NEWEST):
            if (
                message.id > entry.after
                and not self._outbox.owns(message.id)
                and message.author == self._session.me.author
                and message.text == entry.text
                and sorted(a.id for a in message.attachments) == files
            ):
                return message
        return None


def poster_for(entry: OutboxEntry, session: Session, by_call: CallPoster, by_route: RoutePoster) -> Poster:
    """Choose how a message is posted.

    Portal users must use the route for messages with files: a model call may not link files to messages for them (seen
    on 19).

    Args:
        entry: the message.
        session: the login.
        by_call: the usual way.
        by_route: the way of guests.
    """
    portal = not session.identity.internal and bool(entry.message.attachment_ids) and not entry.message.model
    return by_route if portal or not session.calls_models else by_call
