"""What the network sends is shown as words: it commands no terminal, is no markup, and breaks no line."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len

from odoochat.events import ChannelChanged, MessagePosted, NoticeReceived
from odoochat.model import Attachment, Author, ChannelRef, LinkPreview, Message, Reaction
from odoochat.sandbox import Sandbox
from odoochat.tui.notifications import notification_of, terminal_sequence
from odoochat.tui.rendering.message import links
from odoochat.wire.content.body import to_text

from . import company
from .chat_pilot import ChatPilot, opened

ESCAPES = "\x1b[31mred\x1b]0;title\x07\x9b31m\x1bPq\x1b\\\x07\x08\r\x7f"
BIDI = "\u202eevil\u2066\u200f"
MARKUP = "[bold red]x[/] [@click=app.exit]quit[/] [link=file:///etc/passwd]a[/link] $primary"
NASTY = (
    ESCAPES,
    BIDI,
    MARKUP,
    "wide 漢字かな交じり文 " * 30,
    "مرحبا بالعالم " * 20,
    "👩‍👩‍👧‍👦🏳️‍🌈" * 40,
    "z" + "\u0301" * 500,
    "x" * 20_000,
    "\n" * 3_000,
    "\t" * 300,
    "\x00\ud800\ufffe",
    "https://example.com/" + "a" * 3_000,
    "<b>" * 5_000 + "<blockquote><ul><li>" * 50 + "x",
    f"<pre>\t{ESCAPES}\n{BIDI}</pre><code>{MARKUP}</code><a href='https://x.y/{ESCAPES}'>{BIDI}</a>",
    " ",
    "",
)


def nasty_message(number: int, text: str) -> Message:
    return Message(
        number, ChannelRef(company.GENERAL, text), Author(number, "partner", text or "nobody"), to_text(text) if text[:1] == "<" else text, text,
        company.BEGUN, reactions=(Reaction(text[:200] or "?", 2**40),), mentions=(10,), reply_to=number - 1,
        attachments=(Attachment(number, text, text[:30], -5), Attachment(number, "../../x", "image/png", 10)),
        previews=(LinkPreview(text, text, text, text),), kind="comment" if number % 3 else text[:20] or "comment",
    )  # fmt: skip


async def test_hostile_words_stay_words(tmp_path: Path) -> None:
    company.fill(tmp_path)
    async with opened(company.profile(), folder=tmp_path) as stand:
        company.settle(stand.screen.session)
        session = stand.screen.session
        for number, text in enumerate(NASTY, 200):
            session.keep([message := nasty_message(number, text)])
            session.people.names[number] = text
            stand.screen.session.deliver(MessagePosted(message))
        info = msgspec.structs.replace(
            session.channels[company.GENERAL], name=ESCAPES + MARKUP, description=BIDI + MARKUP
        )
        session.channels[company.GENERAL] = info
        stand.screen.session.deliver(ChannelChanged(info))
        stand.screen.session.deliver(NoticeReceived(MARKUP + ESCAPES))
        for keys in (("escape",), ("up",) * 3, ("home",), ("end",), ("ctrl+k",), ("escape",), ("ctrl+g", "z", "z")):
            await stand.press(*keys)
            await stand.pilot.pause(0.05)
            await assert_clean(stand)
        await stand.press("escape")
        for size in ((60, 16), (10, 3), (3, 1), (120, 40)):
            await stand.pilot.resize_terminal(*size)
            await stand.pilot.pause(0.05)
            await assert_clean(stand)
        stand.chat.conversation.to_newest()
        assert "[bold red]x[/]" in stand.text or "[bold red]x[/]" in stand.toasts


async def assert_clean(stand: ChatPilot) -> None:
    # A screen that was resized is drawn by the old size first.
    await stand.until(lambda: all(cell_len(line) == stand.app.size.width for line in stand.text.split("\n")))
    for line in stand.text.split("\n"):
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u200f\ud800" for c in line), repr(
            line
        )


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "vbscript:x"])
def test_only_web_addresses_are_links(link: str) -> None:
    message = Message(
        1, ChannelRef(1), Author(1), f"see {link}", f'<a href="{link}">https://safe.example.com</a>', company.BEGUN
    )
    assert links(message) == []


def test_a_notice_cannot_end_its_own_escape() -> None:
    message = nasty_message(1, "a\x1b\\;b\x07" + ESCAPES)
    title, words = notification_of(message, company.CHANNELS[0])
    sequence = terminal_sequence(title, words, {"TERM": "foot"})
    assert sequence.startswith("\x1b]777;notify;") and sequence.endswith("\x1b\\")
    assert "\x1b" not in sequence[1:-2] and "\x07" not in sequence
    assert sequence.count(";") == 3


async def test_markup_over_a_real_link(alice: ChatPilot, box: Sandbox) -> None:
    box.world.post("bob", "general", MARKUP)
    await alice.shows("[bold red]x[/] [@click=app.exit]quit[/]")
