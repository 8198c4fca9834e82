"""Every key of the table does what the table says; in all three sets."""

from __future__ import annotations

import shutil
import webbrowser
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from odoochat.sandbox import Sandbox
from odoochat.tui.keys import SETS, TABLE, Key, KeySet, keymap, shown
from odoochat.tui.screens.chat import ChatScreen
from odoochat.tui.settings import Settings
from tests.tui.chat_pilot import ChatPilot, opened, profile

Effect = Callable[[ChatPilot, Sandbox], Awaitable[None]]
EFFECTS: dict[str, Effect] = {}


def effect(function: Effect) -> Effect:
    """The test of the key whose name is the function's."""
    EFFECTS[function.__name__.replace("_", "-")] = function
    return function


def key_of(name: str) -> str:
    return next(k for k in TABLE if k.name == name).default.split(",")[0]


async def choose(stand: ChatPilot, text: str = "") -> None:
    """Message mode, with the message that holds a text chosen; else the newest."""
    if not stand.chat.widgets.timeline.has_focus:
        await stand.press("escape")
    await stand.until(lambda: stand.chat.widgets.timeline.has_focus)
    if text:
        message = next(m for m in stand.chat.widgets.timeline.window.messages if text in m.text)
        stand.chat.widgets.timeline.choose(message.id)
    await stand.pilot.pause()


async def own(stand: ChatPilot, text: str = "written by me") -> None:
    """A message of mine, chosen."""
    await stand.type(text)
    await stand.press("enter")
    window = stand.chat.widgets.timeline.window
    await stand.until(lambda: not window.pending and any(m.text == text for m in window.messages))
    await choose(stand, text)


def dialog(stand: ChatPilot) -> str:
    return getattr(stand.app.screen, "heading", "")


# ----------------------------------------------------------------------------- everywhere


