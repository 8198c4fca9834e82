"""The known channels: one object for each channel and name."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoochat.core.known_channels import KnownChannels
from odoochat.core.recent_messages import RecentMessages
from odoochat.model import Author, ChannelInfo, Message, same_facts

BOB = Author(7, "partner", "Bob")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_channel_keeps_its_reference_over_a_list_of_the_server() -> None:
    known = KnownChannels(RecentMessages(100))
    known.renew([ChannelInfo(1, "general"), ChannelInfo(2, "sales")], {})
    general, sales = known.ref(1), known.ref(2)
    known.renew([ChannelInfo(1, "general"), ChannelInfo(2, "orders")], {})
    assert known.ref(1) is general
    assert (sales.name, known.ref(2).name) == ("sales", "orders")


def channels() -> tuple[KnownChannels, RecentMessages]:
    recent = RecentMessages(100)
    known = KnownChannels(recent)
    known.renew([ChannelInfo(1, "general", unread=3), ChannelInfo(2, "Bob", "chat", pinned=False)], {})
    return known, recent


@given(
    st.lists(
        st.tuples(st.sampled_from([1, 2, 3]), st.booleans(), st.sampled_from(["comment", "email", "notification"])),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_messages_counted_together_change_channels_like_each_on_its_own(
    posts: list[tuple[int, bool, str]], order: random.Random
) -> None:
    (together, kept), (alone, kept_alone) = channels(), channels()
    messages = [
        Message(n, together.ref(channel), BOB, "", "", NOW + timedelta(seconds=n), kind=kind, mine=mine)
        for n, (channel, mine, kind) in enumerate(posts, 1)
    ]
    order.shuffle(messages)  # the id of a message that was committed late is low
    with together.reading() as changed, alone.reading() as changed_alone:
        for message in messages:
            kept.keep(message)
        together.count(messages, 4)
        for message in messages:
            kept_alone.keep(message)
            alone.count([message], 4)
    assert together.all() == alone.all()
    for one, other in zip(together.all(), alone.all(), strict=True):
        assert same_facts(one, other)
    assert changed == changed_alone
