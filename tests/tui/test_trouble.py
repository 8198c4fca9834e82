"""Bad days: no traceback, an honest status, and nothing that was typed is lost."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from textual import events

import odoochat
from odoochat import Channel
from odoochat.model import Message
from odoochat.sandbox import Sandbox
from odoochat.tui import keyboard
from odoochat.tui.app import Profile
from odoochat.tui.settings import Settings
from odoochat.tui.storage import drafts as drafts_module
from odoochat.tui.storage.cache import Cache
from odoochat.tui.storage.drafts import Drafts
from odoochat.tui.theme import styles_for

from . import company
from .chat_pilot import ChatPilot, opened, profile


async def test_a_cut_link_is_shown_and_heals(alice: ChatPilot, box: Sandbox) -> None:
    await alice.type("half a sentence")
    box.faults.refuse_websocket()
    box.faults.delay(0.5)
    box.faults.drop(code=1006)
    troubled = ("offline", "connecting", "polling")
    await alice.until(lambda: any(word in alice.chat.widgets.status.words for word in troubled))
    box.world.post("bob", "general", "said during the cut")
    box.faults.clear()
    await alice.shows("said during the cut")
    assert alice.chat.widgets.composer.text == "half a sentence"


def again(box: Sandbox, path: Path) -> Sandbox:
    """The same server, started again."""
    return Sandbox(19, box.port, path=str(path))


async def test_what_is_sent_while_the_server_is_gone_waits_and_arrives(tmp_path: Path) -> None:
    box = await Sandbox(19, path=str(tmp_path / "world")).start()
    async with opened(profile(box.url, "alice", "alice", outbox=tmp_path / "outbox"), folder=tmp_path) as stand:
        await stand.connected()
        await box.close()
        await stand.until(lambda: "live" not in stand.chat.widgets.status.words)
        await stand.type("said to nobody")
        await stand.press("enter")
        await stand.shows("1 message waits")
        await stand.shows("◷")
        await stand.until(
            lambda: "offline" in stand.chat.widgets.status.words or "connecting" in stand.chat.widgets.status.words
        )
        async with again(box, tmp_path / "world"):
            await stand.until(lambda: "sending" not in stand.chat.widgets.status.words, "the message on its way")
            await stand.until(
                lambda: any(m.text == "said to nobody" for m in stand.chat.widgets.timeline.window.messages)
            )


async def test_the_cache_is_read_offline_and_what_is_written_waits_on_disk(tmp_path: Path) -> None:
    box = await Sandbox(19, path=str(tmp_path / "world")).start()
    async with opened(profile(box.url, "alice", "alice"), folder=tmp_path) as stand:
        await stand.connected()
        await stand.type("a draft")
    await box.close()
    async with opened(profile(box.url, "alice", "alice"), folder=tmp_path) as stand:
        await stand.shows("The coffee machine works again")
        await stand.until(lambda: "offline" in stand.chat.widgets.status.words)
        assert stand.chat.widgets.composer.text == "a draft"
        await stand.type(" that is sent")
        await stand.press("enter")
        await stand.shows("1 message waits")
    async with again(box, tmp_path / "world") as box:
        async with opened(profile(box.url, "alice", "alice"), folder=tmp_path) as stand:
            await stand.until(
                lambda: "a draft that is sent" in [m.text for m in stand.chat.widgets.timeline.window.messages]
            )
            await stand.until(lambda: "sending" not in stand.chat.widgets.status.words)
        texts = [row["body"] for row in box.world.history("general")]
    assert sum("a draft that is sent" in text for text in texts) == 1


async def test_an_expired_session_is_renewed_unseen(alice: ChatPilot, box: Sandbox) -> None:
    box.faults.expire_session("alice")
    await alice.type("after the night")
    await alice.press("enter")
    await alice.until(lambda: any(m.text == "after the night" for m in alice.chat.widgets.timeline.window.messages))


async def test_a_changed_password_is_reported_and_what_is_typed_stays(alice: ChatPilot, box: Sandbox) -> None:
    await alice.type("not lost")
    box.faults.change_password("alice", "another")
    box.faults.expire_session("alice")
    box.faults.drop(code=4001, reason="SESSION_EXPIRED")
    await alice.until(lambda: "offline" in alice.chat.widgets.status.words)
    assert alice.chat.widgets.composer.text == "not lost"
    await alice.press("enter")
    await alice.shows("1 message waits")
    box.faults.change_password("alice", "alice")
    await alice.press("f5")
    await alice.until(lambda: any(m.text == "not lost" for m in alice.chat.widgets.timeline.window.messages))


async def test_a_refused_message_stays_and_can_be_edited(
    alice: ChatPilot, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = alice.screen.session

    async def refuse(*_: Any, **__: Any) -> None:
        from odoochat.errors import Rejected

        raise Rejected("UserError", "you may not write here")

    monkeypatch.setattr(Channel, "send", refuse)
    await alice.type("forbidden words")
    await alice.press("enter")
    await alice.shows("✗ not sent: you may not write here")
    await alice.press("escape", "end", "e")
    assert alice.chat.widgets.composer.text == "forbidden words"
    assert not session.drafts.unsent


async def test_a_full_disk_is_reported_and_the_chat_goes_on(alice: ChatPilot, box: Sandbox, monkeypatch: Any) -> None:
    session = alice.screen.session
    pages = session.cache._db.execute("PRAGMA page_count").fetchone()[0]
    session.cache._db.execute(f"PRAGMA max_page_count = {pages}")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("odoochat.tui.storage.drafts.write_private", full)
    for number in range(40):
        box.world.post("bob", "general", f"news {number} " + "x" * 2000)
    await alice.type("typed on a full disk")
    await alice.until(lambda: "cache not saved" in alice.chat.widgets.status.words)
    await alice.until(lambda: "drafts not saved" in alice.chat.widgets.status.words)
    assert alice.chat.widgets.composer.text == "typed on a full disk"
    await alice.press("enter")
    await alice.until(lambda: alice.chat.widgets.timeline.window.messages[-1].text == "typed on a full disk")


@pytest.mark.parametrize(
    "size", [(10, 3), (1, 1), (1, 20), (2, 5), (2, 20), (3, 8), (20, 5), (47, 9), (60, 16), (200, 60)]
)
async def test_any_size(alice: ChatPilot, size: tuple[int, int]) -> None:
    await alice.type("small")
    for keys in ((), ("escape",), ("ctrl+k",), ("escape",), ("f1",), ("escape",), ("ctrl+l",), ("escape",)):
        await alice.press(*keys)
        await alice.pilot.resize_terminal(*size)
        await alice.until(lambda: len(alice.text.split("\n")) == size[1])
        await alice.pilot.resize_terminal(100, 30)
        await alice.until(lambda: len(alice.text.split("\n")) == 30)
    assert alice.chat.widgets.composer.text == "small"
    await alice.press("escape", "i")
    await alice.shows("small")


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_members_have_room_on_a_small_screen(alice: ChatPilot, size: tuple[int, int]) -> None:
    await alice.pilot.resize_terminal(*size)
    await alice.press("f6")
    await alice.shows("Carol")
    await alice.press("f6")
    await alice.until(lambda: not alice.chat.widgets.members.display)
    await alice.shows("Message general")


async def test_two_profiles_at_once(box: Sandbox, tmp_path: Path) -> None:
    profiles = (profile(box.url, "alice", "alice"), profile(box.url, "bob", "bob"))
    async with opened(*profiles, folder=tmp_path) as stand:
        await stand.connected()
        await stand.type("from alice")
        await stand.press("f4")
        await stand.connected()
        assert stand.screen.session.me.name == "Bob"
        stand.chat.conversation.open(box.world.channel("general"))
        await stand.type("from bob")
        await stand.press("enter")
        await stand.press("f4")
        await stand.until(lambda: stand.screen.session.me.name == "Alice")
        await stand.shows("from bob")
        assert stand.chat.widgets.composer.text == "from alice"


def test_a_damaged_cache_is_no_end(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    path.write_bytes(b"no database at all, " * 100)
    cache = Cache(path)
    assert cache.error is None
    assert [each.read_bytes() for each in tmp_path.glob("a.sqlite.damaged-*")] == [b"no database at all, " * 100]
    cache.keep(company.messages())
    assert cache.before(company.GENERAL, None, 10)
    cache.close()


def test_damaged_drafts_are_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{")
    drafts = Drafts(path)
    assert drafts.error and "damaged" in drafts.error
    drafts.keep("1", "new")
    drafts.save()
    assert path.read_text() == "{"
    assert drafts_module.Drafts(path.with_suffix(".new.json")).text("1") == "new"


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    company.fill(tmp_path)
    drafts = Drafts(tmp_path / "d.json")
    drafts.keep("1", "secret")
    assert drafts.save()
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_cache_of_another_user_is_emptied(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "a.sqlite")
    cache.belongs_to("7@db@url")
    cache.keep(company.messages())
    cache.belongs_to("7@db@url")
    assert cache.get(101)
    cache.belongs_to("8@db@url")
    assert cache.get(101) is None
    cache.close()
    assert sqlite3.threadsafety >= 0


async def test_a_key_polls_and_the_status_line_says_why(box: Sandbox, tmp_path: Path) -> None:
    key = box.api_key("alice")
    async with opened(profile(box.url, "alice", "alice", password=None, api_key=key), folder=tmp_path) as stand:
        await stand.shows("polling every 2 s")
        await stand.press("alt+c")
        await stand.shows_toast("an API key has no session")
        await stand.until(lambda: stand.chat.conversation.channel in stand.screen.session.checked)
        box.world.post("bob", "general", "received by polling")
        await stand.shows("received by polling")
        await stand.type("sent by key")
        await stand.press("enter")
        await stand.until(lambda: any(m.text == "sent by key" for m in stand.chat.widgets.timeline.window.messages))


async def test_the_code_of_the_second_factor_is_asked_for_on_the_screen(box: Sandbox, tmp_path: Path) -> None:
    accounts = box.world.state.accounts
    accounts.enable_totp("alice", "JBSWY3DPEHPK3PXP")

    typed = asyncio.Event()

    def opener(ask: Any) -> Any:
        async def asked() -> str:
            await typed.wait()
            return str(await ask())

        return odoochat.connect(box.url, login="alice", password="alice", totp=asked)

    async with opened(Profile("alice", "alice", opener), folder=tmp_path) as stand:
        await stand.type("half a text")
        typed.set()
        await stand.until(lambda: getattr(stand.app.screen, "heading", "") == "Two-factor code")
        # It waited until no key had been typed for a while, however busy the machine.
        assert time.monotonic() - stand.app.keyboard._last >= keyboard.REST_SECONDS
        assert stand.chat.widgets.composer.text == "half a text"
        await stand.type(accounts.totp_code("alice"))
        await stand.press("enter")
        await stand.connected()


@pytest.mark.parametrize("begin", ["dark", "ansi-dark"])
async def test_without_colours_all_can_be_read_in_every_theme(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begin: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(profile(box.url, "alice"), folder=tmp_path, settings=Settings(theme=begin)) as stand:
        await stand.connected()
        box.world.post("bob", "general", "black on black?")
        for theme in ("ansi-dark", "light", "ansi-light", "dark"):
            with stand.app._context():
                stand.app.use_theme(theme)
            await stand.until(
                lambda theme=theme: stand.app.theme_styles == styles_for(stand.app.available_themes[theme])
            )
            await stand.shows("black on black?")
            await stand.pilot.pause()
            with stand.app._context():
                strips = stand.app.screen._compositor.render_strips()
            colours = {
                (segment.style.color, segment.style.bgcolor)
                for strip in strips
                for segment in strip
                if segment.text.strip() and segment.style
            }
            assert colours
            for ink, paper in colours:
                assert ink is not None
                assert ink.is_default or ink != paper, theme
                assert (ink.name == "default") is theme.startswith("ansi"), theme


async def test_enter_does_not_overtake_what_was_typed_before_it(alice: ChatPilot, box: Sandbox) -> None:
    said = [f"a line of some length, number {n}" for n in range(4)]
    with alice.app._context():
        for line in said:
            for character in line:
                alice.app.post_message(events.Key(character, character))
            alice.app.post_message(events.Key("enter", "\r"))
    window = alice.chat.widgets.timeline.window
    await alice.until(lambda: not window.pending and window.messages[-1].text == said[-1], "the last line")
    assert [m.text for m in window.messages][-4:] == said


async def test_an_edit_and_an_answer_outlive_a_look_elsewhere(alice: ChatPilot, box: Sandbox) -> None:
    chat = alice.chat
    await alice.type("first")
    await alice.press("enter")
    await alice.until(lambda: chat.widgets.timeline.window.messages[-1].text == "first")
    await alice.press("escape")
    chat.widgets.timeline.choose(chat.widgets.timeline.window.messages[-1].id)
    await alice.press("e")
    await alice.until(lambda: chat.widgets.composer.text == "first")
    await alice.type(" changed")
    await alice.press("ctrl+n")
    await alice.until(lambda: chat.conversation.channel != 1)
    assert chat.widgets.composer.text == ""
    await alice.press("ctrl+b")
    await alice.until(lambda: chat.widgets.composer.text == "first changed")
    assert chat.conversation.draft.editing is not None
    await alice.press("enter")
    await alice.shows("first changed")
    await alice.press("escape")
    chat.widgets.timeline.choose(chat.widgets.timeline.window.messages[-1].id)
    await alice.press("r")
    await alice.type("an answer")
    await alice.press("ctrl+n")
    await alice.until(lambda: chat.conversation.channel != 1)
    assert chat.conversation.draft.replying is None
    await alice.press("ctrl+b")
    await alice.until(lambda: chat.widgets.composer.text == "an answer")
    await alice.press("enter")
    await alice.until(lambda: chat.widgets.timeline.window.messages[-1].text == "an answer")
    assert chat.widgets.timeline.window.messages[-1].reply_to == chat.widgets.timeline.window.messages[-2].id


async def test_what_looks_like_a_command_and_is_none_is_not_posted(alice: ChatPilot, box: Sandbox) -> None:
    before = len(box.world.history("general"))
    await alice.type("/nick foo")
    await alice.press("enter")
    await alice.shows_toast("no such command: /nick")
    assert alice.chat.widgets.composer.text == "/nick foo"
    alice.chat.widgets.composer.fill("//nick foo")
    await alice.press("enter")
    alice.chat.widgets.composer.fill("/etc/hosts is a path")
    await alice.press("enter")
    await alice.shows("/etc/hosts is a path")
    window = alice.chat.widgets.timeline.window
    posted = ["/nick foo", "/etc/hosts is a path"]
    await alice.until(lambda: [m.text for m in window.messages if isinstance(m, Message)][-2:] == posted)
    assert len(box.world.history("general")) == before + 2


async def test_what_the_server_cannot_leaves_no_mark(tmp_path: Path) -> None:
    async with Sandbox(14) as box, opened(profile(box.url, "alice"), folder=tmp_path) as stand:
        await stand.connected()
        box.world.post("bob", "general", "from here?")
        await stand.shows("from here?")
        before = stand.chat.widgets.timeline.unread_from
        await stand.press("escape", "u")
        await stand.shows_toast("Odoo 18")
        assert stand.chat.widgets.timeline.unread_from == before


@pytest.mark.parametrize(
    ("text", "is_html"),
    [
        ("<p>see <b>bold</b></p>", True),
        ('<p>see <a href="https://x.y">docs</a></p>', True),
        ("see https://x.y/z", False),
    ],
)
async def test_an_edit_that_loses_formats_says_so(alice: ChatPilot, box: Sandbox, text: str, is_html: bool) -> None:
    number = box.world.post("alice", "general", text, is_html=is_html)
    await alice.shows("see")
    await alice.press("escape")
    alice.chat.widgets.timeline.choose(number)
    await alice.press("e")
    await alice.until(lambda: alice.chat.widgets.composer.text.startswith("see"))
    assert ("will remove formatting" in alice.toasts) is is_html
