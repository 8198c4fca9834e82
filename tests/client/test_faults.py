"""Never lose, never double: every fault of the sandbox, on every version and transport."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

import odoochat
from odoochat import (
    BadCredentials,
    ChannelChanged,
    ChannelJoined,
    Event,
    LinkChanged,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    TimedOut,
    Unreachable,
)
from odoochat.client.post_order import in_order
from odoochat.client.publisher import Publisher
from odoochat.sandbox import Sandbox
from tests.client.conftest import cut, listening
from tests.timings import QUICK, UNSWEPT, quick_connect


def vias(box: Sandbox) -> tuple[str, ...]:
    return ("websocket", "peek", "rpc") if box.version >= 16 else ("longpoll", "rpc")


def say(box: Sandbox, *texts: str, channel: str = "general", login: str = "bob") -> list[str]:
    for text in texts:
        box.world.post(login, channel, text)
    return list(texts)


def hold_room(monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Keep events from being published for now. Returns when one waits, and an event that lets all continue."""
    waiting, room = asyncio.Event(), asyncio.Event()
    wait_for_room = Publisher.wait_for_room

    async def wait(self: Publisher, *, lasting: bool = True) -> None:
        waiting.set()
        await room.wait()
        await wait_for_room(self, lasting=lasting)

    monkeypatch.setattr(Publisher, "wait_for_room", wait)
    return waiting, room


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 4001, 4002, 4003])
async def test_after_each_close_code_the_link_comes_back(box19, code):
    async with listening(box19) as listener:
        texts = say(box19, "before")
        await listener.each_once(texts)
        box19.faults.drop(code)
        texts += say(box19, "during 1", "during 2")
        await listener.each_once(texts)
        await listener.link("open", "websocket", since=1)
        texts += say(box19, "after")
        await listener.each_once(texts)
        listener.assert_order()


async def test_a_cut_line_loses_nothing(box):
    for via in vias(box):
        async with listening(box, transport=via) as listener:
            texts = []
            for round in range(3):
                texts += say(box, *(f"{via} {round} {n}" for n in range(5)))
                box.faults.drop(1006)
                texts += say(box, *(f"{via} {round} cut {n}" for n in range(5)), channel="support")
            await listener.each_once(texts)
            listener.assert_order()


async def test_lost_notifications_are_found(box):
    for via in vias(box):
        async with listening(box, transport=via) as listener:
            texts = say(box, f"{via} received")
            await listener.each_once(texts)
            box.faults.lose(30)
            texts += say(box, f"{via} lost 1", f"{via} lost 2")
            await listener.each_once(texts)
            box.faults.clear()


async def test_doubled_and_reordered_notifications_come_once(box):
    for via in vias(box):
        async with listening(box, transport=via) as listener:
            box.faults.duplicate(20)
            texts = say(box, *(f"{via} doubled {n}" for n in range(5)))
            await listener.each_once(texts)
            box.faults.clear()
            box.faults.reorder(4)
            texts += say(box, *(f"{via} turned {n}" for n in range(4)))
            await listener.each_once(texts)
            box.faults.clear()


async def test_a_late_commit_below_what_was_received_is_delivered(box):
    for via in vias(box):
        async with listening(box, transport=via) as listener:
            with box.faults.late_commit("carol"):
                late = say(box, f"{via} late", channel="support", login="carol")
                early = say(box, f"{via} early")
                await listener.each_once(early)
                assert late[0] not in {m.text for m in listener.posted()}
            await listener.each_once([*early, *late])
            ids = [m.id for m in listener.posted() if m.text in (*early, *late)]
            assert ids[0] > ids[1], "the lower id was to come second"


async def test_a_late_commit_across_a_reconnect_is_delivered(box):
    async with listening(box) as listener:
        with box.faults.late_commit("carol"):
            late = say(box, "late", channel="support", login="carol")
            early = say(box, "early")
            await listener.each_once(early)
            since = len(listener.events)
            await cut(box, listener.odoo)
            await listener.link("open", since=since)
        await listener.each_once([*early, *late])


