"""Inbox: messages that mention the user, starred messages, and their counters."""

from __future__ import annotations

from collections.abc import AsyncIterator

from odoochat.client.connection import Connection
from odoochat.client.history import history
from odoochat.client.services import id_of
from odoochat.errors import UsageError
from odoochat.model import Counters, Message

__all__ = ["Inbox"]


class Inbox:
    """One client's inbox, with messages from both channels and records.

    Odoo only uses the inbox for users whose notifications are handled in Odoo (``notification_type`` ``inbox``); other
    users get e-mails.

    Args:
        connection: the client's connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._session = connection.session
        self._state = connection.state
        self._queries = connection.queries
        self._publisher = connection.publisher

    @property
    def counters(self) -> Counters | None:
        """The current numbers of inbox and starred messages.

        With ``live=False``, None until `mark_read` or `Client.refresh` fetches them.
        """
        return self._state.inbox.counters if self._state.inbox.known else None

    def messages(self, limit: int | None = None) -> AsyncIterator[Message]:
        """Iterate over the messages in the inbox, newest first.

        Args:
            limit: maximum number of messages, or None for all.
        """
        return history(self._queries, [["needaction", "=", True]], limit=limit, whole=True)

    def history(self, limit: int | None = None) -> AsyncIterator[Message]:
        """Iterate over former inbox messages that have been read, newest first.

        Args:
            limit: maximum number of messages, or None for all.
        """
        me = self._session.me.partner_id
        domain = [["notified_partner_ids", "in", [me]], ["needaction", "=", False]]
        return history(self._queries, domain, limit=limit, whole=True)

    def mentions(self, limit: int | None = None) -> AsyncIterator[Message]:
        """Iterate over the messages that mention the user, read or unread, newest first.

        Args:
            limit: maximum number of messages, or None for all.
        """
        domain = [["partner_ids", "in", [self._session.me.partner_id]]]
        return history(self._queries, domain, limit=limit, whole=True)

    def starred(self, limit: int | None = None) -> AsyncIterator[Message]:
        """Iterate over the starred messages (Odoo 20: bookmarks), newest first.

        Args:
            limit: maximum number of messages, or None for all.
        """
        field = self._session.dialect.messages.star_field
        return history(self._queries, [[field, "=", True]], limit=limit)

    async def mark_read(self, *messages: Message | int) -> None:
        """Mark messages as read, which removes them from the inbox.

        Args:
            *messages: messages, or their ids.

        Raises:
            UsageError: no messages were passed.
        """
        if not messages:
            raise UsageError("pass messages, or use mark_all_read()")
        await self._mark([id_of(message) for message in messages])

    async def mark_all_read(self) -> None:
        """Mark all messages as read, which empties the inbox."""
        await self._mark([])

    async def _mark(self, numbers: list[int]) -> None:
        await self._session.do(self._session.dialect.messages.mark_done(numbers))
        await self._publisher.refresh_counters()
