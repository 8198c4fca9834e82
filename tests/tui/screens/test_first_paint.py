"""The first paint shows what the screen behind it shows; nothing typed meanwhile is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.strip import Strip

from odoochat.model import Author, ChannelInfo, ChannelRef, Me, Message
from odoochat.tui.app import ChatApp, Profile
from odoochat.tui.screens.chat import ChatScreen
from odoochat.tui.screens.first_paint import FirstPaint
from odoochat.tui.settings import Settings
from odoochat.tui.storage.cache import Cache
from odoochat.tui.storage.drafts import Drafts

BEGUN = datetime(2026, 11, 2, 9, tzinfo=UTC)


class Never:
    async def open(self) -> Any:
        await asyncio.Event().wait()


def filled(folder: Path, *, draft: str = "") -> None:
    cache = Cache(folder / "alice.sqlite")
    cache.note_me(Me(7, 10, "Alice", "alice"))
    cache.keep_channels(
        ChannelInfo(n, f"channel {n}", last_activity=BEGUN + timedelta(days=n), unread=n if n < 3 else 0)
        for n in range(1, 30)
    )
    cache.keep(
        Message(
            n, ChannelRef(1), Author(11 + n % 3, "partner", f"Person {n % 3}"), f"message {n}: words " * (n % 9 + 1),
            "", BEGUN + timedelta(minutes=7 * n), reply_to=n - 3 if n % 11 == 0 else None,
        )
        for n in range(1, 90)
    )  # fmt: skip
    cache.set_low(1, 0)
    cache.close()
    drafts = Drafts(folder / "alice.json")
    drafts.keep("1", draft)
    drafts.save()


def chat(folder: Path, settings: Settings | None = None) -> ChatApp:
    profile = Profile("bench", "alice", lambda _: Never())
    return ChatApp([profile], "channel 1", settings=settings or Settings(), cache=folder, state=folder)


async def painted(
    app: ChatApp, size: tuple[int, int], then: Callable[[], Awaitable[None]] | None = None
) -> list[tuple[type, list[Any]]]:
    """Every frame until the real screen is at work: of which screen, and its lines."""
    frames: list[tuple[type, list[Any]]] = []
    display = app._display

    def watched(screen: Any, renderable: Any) -> None:
        display(screen, renderable)
        if renderable is not None and not app._batch_count:
            frames.append((type(app.screen), app.screen._compositor.render_strips()))

    app._display = watched
    async with app.run_test(size=size) as pilot:
        if then is not None:
            await then()
        while not app.at_work:
            await pilot.pause(0.01)
        await pilot.pause(0.1)
        if then is not None:
            end = asyncio.get_running_loop().time() + 15
            while "ü" not in app.chat.controller.widgets.composer.text and asyncio.get_running_loop().time() < end:
                await pilot.pause(0.05)
            assert app.chat.controller.widgets.composer.text == "quick ü"
    return frames


def words(strips: list[Any]) -> list[str]:
    """The text of a frame; the scrollbars' own signs are no text."""
    return ["".join(s.text for s in strip).translate(dict.fromkeys(range(9600, 9632), " ")) for strip in strips]


@pytest.mark.parametrize("size", [(120, 40), (100, 30), (80, 24), (60, 16), (44, 12), (40, 7)])
@pytest.mark.parametrize("draft", ["", "what I wrote before, and did not send\n\nwith three lines"])
async def test_the_first_paint_is_what_the_screen_shows_then(tmp_path: Path, size: tuple[int, int], draft: str) -> None:
    filled(tmp_path, draft=draft)
    frames = await painted(chat(tmp_path), size)
    assert frames[0][0] is FirstPaint
    assert frames[-1][0] is ChatScreen
    assert words(frames[0][1]) == words(frames[-1][1])
    assert any("message 89" in line for line in words(frames[0][1]))
    # There is no frame between without the conversation.
    assert all(any("message 89" in line for line in words(strips)) for _, strips in frames)


@pytest.mark.parametrize("theme", ["dark", "light", "ansi-dark", "nord"])
async def test_the_first_paint_has_the_colours_of_the_theme(tmp_path: Path, theme: str) -> None:
    filled(tmp_path)
    frames = await painted(chat(tmp_path, Settings(theme=theme, members=True)), (120, 30))
    first, last = frames[0][1], frames[-1][1]
    assert words(first) == words(last)
    for y in (0, 5, 28, 29):
        assert [cell(first[y], x) for x in (1, 4, 40)] == [cell(last[y], x) for x in (1, 4, 40)], y


def cell(strip: Any, x: int) -> tuple[Any, Any]:
    style = next(iter(strip.crop(x, x + 1))).style
    return (style.color, style.bgcolor) if style else (None, None)


async def test_keys_pressed_before_there_is_a_composer_are_kept_in_their_order(tmp_path: Path) -> None:
    filled(tmp_path)
    app = chat(tmp_path)

    async def type_at_once() -> None:
        assert not app.at_work
        for character in "quick":
            app.post_message(events.Key(character, character))
        app.post_message(events.Paste(" ü"))

    await painted(app, (100, 30), type_at_once)


def key(character: str) -> events.Key:
    names = {"\b": ("backspace", None), "\r": ("enter", "\r"), " ": ("space", " "), "*": ("asterisk", "*")}
    return events.Key(*names.get(character, (character, character)))


EARLY = [
    "hello",
    "a **bold** word, 猫猫 and so many others that the line is broken three times " * 3,
    "x\b\b",
    "wrong\b\b",
]