async def test_an_expired_session_is_renewed(box):
    for via in vias(box)[:-1]:
        async with listening(box, transport=via) as listener:
            box.faults.expire_session("alice")
            texts = say(box, *(f"{via} {n}" for n in range(3)))
            await listener.each_once(texts)
            texts += say(box, f"{via} after")
            await listener.each_once(texts)
            listener.assert_order()


async def test_a_rotated_session_is_followed(box19):
    async with listening(box19) as listener:
        for n in range(3):
            box19.faults.rotate_session("alice")
            message = await listener.odoo.channel("general").send(f"mine {n}")
            box19.faults.drop(4002)
            texts = say(box19, f"theirs {n}")
            await listener.each_once([*texts, message.text])


async def test_a_changed_password_ends_the_link_with_the_reason(box19):
    async with quick_connect(box19.url, login="alice", password="alice") as odoo:
        await odoo.link.wait_open(10)
        received = odoo.events(LinkChanged, MessagePosted)
        box19.faults.change_password("alice", "other")
        say(box19, "the socket hears of it with the next notification")
        last: Event | None = None
        with pytest.raises(BadCredentials, match="could not be renewed"):
            while True:
                last = await received.get(10)
        assert isinstance(last, LinkChanged)
        assert (last.state, last.via) == ("closed", None)


async def test_a_refused_websocket_is_replaced_by_polling_and_upgraded_again(box19):
    for status in (404, 502):
        async with listening(box19) as listener:
            box19.faults.refuse_websocket(status)
            box19.faults.drop(1006)
            since = len(listener.events)
            await listener.link("open", "peek", since=since)
            texts = say(box19, f"{status} polled")
            await listener.each_once(texts)
            box19.faults.accept_websocket()
            await listener.link("open", "websocket", since=since)
            texts += say(box19, f"{status} live again")
            await listener.each_once(texts)
            links = [e for e in listener.events if isinstance(e, LinkChanged)]
            assert links[-1].via == "websocket"


async def test_a_silent_websocket_does_not_count_as_open(box19):
    box19.faults.silent()
    timing = msgspec.structs.replace(QUICK, echo=0.2)
    async with quick_connect(box19.url, login="alice", password="alice", timing=timing) as odoo:
        await odoo.link.wait_open(10)
        assert odoo.via == "peek"


async def test_a_half_open_connection_is_found(box19):
    async with listening(box19, timing=msgspec.structs.replace(QUICK, heartbeat=0.4)) as listener:
        since = len(listener.events)
        box19.faults.half_open()
        texts = say(box19, "into the void")
        await listener.link("open", since=since)
        await listener.each_once(texts)


async def test_bus_ids_that_fall_back_are_followed(box):
    for via in vias(box)[:-1]:
        async with listening(box, transport=via) as listener:
            texts = say(box, *(f"{via} {n}" for n in range(5)))
            await listener.each_once(texts)
            box.faults.lower_bus_ids()
            texts += say(box, f"{via} after the fall", channel="support")
            await listener.each_once(texts)


@pytest.mark.parametrize("version", [14, 16, 19, 20])
async def test_bus_ids_that_fall_back_while_the_link_is_down_are_noticed_without_a_sweep(version):
    async with Sandbox(version) as box:
        for via in vias(box)[:-1]:
            async with listening(box, transport=via, timing=UNSWEPT) as listener:
                await listener.each_once(say(box, *(f"{via} {n}" for n in range(5))))
                since = len(listener.events)
                box.faults.fail(1_000, 503)
                await cut(box, listener.odoo)
                box.faults.lower_bus_ids()
                box.faults.clear()
                await listener.link("open", since=since)
                await listener.each_once([text for n in range(3) for text in say(box, f"{via} after the fall {n}")])


