"""What decides without a screen: wrapping, completion, windows, caches, drafts, the status line, settings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from odoochat.errors import ConfigError
from odoochat.events import LinkChanged
from odoochat.model import Attachment, Message, Progress
from odoochat.tui.completion import completions, token_at
from odoochat.tui.graphics.draw import draw_half_blocks
from odoochat.tui.message_window import MAX_MESSAGES, MessageWindow
from odoochat.tui.notifications import is_wanted
from odoochat.tui.pasted import pasted_paths
from odoochat.tui.rendering.dates import day_words, moment_words
from odoochat.tui.rendering.lists import conversation_rows, is_muted
from odoochat.tui.rendering.message import MAX_FILES, RenderContext, render_message, size_of, wrap
from odoochat.tui.rendering.status import link_details, link_words, progress_words
from odoochat.tui.settings import Settings, default_text, load, write_default
from odoochat.tui.storage.cache import Cache
from odoochat.tui.storage.drafts import HISTORY, Drafts, Unsent
from odoochat.tui.theme import OWN_THEMES, styles_for
from odoochat.tui.widgets.composer import TypingSigns
from odoochat.wire.content.body import to_text

from . import company

STYLES = styles_for(OWN_THEMES["dark"])


# --------------------------------------------------------------------------------- layout


@given(st.text(max_size=300), st.integers(1, 40))
def test_wrapped_lines_fit_and_lose_no_letter(text: str, width: int) -> None:
    places = wrap(text, width)
    lines = [text[a:b] for a, b in places]
    for line in lines:
        # A sign wider than the line stands alone: it cannot be broken.
        assert cell_len(line.rstrip()) <= width or len(line) <= 1 or cell_len(line) <= width + 1
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert places == sorted(places)


def test_the_same_author_is_named_once_and_a_day_has_its_line() -> None:
    said = company.messages()
    context = RenderContext(60, STYLES, me=10)
    words = [
        ["".join(segment.text for segment in line) for line in render_message(said[at], said[at - 1], context).lines]
        for at in (1, 2, 3)
    ]
    assert words[0][0] == ""
    assert "Fri 20 Nov 2026" in words[0][1]
    assert any(line.startswith(" Bob") for line in words[1])
    # Each message of a group has its time.
    assert words[2] == ["  It wanted water. Only water.".ljust(54) + "09:01"]
    wide, compact = RenderContext(100, STYLES, me=10), RenderContext(60, STYLES, me=10, compact=True)
    shown = ["".join(s.text for s in line) for at in (2, 3) for line in render_message(said[at], said[1], wide).lines]
    assert shown[1].startswith(" 09:01  Bob           Morning.")
    lines = render_message(said[3], said[2], wide).lines
    assert "".join(s.text for s in lines[0]) == " 09:01" + " " * 16 + "It wanted water. Only water."
    lines = render_message(said[4], said[3], compact).lines
    assert "".join(s.text for s in lines[0]).startswith(" 09:09  Carol      Finally!")


def test_each_message_of_a_group_has_its_own_flags_once() -> None:
    said = company.messages()
    flagged = msgspec.structs.replace(said[3], starred=True, pinned=said[3].date)
    for width in (40, 60, 100):
        context = RenderContext(width, STYLES, me=10)
        for before in (said[2], said[1], None):  # below the author's name, and with it
            lines = render_message(flagged, before, context).lines
            words = "\n".join("".join(s.text for s in line) for line in lines)
            assert (words.count("★"), words.count("pinned")) == (1, 1), words
            assert all(sum(cell_len(s.text) for s in line) <= width for line in lines), words


def test_what_is_left_out_of_a_message_is_counted() -> None:
    files = tuple(Attachment(n, f"{n}.pdf", "application/pdf") for n in range(MAX_FILES + 2))
    for left_out, words in ((1, "+1 more file;"), (2, "+2 more files;")):
        message = msgspec.structs.replace(company.messages()[3], attachments=files[: MAX_FILES + left_out])
        lines = render_message(message, None, RenderContext(60, STYLES)).lines
        assert any(words in "".join(s.text for s in line) for line in lines)


def test_days_are_today_yesterday_or_a_date() -> None:
    today = date(2026, 11, 20)
    assert [day_words(date(2026, 11, day), today) for day in (20, 19, 18)] == ["today", "yesterday", "Wed 18 Nov 2026"]
    assert moment_words(datetime(2026, 11, 20, 9, 5, tzinfo=UTC), today) == "09:05"
    assert moment_words(datetime(2026, 11, 19, 9, 5, tzinfo=UTC), today) == "yesterday 09:05"


def test_text_is_at_most_a_hundred_columns_wide() -> None:
    message = msgspec.structs.replace(company.messages()[1], text="word " * 200, html="")
    lines = render_message(message, None, RenderContext(200, STYLES)).lines[1:]
    assert max(cell_len("".join(s.text for s in line).rstrip()) for line in lines) <= 20 + 2 + 100


def formatted(html: str, **more: object) -> Message:
    return msgspec.structs.replace(company.messages()[0], text=to_text(html), html=html, **more)


def drawn_words(html: str, width: int = 60, **more: object) -> list[str]:
    lines = render_message(formatted(html, **more), None, RenderContext(width, STYLES, me=10)).lines
    return ["".join(segment.text for segment in line) for line in lines[2:]]


def test_formats_are_drawn() -> None:
    assert drawn_words(company.FORMATTED, 50) == [
        "  The release is nearly done ready: see the notes",
        "  (https://example.com/notes), not this, and ",
        "  @Bob.",
        "  • run make demo, which takes some seconds on a ",
        "    machine that never saw it before, and tells ",
        "    every step",
        "  • then",
        "    1. read",
        "    2. write",
        "  ",
        "  ▏ Only water.",
        "  ▏ ▏ Really?",
        "  ",
        "  " + "def answer():".ljust(47),
        "  " + "    return 42".ljust(47),
        "  " + " " * 47,
        "  " + "answer()".ljust(47),
        "  ",
        "  [bold]As it stands[/bold].",
    ]
    lines = render_message(formatted(company.FORMATTED), None, RenderContext(60, STYLES)).lines
    styles = {s.text.strip(): s.style for line in lines for s in line if s.style is not None}
    assert styles["release"].bold and styles["nearly"].italic and styles["done"].strike and not styles["The"].bold
    assert styles["the notes"].underline and styles["the notes"].meta == {"link": "https://example.com/notes"}
    assert styles["make demo"].bgcolor == STYLES.code.bgcolor
    assert styles["@Bob."] == STYLES.text + STYLES.mention and styles["Only water."].color == STYLES.quote.color


def test_tables_are_tables_and_paragraphs_are_apart() -> None:
    html = (
        "<h2>Sales</h2><p>This week.</p><p>By region:</p><table><tr><th>region</th><th>sum</th></tr>"
        "<tr><td>north</td><td>1,200</td></tr><tr><td>south</td><td>90</td></tr></table><p>That is all.</p>"
    )
    assert drawn_words(html) == [
        "  Sales",
        "  ─────",
        "  This week.",
        "  ",
        "  By region:",
        "  ",
        "  region │ sum  ",
        "  ───────┼──────",
        "  north  │ 1,200",
        "  south  │ 90   ",
        "  ",
        "  That is all.",
    ]
    # Where there is no room for it, it is lines of text.
    assert "  region | sum" in drawn_words(html, 15)


def test_code_has_colours() -> None:
    html = "<pre>def answer():  # why\n    return 'x' + 42</pre>"
    lines = render_message(formatted(html), None, RenderContext(60, STYLES)).lines
    looks = {s.text.strip(): s.style for line in lines for s in line}
    keyword, string, comment, number = STYLES.syntax
    assert looks["def"] == looks["return"] == keyword
    assert looks["'x'"] == string and looks["# why"] == comment and looks["42"] == number


def test_names_in_code_are_words_and_addresses_are_links() -> None:
    lines = render_message(formatted("<pre>@property http://x.example/y</pre>"), None, RenderContext(60, STYLES)).lines
    styles = {s.text.strip(): s.style for s in lines[-1] if s.style is not None}
    assert styles["@property"] == STYLES.code
    assert styles["http://x.example/y"].meta == {"link": "http://x.example/y"}


def test_formats_need_the_words_of_the_message() -> None:
    message = formatted("<b>pay 10</b>")
    other = msgspec.structs.replace(message, text="pay 20")
    assert "".join(s.text for s in render_message(other, None, RenderContext(60, STYLES)).lines[-1]) == "  pay 20"


def test_the_mark_of_an_edit_ends_formatted_words() -> None:
    html = '<p><b>x</b></p><span class="o-mail-Message-edited"></span>'
    assert drawn_words(html) == ["  x (edited)"]


HTML = st.lists(
    st.sampled_from(
        [
            *("<b>", "</b>", "<a href=http://x.y>", "</a>", "<blockquote>", "</blockquote>", "<ul>", "<ol>", "<li>"),
            *("</ul>", "<pre>", "</pre>", "<code>", "</code>", "<br>", "\t", "\n", "word ", "漢字", "@Bob", "x" * 30),
            *("http://a.b/c ", "&#27;[1m", "<p>", "</p>", "z\u0301", '<span class="o-mail-Message-edited"></span>'),
        ]
    )
).map("".join)


@given(HTML, st.integers(1, 40))
def test_formatted_lines_fit_and_lose_no_letter(html: str, width: int) -> None:
    lines = drawn_words(html, width)
    for line in lines:
        assert cell_len(line.rstrip()) <= max(width, 3) + 1
    if to_text(html):
        letters = [c for c in "".join(lines) if c.isalpha() or c == "@"]
        edit = "edited" if "edited" in html else ""
        assert letters == [c for c in to_text(html) + edit if c.isalpha() or c == "@"]


def test_sizes_are_said_as_people_say_them() -> None:
    assert [size_of(n) for n in (None, 0, 999, 1_500, 48_213, 2_500_000_000)] == [
        "", "0 B", "999 B", "1.5 kB", "48 kB", "2500 MB",
    ]  # fmt: skip


def test_a_picture_is_drawn_in_half_blocks_and_rubbish_is_not() -> None:
    lines = draw_half_blocks(company.picture(), 40, 8)
    assert lines is not None and len(lines) <= 8
    assert all(len(line) <= 40 for line in lines)
    assert draw_half_blocks(b"\x89PNG rubbish", 40) is None


# ----------------------------------------------------------------------------- completion


@pytest.mark.parametrize(
    ("text", "sign", "query"),
    [("@al", "@", "al"), ("hi @", "@", ""), ("see #gen", "#", "gen"), (":ta", ":", "ta"), ("/se", "/", "se")],
)
def test_a_token_ends_the_text(text: str, sign: str, query: str) -> None:
    token = token_at(text)
    assert token is not None and (token.sign, token.query) == (sign, query)


@pytest.mark.parametrize("text", ["mail@example.com", "a:b", "no token", "10:30", "x /se", ":", ""])
def test_no_token(text: str) -> None:
    assert token_at(text) is None


def test_the_likeliest_stands_first() -> None:
    token = token_at("@bo")
    assert token is not None
    found = completions(token, {1: "Carol Bond", 2: "Bob", 3: "Jebot"}, (), {})
    assert [o.text for o in found] == ["@Bob ", "@Carol Bond ", "@Jebot "]


# --------------------------------------------------------------------------------- window


def test_a_window_keeps_its_order_and_its_size() -> None:
    base = company.messages()[0]
    said = [msgspec.structs.replace(base, id=n) for n in range(1, 2001)]
    window = MessageWindow()
    window.reset(said[1000:1100])
    assert not window.put(said[500]), "what is above its start is not taken in"
    assert window.put(said[1100])
    for at in range(1000, 0, -100):
        window.extend_up(said[at - 100 : at])
    assert len(window.messages) == MAX_MESSAGES and window.messages[0].id == 1 and not window.at_end
    assert not window.put(said[1500]), "it no longer stands at the end"
    window.extend_down(said[600:700])
    assert [m.id for m in window.messages] == list(range(101, 701))


# ---------------------------------------------------------------------------------- cache


def test_the_cache_gives_back_what_it_took(tmp_path: Path) -> None:
    company.fill(tmp_path)
    cache = Cache(tmp_path / "alice.sqlite")
    said = [m for m in company.messages() if m.channel.id == company.GENERAL]
    assert cache.before(company.GENERAL, None, 100) == said
    assert cache.before(company.GENERAL, 104, 2) == said[2:4]
    assert cache.after(company.GENERAL, 108, 100) == said[-2:]
    assert {i.id: i for i in cache.channels()} == {i.id: i for i in company.CHANNELS}
    assert [m.id for m in cache.search("CALENDAR", None, 10)] == [141, 122, 120]
    assert cache.search("100%", None, 10) == []
    assert cache.low(company.GENERAL) == 0 and cache.error is None
    cache.close()


def test_drafts_and_what_was_not_sent_survive(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "d.json")
    drafts.keep("1", "half a sentence")
    drafts.keep("2", "  \n ")
    drafts.unsent.append(Unsent("x", 1, "waits", mentions=(7,)))
    for number in range(HISTORY + 5):
        drafts.sent(f"text {number}")
    assert drafts.save()
    again = Drafts(tmp_path / "d.json")
    assert again.text("1") == "half a sentence" and again.places() == {"1"}
    assert again.unsent == drafts.unsent
    assert again.history[-1] == f"text {HISTORY + 4}" and len(again.history) == HISTORY


# --------------------------------------------------------------------------------- status


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (LinkChanged("open", "websocket"), "connected"),
        (LinkChanged("open", "longpoll"), "connected"),
        (LinkChanged("open", "peek"), "polling"),
        (LinkChanged("waiting", "websocket", 4.0, "gone"), "offline · retry in 3 s"),
        (LinkChanged("waiting", "websocket", 0.5), "offline · trying again"),
        (LinkChanged("closed", reason="why"), "offline · F5 tries again"),
    ],
)
def test_the_status_line(link: LinkChanged, words: str) -> None:
    assert link_words(link, now=101.0, since=100.0)[0] == words


def test_polling_says_why() -> None:
    link = LinkChanged("open", "rpc")
    assert link_words(link, now=0, since=0)[0] == "polling every 2 s"
    assert "an API key has no session" in link_details(link, sessionless=True)
    waiting = LinkChanged("waiting", "websocket", 4.0, "gone")
    assert link_words(waiting, now=0, since=0, waiting=1)[0] == "offline · 1 message waits · retry in 4 s"
    assert link_words(waiting, now=0, since=0, waiting=2)[0] == "offline · 2 messages wait · retry in 4 s"
    assert progress_words("a.pdf", Progress(50, 100)) == "a.pdf ▰▰▰▰▰▱▱▱▱▱ 50%"


def test_typing_is_reported_with_odoos_timing() -> None:
    signs = TypingSigns()
    assert signs.typed(1, 100.0)
    assert not signs.typed(1, 120.0)
    assert signs.stopped(124.0) == 0
    assert signs.stopped(125.0) == 1
    assert signs.stopped(130.0) == 0
    assert signs.typed(1, 131.0) and not signs.typed(1, 180.0) and signs.typed(1, 181.0)
    assert signs.typed(2, 182.0), "another conversation is told at once"


def test_a_pasted_path_names_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a file.txt"
    path.write_text("x")
    for text in (str(path), f"'{path}'", str(path).replace(" ", "\\ "), path.as_uri(), f"{path}\n"):
        assert pasted_paths(text) == [path]
    for text in ("hello", "/no/such/file", str(tmp_path), f"{path}\nmore", ""):
        assert pasted_paths(text) == []


# ---------------------------------------------------------------------- notices, the list


def test_who_is_notified() -> None:
    info, chat = company.CHANNELS[0], company.CHANNELS[4]
    to_me = next(m for m in company.messages() if m.mentions)
    other = next(m for m in company.messages() if m.id == 103)
    rules: dict[str, Any] = {"me": 10, "muted": False, "on_screen": False}
    assert is_wanted(to_me, info, how="mentions", **rules) and not is_wanted(other, info, how="mentions", **rules)
    assert is_wanted(other, info, how="all", **rules) and is_wanted(other, chat, how="mentions", **rules)
    assert not is_wanted(to_me, info, how="none", **rules)
    assert not is_wanted(to_me, info, how="all", **{**rules, "on_screen": True})
    assert not is_wanted(to_me, info, how="all", **{**rules, "muted": True})
    assert not is_wanted(other, info, how="all", **{**rules, "me": other.author.id})


def test_the_list_has_its_sections() -> None:
    rows = conversation_rows(company.CHANNELS, STYLES, me=10, statuses={11: "online"}, favourites={2})
    words = ["".join(text for text, _ in row.parts).strip() for row in rows]
    assert words == [
        "Favourites", "# support", "", "Direct messages", "● Bob", "◇ Carol, Dave", "", "Channels", "# general", "↳ release notes", "# random",
    ]  # fmt: skip
    assert is_muted(company.CHANNELS[2]) and not is_muted(company.CHANNELS[1])
    past = msgspec.structs.replace(company.CHANNELS[1], muted=company.BEGUN - timedelta(days=9999))
    assert not is_muted(past)


# ------------------------------------------------------------------------------- settings


def test_the_default_file_says_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "chat.toml"
    assert load(path) == Settings()
    write_default(path)
    assert path.read_text("utf-8") == default_text()
    assert load(path) == Settings()
    for name in Settings.__struct_fields__:
        assert name in default_text()


@pytest.mark.parametrize(
    ("value", "meant"),
    [("true", "auto"), ("false", "off"), ("'sixel'", "sixel"), ("'blocks'", "blocks")],
)
def test_pictures_are_a_choice_and_were_once_a_yes_or_no(tmp_path: Path, value: str, meant: str) -> None:
    path = tmp_path / "chat.toml"
    path.write_text(f"images = {value}")
    assert load(path) == Settings(images=meant)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("theme = 3", "theme must be"),
        ("keys = 'nano'", "use one of default, vim, emacs"),
        ("colour = 'red'", "unknown setting 'colour'"),
        ("bell = 'yes'", "true or false"),
        ("images = 'png'", "use one of auto, kitty, sixel, blocks, off"),
        ("images = 1", "images must be a string"),
        ("[bindings]\nfly = 'f'", "unknown command 'fly'"),
        ("= =", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "chat.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        load(path)
