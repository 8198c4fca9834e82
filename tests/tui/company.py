"""A small company in a cache: fixed people, words and times, for pictures that are the same each time."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.segment import Segment

from odoochat.errors import NotFound
from odoochat.events import LinkChanged
from odoochat.model import (
    FOREVER,
    Attachment,
    Author,
    ChannelInfo,
    Counters,
    LinkPreview,
    Me,
    Member,
    Message,
    Reaction,
)
from odoochat.tui.app import Profile
from odoochat.tui.conversation import ConversationView
from odoochat.tui.graphics.draw import BLOCKS, Thumbnail
from odoochat.tui.graphics.gallery import DrawnPicture, Gallery
from odoochat.tui.session import ChatSession
from odoochat.tui.storage.cache import Cache

ALICE, BOB, CAROL, DAVE = (Author(n, "partner", name) for n, name in enumerate(("Alice", "Bob", "Carol", "Dave"), 10))
BEGUN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
GENERAL, SUPPORT, RANDOM, THREAD, CHAT, GROUP = 1, 2, 3, 4, 5, 6
PICTURE = Attachment(31, "sunrise.png", "image/png", 48_213)

CHANNELS = (
    ChannelInfo(GENERAL, "general", "channel", 0, BEGUN, "General announcements for all employees.", member_count=5),
    ChannelInfo(SUPPORT, "support", "channel", 3, BEGUN, "Questions from customers.", needaction=1, member_count=4),
    ChannelInfo(RANDOM, "random", "channel", 12, BEGUN, "Anything but work.", muted=FOREVER, member_count=4),
    ChannelInfo(THREAD, "release notes", "channel", 0, BEGUN, parent=GENERAL, member_count=2, from_message=104),
    ChannelInfo(CHAT, "Bob", "chat", 1, BEGUN, partners=(10, 11)),
    ChannelInfo(GROUP, "Carol, Dave", "group", 0, BEGUN, partners=(10, 12, 13)),
)


def _said(number: int, minutes: float, author: Author, text: str, **more: Any) -> Message:
    where = more.pop("channel", GENERAL)
    channel = next(info.ref for info in CHANNELS if info.id == where)
    html = more.pop("html", f"<p>{text}</p>")
    return Message(number, channel, author, text, html, BEGUN + timedelta(minutes=minutes), **more)


FORMATTED = (
    "<p>The <b>release</b> is <i>nearly</i> <s>done</s> ready: see "
    '<a href="https://example.com/notes">the notes</a>, <a href="javascript:x">not this</a>, and @Bob.</p>'
    "<ul><li>run <code>make demo</code>, which takes some seconds on a machine that never saw it before, and tells "
    "every step</li><li>then<ol><li>read</li><li>write</li></ol></li></ul>"
    "<blockquote><p>Only water.</p><blockquote>Really?</blockquote></blockquote>"
    "<pre><code>def answer():\n    return 42\n\nanswer()</code></pre><p>[bold]As it stands[/bold].</p>"
)


def messages() -> list[Message]:
    """What was said."""
    edited = '<p>I will write the announcement.</p><span class="o-mail-Message-edited"></span>'
    return [
        _said(100, -1300, ALICE, "Good night, everybody."),
        _said(101, 0, ALICE, "Good morning everyone!"),
        _said(102, 1, BOB, "Morning. The coffee machine works again.", reactions=(
            Reaction("🎉", 3, (ALICE, CAROL, DAVE)), Reaction("☕", 1, (DAVE,)))),
        _said(103, 1.5, BOB, "It wanted water. Only water."),
        _said(104, 9, CAROL, "Finally! Release 1.4 goes out this afternoon, please keep main green.", pinned=BEGUN),
        _said(105, 10, DAVE, "Tests are running, looks good so far: https://ci.example.com/runs/4711",
              previews=(LinkPreview("https://ci.example.com/runs/4711", "Run 4711: 1,204 tests, all green"),)),
        _said(106, 12, BOB, "I will write the announcement.", html=edited, reply_to=104),
        _said(107, 13, DAVE, "joined the channel", kind="notification"),
        _said(108, 20, CAROL, "@Alice can you look at the picture for it?", mentions=(10,), attachments=(PICTURE,)),
        _said(109, 21, CAROL, "هل يعجبك؟ 気に入りましたか？ 👩‍💻"),
        _said(110, 25, ALICE, "Looks good to me.", starred=True),
        _said(120, 5, CAROL, "Ticket 4711: a customer cannot open the shared calendar.", channel=SUPPORT),
        _said(121, 6, DAVE, "Known: the link expired. I sent a new one.", channel=SUPPORT),
        _said(122, 30, CAROL, "@Alice they thank you for the calendar.", channel=SUPPORT, mentions=(10,)),
        _said(130, 12, DAVE, "Who joins for lunch at noon?", channel=RANDOM),
        _said(140, 14, BOB, "What shall stand first in the notes?", channel=THREAD),
        _said(141, 15, ALICE, "The calendar, then the speed.", channel=THREAD),
        _said(142, 16, BOB, "And a word of thanks to support.", channel=THREAD, reactions=(Reaction("👍", 1, (ALICE,)),)),
        _said(150, 22, ALICE, "Hi Bob, do you have a minute?", channel=CHAT),
        _said(151, 23, BOB, "Sure, what is it?", channel=CHAT),
    ]  # fmt: skip


def fill(folder: Path, place: str = "alice") -> None:
    """Writes the cache of Alice's profile."""
    cache = Cache(folder / f"{place}.sqlite")
    cache.note_me(Me(7, ALICE.id, "Alice", "alice"))
    cache.keep_channels(CHANNELS)
    cache.keep(messages())
    for info in CHANNELS:
        cache.set_low(info.id, 0)
    cache.close()


