"""Poll actions: start, vote, withdraw a vote, end, delete (Odoo 20)."""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.sandbox.database.messages import MessageValues
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.errors import OdooError, not_found
from odoochat.sandbox.versions.notifier import EventNotifier
from odoochat.sandbox.world.messages import MessageActions


class PollActions:
    """Creates, ends and deletes polls, and records votes."""

    def __init__(self, state: State, notifier: EventNotifier, messages: MessageActions) -> None:
        self.state = state
        self.notifier = notifier
        self.messages = messages

    def create(
        self, uid: int, channel_id: int, question: str, options: Sequence[tuple[str, str | None]], *,
        minutes: float, several: bool = False,
    ) -> int:  # fmt: skip
        """Post an empty message that starts a poll and return the poll id.

        † The poll is created before the message is sent, so the message contains the poll id. Source:
        addons/mail/models/mail_thread.py, `_message_post_after_hook` (20.0)
        """
        if not all(label.strip() for label, _ in options):
            raise OdooError("validation", "Options must have a non-empty option label.")
        if not self.notifier.has("poll_counted"):
            raise not_found()
        made: list[int] = []

        def start(message: int) -> None:
            made.append(self.state.polls.create(message, question, options, uid=uid, minutes=minutes, several=several))

        self.messages.post(uid, channel_id, MessageValues("", is_html=True), before_notified=start)
        return made[0]

    def _poll(self, poll_id: int) -> Row:
        poll = self.state.polls.get(poll_id)
        assert poll is not None, poll_id
        return poll

    def vote(self, uid: int, poll_id: int, option_ids: Sequence[int]) -> None:
        """Vote for one or more options; only one is allowed unless the poll is multiple-choice."""
        self.end_due()
        poll = self.state.polls.get(poll_id)
        options = self.state.polls.options(poll_id, option_ids)
        if poll is None or not options or not self._readable(uid, poll):
            return
        if poll["end_message_id"] is not None:
            raise OdooError("validation", f'Cannot vote on closed poll: "{poll["poll_question"]}"')
        before = self.state.polls.votes_by(poll_id, uid)
        if {vote["option_id"] for vote in before} & {option["id"] for option in options}:
            raise OdooError("validation", "User can only vote once per option.")
        if not poll["allow_multiple_options"] and len(before) + len(options) > 1:
            text = f'Cannot vote on poll "{poll["poll_question"]}": only one vote is allowed per user.'
            raise OdooError("validation", text)
        votes = [self.state.polls.vote(option["id"], uid) for option in options]
        self.notifier.send("poll_chosen", options, uid)
        self.notifier.send("poll_counted", poll, added=votes)

    def take_back(self, uid: int, poll_id: int) -> None:
        """Remove the user's votes, even if the poll has ended."""
        poll = self.state.polls.get(poll_id)
        if poll is None:
            return
        votes = self.state.polls.votes_by(poll_id, uid)
        if not votes:
            self.notifier.send("poll_chosen", self.state.polls.options(poll_id), uid)
            return
        self.state.polls.take_back([vote["id"] for vote in votes])
        self.notifier.send("poll_chosen", self.state.polls.options(poll_id, [vote["option_id"] for vote in votes]), uid)
        self.notifier.send("poll_counted", poll, removed=votes)

    def _readable(self, uid: int, poll: Row) -> bool:
        start = self.state.messages.get(poll["start_message_id"])
        channel = self.state.channels.get(start["res_id"]) if start is not None else None
        return self.state.channels.readable(uid, channel)

    def _mine(self, uid: int, poll_id: int) -> Row | None:
        poll = self.state.polls.get(poll_id)
        mine = poll is not None and (poll["create_uid"] == uid or self.state.accounts.is_admin(uid))
        return poll if mine else None

    def end(self, uid: int, poll_id: int) -> None:
        """End one of the user's polls early; other users' polls are ignored."""
        poll = self._mine(uid, poll_id)
        if poll is not None and poll["end_message_id"] is None:
            self._close(uid, poll)

    def end_due(self) -> None:
        """End all polls whose deadline has passed."""
        if not self.notifier.has("poll_counted"):
            return
        for poll_id in self.state.polls.due():
            poll = self._poll(poll_id)
            self._close(poll["create_uid"], poll)

    def _close(self, uid: int, poll: Row) -> None:
        start = self.state.messages.get(poll["start_message_id"])
        if start is not None:
            author = self.state.accounts.partner_of(uid)
            self.messages.post(
                uid, start["res_id"], MessageValues("", is_html=True, author=author),
                before_notified=lambda message: self.state.polls.end(poll["id"], message),
            )  # fmt: skip

    def delete(self, uid: int, poll_id: int) -> None:
        """Delete one of the user's polls; its messages remain."""
        poll = self._mine(uid, poll_id)
        if poll is None:
            return
        ids = [one for one in (poll["start_message_id"], poll["end_message_id"]) if one]
        self.state.polls.delete(poll_id)
        self.notifier.send("poll_deleted", [row for one in ids if (row := self.state.messages.get(one)) is not None])
