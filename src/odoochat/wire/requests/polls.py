"""Requests about polls (20 and later).

From source only (addons/mail/controllers/poll.py of late 19.x and 20.0), without a live server.
"""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.wire.requests.call import Route
from odoochat.wire.requests.pages import message_page
from odoochat.wire.version_table import VersionTable

__all__ = ["PollRequests"]


class PollRequests:
    """Builds the requests about polls for one version.

    Args:
        table: the version's table.
    """

    def __init__(self, table: VersionTable) -> None:
        self._table = table

    def create(
        self, channel_id: int, question: str, options: Sequence[tuple[str, str]], *, minutes: float, several: bool
    ) -> Route:
        """Start a poll; the answer is its id.

        Args:
            channel_id: id of the channel.
            question: question of the poll.
            options: labels, each with its emoji or "".
            minutes: how long votes are accepted.
            several: whether one user may vote for more than one option.
        """
        choices = [{"label": label, "emoji": emoji or False} for label, emoji in options]
        return Route(
            "/mail/poll/create",
            {
                "question": question,
                "options": choices,
                "duration": minutes,
                "allow_multiple_options": several,
                "thread_model": self._table.channel_model,
                "thread_id": channel_id,
            },
        )

    def vote(self, poll_id: int, option_ids: Sequence[int]) -> Route:
        """Vote; where one vote only is allowed, the server refuses a second one until `remove_vote`.

        Args:
            poll_id: id of the poll.
            option_ids: ids of the chosen options.
        """
        return Route("/mail/poll/vote", {"poll_id": poll_id, "option_ids": list(option_ids)})

    def remove_vote(self, poll_id: int) -> Route:
        """Remove all votes of the current user.

        Args:
            poll_id: id of the poll.
        """
        return Route("/mail/poll/remove_vote", {"poll_id": poll_id})

    def end(self, poll_id: int) -> Route:
        """End a poll of the current user early; the server ignores it for polls of others.

        Args:
            poll_id: id of the poll.
        """
        return Route("/mail/poll/end", {"poll_id": poll_id})

    def delete(self, poll_id: int) -> Route:
        """Delete a poll of the current user.

        Args:
            poll_id: id of the poll.
        """
        return Route("/mail/poll/delete", {"poll_id": poll_id})

    def fetch(self, channel_id: int, message_id: int) -> Route:
        """Fetch a message with the poll that it starts, as no model gives polls to users.

        The server removes the message, and no other one, from the inbox.

        Args:
            channel_id: id of the channel.
            message_id: id of the message.
        """
        return message_page(self._table, "", channel_id, message_id)