class _Never:
    """A server that does not answer."""

    async def open(self) -> Any:
        import asyncio

        await asyncio.Event().wait()


def profile(name: str = "acme", place: str = "alice") -> Profile:
    """Alice's profile, whose server never answers: what is on the screen comes from the cache alone."""
    return Profile(name, place, lambda _ask: _Never())


class _Anything:
    """Whatever is asked of it does nothing."""

    def __getattr__(self, name: str) -> Any:
        async def nothing(*_: Any, **__: Any) -> Any:
            return []

        return nothing

    def typists(self) -> list[Any]:
        return []


class _Client(_Anything):
    """A client that has every feature, knows no message, and whose every verb does nothing."""

    outbox: tuple[Any, ...] = ()
    me = Me(7, ALICE.id, "Alice", "alice")

    @property
    def files(self) -> Any:
        return self

    @property
    def server(self) -> Any:
        return self

    async def read(self, *_: Any, **__: Any) -> bytes:
        return b""

    def require(self, _feature: str) -> None:
        pass

    def can(self, _feature: str) -> bool:
        return True

    def known_message(self, _number: int) -> None:
        return None

    async def fetch_message(self, _number: int) -> Any:
        raise NotFound("message", "no such message")

    def channel(self, _number: int) -> Any:
        raise NotFound("channel", "no such channel")


def settle(session: ChatSession, link: LinkChanged | None = None) -> None:
    """Shows the desk as it is with a link, people who are there, and members."""
    session.set_link(link or LinkChanged("open", "websocket"))
    session.people.statuses |= {BOB.id: "online", CAROL.id: "away", DAVE.id: "offline", ALICE.id: "online"}
    people = (ALICE, BOB, CAROL, DAVE)
    session.people.members[GENERAL] = [Member(a, n, seen=110 if a is BOB else 0) for n, a in enumerate(people)]
    session.people.seen[GENERAL] = {BOB.id: ("Bob", 110)}
    session.counters = Counters(inbox=1, starred=1)
    session.client = _Client() if session.link.state == "open" else None  # type: ignore[assignment]
    session.changed()


def pin(view: ConversationView) -> None:
    """Pins a message of #general, as if the server had said so."""
    view.pins._known[GENERAL] = {104}


def picture() -> bytes:
    """A sunrise, as PNG."""
    from PIL import Image

    image = Image.new("RGB", (96, 48))
    for y in range(48):
        for x in range(96):
            sun = (x - 48) ** 2 + (y - 34) ** 2 < 150
            sea = y > 34
            sky = (250 - 4 * y, 120 + 3 * y, 90 + 2 * (34 - y)) if not sea else (30, 60 + y, 120 + y)
            image.putpixel((x, y), (255, 230, 120) if sun and not sea else sky)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def hang(gallery: Gallery, lines: list[list[Segment]]) -> None:
    """Puts half blocks into the place of `PICTURE`, as if it had been fetched."""
    size = len(lines[0]), len(lines)
    gallery._kept[PICTURE.id] = PICTURE, Thumbnail(b"", size[0], 2 * size[1])
    gallery._shown[PICTURE.id] = DrawnPicture(lines, BLOCKS, size)
