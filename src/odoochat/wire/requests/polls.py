"""Polls of 20: what is asked about them, and how they are read out of a store.

† From source only (addons/mail/controllers/poll.py, models/mail_poll.py, mail_poll_option.py, mail_poll_vote.py of
late 19.x and 20.0), no live server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from odoochat.events import PollChanged
from odoochat.model import Poll, PollOption
from odoochat.wire.content import body
from odoochat.wire.requests.channels import Route
from odoochat.wire.values import count, dicts, identifier, identifiers, items, pair, when

__all__ = ["Polls"]

REMEMBERED = 1_000


class Polls:
    """The questions about polls, and the polls that a connection heard of.

    They are remembered, as an update names only what changed: a vote sends the counts of the options, without their
    words and without the poll.
    """

    def __init__(self) -> None:
        self._polls: dict[int, Poll] = {}
        self._message_of: dict[int, int] = {}
        self._poll_of: dict[int, int] = {}

    # ------------------------------------------------------------------- asking

    def create(
        self, channel_id: int, question: str, options: Sequence[tuple[str, str]], *, minutes: float, several: bool
    ) -> Route:
        """Starts a poll; it is answered by its id.

        Args:
            options: labels, each with its emoji or "".
            minutes: how long one can vote.
            several: whether one may vote for more than one option.
        """
        choices = [{"label": label, "emoji": emoji or False} for label, emoji in options]
        return Route(
            "/mail/poll/create",
            {
                "question": question,
                "options": choices,
                "duration": minutes,
                "allow_multiple_options": several,
                "thread_model": "discuss.channel",
                "thread_id": channel_id,
            },
        )

    def vote(self, poll_id: int, option_ids: Sequence[int]) -> Route:
        """Votes; the server refuses a second vote where one only is allowed, so the first one is taken back before."""
        return Route("/mail/poll/vote", {"poll_id": poll_id, "option_ids": list(option_ids)})

    def remove_vote(self, poll_id: int) -> Route:
        """Takes back all that I voted for in a poll."""
        return Route("/mail/poll/remove_vote", {"poll_id": poll_id})

    def end(self, poll_id: int) -> Route:
        """Ends a poll of mine before its time; one of others stays as it is, without a word."""
        return Route("/mail/poll/end", {"poll_id": poll_id})

    def delete(self, poll_id: int) -> Route:
        """Removes a poll of mine."""
        return Route("/mail/poll/delete", {"poll_id": poll_id})

    def fetch(self, channel_id: int, message_id: int) -> Route:
        """Asks for a message with the poll that it starts; `read` takes the answer. No model tells polls to users.

        The server takes the message, and no other one, out of the inbox.
        """
        page = {"channel_id": channel_id, "fetch_params": {"before": message_id + 1, "limit": 1}}
        return Route("/mail/store", {"fetch_params": [["/discuss/channel/messages", page, 1]]})

    # ------------------------------------------------------------------- reading

    def poll(self, poll_id: int) -> Poll | None:
        """A poll that was heard of."""
        return self._polls.get(poll_id)

    def of_message(self, message_id: int) -> Poll | None:
        """The poll that a message started, when it was heard of."""
        return next((self._polls[p] for p, m in self._message_of.items() if m == message_id and p in self._polls), None)

    def read(self, store: Mapping[str, Any]) -> list[PollChanged]:
        """The polls that a store tells something new of."""
        heard = self._gone(store)
        before = dict(self._polls)
        for row in dicts(store.get("mail.message")):
            if number := identifier(row.get("id")):
                self._message_of |= dict.fromkeys(identifiers(row.get("started_poll_ids")), number)
        for row in dicts(store.get("mail.poll")):
            self._take_poll(row)
        self._take_options(dicts(store.get("mail.poll.option")))
        changed = [p for p, poll in self._polls.items() if poll is not before.get(p) and poll != before.get(p)]
        heard += [PollChanged(self._polls[p], self._message_of.get(p)) for p in changed if self._polls[p].question]
        while len(self._polls) > REMEMBERED:
            self._forget(next(iter(self._polls)))
        while len(self._message_of) > 2 * REMEMBERED:
            del self._message_of[next(iter(self._message_of))]
        return heard

    def _gone(self, store: Mapping[str, Any]) -> list[PollChanged]:
        # Only the message of a deleted poll says that it has none; one that never had a poll says nothing.
        gone = {
            identifier(row.get("id"))
            for row in dicts(store.get("mail.message"))
            if row.get("started_poll_ids") == [] and row.get("ended_poll_ids") == []
        }
        if not gone:
            return []
        there = [(poll_id, message) for poll_id, message in self._message_of.items() if message in gone]
        for poll_id, _ in there:
            self._forget(poll_id)
        return [PollChanged(None, message or None) for _, message in there]

    def _forget(self, poll_id: int) -> None:
        poll = self._polls.pop(poll_id, None)
        self._message_of.pop(poll_id, None)
        for option in poll.options if poll is not None else ():
            self._poll_of.pop(option.id, None)

    def _take_poll(self, row: Mapping[str, Any]) -> None:
        number = identifier(row.get("id"))
        if not number:
            return
        old = self._polls.get(number) or Poll(number, "")
        facts: dict[str, Any] = {}
        if isinstance(row.get("poll_question"), str):
            facts["question"] = body.safe_line(row["poll_question"], 500)
        if "poll_end_dt" in row:
            facts["ends"] = when(row["poll_end_dt"])
        if "end_message_id" in row:
            facts["closed"] = bool(pair(row["end_message_id"])[0])
        if "allow_multiple_options" in row:
            facts["several"] = row["allow_multiple_options"] is True
        if "option_ids" in row:
            there = {option.id: option for option in old.options}
            ids = list(dict.fromkeys(i for i in (pair(thing)[0] for thing in items(row["option_ids"])) if i))
            facts["options"] = tuple(there.get(i) or PollOption(i) for i in ids)
            self._poll_of |= dict.fromkeys(ids, number)
        if message := pair(row.get("start_message_id"))[0]:
            self._message_of[number] = message
        self._polls[number] = msgspec.structs.replace(old, **facts)

    def _take_options(self, rows: list[dict[str, Any]]) -> None:
        """Options by their polls, so that each poll is made anew once."""
        options: dict[int, dict[int, PollOption]] = {}
        for row in rows:
            number = identifier(row.get("id"))
            poll_id = pair(row.get("poll_id"))[0] or self._poll_of.get(number, 0)
            if not number or not poll_id:
                continue
            self._poll_of[number] = poll_id
            if (known := options.get(poll_id)) is None:
                poll = self._polls.get(poll_id)
                known = options[poll_id] = {o.id: o for o in poll.options} if poll is not None else {}
            known[number] = _option(row, known.get(number) or PollOption(number))
        for poll_id, known in options.items():
            poll = self._polls.get(poll_id) or Poll(poll_id, "")
            self._polls[poll_id] = msgspec.structs.replace(poll, options=tuple(known.values()))


def _option(row: Mapping[str, Any], old: PollOption) -> PollOption:
    """An option with what a row tells of it."""
    facts: dict[str, Any] = {}
    if isinstance(row.get("option_label"), str):
        facts["label"] = body.safe_line(row["option_label"])
    if "option_emoji" in row:
        emoji = row["option_emoji"]
        facts["emoji"] = body.safe_line(emoji) if isinstance(emoji, str) else ""
    if "number_of_votes" in row:
        facts["votes"] = count(row["number_of_votes"])
    if "selected_by_self" in row:
        facts["mine"] = row["selected_by_self"] is True
    return msgspec.structs.replace(old, **facts)
