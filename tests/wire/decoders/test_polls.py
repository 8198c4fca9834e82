"""Polls of 20 as its sources send them, decoded and applied to the state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from odoochat.core.state import ClientState
from odoochat.events import PollChanged
from odoochat.model import Poll, PollOption, Version
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.updates import PollsPatch
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


DECODER = dialect_for(Version(20)).decoder


def applied(state: ClientState, payload: Any) -> list[PollChanged]:
    """The events of a notification."""
    found = DECODER.decode(Notification(1, "mail.record/insert", payload), state)
    patches = [patch for patch in found if isinstance(patch, PollsPatch)]
    return [event for patch in patches for event in state.polls.apply(patch)]


def test_a_poll_is_started_voted_on_ended_and_deleted() -> None:
    state = ClientState()
    assert applied(state, STARTED) == [PollChanged(LUNCH, 40)]
    assert applied(state, STARTED) == []
    counts = [{"id": 11, "number_of_votes": 1, "vote_percentage": 100}, {"id": 12, "number_of_votes": 0}]
    votes = [{"id": 1, "option_id": 11, "user_id": 6, "guest_id": False}]
    (received,) = applied(state, {"mail.poll.option": counts, "mail.poll.vote": votes})
    assert received == PollChanged(Poll(3, "Lunch?", (PollOption(11, "Pizza", "🍕", 1), SOUP), LUNCH.ends), 40)
    (received,) = applied(state, {"mail.poll.option": [{"id": 11, "selected_by_self": True}]})
    assert received.poll is not None
    assert [option.mine for option in received.poll.options] == [True, False]
    assert state.polls.of_message(40) == state.polls.poll(3) == received.poll
    (received,) = applied(state, {"mail.poll": [{"id": 3, "end_message_id": 41, "poll_end_dt": "2026-11-22 19:30:00"}]})
    assert received.poll is not None
    assert received.poll.closed
    assert applied(state, {"mail.message": [{"id": 40, "started_poll_ids": [], "ended_poll_ids": []}]}) == [
        PollChanged(None, 40)
    ]
    assert state.polls.poll(3) is None
    assert applied(ClientState(), {"mail.poll.option": counts}) == []  # the decoder itself remembers nothing


def test_what_is_not_known_or_broken_says_nothing() -> None:
    state = ClientState()
    assert applied(state, {"mail.poll.option": [{"id": 99, "number_of_votes": 3}]}) == []
    assert applied(state, {"mail.message": [{"id": 7, "started_poll_ids": [], "ended_poll_ids": []}]}) == []
    wrong: Any
    for wrong in (None, 7, "x", [], [7], [{}], {"id": "x"}, [{"id": 3, "option_ids": 7, "poll_question": 4}]):
        assert applied(state, {"mail.poll": wrong, "mail.poll.option": wrong, "mail.message": wrong}) == []


def test_labels_are_one_safe_line() -> None:
    store = {
        "mail.poll": [{"id": 3, "poll_question": "a\x1b[31m\nb", "option_ids": [1]}],
        "mail.poll.option": [{"id": 1, "option_label": "x\u202ey", "option_emoji": None}],
    }
    (received,) = applied(ClientState(), store)
    assert received.poll is not None
    assert "\x1b" not in received.poll.question
    assert "\n" not in received.poll.question
    assert "\u202e" not in received.poll.options[0].label


def test_the_oldest_are_forgotten() -> None:
    state = ClientState()
    for number in range(1, 1_102):
        applied(state, {"mail.poll": [{"id": number, "poll_question": "?", "option_ids": [number]}]})
    assert (state.polls.poll(1), state.polls.poll(101)) == (None, None)
    assert state.polls.poll(1_101) is not None
