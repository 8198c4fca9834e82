"""Post runs: decodes consecutive ordinary posts, without the steps that only other notifications need."""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.client.post_order import in_order
from odoochat.client.session import Session
from odoochat.core.state import ClientState
from odoochat.events import MessagePosted
from odoochat.model import Author, Message
from odoochat.wire.content.body import EDITED
from odoochat.wire.envelopes.frames import Notification

__all__ = ["PostRuns"]

MOST = 16
"""Maximum number of messages in a run, so that the caller can give other tasks time to run after it."""

CHARACTERS = 5_000
"""Number of characters in bodies after which a run ends."""


class PostRuns:
    """Decodes runs of posts that can be published without a request to the server.

    Args:
        session: provides the dialect for decoding.
        state: provides the names of channels and people.
    """

    def __init__(self, session: Session, state: ClientState) -> None:
        self._session = session
        self._state = state

    def decode(self, items: Sequence[Notification], start: int, *, incomplete: bool = False) -> list[Message]:
        """Decode the run of plain posts at a position.

        Args:
            items: live notifications, each from a frame of its own.
            start: the position of the first post.
            incomplete: whether to decode posts that lack data found only in their rows, too.

        Returns:
            The messages of the run, with the fields that depend on the current user, in the order in which they are to
            be published. The list is empty if there is no plain post at the position.
        """
        state, lacks_parent = self._state, self._lacks_parents and not incomplete
        decode, me, recent = self._session.dialect.decoder.plain_message, state.me, state.messages.ids
        found: list[Message] = []
        channel = author = None
        last, left, mine, ascending = 0, CHARACTERS, False, True
        for item in items[start : start + MOST]:
            try:
                message = decode(item, state)
            except Exception:
                break  # it is decoded once more on its own, where the error is logged
            if message is None or (lacks_parent and message.reply_to is None):
                break
            # Consecutive messages share the objects for their channel and author.
            if message.channel is not channel:
                if state.info(message.channel.id) is None:
                    break
                channel = message.channel
            if message.author is not author:
                if not incomplete and self._lacks_name(message.author):
                    break
                author = message.author
                mine = me.wrote(author)
            if mine or message.id in recent or EDITED in message.html:
                message = state.personal(message)
            found.append(message)
            if message.id < last:
                ascending = False
            last = message.id
            left -= len(message.html)
            if left < 0:
                break
        if ascending:
            return found
        ordered = in_order([MessagePosted(message) for message in found])
        return [posted.message for posted in ordered if isinstance(posted, MessagePosted)]

    def lacks_row(self, message: Message) -> bool:
        """Return whether a live message lacks data found only in its row.

        Odoo 14 omits the message being replied to, and Odoo 14 and 15 send display names such as "Company,
        Name". For a message without an author, the row contains the sender's address, which the notification omits.

        Args:
            message: the message from the notification.
        """
        return (message.reply_to is None and self._lacks_parents) or self._lacks_name(message.author)

    @property
    def _lacks_parents(self) -> bool:
        return self._session.calls_models and not self._session.dialect.table.parents_in_messages

    def _lacks_name(self, author: Author) -> bool:
        if author.kind == "partner" and author.name:
            unnamed = ", " in author.name and self._state.plain_name(author.id, author.name) is None
        else:
            unnamed = author.kind == "unknown"
        return unnamed and self._session.calls_models
