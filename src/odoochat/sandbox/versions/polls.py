"""Poll records (Odoo 20).

† Based on the source only (addons/mail/models/mail_poll.py, mail_poll_option.py, mail_poll_vote.py of late 19.x and
20.0); not checked against a live server.
"""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.fields import Facts, Fields, column, columns, false, flag
from odoochat.sandbox.versions.store import RecordStore


def _option_ids(facts: Facts, poll: Row) -> list[int]:
    return [option["id"] for option in facts.state.polls.options(poll["id"])]


def _winner(facts: Facts, poll: Row) -> Any:
    return false(facts.state.polls.winner(poll))


def _votes(facts: Facts, option: Row) -> int:
    return len(facts.state.polls.votes(option["id"]))


def _share(facts: Facts, option: Row) -> Any:
    return facts.state.polls.percentages(option["poll_id"])[option["id"]]


def chosen(facts: Facts, option: Row) -> bool:
    """Return whether the reader voted for an option."""
    return any(vote["user_id"] == facts.uid for vote in facts.state.polls.votes(option["id"]))


POLL = columns("create_date", "create_uid", "end_message_id", "id", "poll_end_dt", "poll_question") | {
    "allow_multiple_options": flag("allow_multiple_options"),
    "option_ids": _option_ids,
    "winning_option_id": _winner,
}
ENDED_POLL = POLL | {"start_message_id": column("start_message_id")}
COUNTS = columns("id") | {"number_of_votes": _votes, "vote_percentage": _share}
OPTION = COUNTS | columns("option_emoji", "option_label", "poll_id")
CHOICE = Fields({"id": column("id"), "selected_by_self": chosen})


def add_polls(store: RecordStore, message: Row, facts: Facts) -> list[Row]:
    """Add the polls that a message started or ended; if there are none, neither field is set.

    Args:
        store: the store to add them to.
        message: the message row.
        facts: the context for the reader, whose own votes are included.

    Returns:
        The messages that started the ended polls; add these to the store as well.
    """
    started = facts.state.polls.of_message(message["id"])
    ended = facts.state.polls.of_message(message["id"], ended=True)
    if not started and not ended:
        return []
    ids = {"started_poll_ids": [poll["id"] for poll in started], "ended_poll_ids": [poll["id"] for poll in ended]}
    store.add("mail.message", {"id": message["id"], **ids})
    known = [poll["id"] for poll in store.records("mail.poll")]
    for poll, fields in [*((one, POLL) for one in started), *((one, ENDED_POLL) for one in ended)]:
        store.add("mail.poll", fields.of(facts, poll))
        shown = OPTION if facts.uid is None else OPTION | CHOICE
        for option in facts.state.polls.options(poll["id"]):
            store.add("mail.poll.option", shown.of(facts, option))
    starts = [facts.state.messages.get(poll["start_message_id"]) for poll in ended if poll["id"] not in known]
    return [row for row in starts if row is not None]
