"""The outbox: order per channel, states, recognition of the user's own messages, and the file that outlives a restart."""

from __future__ import annotations

import functools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.core.outbox import OWN, Outbox, OutboxEntry
from odoochat.model import EPOCH, Author, ChannelRef, Me, Message
from odoochat.wire.requests.messages import OutgoingMessage

ME = Me(5, 6, "Alice")


def entry(local_id: str, channel: int = 1, text: str = "hi") -> OutboxEntry:
    return OutboxEntry(OutgoingMessage(channel, text, local_id), text)


def message(text: str, *, author: int = 6, channel: int = 1, local_id: str | None = None) -> Message:
    return Message(9, ChannelRef(channel), Author(author), text, text, EPOCH, local_id=local_id)


def test_the_message_id_is_made_from_the_local_id():
    assert OutgoingMessage(1, "x", "ab").message_id == "<ab@odoochat>"


def test_messages_of_a_channel_go_in_order() -> None:
    outbox = Outbox()
    for local_id, channel in (("a", 1), ("b", 2), ("c", 1)):
        outbox.put(entry(local_id, channel))
    assert [e.local_id for e in outbox] == ["a", "b", "c"]
    assert len(outbox) == 3
    first = outbox.first(1)
    assert first is not None
    assert first.local_id == "a"
    assert outbox.drop("a") is first
    assert outbox.drop("a") is None
    following = outbox.first(1)
    assert following is not None
    assert following.local_id == "c"
    assert outbox.first(3) is None


def test_the_states_of_a_message() -> None:
    outbox = Outbox()
    outbox.put(entry("a"))
    made = outbox.get("a")
    assert made is not None
    states = [made.state]
    sending = functools.partial(outbox.sending, now=5.0)
    for step in (sending, outbox.unclear, outbox.not_sent, sending, outbox.drop_later):
        step("a")
        states.append(made.state)
    assert states == ["waiting", "sending", "unclear", "waiting", "sending", "posted"]
    assert made.attempts == 2
    assert made.sent_at == 5.0
    made.looks = 3
    outbox.sending("a", 0.0)
    assert made.looks == 0, "each post is looked for anew"


def test_an_entry_is_found_again_by_its_local_id() -> None:
    outbox = Outbox()
    outbox.put(entry("a"))
    assert outbox.get("b") is None
    found = outbox.get("a")
    assert found is not None
    assert (found.local_id, found.state, found.attempts) == ("a", "waiting", 0)


def test_a_message_with_the_id_that_the_server_gave_is_recognised() -> None:
    outbox = Outbox()
    outbox.own(9, "a")
    assert outbox.owns(9)
    assert outbox.recognise(message("any text"), ME).local_id == "a"
    for number in range(10, 9 + OWN):
        outbox.own(number, "b")
    assert outbox.owns(9)
    outbox.own(9 + OWN, "b")
    assert not outbox.owns(9), "the oldest is forgotten"
    assert outbox.owns(10)
    assert outbox.recognise(message("any text"), ME).local_id is None


def test_my_message_is_recognised_by_channel_author_and_text() -> None:
    outbox = Outbox()
    outbox.put(entry("a", 1, "<p>a &lt; b</p>"))
    assert outbox.recognise(message("a < b"), ME).local_id is None, "it is not under way yet"
    outbox.sending("a", 0.0)
    assert outbox.recognise(message("a < b"), ME).local_id == "a"
    assert outbox.recognise(message("other"), ME).local_id is None
    assert outbox.recognise(message("a < b", author=7), ME).local_id is None
    assert outbox.recognise(message("a < b", channel=2), ME).local_id is None
    assert outbox.recognise(message("a < b", local_id="echo"), ME).local_id == "echo"
    outbox.unclear("a")
    assert outbox.recognise(message("a < b"), ME).local_id == "a"


def test_the_second_of_two_equal_texts_is_not_taken_for_the_first() -> None:
    outbox = Outbox()
    outbox.put(entry("a"))
    outbox.put(entry("b"))
    outbox.sending("a", 0.0)
    outbox.own(8, "a")
    outbox.drop_later("a")
    outbox.sending("b", 0.0)
    assert outbox.recognise(msgspec.structs.replace(message("hi"), id=8), ME).local_id == "a"
    assert outbox.recognise(message("hi"), ME).local_id == "b", "the response with its id is still on the way"


def test_a_guest_with_my_number_is_not_me() -> None:
    outbox = Outbox()
    outbox.put(entry("a"))
    outbox.sending("a", 0.0)
    guest = Message(9, ChannelRef(1), Author(6, "guest"), "hi", "hi", EPOCH)
    assert outbox.recognise(guest, ME) is guest


texts = st.text(st.characters(codec="utf-8"), max_size=9)
entries = st.builds(
    OutboxEntry,
    message=st.builds(
        OutgoingMessage,
        channel_id=st.integers(1, 3),
        html=texts,
        local_id=st.uuids().map(lambda u: u.hex),
        reply_to=st.none() | st.integers(1),
        attachment_ids=st.lists(st.integers(1), max_size=2).map(tuple),
        partner_ids=st.lists(st.integers(1), max_size=2).map(tuple),
    ),
    text=texts,
    state=st.sampled_from(["waiting", "sending", "unclear", "posted"]),
    attempts=st.integers(0, 5),
    looks=st.integers(0, 5),
)


@given(st.lists(entries, max_size=6, unique_by=lambda e: e.local_id))
def test_what_waits_is_kept_over_a_restart(made: list[OutboxEntry]) -> None:
    outbox, again = Outbox(), Outbox()
    for one in made:
        outbox.put(one)
    again.restore(outbox.export())
    expected = [e for e in made if e.state != "posted"]
    assert [e.local_id for e in again] == [e.local_id for e in expected]
    for before, after in zip(expected, again, strict=True):
        assert after.looks == 0
        assert after.state == ("unclear" if before.state == "sending" else before.state)
        assert (after.message, after.text) == (before.message, before.text)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'[{"local_id": 1}]', b"\xff"])
def test_an_invalid_outbox_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w+") as caught:
        Outbox().restore(data)
    assert str(caught.value) != "None"


def test_a_message_of_an_earlier_process_is_of_this_one_once_it_is_posted() -> None:
    outbox = Outbox()
    outbox.put(msgspec.structs.replace(entry("a"), again=True, looks=2))
    outbox.sending("a", 5.0)
    found = outbox.get("a")
    assert found is not None
    assert (found.state, found.attempts, found.looks, found.again) == ("sending", 1, 0, False)
