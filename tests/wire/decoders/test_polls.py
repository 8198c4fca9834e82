"""Polls of 20, as its sources give them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from odoochat.core.state import ClientState
from odoochat.events import PollChanged
from odoochat.model import Poll, PollOption, Version
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.versions.dialect import Dialect, Route, Update
from odoochat.wire.versions.registry import dialect_for

STARTED: dict[str, Any] = {
    "mail.poll": [{
        "allow_multiple_options": False, "create_date": "2026-11-22 19:00:00", "create_uid": 6,
        "end_message_id": False, "id": 3, "option_ids": [11, 12], "poll_end_dt": "2026-11-22 20:00:00",
        "poll_question": "Lunch?", "start_message_id": 40, "winning_option_id": False,
    }],
    "mail.poll.option": [
        {"id": 12, "number_of_votes": 0, "option_emoji": False, "option_label": "Soup", "poll_id": 3},
        {"id": 11, "number_of_votes": 0, "option_emoji": "🍕", "option_label": "Pizza", "poll_id": 3},
    ],
    "mail.message": [{
        "id": 40, "body": "", "thread": {"id": 1, "model": "discuss.channel"}, "started_poll_ids": [3],
        "ended_poll_ids": [],
    }],
    "__store_version__": {"snapshot": {"xmin": "1"}, "written_fields_by_record": {}},
}  # fmt: skip
PIZZA, SOUP = PollOption(11, "Pizza", "🍕"), PollOption(12, "Soup")
LUNCH = Poll(3, "Lunch?", (PIZZA, SOUP), datetime(2026, 11, 22, 20, tzinfo=UTC))


def heard(dialect: Dialect, payload: Any) -> list[Update]:
    return dialect.decoder.decode(Notification(1, "mail.record/insert", payload), ClientState())


def test_a_poll_is_started_voted_on_ended_and_deleted() -> None:
    dialect = dialect_for(Version(20))
    assert heard(dialect, STARTED) == [PollChanged(LUNCH, 40)]
    assert heard(dialect, STARTED) == []
    counts = [{"id": 11, "number_of_votes": 1, "vote_percentage": 100}, {"id": 12, "number_of_votes": 0}]
    votes = [{"id": 1, "option_id": 11, "user_id": 6, "guest_id": False}]
    (told,) = heard(dialect, {"mail.poll.option": counts, "mail.poll.vote": votes})
    assert told == PollChanged(Poll(3, "Lunch?", (PollOption(11, "Pizza", "🍕", 1), SOUP), LUNCH.ends), 40)
    (told,) = heard(dialect, {"mail.poll.option": [{"id": 11, "selected_by_self": True}]})
    assert isinstance(told, PollChanged)
    assert told.poll is not None
    assert [option.mine for option in told.poll.options] == [True, False]
    assert dialect.polls.of_message(40) == dialect.polls.poll(3) == told.poll
    (told,) = heard(dialect, {"mail.poll": [{"id": 3, "end_message_id": 41, "poll_end_dt": "2026-11-22 19:30:00"}]})
    assert isinstance(told, PollChanged)
    assert told.poll is not None
    assert told.poll.closed
    assert heard(dialect, {"mail.message": [{"id": 40, "started_poll_ids": [], "ended_poll_ids": []}]}) == [
        PollChanged(None, 40)
    ]
    assert dialect.polls.poll(3) is None


def test_what_is_not_known_or_broken_says_nothing() -> None:
    dialect = dialect_for(Version(20))
    assert heard(dialect, {"mail.poll.option": [{"id": 99, "number_of_votes": 3}]}) == []
    assert heard(dialect, {"mail.message": [{"id": 7, "started_poll_ids": [], "ended_poll_ids": []}]}) == []
    wrong: Any
    for wrong in (None, 7, "x", [], [7], [{}], {"id": "x"}, [{"id": 3, "option_ids": 7, "poll_question": 4}]):
        assert heard(dialect, {"mail.poll": wrong, "mail.poll.option": wrong, "mail.message": wrong}) == []


def test_labels_are_one_safe_line() -> None:
    store = {
        "mail.poll": [{"id": 3, "poll_question": "a\x1b[31m\nb", "option_ids": [1]}],
        "mail.poll.option": [{"id": 1, "option_label": "x\u202ey", "option_emoji": None}],
    }
    (told,) = dialect_for(Version(20)).polls.read(store)
    assert told.poll is not None
    assert "\x1b" not in told.poll.question
    assert "\n" not in told.poll.question
    assert "\u202e" not in told.poll.options[0].label


def test_the_oldest_are_forgotten() -> None:
    polls = dialect_for(Version(20)).polls
    for number in range(1, 1_102):
        polls.read({"mail.poll": [{"id": number, "poll_question": "?", "option_ids": [number]}]})
    assert (polls.poll(1), polls.poll(101)) == (None, None)
    assert polls.poll(1_101) is not None


def test_the_questions() -> None:
    polls = dialect_for(Version(20)).polls
    made = polls.create(7, "Lunch?", [("Pizza", "🍕"), ("Soup", "")], minutes=10, several=True)
    assert made == Route("/mail/poll/create", {
        "question": "Lunch?", "duration": 10, "allow_multiple_options": True, "thread_id": 7,
        "thread_model": "discuss.channel",
        "options": [{"label": "Pizza", "emoji": "🍕"}, {"label": "Soup", "emoji": False}],
    })  # fmt: skip
    assert polls.vote(3, (11,)) == Route("/mail/poll/vote", {"poll_id": 3, "option_ids": [11]})
    assert polls.remove_vote(3) == Route("/mail/poll/remove_vote", {"poll_id": 3})
    assert polls.end(3) == Route("/mail/poll/end", {"poll_id": 3})
    assert polls.delete(3) == Route("/mail/poll/delete", {"poll_id": 3})
    page = {"channel_id": 7, "fetch_params": {"before": 41, "limit": 1}}
    asked = Route("/mail/store", {"fetch_params": [["/discuss/channel/messages", page, 1]]})
    assert polls.fetch(7, 40) == asked
