"""Names that hide something are drawn so that it shows, wherever the chat screen draws them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len

from odoochat.events import ChannelChanged, MessagePosted, TypingChanged
from odoochat.model import Attachment, Author, LinkPreview, Member, Reaction
from odoochat.tui.notifications import notification_of
from tests.tui import company
from tests.tui.chat_pilot import ChatPilot, opened

HIDDEN = {
    "zero width space": "\u200b",
    "zero width joiner": "\u200d",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\xad",
    "tag": "\U000e0041",
    "right to left": "\u202e",
    "isolate": "\u2067",
    "kitty's placeholder": "\U0010eeee",
    "our own cells": "\U00100000",
    "private": "\ue000",
    "filler": "\u3164",
}


@pytest.mark.parametrize("name", sorted(HIDDEN))
async def test_no_name_hides_anything(name: str, tmp_path: Path) -> None:
    sign = HIDDEN[name]
    odd = f"Al{sign}ice"
    company.fill(tmp_path)
    async with opened(company.profile(), folder=tmp_path, size=(120, 40)) as stand:
        company.settle(stand.screen.session)
        session = stand.screen.session
        session.people.members[company.GENERAL].append(Member(Author(99, "partner", odd), 99))
        info = msgspec.structs.replace(session.channels[company.GENERAL], name=odd)
        session.channels[company.GENERAL] = info
        message = msgspec.structs.replace(
            company.messages()[1],
            id=900,
            author=Author(99, "partner", odd),
            attachments=(Attachment(1, f"{odd}.txt"),),
            previews=(LinkPreview("https://x.y", odd),),
            reactions=(Reaction(odd, 1),),
            reply_to=900,
        )
        session.deliver(ChannelChanged(info))
        session.deliver(MessagePosted(message))
        session.deliver(TypingChanged(info.ref, Author(99, "partner", odd), True))
        stand.screen.add_class("with-members")
        stand.screen.on_session_change()
        await stand.until(lambda: "Good morning everyone!" in stand.text)
        for keys in ((), ("ctrl+k",), ("escape", "escape", "r")):
            await stand.press(*keys)
            await stand.pilot.pause(0.05)
            assert_plain(stand, sign)
    assert sign not in "".join(notification_of(message, info))


def assert_plain(stand: ChatPilot, sign: str) -> None:
    assert sign not in stand.text.replace("👩\u200d💻", "")
    for line in stand.text.split("\n"):
        assert cell_len(line) == stand.app.size.width
