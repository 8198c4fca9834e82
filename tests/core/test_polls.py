"""Known polls: what each patch changes, and which events it causes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from odoochat.core import polls as module
from odoochat.core.polls import KnownPolls
from odoochat.events import PollChanged
from odoochat.model import Poll, PollOption
from odoochat.wire.updates import PollOptionPatch, PollPatch, PollsPatch

ENDS = datetime(2026, 11, 22, 20, tzinfo=UTC)
PIZZA, SOUP = PollOption(11, "Pizza", "🍕"), PollOption(12, "Soup")
LUNCH = Poll(3, "Lunch?", (PIZZA, SOUP), ENDS)
STARTED = PollsPatch(
    polls=(PollPatch(3, "Lunch?", (ENDS,), False, False, (11, 12), 40),),
    options=(PollOptionPatch(12, 3, "Soup"), PollOptionPatch(11, 3, "Pizza", "🍕")),
    started=((3, 40),),
)


def started() -> KnownPolls:
    polls = KnownPolls()
    assert polls.apply(STARTED) == [PollChanged(LUNCH, 40)]
    return polls


def test_a_started_poll_is_known_by_its_id_and_its_message() -> None:
    polls = started()
    assert polls.poll(3) == polls.of_message(40) == LUNCH
    assert (polls.poll(4), polls.of_message(41)) == (None, None)
    assert polls.apply(STARTED) == [], "the same facts change nothing"
    assert polls.apply(PollsPatch()) == []


def test_a_vote_names_the_option_alone() -> None:
    polls = started()
    (changed,) = polls.apply(
        PollsPatch(options=(PollOptionPatch(11, votes=2, mine=True), PollOptionPatch(12, votes=1)))
    )
    voted = Poll(3, "Lunch?", (PollOption(11, "Pizza", "🍕", 2, True), PollOption(12, "Soup", "", 1)), ENDS)
    assert changed == PollChanged(voted, 40)
    assert polls.apply(PollsPatch(options=(PollOptionPatch(99, votes=1),))) == [], "an option of an unknown poll"
    assert polls.poll(1) is None
    (changed,) = polls.apply(PollsPatch(options=(PollOptionPatch(99, votes=1), PollOptionPatch(11, votes=3))))
    assert changed.poll is not None
    assert changed.poll.options[0].votes == 3


def test_changed_facts_of_a_poll_keep_the_others() -> None:
    polls = started()
    (changed,) = polls.apply(PollsPatch(polls=(PollPatch(3, "Dinner?", (None,), True, True),)))
    assert changed == PollChanged(Poll(3, "Dinner?", (PIZZA, SOUP), None, closed=True, several=True), 40)
    (changed,) = polls.apply(PollsPatch(polls=(PollPatch(3, option_ids=(12, 13)),)))
    assert changed.poll is not None
    assert changed.poll.options == (SOUP, PollOption(13))
    (changed,) = polls.apply(PollsPatch(options=(PollOptionPatch(13, label="Rice"),)))
    assert changed.poll is not None
    assert changed.poll.options == (SOUP, PollOption(13, "Rice"))


def test_a_poll_is_reported_when_its_question_is_known() -> None:
    polls = KnownPolls()
    assert polls.apply(PollsPatch(options=(PollOptionPatch(11, 3, "Pizza"),))) == []
    (changed,) = polls.apply(PollsPatch(polls=(PollPatch(3, "Lunch?", message_id=40),)))
    assert changed == PollChanged(Poll(3, "Lunch?", (PollOption(11, "Pizza"),)), 40)
    assert polls.of_message(40) is polls.poll(3)


def test_a_message_without_its_poll_deletes_it() -> None:
    polls = started()
    polls.apply(PollsPatch(polls=(PollPatch(4, "Tea?", option_ids=(21,), message_id=50),)))
    assert polls.apply(PollsPatch(without=(40, 41))) == [PollChanged(None, 40)]
    assert (polls.poll(3), polls.of_message(40)) == (None, None)
    assert polls.of_message(50) is not None
    assert polls.apply(PollsPatch(options=(PollOptionPatch(11, votes=1),))) == []
    assert polls.poll(3) is None, "its options are unknown now"
    assert polls.apply(PollsPatch(without=(40,))) == []


def test_the_message_of_a_poll_may_be_known_first() -> None:
    polls = KnownPolls()
    assert polls.apply(PollsPatch(started=((3, 40),))) == []
    assert polls.of_message(40) is None
    assert polls.apply(PollsPatch(polls=(PollPatch(3, "Lunch?"),))) == [PollChanged(Poll(3, "Lunch?"), 40)]
    assert polls.apply(PollsPatch(started=((9, 90),), without=(90,))) == []
    assert polls.apply(PollsPatch(without=(90,))) == [PollChanged(None, 90)]


def test_the_oldest_polls_are_forgotten() -> None:
    polls = KnownPolls()
    many = range(1, module.REMEMBERED + 3)
    polls.apply(PollsPatch(polls=tuple(PollPatch(n, "?", message_id=n + 5000) for n in many)))
    assert [polls.poll(n) is None for n in (1, 2, 3, many[-1])] == [True, True, False, False]
    assert polls.of_message(5001) is None
    polls.apply(PollsPatch(started=tuple((n + 10_000, n + 20_000) for n in range(2 * module.REMEMBERED))))
    assert polls.of_message(many[-1] + 5000) is None, "nor are there more messages of polls than twice as many"
    assert polls.apply(PollsPatch(without=(20_000,))) == [PollChanged(None, 20_000)]


@pytest.mark.parametrize("poll", [None, 40])
def test_the_event_names_the_message_where_it_is_known(poll: int | None) -> None:
    polls = KnownPolls()
    assert polls.apply(PollsPatch(polls=(PollPatch(3, "Lunch?", message_id=poll),)))[0].message_id == poll


def test_options_of_several_polls_are_known_at_once() -> None:
    polls = started()
    polls.apply(PollsPatch(polls=(PollPatch(4, "Tea?", option_ids=(21,)),)))
    for number, option in ((3, 11), (4, 21)):
        (changed,) = polls.apply(PollsPatch(options=(PollOptionPatch(option, votes=1),)))
        assert changed.poll == polls.poll(number)


def test_a_poll_without_a_question_is_kept_until_it_has_one() -> None:
    polls = KnownPolls()
    polls.apply(PollsPatch(polls=(PollPatch(3, option_ids=(11,)),), options=(PollOptionPatch(21, 4, "Tea"),)))
    assert polls.poll(3) == Poll(3, "", (PollOption(11),))
    assert polls.poll(4) == Poll(4, "", (PollOption(21, "Tea"),))


def test_polls_without_a_message_are_forgotten_too() -> None:
    polls = KnownPolls()
    polls.apply(PollsPatch(polls=tuple(PollPatch(n, "?") for n in range(1, module.REMEMBERED + 2))))
    assert polls.poll(1) is None
