"""Which requests find the reactions of older messages, and that none of them empties the inbox."""

from __future__ import annotations

import pytest

from odoochat.model import EPOCH, Author, ChannelRef, Message, RecordRef, Version
from odoochat.wire.requests.call import Route
from odoochat.wire.requests.pages import message_page
from odoochat.wire.requests.reactions import MAX_LOOKUPS, ReactionLookup, reaction_lookups
from odoochat.wire.versions.registry import table_for


def message(number: int, *, needaction: bool = False, record: bool = False) -> Message:
    place = RecordRef("sale.order", 3) if record else None
    return Message(
        number, ChannelRef(0 if record else 1), Author(2), "x", "x", EPOCH, needaction=needaction, record=place,
        reactions_known=False,
    )  # fmt: skip


def lookups(major: int, messages: list[Message], *, session: bool, complete: bool) -> list[ReactionLookup]:
    return reaction_lookups(table_for(Version(major)), messages, session=session, complete=complete)


PAGE = [message(n, needaction=n in (13, 16)) for n in range(10, 20)]


def test_fourteen_has_none_and_keys_ask_up_to_seventeen() -> None:
    assert lookups(14, PAGE, session=True, complete=True) == []
    for major in (15, 16, 17):
        (one,) = lookups(major, PAGE, session=False, complete=True)
        assert one.ids == tuple(range(10, 20))
    for major in (18, 19, 20):
        assert lookups(major, PAGE, session=False, complete=True) == []


def test_eighteen_asks_around_the_middle() -> None:
    (one,) = lookups(18, PAGE, session=True, complete=True)
    assert one.action == Route("/discuss/channel/messages", {"channel_id": 1, "around": 14, "limit": 10})


@pytest.mark.parametrize("major", [19, 20])
@pytest.mark.parametrize("record", [False, True])
def test_from_nineteen_on_pages_leave_out_what_waits_in_the_inbox(major: int, record: bool) -> None:
    page = [message(n, needaction=n in (13, 16), record=record) for n in range(10, 20)]
    found = lookups(major, page, session=True, complete=True)
    inbox = [one for one in found if "inbox" in str(one.action)]
    assert [one.ids for one in inbox] == ([(13, 16)] if major == 19 else [])
    assert [one.ids for one in found if one not in inbox] == [(17, 18, 19), (14, 15), (10, 11, 12)]
    assert "'before': 20, 'limit': 3" in str(found[len(inbox)].action)


@pytest.mark.parametrize("major", [15, 17, 18, 19, 20])
def test_a_whole_page_of_a_history_takes_one_request(major: int) -> None:
    page = [message(n) for n in range(1, 1001)]
    (one,) = lookups(major, page, session=True, complete=True)
    assert sorted(one.ids) == list(range(1, 1001))
    more = lookups(major, [*page, message(1001)], session=True, complete=True)
    assert sorted(i for each in more for i in each.ids) == list(range(1, 1002))
    assert len(more) == 2


def test_hits_of_a_search_are_asked_for_one_by_one() -> None:
    found = lookups(19, [message(n) for n in range(1, 100)], session=True, complete=False)
    assert [one.ids for one in found] == [(n,) for n in range(99, 99 - MAX_LOOKUPS, -1)]
    assert "'before': 100, 'limit': 1" in str(found[0].action)


def test_one_message_takes_no_other_out_of_the_inbox() -> None:
    assert message_page(table_for(Version(18)), "", 1, 7).params == {"channel_id": 1, "around": 7, "limit": 2}
    assert message_page(table_for(Version(19)), "", 1, 7).params == {
        "channel_id": 1,
        "fetch_params": {"before": 8, "limit": 1},
    }
    assert message_page(table_for(Version(18)), "sale.order", 3, 7).params["before"] == 8
