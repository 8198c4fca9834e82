"""Runs of plain posts, which have the same result as the same notifications delivered one by one."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoochat.client.background import Background
from odoochat.client.delivery import DeliveryPipeline
from odoochat.client.link_status import LinkStatus
from odoochat.client.membership import Membership
from odoochat.client.queries import ServerQueries
from odoochat.client.session import Session
from odoochat.client.subscription import Subscribers
from odoochat.client.timing import Timing
from odoochat.core.known_channels import KnownChannels
from odoochat.core.outbox import Outbox
from odoochat.core.recent_messages import RecentMessages
from odoochat.core.state import ClientState
from odoochat.errors import LinkError
from odoochat.events import Event, MessageDeleted, MessagePosted, ReactionChanged
from odoochat.model import EPOCH, Author, ChannelInfo, ChannelRef, Me, Message, Version
from odoochat.net.frame_listener import Batch
from odoochat.wire.envelopes import frames
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.versions.registry import dialect_for

ALICE, BOB, CAROL = (6, "Alice"), (7, "Bob"), (8, "Company, Carol")
UNKNOWN = None
MAJORS = (14, 15, 16, 17, 18, 19, 20)


class Queries:
    """A server whose channels cannot be fetched, and whose rows contain Carol's plain name."""

    requests = 0

    def __init__(self) -> None:
        self.fetched: list[list[int]] = []

    async def by_ids(self, ids: list[int]) -> list[Message]:
        self.fetched.append(ids)
        return [Message(number, ChannelRef(1), Author(8, "partner", "Carol"), "", "", EPOCH) for number in ids]

    async def top(self, channels: object) -> int:
        self.requests += 1
        raise LinkError("the channels cannot be fetched")


class Client:
    """A client in channels 1 and 2 without a link, and the events that a subscriber received."""

    def __init__(self, major: int, maxsize: int = 10_000) -> None:
        self.dialect = dialect_for(Version(major))
        self.state = ClientState()
        self.state.me = Me(2, ALICE[0], ALICE[1], "alice")
        self.state.renew([ChannelInfo(number, f"channel {number}") for number in (1, 2)])
        session: Any = type("_", (), {"dialect": self.dialect, "calls_models": True, "me": self.state.me})()
        self.queries = Queries()
        subscribers = Subscribers()
        pipeline = DeliveryPipeline(
            cast("Session", session),
            state=self.state,
            subscribers=subscribers,
            outbox=Outbox(),
            queries=cast("ServerQueries", self.queries),
            status=LinkStatus(),
            bus=None,
            background=Background(),
            timing=Timing(),
            messages_wanted=True,
        )
        self.publisher = pipeline.publisher
        self.receiver = pipeline.receiver
        self.queue = subscribers.queue((), None, maxsize)

    def items(self, rows: list[dict[str, Any]], *, typed: bool) -> list[Notification]:
        decoder, found = self.dialect.decoder, list[frames.Item]()
        for row in rows:
            if typed and decoder.posts is None:  # Odoo 14 and 15 have no WebSocket
                body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": [row]}).encode()
                found += decoder.polled.poll(body, status=200, content_type="application/json")
            else:
                found += frames.items(json.dumps([row]), decoder.posts if typed else None)
        return [item for item in found if isinstance(item, Notification)]

    async def collected(self, rows: list[dict[str, Any]]) -> list[Event]:
        left = self.receiver.deliver_at_once(Batch(self.items(rows, typed=True), collected=True))
        if left is not None:
            await self.receiver.deliver(left)
        return self.events()

    async def one_by_one(self, rows: list[dict[str, Any]]) -> list[Event]:
        for item in self.items(rows, typed=False):
            left = self.receiver.deliver_at_once(Batch([item]))
            if left is not None:
                await self.receiver.deliver(left)
        return self.events()

    def events(self) -> list[Event]:
        found: list[Event] = []
        while (event := self.queue.take()) is not None:
            found.append(event)
        return found

    def known(self) -> object:
        return self.state.channels(), self.state.people(), [self.state.message(number) for number in range(1, 40)]


def post(
    major: int, bus_id: int, number: int, author: tuple[int, str] | None, channel: int, body: str
) -> dict[str, Any]:
    """The row of a post."""
    model = "mail.channel" if major < 17 else "discuss.channel"
    when = "2026-11-22 00:00:00"
    message = {"id": number, "body": body, "model": model, "res_id": channel, "date": when, "message_type": "comment"}
    payload: dict[str, Any]
    if major == 14:
        message |= {"author_id": list(author or ()) or False, "channel_ids": [channel]}
        return {"id": bus_id, "channel": ["db", model, channel], "message": message}
    if major == 15:
        payload = {"message": message | {"author_id": list(author or ()) or False}}
    elif major < 18:
        payload = {"message": message | {"author": {"id": author[0], "name": author[1]} if author else False}}
    else:
        record = message | {"thread": {"id": channel, "model": model}}
        store: dict[str, Any] = {"mail.message": [record]}
        if author is not None:
            record |= {"author": {"id": author[0], "type": "partner"}} if major == 18 else {"author_id": author[0]}
            store["res.partner"] = [{"id": author[0], "name": author[1]}]
        payload = {"store_data" if major == 20 else "data": store}
    return {"id": bus_id, "message": {"type": f"{model}/new_message", "payload": {"id": channel, **payload}}}


