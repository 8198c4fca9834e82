"""Channel polls: creating, reading and voting (Odoo 20)."""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.client.services import Services, id_of
from odoochat.errors import NotFound, ProtocolError, UsageError
from odoochat.model import Message, Poll, PollOption
from odoochat.wire.decoders.polls import polls_in
from odoochat.wire.values import is_object

__all__ = ["ChannelPolls"]


class ChannelPolls:
    """The polls of one channel. Every method raises `NotSupported` on older versions.

    Args:
        channel_id: the channel's id.
        services: the client's services.
    """

    def __init__(self, channel_id: int, services: Services) -> None:
        self._channel_id = channel_id
        self._services = services

    async def create(
        self, question: str, options: Sequence[str], *, minutes: float = 1440, several: bool = False
    ) -> int:
        """Start a poll. `PollChanged` events report its votes and when it ends.

        Args:
            question: the question.
            options: two or more options.
            minutes: how long members can vote, in minutes.
            several: whether a member can vote for multiple options.

        Returns:
            The poll's id.

        Raises:
            NotSupported: before Odoo 20.
            UsageError: the question is empty, or there are fewer than two options.
        """
        if not question.strip() or len([o for o in options if o.strip()]) < 2:
            raise UsageError("a poll needs a question and at least two options")
        session = self._services.session
        session.require("poll")
        choices = [(option, "") for option in options]
        call = session.dialect.polls.create(self._channel_id, question, choices, minutes=minutes, several=several)
        made = await session.do(call)
        if not isinstance(made, int):
            raise ProtocolError("the server did not create the poll", made)
        return made

    async def fetch(self, message: Message | int) -> Poll:
        """Fetch the poll of a message.

        Args:
            message: the message that started the poll, or its id.

        Returns:
            The current state of the poll.

        Raises:
            NotSupported: before Odoo 20.
            NotFound: the message has no poll.
        """
        session = self._services.session
        session.require("poll")
        number = id_of(message)
        answer = await session.do(session.dialect.polls.fetch(self._channel_id, number))
        if is_object(answer) and (patch := polls_in(answer)) is not None:
            self._services.state.polls.apply(patch)
        found = self._services.state.polls.of_message(number)
        if found is None:
            raise NotFound("poll", f"message {number} is not a poll")
        return found

    async def vote(self, poll: Poll | int, *options: PollOption | int) -> None:
        """Vote in a poll.

        Args:
            poll: the poll, or its id.
            options: the options to vote for, or their ids.

        Raises:
            NotSupported: before Odoo 20.
            UsageError: no option was given; use `unvote` to withdraw a vote.
            Rejected: the user has already voted, or the poll has ended.
        """
        self._services.session.require("poll")
        if not options:
            raise UsageError("no options given; use unvote() to withdraw a vote")
        ids = [o.id if isinstance(o, PollOption) else o for o in options]
        await self._services.session.do(self._services.session.dialect.polls.vote(_poll_id(poll), ids))

    async def unvote(self, poll: Poll | int) -> None:
        """Withdraw the current user's vote.

        Args:
            poll: the poll, or its id.

        Raises:
            NotSupported: before Odoo 20.
        """
        self._services.session.require("poll")
        await self._services.session.do(self._services.session.dialect.polls.remove_vote(_poll_id(poll)))

    async def end(self, poll: Poll | int) -> None:
        """End one of the current user's polls early.

        Args:
            poll: the poll, or its id.

        Raises:
            NotSupported: before Odoo 20.
        """
        self._services.session.require("poll")
        await self._services.session.do(self._services.session.dialect.polls.end(_poll_id(poll)))


def _poll_id(poll: Poll | int) -> int:
    return poll.id if isinstance(poll, Poll) else poll
