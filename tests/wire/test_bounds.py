"""However much a server sends of one message, only a bounded part of it is decoded."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.core.state import ClientState
from odoochat.events import MessagePosted
from odoochat.model import ChannelInfo, Version
from odoochat.wire.content import body
from odoochat.wire.decoders.parts import PREVIEWS_MOST
from odoochat.wire.envelopes import frames
from odoochat.wire.envelopes.frames import Internal, Notification
from odoochat.wire.versions.registry import dialect_for

PIECES = [
    "x y ",
    "x<br>",
    "<b>x</b>&amp;",
    "<a href='http://x'>y</a>",
    "<pre>\n",
    "x\n",
    "&notit;",
    "a\u200b",
    "<",
    "<img a=b ",
    "<!-- -->",
]


@pytest.mark.parametrize("piece", PIECES)
def test_what_is_rendered_of_a_huge_body_is_bounded(piece: str) -> None:
    html = "<p>" + piece * (3_000_000 // len(piece)) + "</p>"
    read = body.shortened(html)
    assert html.startswith(read)
    assert len(read) <= body.BODY_MOST
    assert read.count("<") + read.count("\n") <= body.PARTS_MOST
    text = body.to_text(html)
    assert text.endswith(body.CUT)
    assert len(text) <= 2 * body.BODY_MOST


def test_long_bodies_that_people_write_are_whole() -> None:
    html = "<p>" + "some words, <b>bold</b> ones<br>" * 3_000 + "the end</p>"
    assert body.shortened(html) is html
    assert body.to_text(html).endswith("the end")
    assert body.CUT not in body.to_text(html)


def test_a_cut_leaves_no_half_tag() -> None:
    html = "x" * (body.BODY_MOST - 10) + "<a href='https://example.com/a/long/address'>y</a>" + "z" * 100
    assert body.to_text(html) == f"{'x' * (body.BODY_MOST - 10)}\n{body.CUT}"


def _previews(major: int, count: int) -> dict[str, Any]:
    rows = [{"id": n, "source_url": f"https://example.com/{n}", "og_title": f"{n}"} for n in range(1, count + 1)]
    ids = [row["id"] for row in rows]
    message: dict[str, Any] = {"id": 5, "body": "<p>x</p>", "author": {"id": 3, "name": "Bob"}}
    if major >= 19:
        store = {
            "mail.message": [message | {"message_link_preview_ids": ids}],
            "mail.message.link.preview": [{"id": n, "link_preview_id": n} for n in ids],
            "mail.link.preview": rows,
        }
        return {"id": 1, "data": store}
    if major == 18:
        return {"id": 1, "data": {"mail.message": [message | {"linkPreviews": ids}], "mail.link.preview": rows}}
    return {"id": 1, "message": message | {"linkPreviews": rows}}


@pytest.mark.parametrize("major", [16, 17, 18, 19, 20])
@pytest.mark.parametrize(("count", "kept"), [(6, 6), (20_000, PREVIEWS_MOST)])
def test_previews_of_a_message_are_bounded(major: int, count: int, kept: int) -> None:
    names = ClientState()
    names.renew([ChannelInfo(1, "general")])
    kind = "mail.channel/new_message" if major == 16 else "discuss.channel/new_message"
    found = dialect_for(Version(major)).decoder.decode(Notification(1, kind, _previews(major, count)), names)
    posted = next(update for update in found if isinstance(update, MessagePosted))
    assert [preview.title for preview in posted.message.previews] == [str(n) for n in range(1, kept + 1)]


def test_a_frame_beyond_four_megabytes_is_not_parsed() -> None:
    row = '{"id":1,"message":{"type":"x","payload":"%s"}}'
    fits = "[" + row % ("x" * 3_900_000) + "]"
    assert isinstance(frames.parse(fits)[0], Notification)
    assert frames.parse("[" + row % ("x" * 4_300_000) + "]") == [Internal("bus/subscription_outdated")]