@pytest.mark.parametrize("version", [16, 19])
async def test_a_new_channel_is_subscribed_to_although_the_inbox_cannot_be_fetched(version, monkeypatch):
    async with Sandbox(version) as box, listening(box, timing=UNSWEPT) as listener:

        async def fail(self: Publisher) -> None:
            raise Unreachable("cut")

        box.faults.lose(30)
        box.world.channels.create(box.world.uid("bob"), "new", "channel", partners=[box.world.partner("alice")])
        box.faults.clear()
        with monkeypatch.context() as patch, pytest.raises(Unreachable):
            patch.setattr(Publisher, "refresh_counters", fail)
            await listener.odoo.refresh()
        await listener.each_once(say(box, "subscribed", channel="new"))


async def test_a_refresh_whose_caller_gives_up_still_reports_and_subscribes(box19, monkeypatch):
    async with listening(box19, timing=UNSWEPT) as listener:
        box19.faults.lose(30)
        box19.world.channels.create(box19.world.uid("bob"), "new", "channel", partners=[box19.world.partner("alice")])
        box19.faults.clear()
        waiting, room = hold_room(monkeypatch)
        refresh = asyncio.create_task(listener.odoo.refresh())
        await waiting.wait()
        refresh.cancel()
        await asyncio.gather(refresh, return_exceptions=True)
        room.set()
        await listener.until(lambda: any(isinstance(e, ChannelJoined) for e in listener.events), "the new channel")
        await listener.each_once(say(box19, "subscribed", channel="new"))


async def test_a_post_without_a_link_drops_none_of_the_messages_before_it(box19):
    """More messages were missed than fit into the subscription of the sender, who reads it after the post."""
    async with quick_connect(box19.url, login="alice", password="alice", transport="websocket") as alice:
        await alice.link.wait_open(20)
        async with alice.events(MessagePosted, maxsize=5) as events:
            box19.faults.refuse_websocket()
            await cut(box19, alice)
            missed = say(box19, *(f"missed {number}" for number in range(20)))
            sent = await alice.channel("general").send("and one of mine")
            box19.faults.accept_websocket()
            got = [await events.get(20) for _ in range(21)]
            assert [e.message.text if isinstance(e, MessagePosted) else e for e in got] == [*missed, sent.text]
            assert got[-1].message == sent
            assert events.missed == 0


async def test_a_change_beside_a_refresh_is_reported_last(box19, monkeypatch):
    async with listening(box19, timing=UNSWEPT) as listener:

        def described() -> list[str]:
            return [e.channel.description for e in listener.events if isinstance(e, ChannelChanged)]

        def describe(text: str) -> None:
            box19.world.channels.change(box19.world.uid("bob"), general.id, {"description": text})

        general = listener.odoo.channel("general")
        box19.faults.lose(30)
        describe("found by the refresh")
        box19.faults.clear()
        waiting, room = hold_room(monkeypatch)
        refresh = asyncio.create_task(listener.odoo.refresh())
        await waiting.wait()
        describe("live")
        await listener.until(lambda: "live" in described(), "the live change")
        room.set()
        await refresh
        await listener.each_once(say(box19, "afterwards"))
        assert general.info.description == "live"
        assert described()[-1] == "live"


async def test_another_version_is_spoken_to(box19):
    async with listening(box19) as listener:
        assert listener.odoo.server.version.major == 19
        since = len(listener.events)
        box19.faults.change_version(18)
        await listener.link("open", since=since)
        await listener.each_once(say(box19, "from the other version"))
        assert listener.odoo.server.version.major == 18
        assert (await listener.odoo.channel("general").send("to it")).text == "to it"


async def test_an_answer_that_was_cut_after_the_commit_posts_once(box):
    async with listening(box) as listener:
        before = len(box.world.history("general"))
        box.faults.cut_answer(1, "message_post")
        message = await listener.odoo.channel("general").send("once")
        assert message.text == "once"
        bodies = [row["body"] for row in box.world.history("general")[before:]]
        assert len(bodies) == 1
        await listener.each_once(["once"])
        assert next(m for m in listener.posted() if m.text == "once") == message


