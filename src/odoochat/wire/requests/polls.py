"""Poll requests (Odoo 20 and later).

Based on the source only (addons/mail/controllers/poll.py of late 19.x and 20.0); not checked against a live server.
"""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.wire.requests.call import Route
from odoochat.wire.requests.pages import message_page
from odoochat.wire.version_table import VersionTable

__all__ = ["PollRequests"]


class PollRequests:
    """Builds poll requests for one Odoo version.

    Args:
        table: the version table.
    """

    def __init__(self, table: VersionTable) -> None:
        self._table = table

    def create(
        self, channel_id: int, question: str, options: Sequence[tuple[str, str]], *, minutes: float, several: bool
    ) -> Route:
        """Start a poll; the response is the poll's id.

        Args:
            channel_id: channel id.
            question: the poll's question.
            options: pairs of label and emoji ("" for none).
            minutes: how long the poll accepts votes.
            several: whether a user may vote for more than one option.
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
        """Vote in a poll; in a single-choice poll, the server rejects a second vote until `remove_vote` is called.

        Args:
            poll_id: poll id.
            option_ids: the chosen options' ids.
        """
        return Route("/mail/poll/vote", {"poll_id": poll_id, "option_ids": list(option_ids)})

    def remove_vote(self, poll_id: int) -> Route:
        """Remove all of the current user's votes.

        Args:
            poll_id: poll id.
        """
        return Route("/mail/poll/remove_vote", {"poll_id": poll_id})

    def end(self, poll_id: int) -> Route:
        """End one of the current user's polls early; the server ignores this for other users' polls.

        Args:
            poll_id: poll id.
        """
        return Route("/mail/poll/end", {"poll_id": poll_id})

    def delete(self, poll_id: int) -> Route:
        """Delete one of the current user's polls.

        Args:
            poll_id: poll id.
        """
        return Route("/mail/poll/delete", {"poll_id": poll_id})

    def fetch(self, channel_id: int, message_id: int) -> Route:
        """Fetch a message together with its poll, because users cannot read polls through any model.

        The server removes this message (and no other) from the inbox.

        Args:
            channel_id: channel id.
            message_id: message id.
        """
        return message_page(self._table, "", channel_id, message_id)
