"""In any order of events each message arrives once, none is lost, and the state equals that of an uninterrupted client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from odoochat.client.background import Background
from odoochat.client.delivery import DeliveryPipeline
from odoochat.client.link_status import LinkStatus
from odoochat.client.queries import ServerQueries
from odoochat.client.subscription import Subscribers
from odoochat.client.timing import Timing
from odoochat.core.outbox import Outbox
from odoochat.core.state import ClientState
from odoochat.events import MessageDeleted, MessageEdited, MessagePosted
from odoochat.net.frame_listener import Batch
from odoochat.wire.envelopes.frames import Notification
from tests.client.odoo import BOB, ELSEWHERE, START, Odoo, Session, text

OPEN_AT_MOST = 400.0
PAGE = 4


class Client:
    """A client of the model without a link, and what its subscriber received."""

    def __init__(self, odoo: Odoo, session: Any, clock: Callable[[], float]) -> None:
        self.odoo = odoo
        self.store = ClientState()
        self.store.me = session.me
        self.dispatch = Subscribers()
        self.background = Background()
        bus: Any = self
        delivery = DeliveryPipeline(
            session,
            state=self.store,
            subscribers=self.dispatch,
            outbox=Outbox(),
            queries=ServerQueries(session, self.store, page_size=PAGE),
            status=LinkStatus(),
            bus=bus,
            background=self.background,
            timing=Timing(refresh=-1.0),
            messages_wanted=True,
            clock=clock,
        )
        self.catchup = delivery.catchup
        self.membership = delivery.membership
        self.runner = delivery.catchup_runner
        self.receiver = delivery.receiver
        self.subscribed: set[int] = set()
        self.arrived = self.dispatch.subscribe((MessagePosted, MessageEdited, MessageDeleted), None, 10**6)
        self.bodies: dict[int, str | None] = {}
        self.times: dict[int, int] = {}
        self.order: dict[int, list[int]] = {}

    async def resubscribe(self) -> None:
        await self.subscribe()

    def forget(self) -> None:
        """Replaces the bus, whose ids do not matter here."""

    async def subscribe(self) -> None:
        self.subscribed = set(self.odoo.members)

    async def open(self) -> None:
        await self.subscribe()
        await self.membership.refresh()
        await self.runner.catch_up(reopened=True)
        await self.listen()

    async def hear(self, *items: Notification) -> None:
        # Some frames are collected, as in a burst, and others arrive alone.
        left = self.receiver.deliver_at_once(Batch(items, collected=items[0].id % 2 == 1))
        if left is not None:
            await self.receiver.deliver(left)
        await self.listen()

    async def listen(self) -> None:
        while tasks := self.background.tasks:
            await asyncio.gather(*tasks)
        while self.arrived.pending:
            match await self.arrived.get(0):
                case MessagePosted(message=m):
                    self.times[m.id] = self.times.get(m.id, 0) + 1
                    self.bodies[m.id] = m.html
                    self.order.setdefault(m.channel.id, []).append(m.id)
                    assert m.channel.name, "a message without its channel's name"
                    assert m.author.name == BOB[1]
                case MessageEdited(message=m):
                    self.bodies[m.id] = m.html
                case MessageDeleted(id=number):
                    self.bodies[number] = None


class World:
    """The server, one client with a bad line, and one who is connected all along."""

    def __init__(self) -> None:
        self.odoo = Odoo()
        self.meanwhile: list[tuple[Any, ...]] = []
        self.session = Session(self.odoo, meanwhile=self._meanwhile)
        self.tried = Client(self.odoo, self.session, self.seconds)
        self.steady = Client(self.odoo, Session(self.odoo), self.seconds)
        self.line: list[Notification] = []
        self.steady_line: list[Notification] = []
        self.online = True
        self.late: set[int] = set()
        self.unlinked = 0
        self.edits = 0
        self.begun: set[int] = set()

    def seconds(self) -> float:
        return (self.odoo.now - START).total_seconds()

    async def begin(self) -> None:
        for channel in (1, 2):
            self.odoo.join(channel)
            self.odoo.post(channel, "old")
        self.odoo.wait(5)
        transaction = self.odoo.begin()
        self.odoo.insert(transaction, 1, "open from the beginning")
        self.odoo.post(2, "old, but newer")
        for client in (self.tried, self.steady):
            await client.runner.begin(resume=False)
            await client.subscribe()
        self.begun = set(self.odoo.messages)
        self.odoo.listeners.append(self._sent)

    def _sent(self, channel: int | None, notification: Notification) -> None:
        if channel is None or channel in self.steady.subscribed:
            self.steady_line.append(notification)
        if self.online and (channel is None or channel in self.tried.subscribed):
            self.line.append(notification)

    def _meanwhile(self) -> None:
        if self.meanwhile:
            self.happen(*self.meanwhile.pop(0))

    # ------------------------------------------------------------ what happens on the server

    def happen(self, what: str, number: int) -> None:
        odoo = self.odoo
        channel = number % 3 + 1
        match what:
            case "post":
                odoo.post(channel, f"text {number}")
            case "mail":
                transaction = odoo.begin()
                odoo.insert(transaction, channel, f"mail {number}", date="2020-01-01 08:00:00")
                odoo.commit(transaction)
            case "others write":
                for _ in range(number + 1):
                    odoo.post(ELSEWHERE, "not for you")
            case "ids are used up":
                odoo.skip(10_000 * number)
            case "insert":
                odoo.insert(odoo.begin(), channel, f"late {number}")
            case "edit" | "edit late" if odoo.messages:
                # A second edit within one second that is committed late looks like the first one.
                odoo.wait(1.0 if what == "edit late" else 0.0)
                self.edits += 1
                transaction = odoo.begin()
                chosen = sorted(odoo.messages)[number % len(odoo.messages)]
                transaction.edits.append((chosen, f"<p>edit {self.edits}</p>"))
                if what == "edit":
                    odoo.commit(transaction)
            case "commit" if odoo.open:
                odoo.commit(odoo.open[number % len(odoo.open)])
            case "roll back" if odoo.open:
                odoo.roll_back(odoo.open[number % len(odoo.open)])
            case "unlink" if odoo.messages and self.unlinked < 2:
                self.unlinked += 1
                odoo.unlink(sorted(odoo.messages)[number % len(odoo.messages)])
            case "join" if channel not in odoo.members:
                odoo.join(channel)
            case "leave" if channel in odoo.members:
                odoo.leave(channel)
            case "wait":
                seconds = (0.2, 1.0, 7.0, 45.0, 130.0, 390.0, 700.0)[number % 7]
                oldest = min((t.since for t in odoo.open), default=odoo.now)
                if (odoo.now - oldest).total_seconds() + seconds <= OPEN_AT_MOST or not odoo.open:
                    odoo.wait(seconds)
            case _:
                pass
        odoo.wait(0.3)

    # -------------------------------------------------------------- what happens on the line

    async def step(self, what: str, number: int) -> None:
        client = self.tried
        at = number % len(self.line) if self.line else 0
        match what:
            case "deliver" if self.line:
                await client.hear(self.line.pop(0))
            case "deliver all" if self.line:
                items, self.line = self.line, []
                await client.hear(*items)
            case "deliver out of turn" if self.line:
                self._passed(self.line[:at])
                await client.hear(self.line.pop(at))
            case "deliver twice" if self.line:
                self._passed(self.line[:at])
                await client.hear(self.line[at])
            case "lose" if self.line:
                self._passed([self.line.pop(at)])
            case "cut":
                self._passed(self.line)
                self.online, self.line = False, []
            case "open":
                self.online = True
                await client.open()
            case "sweep" | "poll" if self.online:
                if what == "poll":
                    self.late |= set(self.odoo.committed) - set(client.times)
                await client.runner.catch_up(near=what == "poll", full=what == "sweep" and number % 2 == 0)
                await client.listen()
            case "meanwhile commit" | "meanwhile post" | "meanwhile edit" | "meanwhile join" | "meanwhile leave":
                self.meanwhile.append((what.removeprefix("meanwhile "), number))
            case _:
                self.happen(what, number)
        while self.steady_line:
            items, self.steady_line = self.steady_line, []
            await self.steady.hear(*items)

    def _passed(self, items: list[Notification]) -> None:
        """These come later than others sent after them, or never: their order is lost."""
        for item in items:
            if item.type == "discuss.channel/new_message":
                self.late.add(item.payload["data"]["mail.message"][0]["id"])

    # ------------------------------------------------------------------------- what must hold

    async def end(self) -> None:
        self.meanwhile.clear()
        for transaction in list(self.odoo.open):
            self.odoo.commit(transaction)
        await self.step("open", 0)
        self.check()
        before = dict(self.tried.times)
        await self.step("open", 0)
        assert self.tried.times == before, "a catch-up with nothing to find found something"

    def wanted(self) -> set[int]:
        """Messages that must have been delivered: of my channels, since I am a member, and still there."""
        return {
            i
            for i, row in self.odoo.messages.items()
            if i not in self.begun
            and (since := self.odoo.members.get(row["res_id"])) is not None
            and (max(row["date"], row["create_date"][:19]) > text(since) or since == START)
        }

    def check(self) -> None:
        tried, steady, rows = self.tried, self.steady, self.odoo.messages
        wanted = self.wanted()
        assert wanted - set(tried.times) == set(), "lost"
        assert {i: n for i, n in tried.times.items() if n > 1} == {}, "doubled"
        assert self.begun & set(tried.times) == set(), "old ones delivered"
        assert {i: tried.bodies[i] for i in wanted} == {i: rows[i]["body"] for i in wanted}, "edits not found"
        assert {i for i in tried.times if i not in rows and tried.bodies[i] is not None} <= self.mine_no_more()
        for ids in tried.order.values():
            for n, number in enumerate(ids):
                for earlier in ids[:n]:
                    # A catch-up cannot find a removed message, which may still be delivered after it.
                    if number < earlier and number in rows and number not in self.late:
                        assert self.odoo.committed[number] > self.odoo.committed[earlier], "out of order"
        for number in wanted:
            mine, theirs = tried.store.message(number), steady.store.message(number)
            assert mine is not None
            assert theirs is not None
            assert (mine.html, mine.text, mine.author, mine.date) == (
                theirs.html,
                theirs.text,
                theirs.author,
                theirs.date,
            )
        assert channels(tried.store) == channels(steady.store)
        unread = {i.id: i.unread for i in tried.store.channels()}
        assert unread == {c: self.odoo.unread(c) for c in self.odoo.members}, "unread counts"

    def mine_no_more(self) -> set[int]:
        """Messages removed from channels that the user left, of which the server sends no notification."""
        return {i for c, ids in self.tried.order.items() if self.odoo.members.get(c) != START for i in ids}


def channels(store: ClientState) -> dict[int, Any]:
    return {i.id: msgspec.structs.replace(i, last_activity=None, unread=0) for i in store.channels()}


WORLD = [
    "post",
    "post",
    "insert",
    "insert",
    "commit",
    "commit",
    "roll back",
    "edit",
    "edit late",
    "unlink",
    "join",
    "leave",
    "mail",
    "others write",
    "others write",
    "ids are used up",
]
WORLD += ["wait", "meanwhile commit", "meanwhile post", "meanwhile edit", "meanwhile join", "meanwhile leave"]
LINE = ["deliver", "deliver", "deliver all", "deliver out of turn", "deliver twice", "lose", "cut", "open", "open"]
LINE += ["sweep", "sweep", "poll"]
steps = st.lists(st.tuples(st.sampled_from(WORLD + LINE), st.integers(0, 20)), max_size=40)

# A commit below what was delivered, longer after the start than the floor stays behind.
LATE_AFTER_LONG = [("commit", 0), ("wait", 6), ("open", 0), ("insert", 0), ("post", 0), ("open", 0), ("commit", 0)]
# An edit that began before the newest message known, and became visible after it.
LATE_EDIT = [("post", 0), ("edit late", 2), ("wait", 1), ("post", 1), ("lose", 1), ("open", 0), ("commit", 1)]
LATE_EDIT += [("lose", 0), ("lose", 0)]
# A channel that was another's, then mine, and whose messages speak for it.
JOINED_UNHEARD = [("join", 2), ("post", 2), ("lose", 0), ("post", 2), ("open", 0), ("leave", 2), ("post", 2)]
JOINED_UNHEARD += [("sweep", 0), ("join", 2), ("lose", 0), ("post", 2)]

# Others fill more than a page while I am away.
AWAY_AMONG_OTHERS = [("cut", 0), ("others write", 9), ("post", 0), ("others write", 9), ("post", 1), ("open", 0)]
# A channel that holds a page of what is missing is no longer mine when it is asked for.
LEFT_IN_BETWEEN = [("cut", 0), *[("post", 0)] * 6, ("post", 1), ("meanwhile leave", 0), ("open", 0)]
# A channel is left and joined again while missed messages are fetched, which is no sign of a restored database.
JOINED_AGAIN = [("post", 0), ("leave", 0), ("meanwhile commit", 0), ("meanwhile leave", 1), ("deliver", 0)]
JOINED_AGAIN += [("meanwhile commit", 0), ("meanwhile join", 0), ("sweep", 0)]
# Without the messages of a channel that the user has left, the newest known messages are missing from a response.
LEFT_BEFORE_SWEEP = [*[("post", 0)] * 3, ("open", 0), ("leave", 0), ("sweep", 0), ("deliver", 0)]
# A message is removed before a catch-up, and its notification is received after it.
REMOVED_BEFORE_CATCH_UP = [("post", 0), ("post", 0), ("unlink", 3), ("open", 0), ("deliver", 0)]
# A removal is received before the message that it removes.
REMOVED_BEFORE_RECEIVED = [("post", 0), ("unlink", 3), ("deliver out of turn", 1), ("deliver", 0)]


async def play(story: list[tuple[str, int]]) -> None:
    world = World()
    await world.begin()
    for what, number in story:
        await world.step(what, number)
    await world.end()
    for client in (world.tried, world.steady):
        client.membership.stop()
        await client.background.stop()


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps)
@example(LATE_AFTER_LONG)
@example(LATE_EDIT)
@example(JOINED_UNHEARD)
@example(AWAY_AMONG_OTHERS)
@example(LEFT_IN_BETWEEN)
@example(JOINED_AGAIN)
@example(LEFT_BEFORE_SWEEP)
@example(REMOVED_BEFORE_CATCH_UP)
@example(REMOVED_BEFORE_RECEIVED)
def test_any_story_ends_as_for_one_who_was_connected_all_along(story: list[tuple[str, int]]) -> None:
    asyncio.run(play(story))


async def quiet_world() -> World:
    """A world in which nothing has happened for longer than the horizon, and whose client knows it."""
    world = World()
    await world.begin()
    await world.step("open", 0)
    await world.step("roll back", 0)  # the transaction that is open from the beginning
    await world.step("wait", 6)
    for _ in range(2):  # the first one notes the newest change, which is then older than the horizon
        await world.step("sweep", 0)
        await world.step("wait", 6)
    await world.step("sweep", 0)
    return world


@pytest.mark.parametrize("check", ["poll", "sweep"])
@pytest.mark.parametrize(
    ("story", "requests"),
    [
        ([], 1),
        ([("others write", 3)], 1),
        ([("post", 0), ("lose", 0)], 2),
        ([("edit", 0), ("lose", 0)], 2),
        ([("insert", 1), ("wait", 5), ("commit", 1), ("lose", 0)], 2),
    ],
    ids=["nothing", "others", "post", "edit", "late commit"],
)
async def test_a_quiet_time_is_checked_with_a_short_question(
    check: str, story: list[tuple[str, int]], requests: int
) -> None:
    world = await quiet_world()
    for what, number in story:
        await world.step(what, number)
    calls = world.session.calls
    calls.clear()
    await world.step(check, 1)
    assert "message_ids.write_date" in str(calls[0])
    assert "res_id" not in str(calls[0])
    assert len(calls) == requests, calls
    world.check()
    for client in (world.tried, world.steady):
        client.membership.stop()
        await client.background.stop()


async def test_a_message_that_cannot_be_read_costs_one_more_request_only_once() -> None:
    world = await quiet_world()
    transaction = world.odoo.begin()
    hidden = world.odoo.insert(transaction, 1, "not listed")
    transaction.rows[-1]["message_type"] = "user_notification"
    world.odoo.commit(transaction)
    await world.step("lose", 0)
    world.steady_line.clear()
    counts = []
    for _ in range(3):
        world.session.calls.clear()
        await world.tried.runner.catch_up(near=True)
        counts.append(len(world.session.calls))
    assert counts == [2, 1, 1]
    assert hidden not in world.tried.times
    for client in (world.tried, world.steady):
        client.membership.stop()
        await client.background.stop()
