"""Post rows: completes live messages with data that only their rows contain."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import msgspec

from odoochat.client.queries import ServerQueries
from odoochat.client.session import Session
from odoochat.client.timing import Timing
from odoochat.core.state import ClientState
from odoochat.errors import OdooChatError
from odoochat.model import Author, Message

__all__ = ["PostRows"]

log = logging.getLogger("odoochat")


class PostRows:
    """Fetches the rows of live messages whose notifications omit something.

    Odoo 14 omits the message being replied to, and Odoo 14 and 15 send display names such as "Company, Name". For a
    message without an author, the row contains the sender's address, which the notification omits.

    Args:
        session: provides the version's properties.
        state: provides the known names.
        queries: fetches rows.
        timing: see `Timing.row`.
    """

    def __init__(self, session: Session, state: ClientState, queries: ServerQueries, timing: Timing) -> None:
        self._session = session
        self._state = state
        self._queries = queries
        self._timing = timing

    @property
    def parents_are_omitted(self) -> bool:
        """Whether notifications omit the message being replied to, and rows contain it."""
        return self._session.calls_models and not self._session.dialect.table.parents_in_messages

    def name_is_omitted(self, author: Author) -> bool:
        """Return whether a notification omits its author's plain name or address, and the row contains it.

        Args:
            author: the author in the notification.
        """
        if author.kind == "partner" and author.name:
            unnamed = ", " in author.name and self._state.plain_name(author.id, author.name) is None
        else:
            unnamed = author.kind == "unknown"
        return unnamed and self._session.calls_models

    def needed_for(self, messages: Sequence[Message]) -> list[int]:
        """Return the ids of the messages that must be completed from their rows.

        Args:
            messages: messages from notifications.
        """
        parents = self.parents_are_omitted
        return [m.id for m in messages if (parents and m.reply_to is None) or self.name_is_omitted(m.author)]

    async def complete(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Complete messages from their rows, which one request fetches.

        Args:
            messages: messages from notifications.

        Returns:
            The same messages in the same order; unchanged if no row is needed or the rows cannot be fetched.
        """
        if not (ids := self.needed_for(messages)):
            return messages
        try:
            async with asyncio.timeout(self._timing.row):
                rows = {m.id: m for m in await self._queries.by_ids(ids)}
        except (OdooChatError, TimeoutError) as error:
            log.debug("cannot fetch %d messages: %s", len(ids), error)
            return messages
        return [_completed(m, row) if (row := rows.get(m.id)) is not None else m for m in messages]


def _completed(message: Message, row: Message) -> Message:
    author = row.author if message.author.kind == "unknown" or row.author == message.author else message.author
    return msgspec.structs.replace(
        message, author=author, reply_to=message.reply_to or row.reply_to, subject=message.subject or row.subject
    )
