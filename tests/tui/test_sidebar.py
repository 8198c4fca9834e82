"""What surrounds the conversation, through a pseudo-terminal: the sidebar's first rows, the header, threads of others."""

from __future__ import annotations

from pathlib import Path

import pytest

import odoochat
from odoochat.sandbox import Sandbox
from odoochat.sandbox.orm.models import CHANNEL
from tests.tui.terminal import terminal

RULE = "─" * len("Plan")


async def test_the_sidebar_names_the_account_and_counts_the_inbox_and_stars(box: Sandbox, tmp_path: Path) -> None:
    partner = box.world.state.accounts.partner_of(box.world.uid("alice"))
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("Alice", "◉ Inbox", "☆ Starred")
        assert chat.lines[0].startswith(f" 127.0.0.1:{box.port} · Alice")
        assert "Alice" not in chat.lines[-1]
        for number in range(2):
            box.world.post("carol", "support", f"@Alice question {number}", partners=(partner,))
        await chat.until(lambda: chat.line("◉ Inbox").split()[2:3] == ["2"], "two messages in the inbox")
        # From the list, as from a key; Tab marks a message as read, and leaves the others.
        chat.type("ctrl+l", *["up"] * 9, "enter")
        await chat.shows("╭─ Inbox ─", "question 1", "question 0", "mark as read")
        chat.type("tab")
        await chat.hides("question 1")
        chat.type("escape")
        await chat.until(lambda: chat.line("◉ Inbox").split()[2:3] == ["1"], "one message in the inbox")
        chat.type("escape", "s")
        await chat.until(lambda: chat.line("☆ Starred").split()[2:3] == ["1"], "a starred message")
        # Without the list, the account is in the last line.
        chat.type("f7")
        await chat.until(lambda: "Alice" in chat.lines[-1], "the account in the status line")
        await chat.hides("◉ Inbox")


async def test_the_presence_of_others_follows_while_the_screen_is_open(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("○ Bob")
        async with odoochat.connect(box.url, login="bob", password="bob", presence="online"):
            await chat.shows("● Bob")
        async with odoochat.connect(box.url, login="dave", password="dave", presence="online") as dave:
            await (await dave.direct("alice")).send("we have not talked before")
            await chat.shows("● Dave")
        await chat.shows("○ Dave")


async def test_the_header_counts_pinned_messages(box: Sandbox, tmp_path: Path) -> None:
    uid, general = box.world.uid("bob"), box.world.channel("general")
    first = box.world.post("bob", "general", "read this first")
    box.world.messages.pin(uid, general, first, on=True)
    async with terminal(box.url, tmp_path) as chat:
        await chat.until(lambda: chat.lines[0].endswith("members · 1 pinned"), "one pinned message")
        second = box.world.post("bob", "general", "and then this")
        box.world.messages.pin(uid, general, second, on=True)
        await chat.until(lambda: chat.lines[0].endswith("members · 2 pinned"), "another one")
        chat.click("2 pinned")
        await chat.shows("Pinned messages")
        chat.type("escape")
        await chat.hides("Pinned messages")
        for number in (first, second):
            box.world.messages.pin(uid, general, number, on=False)
        await chat.until(lambda: "pinned" not in chat.lines[0], "no pinned message")


async def test_a_thread_of_others_is_counted_and_opened(box: Sandbox, tmp_path: Path) -> None:
    uid, general = box.world.uid("bob"), box.world.channel("general")
    source = box.world.post("bob", "general", "what shall we eat")
    thread = box.world.channels.thread(uid, general, "", source)
    for text in ("soup", "bread"):
        box.world.post("bob", thread, text)
    async with terminal(box.url, tmp_path) as chat:
        # Alice is no member of it.
        await chat.shows("what shall we eat", "↳ 2 replies, last ")
        chat.click("↳ 2 replies")
        await chat.until(lambda: "# general › " in chat.lines[0], "the breadcrumb")
        await chat.shows("what shall we eat", "soup", "bread")
        chat.click("# general › ", 3)
        await chat.until(lambda: "›" not in chat.lines[0], "the channel")
        box.world.post("bob", thread, "water")
        await chat.shows("↳ 3 replies, last ")
        # Leaving it leads back to where one came from.
        chat.click("# random")
        await chat.until(lambda: "# random" in chat.lines[0], "another channel")
        chat.type("ctrl+k", "what shall", "enter", "/leave", "enter")
        await chat.until(lambda: "# random" in chat.lines[0], "the channel before")
        await chat.hides("↳ what shall")


async def test_a_thread_is_opened_where_the_server_counts_no_replies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHANNEL, 19, CHANNEL[19] - {"message_count"})
    async with Sandbox(19) as box:
        uid, general = box.world.uid("bob"), box.world.channel("general")
        thread = box.world.channels.thread(uid, general, "", box.world.post("bob", general, "what shall we eat"))
        box.world.post("bob", thread, "soup")
        async with terminal(box.url, tmp_path) as chat:
            await chat.shows("what shall we eat", "↳ thread, last ")
            assert "✗" not in chat.text
            # Once it is one's own, its messages are counted here.
            chat.click("↳ thread")
            await chat.shows("# general › ", "soup")
            chat.type("bread", "enter", "ctrl+b")
            await chat.shows("↳ 2 replies, last ")


async def test_headings_have_a_rule_and_blocks_are_apart(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as chat:
        body = "<h2>Plan</h2><p>Eat.</p><pre>x = 1</pre><blockquote>Why?</blockquote><h3>Small</h3><p>Go.</p>"
        box.world.post("bob", "general", body, is_html=True)
        await chat.shows("Plan", "Go.")
        first = chat.place("Plan")[1]
        places = [chat.place(words)[1] - first for words in ("Eat.", "x = 1", "Why?", "Small", "Go.")]
        assert places == [2, 4, 6, 8, 9]
        assert chat.lines[first + 1].split() == [RULE]
        assert chat.cell("Plan").bold
        assert chat.cell("Small").underscore
        assert not chat.cell("Go.").bold
