"""The chat screen in a pseudo-terminal, typed into as by a person; keys of one `type` arrive in one burst."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from odoochat.sandbox import Sandbox
from odoochat.sandbox.world.colleagues import Colleagues
from odoochat.tui.rendering.status import SPINNER
from tests.tui.terminal import Terminal, terminal

ALTERNATE_SCREEN = 1049 << 5
"""How pyte names DEC's private mode 1049."""


async def test_thumb_is_thumbs_up(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("coffee machine")
        chat.type("escape", "+", "thumb", "enter")
        await chat.shows("👍 1")
        # What was used is offered first.
        chat.type("+", "clap", "enter")
        await chat.shows("👏 1")
        chat.type("+")
        await chat.shows("React to")
        chat.type("c", "enter")
        await chat.hides("👏 1")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_closes_the_screen_as_a_key_does(box: Sandbox, tmp_path: Path, end: signal.Signals) -> None:
    async with terminal(box.url, tmp_path) as chat:
        chat.type("still a draft")
        await chat.shows("still a draft")
        assert ALTERNATE_SCREEN in chat.screen.mode
        ending = asyncio.create_task(chat.ended())
        while not ending.done():
            chat.process.send_signal(end)  # further signals change nothing
            await asyncio.wait({ending}, timeout=0.0002)
        assert await ending == 0
        await chat.until(lambda: ALTERNATE_SCREEN not in chat.screen.mode, "the screen to be left")
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("still a draft")


@pytest.mark.parametrize("also", [None, signal.SIGTERM])
async def test_a_closed_terminal_closes_the_screen_as_a_key_does(
    box: Sandbox, tmp_path: Path, also: signal.Signals | None
) -> None:
    async with terminal(box.url, tmp_path) as chat:
        chat.type("still a draft")
        await chat.shows("still a draft")
        chat.close()
        if also is not None:
            chat.process.send_signal(also)
        assert await chat.ended() in ({129} if also is None else {0, 129})
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("still a draft")


async def test_a_draft_that_cannot_be_saved_is_printed_at_the_end(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as chat:
        [drafts] = list(tmp_path.rglob("state/odoochat/chat/*.json"))
        drafts.unlink()
        drafts.mkdir()  # as good as a full disk: the file cannot be replaced
        chat.type("an unsaved thought")
        await chat.shows("an unsaved thought", "drafts not saved")
        chat.type("ctrl+q")
        assert await chat.ended() == 0
        await chat.until(lambda: any(line.startswith("an unsaved thought") for line in chat.lines), "the text")


async def test_two_screens_of_one_user_both_send(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as one, terminal(box.url, tmp_path) as two:
        one.type("text of one", "enter")
        two.type("text of two", "enter")
        for chat in (one, two):
            await chat.shows("text of one", "text of two")
        one.type("ctrl+q")
        assert await one.ended() == 0
        two.type("text at last", "enter")

        def said() -> list[str]:
            return [row["body"] for row in box.world.history("general") if "text " in row["body"]]

        await two.until(lambda: len(said()) >= 3, "the message on the server")
        assert sorted(said()) == [f"<p>text {each}</p>" for each in ("at last", "of one", "of two")]


async def test_keys_behind_a_change_of_the_mode_belong_to_the_new_mode(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("I will write the announcement")
        # `r` begins an answer: the `d`, `c` and `e` behind it are letters, not commands.
        chat.type("escape", "up", "r", "decide, eh", "enter")
        await chat.shows("decide, eh", "↪ Dave: Tests are running")
        await chat.hides("◷")  # the server has it: before, `d` would discard it without a question
        # The dialog takes what is behind its key: Enter keeps the message, which is harmless.
        chat.type("escape", "d", "enter", "i", "still here", "enter")
        await chat.shows("still here")
        assert "decide, eh" in chat.text
        # A channel that is opened takes the text behind it, also when the server must be asked first.
        chat.type("ctrl+k", "rand", "enter", "to all of random", "enter")
        await chat.shows("# random  ", "to all of random")
        box.world.channels.create(box.world.uid("carol"), "garden")
        chat.type("ctrl+k", "garden", "enter", "from the gardener", "enter")
        await chat.shows("from the gardener")
        assert "to all of random" not in chat.text


async def test_what_is_typed_before_the_screen_is_there_is_sent_once_and_in_its_order(
    box: Sandbox, tmp_path: Path
) -> None:
    async with terminal(box.url, tmp_path) as chat:  # from then on, the channel is known at the start
        await chat.shows("I will write the announcement")
        chat.type("ctrl+q")
        assert await chat.ended() == 0
    async with terminal(box.url, tmp_path, until="") as chat:
        chat.type("the first ü", "enter", "and the 猫x", "backspace", "enter", "a draft")
        await chat.shows("● connected", "│ a draft  ")
        written = ["I will write", "the first ü", "and the 猫"]
        await chat.until(
            lambda: all(a in b["body"] for a, b in zip(written, box.world.history("general")[-3:], strict=True)),
            "the messages on the server",
        )


async def test_slash_commands_send_and_keep_their_text_when_they_fail(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("I will write the announcement")
        chat.type("/msg @nosuchone hello", "enter")
        await chat.shows("no person named nosuchone", "/msg @nosuchone hello")
        chat.type(*["backspace"] * 30, "/msg", "enter")
        await chat.shows("/msg @Bob hello")
        chat.type(*["backspace"] * 10, "/msg @dave hello there", "enter")
        await chat.shows("Message Dave", "hello there")
        # A text behind it goes to the chat that was opened.
        chat.type("/msg carol: good evening", "enter", "and more", "enter")
        await chat.shows("Message Carol", "good evening", "and more")
        chat.type("/join", "enter")
        await chat.shows("/join general")
        chat.type(*["backspace"] * 10, "/create garden", "enter", "/topic Only good news", "enter", "/me digs", "enter")
        await chat.shows("# garden", "Only good news", " digs")
        chat.type("/rename yard", "enter")
        await chat.shows("# yard")
        chat.type("/leave", "enter")
        await chat.hides("# yard")
        chat.type("/theme li", "tab")
        await chat.shows("/theme light")


async def test_a_draft_keeps_what_it_answers_across_a_restart(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("I will write the announcement")
        chat.type("escape", "up", "r", "this is my reply", "ctrl+q")
        assert await chat.ended() == 0
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("replying to Dave: Tests are running", "this is my reply")
        chat.type(" to it", "enter")
        await chat.shows("↪ Dave: Tests are running", "this is my reply to it")
        await chat.hides("replying to")
        await chat.hides("◷")  # only a message that the server has can be edited
        # Up in the empty composer edits the last message of one's own; that stays, too, and so does the draft.
        chat.type("up")
        await chat.shows("editing: this is my reply to it")
        chat.type("!", "ctrl+q")
        assert await chat.ended() == 0
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("editing: this is my reply to it", "this is my reply to it!")
        chat.type("enter")
        await chat.shows("this is my reply to it! (edited)")
        await chat.hides("editing")


async def test_files_wait_as_chips_beside_their_caption(box: Sandbox, tmp_path: Path) -> None:
    for name in ("plan.txt", "notes.txt", "third.txt"):
        (tmp_path / name).write_text(name * 9)
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("I will write the announcement")
        # Behind the folder that the dialog begins with, / and ~ begin another path.
        chat.type("ctrl+o", "/nosuch/")
        await chat.shows("no such folder: /nosuch")
        assert "Errno" not in chat.text
        chat.type("~", "pla", "enter")
        await chat.shows("▤ plan.txt 72 B")
        chat.paste(f"'{tmp_path}/notes.txt' '{tmp_path}/third.txt'")
        await chat.shows("Attach these 2 files?")
        chat.type("enter", "both for you")
        await chat.shows("▤ plan.txt 72 B", "▤ notes.txt 81 B", "▤ third.txt 81 B", "both for you")
        chat.type(*["backspace"] * 13)
        await chat.hides("third.txt")
        chat.type("my caption", "enter")
        await chat.shows("my caption", "▤ plan.txt  72 B", "▤ notes.txt  81 B")
        await chat.hides("Backspace removes")
    caption = next(row for row in box.world.history("general") if "my caption" in row["body"])
    assert len(box.world.state.files.of_message(caption["id"])) == 2


async def test_dialogs_and_notices_cover_nothing_and_hints_are_possible(box: Sandbox, tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"file {number:02}.txt").write_text("x" * 1200)
    async with terminal(box.url, tmp_path, size=(60, 24)) as chat:
        await chat.shows("I will write the announcement")
        # The list is longer than the dialog: beside its scrollbar, the sizes are whole.
        chat.type("ctrl+o", "fi")
        await chat.shows("file 00.txt", "1.2 kB")
        chat.type("escape", "escape")
        await chat.shows("r reply")
        assert "e edit" not in chat.lines[-2]
        assert "Esc write" in chat.lines[-2]
        # What narrows the hints is their usefulness: the last ones fall away, none is cut.
        assert "…" not in chat.lines[-2]
        chat.type("v")
        await chat.until(lambda: "read by" in chat.lines[-3], "the notice above the hints")
        await chat.shows("I will write the announcement")
        assert "# general" in chat.lines[0]
        chat.type("i", "mine", "enter")
        await chat.shows("mine", "Message general")  # in the list, because the box is empty
        chat.type("escape")
        # Only a message that the server has can be answered; before, `d` would discard it without a question.
        await chat.until(lambda: "r reply" in chat.lines[-2] and "e edit" in chat.lines[-2], "the hint to edit")
        chat.type("d")
        await chat.shows("Delete this message?", "Keep it", "Delete")
        chat.type("right", "enter")
        await chat.hides("mine")


async def test_colleagues_who_answer_are_online(box: Sandbox, tmp_path: Path) -> None:
    async with Colleagues(box.world, thinking=0.0, writing=0.0), terminal(box.url, tmp_path) as chat:
        await chat.shows("● Bob")
        chat.type("hello all", "enter")
        await chat.shows("hello all")


async def test_the_theme_stays_and_markdown_is_shown(box: Sandbox, tmp_path: Path) -> None:
    settings = tmp_path / "config" / "odoochat" / "chat.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('# mine\nbell = true\n[bindings]\nswitch = "ctrl+p"\n')
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("I will write the announcement")
        chat.type("f3")
        await chat.shows("theme light")
        assert settings.read_text() == 'theme = "light"\n# mine\nbell = true\n[bindings]\nswitch = "ctrl+p"\n'
        chat.type("f3")
        await chat.shows("theme contrast")
        assert 'theme = "contrast"\n# mine' in settings.read_text()
        chat.type("now **this** is bold")
        await chat.shows("**this")
        await chat.until(lambda: chat.cell("**this").bold)
        assert not chat.cell("now").bold
        chat.type("enter")
        await chat.until(lambda: "now this is bold" in chat.text and chat.cell("this is bold").bold)
        chat.paste("def answer():\n    return 42\n")
        await chat.shows("```")
        chat.type("enter")
        await chat.hides("```")
        await chat.shows("return 42")
    assert "<b>this</b>" in str(box.world.history("general")) or "<strong>this</strong>" in str(
        box.world.history("general")
    )
    assert "<pre>" in str(box.world.history("general"))
    async with terminal(box.url, tmp_path) as chat:
        await chat.until(lambda: chat.cell("I will write").bg == "000000", "the ground of the contrast theme")


async def test_a_click_on_a_reaction_toggles_it_and_the_pointer_shows_who(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("I will write the announcement")
        chat.type("escape", "+", "tada", "enter")
        await chat.shows("🎉 1")
        chat.hover("🎉 1", 1)
        await chat.shows("🎉 Alice")
        chat.click("🎉 1", 1)
        await chat.hides("🎉 1")


async def test_a_thread_opens_with_its_first_message_and_beside_its_channel(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("I will write the announcement")
        chat.type("escape", "up", "t")
        await chat.shows("Start a thread?")
        chat.type("right", "enter")
        await chat.until(lambda: "# general › " in chat.lines[0], "the breadcrumb")
        chat.type("all are green", "enter", "and fast", "enter")
        await chat.shows("all are green", "and fast")
        # The message that it begins with is above the replies.
        await chat.until(lambda: chat.place("Tests are running")[1] < chat.place("all are green")[1])
        chat.type("ctrl+b")
        await chat.until(lambda: "›" not in chat.lines[0], "the channel")
        await chat.until(lambda: "↳ 2 replies, last " in chat.text, "the replies")
        chat.type("escape", "up", "up", "t")
        await chat.until(lambda: "# general › " in chat.lines[0], "the thread, without a question")
        chat.type("ctrl+q")
        assert await chat.ended() == 0
    async with terminal(box.url, tmp_path, channel="", size=(160, 30)) as chat:
        # A wide screen has room for both.
        await chat.shows("all are green", "Morning. The coffee machine")
        assert "# general  General" in chat.lines[0]
        assert "# general › " in chat.lines[0]
        box.world.post("bob", "general", "seen beside the thread")
        await chat.shows("seen beside the thread")
        chat.click("seen beside the thread")
        await chat.until(lambda: "›" not in chat.lines[0], "the channel alone")


async def test_a_dialog_that_opens_by_itself_takes_no_keys_of_a_text(box: Sandbox, tmp_path: Path) -> None:
    box.world.state.accounts.change_password("alice", "another")
    async with terminal(box.url, tmp_path, until="Cannot connect") as chat:
        chat.type("still writing")
        await chat.hides("Cannot connect")
        await chat.shows("still writing")


async def test_what_takes_long_has_a_spinner(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("I will write the announcement")
        # Less than 300 ms: nothing moves.
        chat.type("f5")
        await chat.shows("refreshed")
        with box.faults.during() as faults:
            faults.delay(3.0)
            chat.type("f5")
            await chat.until(lambda: _turning(chat) == "refresh", "the spinner")
        await chat.until(lambda: not _turning(chat), "its end")
        assert "● connected" in chat.lines[-1]


def _turning(chat: Terminal) -> str:
    """What the status line says takes long."""
    found = re.search(rf"[{SPINNER}] (.*)", chat.lines[-1])
    return found[1].split("  ")[0] if found else ""


@asynccontextmanager
async def gate(port: int) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """An address that leads to a port, once an event is set."""
    begun = asyncio.Event()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await begun.wait()
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pipe(reader, back), pipe(there, writer))

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", begun


async def test_the_code_of_the_second_factor_waits_for_the_end_of_a_text(box: Sandbox, tmp_path: Path) -> None:
    accounts = box.world.state.accounts
    accounts.enable_totp("alice", "JBSWY3DPEHPK3PXP")
    async with gate(box.port) as (url, begun), terminal(url, tmp_path, until="WRITE") as chat:
        # The dialog that opens by itself takes no key of a text that is being typed, and leaves it where it is.
        chat.type("a text")
        await chat.shows("a text")
        begun.set()
        await chat.shows("Two-factor code", "a text")
        assert chat.line("│ 123456")
        chat.type(accounts.totp_code("alice"), "enter")
        await chat.shows("● connected", "a text")


async def test_a_search_offline_understands_filters(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("I will write the announcement")
        await box.close()
        await chat.shows("offline")
        chat.type("ctrl+g", "from:bob coff")
        await chat.shows("#general Bob: Morning. The coffee machine works again.")
        chat.type("ctrl+u", '"keep main" in:general')
        await chat.shows("#general Carol: Finally!")
        chat.type("ctrl+u", "before:2020")
        await chat.shows("nothing found in the archive, and the server is unreachable")
        # Words alone are not asked for, either: the server would answer with an error.
        chat.type("ctrl+u", "nosuchword")
        await chat.shows("nosuchword", "nothing found in the archive, and the server is unreachable")
        chat.type("ctrl+u", "on:tuesday")
        await chat.shows("on:tuesday is not a date")
        chat.type("ctrl+u", "announcement", "enter")
        await chat.until(lambda: "MESSAGE" in chat.text, "the message, selected")