@effect
async def switch(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("ctrl+k")
    await stand.until(lambda: dialog(stand) == "Go to")
    await stand.type("rndm")
    await stand.press("enter")
    await stand.until(lambda: stand.chat.conversation.info.name == "random")


@effect
async def next_unread(stand: ChatPilot, box: Sandbox) -> None:
    box.world.post("bob", "support", "something new")
    await stand.until(lambda: any(i.name == "support" and i.unread for i in stand.screen.session.channels.values()))
    for number in [i.id for i in stand.screen.session.channels.values() if i.unread and i.name != "support"]:
        stand.screen.session.drafts.muted.add(number)
    await stand.press("ctrl+n")
    await stand.until(lambda: stand.chat.conversation.info.name == "support")


@effect
async def next_mention(stand: ChatPilot, box: Sandbox) -> None:
    box.world.post("bob", box.world.chat("bob", "alice"), "only for you")
    await stand.until(lambda: any(i.kind == "chat" and i.unread for i in stand.screen.session.channels.values()))
    await stand.press("ctrl+t")
    await stand.until(lambda: stand.chat.conversation.info.kind == "chat")


@effect
async def back(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("alt+down")
    assert stand.chat.conversation.info.name != "general"
    await stand.press("ctrl+b")
    assert stand.chat.conversation.info.name == "general"


@effect
async def next_conversation(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("alt+down")
    assert stand.chat.conversation.info.name == "random"


@effect
async def previous_conversation(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("alt+up")
    assert stand.chat.conversation.info.name == "Bob"


@effect
async def search_here(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("ctrl+f")
    await stand.until(lambda: dialog(stand) == "Search in general")
    await stand.type("coffee machine")
    await stand.until(lambda: "coffee machine works again" in stand.text)
    await stand.press("enter")
    await stand.until(lambda: getattr(stand.chat.conversation.target, "text", "").startswith("Morning. The coffee"))


@effect
async def search_everywhere(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("ctrl+g")
    await stand.until(lambda: dialog(stand) == "Search everywhere")
    await stand.type("lunch at noon")
    await stand.until(lambda: "#random" in stand.text)
    await stand.press("enter")
    await stand.until(lambda: stand.chat.conversation.info.name == "random")


@effect
async def inbox(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("alt+i")
    await stand.shows_toast("the inbox is empty")


@effect
async def starred(stand: ChatPilot, box: Sandbox) -> None:
    await star(stand, box)
    await stand.press("i", "alt+s")
    await stand.until(lambda: dialog(stand) == "Starred messages")
    await stand.press("enter")
    await stand.until(lambda: "coffee" in getattr(stand.chat.conversation.target, "text", ""))


@effect
async def pins(stand: ChatPilot, box: Sandbox) -> None:
    await pin(stand, box)
    await stand.press("i", "alt+p")
    await stand.until(lambda: dialog(stand) == "Pinned messages")


@effect
async def help(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("f1")
    await stand.until(lambda: dialog(stand) == "Keyboard shortcuts")
    await stand.type("next theme")
    await stand.press("enter")
    await stand.until(lambda: stand.app.theme == "light")


@effect
async def settings(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("f2")
    await stand.shows_toast("chat.toml")


@effect
async def theme(stand: ChatPilot, box: Sandbox) -> None:
    for name in ("light", "contrast", "ansi-dark", "ansi-light", "dark"):
        await stand.press("f3")
        assert stand.app.theme == name


@effect
async def next_profile(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("f4")
    await stand.shows_toast("there is only one profile")


@effect
async def connection(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("alt+c")
    await stand.shows_toast("connected with a WebSocket")


@effect
async def refresh(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("f5")
    await stand.shows_toast("refreshed")


@effect
async def members(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("f6")
    await stand.until(lambda: "Carol" in stand.text and "Dave" in stand.text)
    await stand.press("f6")
    await stand.until(lambda: not stand.chat.widgets.members.display)


@effect
async def sidebar(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("f7")
    await stand.until(lambda: "Channels" not in stand.text)
    await stand.press("f7")
    await stand.shows("Channels")


@effect
async def mute(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("f8")
    await stand.until(lambda: "muted" in stand.chat.widgets.title.words)
    await stand.idle()
    await stand.press("f8")
    await stand.until(lambda: "muted" not in stand.chat.widgets.title.words)


@effect
async def favourite(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("f9")
    await stand.shows("Favourites")
    await stand.press("f9")
    await stand.until(lambda: "Favourites" not in stand.text)


@effect
async def upload(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("ctrl+o")
    await stand.until(lambda: dialog(stand) == "Send files")
    await stand.press("escape")


@effect
async def list(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("ctrl+l")
    assert stand.chat.widgets.conversations.has_focus


@effect
async def quit(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("ctrl+q")
    await stand.until(lambda: not stand.app.is_running or stand.app._exit)


# ---------------------------------------------------------------------------- message mode


@effect
async def up(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand)
    before = stand.chat.widgets.timeline.chosen
    await stand.press("up")
    assert stand.chat.widgets.timeline.chosen < before  # type: ignore[operator]


@effect
async def down(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand, "coffee")
    before = stand.chat.widgets.timeline.chosen
    await stand.press("down")
    assert stand.chat.widgets.timeline.chosen > before  # type: ignore[operator]


@effect
async def page_up(stand: ChatPilot, box: Sandbox) -> None:
    for number in range(60):
        box.world.post("bob", "general", f"line {number}")
    await stand.shows("line 59")
    await choose(stand)
    before = stand.chat.widgets.timeline.scroll_y
    await stand.press("pageup")
    assert stand.chat.widgets.timeline.scroll_y < before


@effect
async def page_down(stand: ChatPilot, box: Sandbox) -> None:
    await page_up(stand, box)
    before = stand.chat.widgets.timeline.scroll_y
    await stand.press("pagedown")
    assert stand.chat.widgets.timeline.scroll_y > before


@effect
async def first(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand)
    await stand.press("home")
    assert stand.chat.widgets.timeline.chosen == stand.chat.widgets.timeline.window.messages[0].id


@effect
async def last(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand, "coffee")
    await stand.press("end")
    assert stand.chat.widgets.timeline.chosen == stand.chat.widgets.timeline.window.messages[-1].id


@effect
async def unread_line(stand: ChatPilot, box: Sandbox) -> None:
    await stand.shows("New")
    await choose(stand)
    await stand.press("n")
    await stand.until(lambda: stand.chat.widgets.timeline.chosen == stand.chat.widgets.timeline.unread_from)


@effect
async def reply(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand, "coffee")
    await stand.press("r")
    await stand.shows("replying to Bob")
    await stand.type("at last")
    await stand.press("enter")
    await stand.until(lambda: stand.chat.widgets.timeline.window.messages[-1].reply_to is not None)
    await stand.shows("↪ Bob: Morning. The coffee")


@effect
async def edit(stand: ChatPilot, box: Sandbox) -> None:
    await own(stand)
    await stand.press("e")
    assert stand.chat.widgets.composer.text == "written by me"
    await stand.type(" twice")
    await stand.press("enter")
    await stand.until(lambda: stand.chat.widgets.timeline.window.messages[-1].text == "written by me twice")


@effect
async def delete(stand: ChatPilot, box: Sandbox) -> None:
    await own(stand)
    await stand.press("d")
    await stand.until(lambda: dialog(stand).startswith("Delete"))
    await stand.press("right", "enter")
    await stand.until(lambda: all(m.text != "written by me" for m in stand.chat.widgets.timeline.window.messages))


@effect
async def react(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand, "coffee")
    await stand.press("+")
    await stand.until(lambda: dialog(stand).startswith("React to"))
    await stand.type("tada")
    await stand.press("enter")
    await stand.shows("🎉 1")
    await choose(stand, "coffee")
    await stand.press("a", "enter")
    await stand.until(lambda: "🎉 1" not in stand.text, "the reaction taken back")


@effect
async def pin(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand, "coffee")
    await stand.press("p")
    await stand.shows("pinned")


@effect
async def star(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand, "coffee")
    await stand.press("s")
    await stand.shows("★")


@effect
async def copy(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand, "coffee")
    await stand.press("c")
    assert "coffee machine" in stand.app.clipboard


@effect
async def open(stand: ChatPilot, box: Sandbox) -> None:
    asked: dict[str, bool] = {}
    webbrowser.open = lambda url: asked.setdefault(url, True)  # type: ignore[assignment]
    box.world.post("bob", "general", "see https://example.com/a?b=1 and javascript:alert(1)")
    await stand.shows("see https")
    await choose(stand, "see https")
    await stand.press("o")
    await stand.until(lambda: dialog(stand) == "Open")
    await stand.press("enter")
    await stand.until(lambda: asked)
    assert [*asked] == ["https://example.com/a?b=1"]


@effect
async def save(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand, "coffee")
    await stand.press("w")
    await stand.shows_toast("this message has no files")


@effect
async def jump(stand: ChatPilot, box: Sandbox) -> None:
    await reply(stand, box)
    await choose(stand)
    await stand.press("j")
    await stand.until(lambda: "coffee" in getattr(stand.chat.conversation.target, "text", ""))


@effect
async def thread(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand, "coffee")
    await stand.press("t")
    await stand.until(lambda: dialog(stand).startswith("Start a thread"))
    await stand.press("right", "enter")
    await stand.until(lambda: stand.chat.conversation.info.parent is not None)
    await stand.shows("↳")


@effect
async def seen_by(stand: ChatPilot, box: Sandbox) -> None:
    await own(stand)
    await stand.press("v")
    await stand.shows_toast("read")


@effect
async def mark_unread(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand, "coffee")
    await stand.press("u")
    await stand.idle()
    assert stand.chat.widgets.timeline.unread_from == stand.chat.widgets.timeline.chosen


@effect
async def help_here(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand)
    await stand.press("question_mark")
    await stand.until(lambda: dialog(stand) == "Keyboard shortcuts")


@effect
async def write(stand: ChatPilot, box: Sandbox) -> None:
    await choose(stand)
    await stand.press("i")
    assert stand.chat.widgets.composer.has_focus


# --------------------------------------------------------------------------------- writing


@effect
async def send(stand: ChatPilot, box: Sandbox) -> None:
    await stand.type("hello all")
    await stand.press("enter")
    await stand.until(lambda: stand.chat.widgets.timeline.window.messages[-1].text == "hello all")
    assert stand.chat.widgets.composer.text == ""


@effect
async def newline(stand: ChatPilot, box: Sandbox) -> None:
    for key in ("alt+enter", "shift+enter", "ctrl+j"):
        stand.chat.widgets.composer.fill("one")
        await stand.press(key)
        await stand.type("two")
        assert stand.chat.widgets.composer.text == "one\ntwo"


@effect
async def choose_message(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("escape")
    assert stand.chat.widgets.timeline.has_focus
    assert stand.chat.conversation.target is not None


@effect
async def complete(stand: ChatPilot, box: Sandbox) -> None:
    for typed, wanted in (("@bo", "@Bob "), ("#sup", "#support "), (":tad", "🎉 ")):
        stand.chat.widgets.composer.fill("")
        await stand.type(typed)
        await stand.press("tab")
        assert stand.chat.widgets.composer.text == wanted
    stand.chat.widgets.composer.fill("")
    await stand.type("/prof")
    await stand.press("enter")
    assert stand.chat.widgets.composer.text == "/profile "


@effect
async def older_text(stand: ChatPilot, box: Sandbox) -> None:
    await send(stand, box)
    await stand.type("a draft")
    await stand.press("ctrl+up")
    assert stand.chat.widgets.composer.text == "hello all"


@effect
async def newer_text(stand: ChatPilot, box: Sandbox) -> None:
    await older_text(stand, box)
    await stand.press("ctrl+down")
    assert stand.chat.widgets.composer.text == "a draft"


@effect
async def scroll_up(stand: ChatPilot, box: Sandbox) -> None:
    for number in range(60):
        box.world.post("bob", "general", f"line {number}")
    await stand.shows("line 59")
    before = stand.chat.widgets.timeline.scroll_y
    await stand.press("pageup")
    assert stand.chat.widgets.timeline.scroll_y < before
    assert stand.chat.widgets.composer.has_focus


@effect
async def scroll_down(stand: ChatPilot, box: Sandbox) -> None:
    await scroll_up(stand, box)
    before = stand.chat.widgets.timeline.scroll_y
    await stand.press("pagedown")
    assert stand.chat.widgets.timeline.scroll_y > before


@effect
async def editor(stand: ChatPilot, box: Sandbox) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "which", lambda _: None)
        await stand.press("ctrl+e")
        await stand.shows_toast("EDITOR is not set")


@effect
async def line_up(stand: ChatPilot, box: Sandbox) -> None:
    stand.chat.widgets.composer.fill("one\ntwo")
    await stand.press("up")
    assert stand.chat.widgets.composer.cursor_location[0] == 0


@effect
async def line_down(stand: ChatPilot, box: Sandbox) -> None:
    stand.chat.widgets.composer.fill("one\ntwo")
    stand.chat.widgets.composer.move_cursor((0, 0))
    await stand.press("down")
    assert stand.chat.widgets.composer.cursor_location[0] == 1


# ------------------------------------------------------------------------------------ list


@effect
async def list_up(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("ctrl+l", "up", "enter")
    assert stand.chat.conversation.info.name == "Bob"


@effect
async def list_down(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("ctrl+l", "down", "enter")
    assert stand.chat.conversation.info.name == "random"


@effect
async def list_open(stand: ChatPilot, box: Sandbox) -> None:
    await list_down(stand, box)
    assert stand.chat.widgets.composer.has_focus


@effect
async def list_leave(stand: ChatPilot, box: Sandbox) -> None:
    await stand.press("ctrl+l", "escape")
    assert stand.chat.widgets.composer.has_focus


@pytest.mark.parametrize("name", [key.name for key in TABLE])
async def test_each_key_does_what_the_table_says(
    name: str, alice: ChatPilot, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", webbrowser.open)
    if name == "open":
        monkeypatch.setenv("DISPLAY", ":0")
    await EFFECTS[name](alice, box)


@pytest.mark.parametrize("chosen", SETS)
async def test_each_key_of_a_set_works_where_the_table_says(
    chosen: KeySet, box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: deque[str] = deque()
    monkeypatch.setattr(ChatScreen, "action_do", lambda _self, name: done.append(name))
    async with opened(profile(box.url, "alice"), folder=tmp_path, settings=Settings(keys=chosen)) as stand:
        await stand.connected()
        places = {
            "everywhere": stand.chat.widgets.composer,
            "writing": stand.chat.widgets.composer,
            "messages": stand.chat.widgets.timeline,
            "list": stand.chat.widgets.conversations,
        }
        for key in TABLE:
            for pressed in key.keys(chosen).split(","):
                places[key.where].focus()
                await stand.pilot.pause()
                done.clear()
                await stand.press(pressed)
                assert [*done] == [key.name], f"{pressed} {key.where}"


def test_no_key_of_a_place_stands_for_two_things() -> None:
    for chosen in SETS:
        for where in ("messages", "writing", "list"):
            there: dict[str, Key] = {}
            for key in TABLE:
                if key.where in (where, "everywhere"):
                    for pressed in key.keys(chosen).split(","):
                        assert pressed not in there, f"{chosen}: {pressed} is {there[pressed].name} and {key.name}"
                        there[pressed] = key


async def test_every_command_has_a_key_and_every_key_a_test(alice: ChatPilot) -> None:
    assert set(alice.screen.commands.table) == {key.name for key in TABLE} == set(EFFECTS)


async def test_own_keys_win(box: Sandbox, tmp_path: Path) -> None:
    settings = Settings(bindings={"switch": "ctrl+p"})
    async with opened(profile(box.url, "alice"), folder=tmp_path, settings=settings) as stand:
        await stand.connected()
        await stand.press("ctrl+p")
        await stand.until(lambda: dialog(stand) == "Go to")
        assert keymap("default", settings.bindings)["switch"] == "ctrl+p"
        assert shown("ctrl+p") == "Ctrl-P"
