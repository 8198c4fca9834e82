"""Posters: the requests that post a message from the outbox, and search for it if the outcome is unclear."""

from __future__ import annotations

from typing import Protocol

from odoochat.client.queries import ServerQueries
from odoochat.client.session import Session
from odoochat.core.outbox import Outbox, OutboxEntry
from odoochat.model import Message
from odoochat.wire.requests.call import Call, Route

__all__ = ["CallPoster", "Poster", "RoutePoster", "poster_for"]

NEWEST = 30
"""Number of the channel's messages to compare with a post that has no ``Message-Id``."""


class Poster(Protocol):
    """Posts messages using one kind of request."""

    def request(self, entry: OutboxEntry) -> Call | Route:
        """Build the request that posts a message.

        Args:
            entry: the message.
        """
        ...

    def posted_id(self, answer: object) -> int:
        """Return the message's id from the response to `request`.

        Args:
            answer: the decoded response.
        """
        ...

    async def find(self, entry: OutboxEntry) -> Message | None:
        """Search for a message that may have been posted.

        Args:
            entry: the message.

        Returns:
            The message on the server, or None if there is none.

        Raises:
            OdooChatError: the request failed.
        """
        ...


class CallPoster:
    """Posts with a model call, which includes a ``Message-Id``.

    Args:
        session: builds the request.
        queries: searches for the ``Message-Id``.
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
    """Posts with the route for guests, which does not include a ``Message-Id``.

    Args:
        session: builds the request.
        queries: fetches the newest messages.
        outbox: identifies messages that belong to other posts.
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
        """See `Poster.find`. Checks the author's newest messages, except any older than the post."""
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
    """Choose how to post a message.

    Portal users' messages with files must be posted with the guest route, because Odoo does not let portal users link
    files to messages with a model call (observed on Odoo 19).

    Args:
        entry: the message.
        session: the login.
        by_call: the poster for other logins.
        by_route: the poster for guests.
    """
    portal = not session.identity.internal and bool(entry.message.attachment_ids) and not entry.message.model
    return by_route if portal or not session.calls_models else by_call