def removal(bus_id: int, number: int, major: int = 19) -> dict[str, Any]:
    if major == 14:
        message = {"type": "deletion", "message_ids": [number]}
        return {"id": bus_id, "channel": ["db", "res.partner", ALICE[0]], "message": message}
    return {"id": bus_id, "message": {"type": "mail.message/delete", "payload": {"message_ids": [number]}}}


def odd(bus_id: int, kind: str) -> dict[str, Any]:
    return {"id": bus_id, "message": {"type": kind, "payload": {"message": 7, "data": 7, "id": "x"}}}


BODIES = st.sampled_from(
    [
        "<p>plain</p>",
        "<p>a &lt;b&gt; &amp;</p>",
        "",
        "<p>text</p><span class='o-mail-Message-edited'></span>",
        "<ul><li>x",
    ]
)
POSTS = st.tuples(st.integers(1, 30), st.sampled_from([ALICE, BOB, CAROL, UNKNOWN]), st.integers(1, 2), BODIES)
REMOVALS = st.integers(1, 30)
ODD = st.sampled_from(["odd", "discuss.channel/new_message", "mail.channel/new_message", "mail.record/insert"])
STEPS = st.lists(POSTS | REMOVALS | ODD, max_size=25)


def rows_of(major: int, steps: list[Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for bus_id, step in enumerate(steps, 1):
        if isinstance(step, tuple):
            found.append(post(major, bus_id, *step))
        else:
            found.append(removal(bus_id, step, major) if isinstance(step, int) else odd(bus_id, step))
    return found


def number_of(step: Any) -> int:
    return step[0] if isinstance(step, tuple) else step if isinstance(step, int) else 0


@pytest.mark.parametrize("major", MAJORS)
@given(steps=STEPS)
@settings(max_examples=15, deadline=None)
async def test_a_burst_has_the_same_events_as_its_notifications_one_by_one(major: int, steps: list[Any]) -> None:
    posts: dict[int, Any] = {}
    rows = rows_of(major, [posts.setdefault(step[0], step) if isinstance(step, tuple) else step for step in steps])
    fast, general = Client(major), Client(major)
    found, expected = await fast.collected(rows), await general.one_by_one(rows)
    assert sorted(map(repr, found)) == sorted(map(repr, expected))


@pytest.mark.parametrize("major", MAJORS)
@given(steps=STEPS)
@settings(max_examples=15, deadline=None)
async def test_a_burst_with_ascending_ids_has_the_same_order_and_state(major: int, steps: list[Any]) -> None:
    rows = rows_of(major, sorted(steps, key=number_of))
    fast, general = Client(major), Client(major)
    assert list(map(repr, await fast.collected(rows))) == list(map(repr, await general.one_by_one(rows)))
    assert repr(fast.known()) == repr(general.known())


@pytest.mark.parametrize("major", MAJORS)
async def test_plain_posts_take_the_fast_way(major: int, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(major)

    def steps(*_: Any) -> Any:
        raise AssertionError("the general decoder was used")

    monkeypatch.setattr(type(client.dialect.decoder), "steps", steps)
    rows = [post(major, number, number, BOB, 1 + number % 2, f"<p>text {number}</p>") for number in range(1, 41)]
    found = await client.collected(rows)
    assert [event.message.id for event in found if isinstance(event, MessagePosted)] == list(range(1, 41))


async def test_one_request_fetches_the_rows_of_consecutive_posts_that_lack_data() -> None:
    client = Client(14)
    items = client.items([post(14, number, number, BOB, 1, f"<p>{number}</p>") for number in range(1, 41)], typed=True)
    left = client.receiver.deliver_at_once(Batch(items, collected=True))
    assert left is not None
    assert client.events() == []
    await client.receiver.deliver(left)
    assert client.queries.fetched == [list(range(1, 41))]
    assert [event.message.id for event in client.events() if isinstance(event, MessagePosted)] == list(range(1, 41))


@pytest.mark.parametrize("major", MAJORS)
async def test_a_burst_takes_authors_from_rows_if_notifications_omit_them(major: int) -> None:
    client = Client(major)
    found = await client.collected([post(major, 1, 1, BOB, 1, "<p>x</p>"), post(major, 2, 2, UNKNOWN, 1, "<p>y</p>")])
    assert [event.message.author.name for event in found if isinstance(event, MessagePosted)] == ["Bob", "Carol"]


async def test_messages_of_a_burst_in_another_order_are_sorted_within_their_channel() -> None:
    client = Client(19)
    rows = [post(19, bus_id, number, BOB, 1, "<p>x</p>") for bus_id, number in enumerate((3, 1, 2), 1)]
    found = await client.collected(rows)
    assert [event.message.id for event in found if isinstance(event, MessagePosted)] == [1, 2, 3]


async def test_messages_that_lack_data_are_sorted_even_if_there_are_more_than_in_a_run() -> None:
    client = Client(14)
    found = await client.collected([post(14, number, 60 - number, BOB, 1, "<p>x</p>") for number in range(1, 50)])
    assert posted(found) == list(range(11, 60))


async def test_messages_of_one_frame_are_sorted_also_if_it_waited_with_others() -> None:
    """A long poll lists rows in the order in which they were created, and the frame may be longer than a run."""
    client = Client(16)
    rows = [post(16, number, 60 - number, BOB, 1, "<p>x</p>") for number in range(1, 50)]
    first, *others = client.items(rows, typed=True)
    work = Batch([first]).joined([Batch(others)])
    assert not work.collected
    await client.receiver.deliver(work)
    assert [event.message.id for event in client.events() if isinstance(event, MessagePosted)] == list(range(11, 60))


def test_batches_with_one_notification_each_are_joined_as_collected_ones() -> None:
    items = Client(16).items([post(16, number, number, BOB, 1, "") for number in range(1, 6)], typed=True)
    joined = Batch(items[:1]).joined([Batch(items[1:4], collected=True), Batch(items[4:])])
    assert joined == Batch(items, collected=True)


@pytest.mark.parametrize("maxsize", [1, 2, 3, 7, 40])
async def test_a_burst_fills_no_queue_beyond_its_size(maxsize: int) -> None:
    client = Client(19, maxsize)
    rows = [post(19, number, number, BOB, 1, f"<p>{number}</p>") for number in range(1, 101)]
    left = client.receiver.deliver_at_once(Batch(client.items(rows, typed=True), collected=True))
    assert left is not None
    assert client.queue.missed == 0
    assert 0 < len(client.queue) <= maxsize
    found = client.events()
    while left is not None:
        for message in left.messages:
            client.publisher.deliver(message, live=True)
            found += client.events()
        left = client.receiver.deliver_at_once(Batch(left.following, collected=True))
        found += client.events()
    assert [event.message.id for event in found if isinstance(event, MessagePosted)] == list(range(1, 101))


async def test_a_removed_message_is_reported_after_the_message() -> None:
    client = Client(19)
    found = await client.collected(
        [removal(1, 5), post(19, 2, 5, BOB, 1, "<p>x</p>"), post(19, 3, 6, BOB, 1, "<p>y</p>")]
    )
    kinds = [(type(event), number) for event in found if (number := changed(event))]
    assert kinds == [(MessageDeleted, 5), (MessagePosted, 5), (MessageDeleted, 5), (MessagePosted, 6)]


def changed(event: Event) -> int:
    if isinstance(event, MessagePosted):
        return event.message.id
    return event.id if isinstance(event, MessageDeleted) else 0


def reaction(bus_id: int, number: int) -> dict[str, Any]:
    rows = [{"message": number, "content": "👍", "count": 1, "sequence": 1, "partners": [BOB[0]], "guests": []}]
    message = {"id": number, "reactions": [["ADD", rows]]}
    payload = {"mail.message": [message], "MessageReactions": rows, "res.partner": [{"id": BOB[0], "name": BOB[1]}]}
    return {"id": bus_id, "message": {"type": "mail.record/insert", "payload": payload}}


def break_keep(monkeypatch: pytest.MonkeyPatch, broken: int) -> None:
    """Let the state raise for one message."""
    whole = RecentMessages.keep

    def fragile(self: RecentMessages, message: Message) -> None:
        if message.id == broken:
            raise RuntimeError("the state cannot be changed")
        whole(self, message)

    monkeypatch.setattr(RecentMessages, "keep", fragile)


def posted(events: list[Event]) -> list[int]:
    return [event.message.id for event in events if isinstance(event, MessagePosted)]


@pytest.mark.parametrize("collected", [False, True])
async def test_the_rest_of_a_batch_is_delivered_if_an_unknown_channel_cannot_be_fetched(collected: bool) -> None:
    client = Client(19)
    await client.collected([post(19, 1, 1, BOB, 1, "<p>known</p>")])
    rows = [
        post(19, 2, 2, BOB, 9, "<p>unknown channel</p>"),
        post(19, 3, 3, BOB, 9, "<p>unknown channel</p>"),
        reaction(4, 1),
        post(19, 5, 4, BOB, 2, "<p>last</p>"),
    ]
    left = client.receiver.deliver_at_once(Batch(client.items(rows, typed=True), collected=collected))
    assert left is not None
    with pytest.raises(LinkError, match="cannot be fetched"):
        await client.receiver.deliver(left)
    found = client.events()
    assert [event.message.id for event in found if isinstance(event, MessagePosted)] == [4]
    assert [event.message_id for event in found if isinstance(event, ReactionChanged)] == [1]
    assert client.queries.requests == 1


@pytest.mark.parametrize("collected", [False, True])
async def test_a_message_whose_state_change_fails_loses_only_itself(
    collected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(19)
    break_keep(monkeypatch, 2)
    rows = [post(19, number, number, BOB, 1, f"<p>{number}</p>") for number in range(1, 21)]
    with pytest.raises(RuntimeError):
        client.receiver.deliver_at_once(Batch(client.items(rows, typed=True), collected=collected))
    monkeypatch.undo()
    found = await client.one_by_one(
        [post(19, 100 + number, number, BOB, 1, f"<p>{number}</p>") for number in (1, 2, 3)]
    )
    assert posted(found) == [1, *range(3, 21), 2]


async def test_an_error_in_a_full_burst_loses_none_of_the_messages_that_wait_for_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = Client(19, 10)
    break_keep(monkeypatch, 2)
    rows = [post(19, number, number, BOB, 1, f"<p>{number}</p>") for number in range(1, 41)]
    left = client.receiver.deliver_at_once(Batch(client.items(rows, typed=True), collected=True))
    assert left is not None
    found = client.events()
    delivery = asyncio.create_task(client.receiver.deliver(left))
    while not delivery.done():
        await asyncio.sleep(0)
        found += client.events()
    assert isinstance(delivery.exception(), RuntimeError)
    assert posted(found) == [1, *range(3, 41)]


@pytest.mark.parametrize("broken", ["personal", "info"])
async def test_a_message_that_the_state_cannot_complete_holds_up_no_other(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(19)
    whole = getattr(ClientState, broken)

    def fragile(self: ClientState, given: Message | int) -> object:
        if (given if isinstance(given, int) else given.channel.id) == 2:
            raise RuntimeError("the state cannot be read")
        return whole(self, given)

    monkeypatch.setattr(ClientState, broken, fragile)
    rows = [post(19, number, number, ALICE, 2 if number == 3 else 1, "<p>x</p>") for number in range(1, 6)]
    async with asyncio.timeout(20):
        with suppress(RuntimeError):
            await client.receiver.deliver(Batch(client.items(rows, typed=True), collected=True))
    assert posted(client.events()) == [1, 2, 4, 5]


@pytest.mark.parametrize("collected", [False, True])
async def test_all_messages_of_a_channel_just_joined_have_its_name(
    collected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(19)

    async def refresh(self: Membership) -> None:
        client.state.renew([ChannelInfo(number, f"channel {number}") for number in (1, 2, 9)])

    monkeypatch.setattr(Membership, "refresh", refresh)
    rows = [post(19, number, number, BOB, 9, "<p>x</p>") for number in (1, 2, 3)]
    await client.receiver.deliver(Batch(client.items(rows, typed=True), collected=collected))
    names = [
        (event.message.id, event.message.channel.name) for event in client.events() if isinstance(event, MessagePosted)
    ]
    assert names == [(1, "channel 9"), (2, "channel 9"), (3, "channel 9")]


async def test_the_rest_of_a_burst_is_delivered_if_a_refresh_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(19)

    async def refresh_for(self: Membership, channels: object) -> None:
        raise LinkError("the channels cannot be fetched")

    monkeypatch.setattr(Membership, "refresh_for", refresh_for)
    left = {"id": 1, "message": {"type": "discuss.channel/leave", "payload": {"id": 1}}}
    rows = [left, *(post(19, number, number, BOB, 2, "<p>x</p>") for number in (2, 3))]
    with pytest.raises(LinkError, match="cannot be fetched"):
        await client.receiver.deliver(Batch(client.items(rows, typed=True), collected=True))
    assert posted(client.events()) == [2, 3]


async def test_messages_are_published_if_their_channel_cannot_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(19)

    def count(self: KnownChannels, messages: object, counted: int) -> None:
        raise RuntimeError("the channel cannot be changed")

    monkeypatch.setattr(KnownChannels, "count", count)
    rows = [removal(1, 2), *(post(19, 1 + number, number, BOB, 1, "<p>x</p>") for number in (1, 2, 3))]
    with pytest.raises(RuntimeError):
        client.receiver.deliver_at_once(Batch(client.items(rows, typed=True), collected=True))
    assert posted(client.events()) == [1, 2, 3]
