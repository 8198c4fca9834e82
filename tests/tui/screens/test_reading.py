"""Reading a long conversation: what is above is loaded, the view stays where it is, and what is new is marked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import odoochat
from odoochat.events import Event, InboxReceived
from odoochat.sandbox import Sandbox
from odoochat.tui.app import Profile
from odoochat.tui.message_window import MAX_MESSAGES
from odoochat.tui.widgets.row_list import RowList
from tests.net.front import front
from tests.tui.chat_pilot import ChatPilot, opened, profile

MANY = 900


def talk(box: Sandbox, first: int, last: int, channel: str = "general") -> None:
    for number in range(first, last):
        box.world.post("bob", channel, f"line {number}.")


def numbers(stand: ChatPilot) -> list[int]:
    texts = [m.text for m in stand.chat.widgets.timeline.window.messages]
    return [int(text[5:-1]) for text in texts if text.startswith("line ")]


def top_line(stand: ChatPilot) -> str:
    """The first line of the conversation that can be seen."""
    region = stand.chat.widgets.timeline.region
    return stand.text.split("\n")[region.y][region.x : region.right - 1].strip()


async def test_what_is_above_is_loaded_and_below_again(box: Sandbox, tmp_path: Path) -> None:
    talk(box, 0, MANY)
    async with opened(profile(box.url, "alice", "alice"), folder=tmp_path) as stand:
        await stand.connected()
        await stand.shows(f"line {MANY - 1}.")
        seen: set[int] = set()
        for _ in range(400):
            seen |= set(numbers(stand))
            assert numbers(stand) == sorted(set(numbers(stand)))
            assert len(stand.chat.widgets.timeline.window.messages) <= MAX_MESSAGES
            if stand.chat.widgets.timeline.window.at_start:
                break
            await stand.press("pageup")
            await stand.pilot.pause(0.01)
        assert seen == set(range(MANY))
        assert not stand.chat.widgets.timeline.window.at_end, "the newest have left the memory"
        for _ in range(400):
            await stand.press("pagedown")
            await stand.pilot.pause(0.01)
            if stand.chat.widgets.timeline.at_bottom:
                break
        await stand.shows(f"line {MANY - 1}.")
        # All of it is on disk now, and known to be without holes: no server is needed to read it again.
        await box.close()
        await stand.press("escape", "home", "home")
        for _ in range(400):
            await stand.press("pageup")
            await stand.pilot.pause(0.01)
            if stand.chat.widgets.timeline.window.at_start or 0 in numbers(stand):
                break
        assert 0 in numbers(stand)


async def test_the_view_stays_where_it_is_and_what_is_new_is_marked(alice: ChatPilot, box: Sandbox) -> None:
    talk(box, 0, 80)
    await alice.shows("line 79.")
    for _ in range(2):
        await alice.press("pageup")
    await alice.pilot.pause(0.1)
    before = top_line(alice)
    assert before
    talk(box, 80, 87)
    await alice.shows("7 new")
    assert top_line(alice) == before
    await alice.pilot.resize_terminal(80, 24)
    await alice.pilot.pause(0.1)
    words = re.compile(r"line \d+\.")
    assert words.findall(top_line(alice)) == words.findall(before)
    await alice.press("escape", "end")
    await alice.shows("line 86.")
    await alice.until(lambda: "7 new" not in alice.text)
    await alice.until(lambda: alice.chat.conversation.info.unread == 0, "all read")


async def test_each_conversation_keeps_its_draft_and_its_place(alice: ChatPilot, box: Sandbox) -> None:
    talk(box, 0, 80)
    await alice.shows("line 79.")
    await alice.type("for general")
    for _ in range(2):
        await alice.press("pageup")
    await alice.pilot.pause(0.1)
    place = alice.chat.widgets.timeline.anchor_id
    await alice.press("alt+down")
    assert alice.chat.conversation.info.name == "random"
    assert alice.chat.widgets.composer.text == ""
    await alice.type("for random")
    await alice.until(lambda: "✎" in alice.text, "the sign of a draft")
    await alice.press("ctrl+b")
    assert alice.chat.widgets.composer.text == "for general"
    assert alice.chat.widgets.timeline.anchor_id == place
    await alice.idle()
    assert alice.chat.widgets.timeline.anchor_id == place
    await alice.press("alt+down")
    assert alice.chat.widgets.composer.text == "for random"


async def test_a_hole_in_the_cache_is_filled(box: Sandbox, tmp_path: Path) -> None:
    async with opened(profile(box.url, "alice", "alice"), folder=tmp_path) as stand:
        await stand.connected()
    talk(box, 0, 200)
    async with opened(profile(box.url, "alice", "alice"), folder=tmp_path) as stand:
        await stand.connected()
        await stand.shows("line 199.")
        assert numbers(stand) == [*range(numbers(stand)[0], 200)]
        for _ in range(200):
            await stand.press("pageup")
            await stand.pilot.pause(0.01)
            if stand.chat.widgets.timeline.window.at_start:
                break
        assert numbers(stand) == [*range(200)]
        assert any("coffee" in m.text for m in stand.chat.widgets.timeline.window.messages)


async def test_messages_that_come_at_once_are_marked_together(box: Sandbox, tmp_path: Path) -> None:
    talk(box, 0, 3)
    async with (
        front(box.url) as proxy,
        opened(profile(proxy.url, "alice", "alice"), folder=tmp_path) as stand,
    ):
        await stand.connected()
        await stand.shows("line 2.")
        proxy.seen.clear()
        talk(box, 3, 203)
        await stand.shows("line 202.")
        await stand.idle()
        assert 0 < len([path for path in proxy.seen if "mark_as_read" in path]) < 50
    async with odoochat.connect(box.url, login="alice", password="alice", live=False) as alice:
        assert alice.channel("general").info.unread == 0


async def test_what_was_removed_and_edited_meanwhile_is_seen(box: Sandbox, tmp_path: Path) -> None:
    removed = box.world.post("bob", "general", "soon gone")
    edited = box.world.post("bob", "general", "first words")
    async with opened(profile(box.url, "alice", "alice"), folder=tmp_path) as stand:
        await stand.connected()
        await stand.shows("soon gone")
    box.world.messages.unlink([removed])
    box.world.state.bus.restart()  # that was long ago
    box.world.messages.edit(box.world.uid("bob"), edited, "second words")
    async with opened(profile(box.url, "alice", "alice"), folder=tmp_path) as stand:
        await stand.shows("second words")
        await stand.until(lambda: "soon gone" not in stand.text)


async def test_an_old_message_is_found_and_the_way_back_goes_on(alice: ChatPilot, box: Sandbox) -> None:
    box.world.post("bob", "random", "the needle")
    talk(box, 0, 300, "random")
    await alice.press("ctrl+g")
    await alice.type("the needle")
    await alice.until(lambda: "Bob: the needle" in alice.text)
    await alice.press("enter")
    await alice.until(lambda: getattr(alice.chat.conversation.target, "text", "") == "the needle")
    assert alice.chat.conversation.info.name == "random"
    for _ in range(300):
        await alice.press("pagedown")
        await alice.pilot.pause(0.01)
        if alice.chat.widgets.timeline.at_bottom:
            break
    assert numbers(alice)[-1] == 299
    assert numbers(alice) == [*range(numbers(alice)[0], 300)]
    talk(box, 300, 301, "random")
    await alice.shows("line 300.")


async def test_a_mention_that_i_look_at_leaves_my_inbox(alice: ChatPilot, box: Sandbox) -> None:
    client = alice.screen.session.client
    assert client is not None
    received: list[Event] = []
    deliver = alice.screen.session.deliver
    alice.screen.session.deliver = lambda event: (received.append(event), deliver(event))  # type: ignore[assignment,func-returns-value]
    box.world.post("bob", "general", "@Alice look", partners=[box.world.partner("alice")])
    await alice.shows("@Alice look")
    await alice.until(lambda: any(isinstance(e, InboxReceived) for e in received), "the mention")
    await alice.until(lambda: client.inbox.counters.inbox == 0, "that it is read")
    await alice.until(lambda: alice.chat.conversation.info.needaction == 0)
    assert [m.id async for m in client.inbox.messages()] == []


async def test_the_switcher_knows_the_signs_that_it_shows(alice: ChatPilot, box: Sandbox) -> None:
    async def offered(text: str) -> list[Any]:
        await alice.press("ctrl+k")
        await alice.until(lambda: getattr(alice.app.screen, "heading", "") == "Go to")
        await alice.type(text)
        rows = alice.app.screen.query_one(RowList)
        await alice.until(lambda: alice.app.screen.query_one("Input").value == text)  # type: ignore[attr-defined]
        await alice.idle()
        found = [row.key for row in rows.rows]
        await alice.press("escape")
        return found

    random = next(i.id for i in alice.screen.session.channels.values() if i.name == "random")
    assert await offered("#ran") == [("channel", random)]
    assert {key[0] for key in await offered("@a")} <= {"person", "channel"}
    assert all(what == "command" for what, _ in await offered(":e"))
    found = await offered("@bo")
    assert [what for what, _ in found][:1] == ["channel"]
    assert ("person", box.world.partner("bob")) not in found, "he has a chat with me: he is offered once"


async def test_a_start_that_fails_shows_the_whole_reason(box: Sandbox, tmp_path: Path) -> None:
    wrong = Profile("wrong", "wrong", lambda _: odoochat.connect(box.url, login="alice", password="no"))
    async with opened(wrong, folder=tmp_path, size=(60, 16)) as stand:
        await stand.until(lambda: getattr(stand.app.screen, "heading", "") == "Cannot connect")
        await stand.shows("Try again")
        shown = " ".join(stand.text.split())
        assert "password" in shown
        assert "alice" in shown
