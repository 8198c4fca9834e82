"""Post runs: decodes consecutive ordinary posts, without the steps that only other notifications need."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from odoochat.client.post_order import sort_messages
from odoochat.client.post_rows import PostRows
from odoochat.client.session import Session
from odoochat.core.state import ClientState
from odoochat.model import Message
from odoochat.wire.content.body import EDITED
from odoochat.wire.envelopes.frames import Notification

__all__ = ["PostRuns"]

MOST = 32
"""Maximum number of messages in a run, so that the caller can give other tasks time to run after it."""

CHARACTERS = 5_000
"""Number of characters in bodies after which a run ends."""


class PostRuns:
    """Decodes runs of posts in the user's channels.

    Args:
        session: provides the dialect for decoding.
        state: provides the names of channels and people.
        rows: recognizes posts that must be completed from their rows.
    """

    def __init__(self, session: Session, state: ClientState, rows: PostRows) -> None:
        self._session = session
        self._state = state
        self._rows = rows

    def decode(self, items: Sequence[Notification], start: int, *, incomplete: bool = False) -> list[Message]:
        """Decode the run of plain posts at a position.

        Args:
            items: live notifications, each from a frame of its own.
            start: the position of the first post.
            incomplete: whether to include posts that must be completed from their rows before they are published.

        Returns:
            The messages of the run, with the fields that depend on the current user, in the order in which they are to
            be published. The list is empty if there is no plain post at the position.
        """
        state, lacks_parents = self._state, self._rows.parents_are_omitted and not incomplete
        decode, me, recent = self._session.dialect.decoder.plain_message, state.me, state.messages.ids
        found: list[Message] = []
        channel = author = None
        left, mine = CHARACTERS, False
        # A notification that raises ends the run: it is decoded once more on its own, where the error is logged.
        with suppress(Exception):
            for item in items[start : start + MOST]:
                message = decode(item, state)
                if message is None or (lacks_parents and message.reply_to is None):
                    break
                # Consecutive messages share the objects for their channel and author.
                if message.channel is not channel:
                    if state.info(message.channel.id) is None:
                        break
                    channel = message.channel
                if message.author is not author:
                    if not incomplete and self._rows.name_is_omitted(message.author):
                        break
                    author = message.author
                    mine = me.wrote(author)
                # An edited message takes the time of its edit from `Message.written`.
                if mine or message.id in recent or (message.written is not None and EDITED in message.html):
                    message = state.personal(message)
                found.append(message)
                left -= len(message.html)
                if left < 0:
                    break
        return sort_messages(found)