@pytest.mark.parametrize(
    ("size", "draft"), [((120, 40), ""), ((80, 24), "a draft\nof two\tlines "), ((40, 7), "a draft ")]
)
@pytest.mark.parametrize("early", EARLY, ids=["word", "long", "removed", "corrected"])
async def test_text_typed_at_once_is_painted_at_once(
    tmp_path: Path, size: tuple[int, int], draft: str, early: str
) -> None:
    filled(tmp_path, draft=draft)
    app = chat(tmp_path)
    for character in early:
        await app.keyboard.put(key(character))
    frames = await painted(app, size)
    assert frames[0][0] is FirstPaint
    whole = words(frames[-1][1])
    assert words(frames[0][1]) == whole
    # It never leaves the screen. Only a broken line takes Textual a second look at the composer's height.
    assert len(early) > 20 or [words(strips) for _, strips in frames] == [whole] * len(frames)
    typed = draft
    for character in early:
        typed = typed[:-1] if character == "\b" else typed + character
    assert Drafts(tmp_path / "alice.json").text("1") == typed


@pytest.mark.parametrize(
    ("theme", "early"),
    [
        ("dark", ""),
        ("light", ""),
        ("ansi-dark", ""),
        *((t, "**bold** and `code`") for t in ("light", "ansi-light", "nord")),
    ],
)
async def test_the_composer_of_the_first_paint_has_its_own_colours(tmp_path: Path, theme: str, early: str) -> None:
    filled(tmp_path)
    app = chat(tmp_path, Settings(theme=theme))
    for character in early:
        await app.keyboard.put(key(character))
    frames = await painted(app, (100, 30))
    first, last = (looks(frames[at][1][25:28]) for at in (0, -1))
    assert first == last
    assert any("╭" in look for look in first[0]), "the composer"


def looks(strips: list[Any]) -> list[list[tuple[str, ...]]]:
    """The characters of the composer with their colours; the colour of a blank matters only if it is reversed."""
    found: list[list[tuple[str, ...]]] = []
    for strip in strips:
        found.append([])
        for text, style, _ in strip.crop(26, 100):
            ink, paper, turned, bold = (
                str(getattr(style, a, None) or "") for a in ("color", "bgcolor", "reverse", "bold")
            )
            found[-1] += [
                (c, ink if c.strip() or turned else "", paper, turned, bold if c.strip() else "") for c in text
            ]
    return found


class Counted(ChatApp):
    """Counts how often all style sheets are parsed again."""

    parsed = 0

    def refresh_css(self, animate: bool = True) -> None:
        self.parsed += 1
        super().refresh_css(animate)


@pytest.mark.parametrize("theme", ["dark", "light", "nord", "ansi-light"])
async def test_the_style_sheets_are_parsed_only_once(tmp_path: Path, theme: str) -> None:
    filled(tmp_path)
    profile = Profile("bench", "alice", lambda _: Never())
    app = Counted([profile], "channel 1", settings=Settings(theme=theme), cache=tmp_path, state=tmp_path)
    await painted(app, (100, 30))
    assert app.parsed == 0
    assert app.has_class(f"-theme-{theme}")
    assert app.current_theme.name == theme


class Held(ChatApp):
    """The first paint stays until it is let go."""

    async def _unveil(self) -> None:
        pass

    def let_go(self) -> None:
        self.call_later(super()._unveil)


async def test_the_first_paint_shows_each_key_until_one_does_more_than_to_edit_the_text(tmp_path: Path) -> None:
    filled(tmp_path)
    app = Held(
        [Profile("bench", "alice", lambda _: Never())], "channel 1", settings=Settings(), cache=tmp_path, state=tmp_path
    )
    async with app.run_test(size=(100, 30)) as pilot:

        async def shows(text: str) -> None:
            async with asyncio.timeout(15):
                while text not in "\n".join(words(app.screen._compositor.render_strips())):
                    await pilot.pause(0.01)

        await shows("message 89")
        assert isinstance(app.screen, FirstPaint)
        for typed, shown in (("h", "│ h "), ("i", "│ hi "), (" " + "longer " * 20, "longer longer   "), ("\b", "│ hi")):
            for character in typed:
                app.post_message(key(character))
            await shows(shown)
        # What follows Enter belongs to the next message, which there is none of yet.
        for character in "\rnext":
            app.post_message(key(character))
        await pilot.pause()
        assert "next" not in "\n".join(words(app.screen._compositor.render_strips()))
        app.let_go()
        await shows("│ next ")
        assert isinstance(app.screen, ChatScreen)
        assert [each.text for each in app.chat.session.send_queue.pending(1)] == [
            ("hi " + "longer " * 20)[:-1].rstrip()
        ]
        assert app.chat.controller.widgets.composer.text == "next"


async def test_an_empty_cache_paints_an_empty_screen(tmp_path: Path) -> None:
    frames = await painted(chat(tmp_path), (100, 30))
    assert words(frames[0][1]) == words(frames[-1][1])
    assert any("no conversation open" in line for line in words(frames[0][1]))


async def test_a_line_below_the_screen_is_empty(tmp_path: Path) -> None:
    app = chat(tmp_path)
    lines: list[str] = []
    drawn = FirstPaint.render_line

    def watched(screen: FirstPaint, y: int) -> Strip:
        lines.append(drawn(screen, screen.size.height).text)
        return drawn(screen, y)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FirstPaint, "render_line", watched)
        await painted(app, (80, 24))
    assert set(lines) == {" " * 80}