async def test_refused_requests_are_tried_again_in_order(box19):
    async with listening(box19) as listener:
        general = listener.odoo.channel("general")
        box19.faults.fail(2, 502)
        sends = [asyncio.create_task(general.send(f"in order {n}")) for n in range(5)]
        messages = await asyncio.gather(*sends)
        assert [m.text for m in messages] == [f"in order {n}" for n in range(5)]
        assert [m.id for m in messages] == sorted(m.id for m in messages)


async def test_edits_and_removals_while_away_are_found(box):
    async with listening(box) as listener:
        first, second, third = [await listener.odoo.channel("general").send(f"text {n}") for n in range(3)]
        since = len(listener.events)
        uid = box.world.uid("alice")
        box.faults.lose(100)
        box.world.messages.edit(uid, first.id, "<p>edited meanwhile</p>")
        box.world.messages.edit(uid, second.id, "", files=[])
        box.world.messages.unlink([third.id], uid)
        box.faults.clear()
        box.faults.drop(1006)

        def changes():
            found = [e for e in listener.events[since:] if isinstance(e, MessageEdited | MessageDeleted)]
            return found if len(found) >= 3 else None

        found = await listener.until(changes, "two removals and an edit")
        edited = {e.message.id: e.message.text for e in found if isinstance(e, MessageEdited)}
        deleted = {e.id for e in found if isinstance(e, MessageDeleted)}
        assert edited == {first.id: "edited meanwhile"}
        assert deleted == {second.id, third.id}


async def test_an_edit_is_received(box):
    """14 sends no notification of edits; the sweep finds them."""
    async with (
        listening(box, "bob") as listener,
        quick_connect(box.url, login="alice", password="alice") as alice,
    ):
        message = await alice.channel("general").send("first")
        await listener.each_once(["first"])
        await alice.channel("general").edit(message, "second")
        event = await listener.until(
            lambda: next((e for e in listener.events if isinstance(e, MessageEdited)), None), "the edit"
        )
        assert (event.message.id, event.message.text) == (message.id, "second")
        assert event.message.author.name == "Alice"


async def test_an_unreachable_server_fails_a_send(box19):
    async with quick_connect(box19.url, login="alice", password="alice", live=False, timeout=0.3) as odoo:
        box19.faults.delay(1.0)
        with pytest.raises(TimedOut, match="unclear whether"):
            await odoo.channel("general").send("into the void")


async def test_a_gap_of_many_messages_streams(box19):
    async with listening(box19) as listener:
        box19.faults.lose(10_000)
        texts = say(box19, *(f"line {n}" for n in range(1500)))
        box19.faults.clear()
        box19.faults.drop(1006)
        await listener.each_once(texts)
        listener.assert_order()
        assert listener._heard.missed == 0


async def test_a_channel_whose_joining_was_not_notified_is_found(box):
    """Sweeps left it out, as the user was not a member before."""
    async with listening(box, "ann") as listener:
        bob = box.world.uid("bob")
        channel = box.world.channels.create(bob, "hidden", "channel")
        box.world.post("bob", channel, "before")
        box.faults.lose(100)
        box.world.channels.invite(bob, channel, [box.world.partner("ann")])
        await listener.each_once(say(box, "after", channel=channel))


def test_messages_of_one_answer_are_put_in_order():
    def posted(number: int, channel: int) -> MessagePosted:
        return MessagePosted(
            odoochat.Message(number, odoochat.ChannelRef(channel), odoochat.Author(1), "", "", datetime.now(UTC))
        )

    typing = odoochat.TypingChanged(odoochat.ChannelRef(1), odoochat.Author(1), True)
    received = in_order([posted(9, 1), posted(4, 2), typing, posted(7, 1), posted(3, 2)])
    assert received == [received[0], received[1], typing, received[3], received[4]]
    assert [(e.message.channel.id, e.message.id) for e in received if isinstance(e, MessagePosted)] == [
        (1, 7),
        (2, 3),
        (1, 9),
        (2, 4),
    ]
