"""Responses to long polls: posts are read directly, other rows and errors as JSON values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from odoochat.errors import Blocked, LinkError, OdooChatError, ProtocolError, SessionExpired
from odoochat.model import Version
from odoochat.net.answer import Answer
from odoochat.net.http import Http
from odoochat.net.transports.longpoll import LongPoll
from odoochat.secret import Payload
from odoochat.wire.envelopes.frames import Malformed, Notification
from odoochat.wire.versions.registry import dialect_for

PARTNER: list[object] = ["odoo14", "res.partner", 7]
RECORDED = json.loads((Path(__file__).parents[1] / "wire" / "recorded" / "odoo14.json").read_text("utf-8"))
EMPTY = {"result": {"channels": [PARTNER], "notifications": []}}


class Server:
    """Answers each request with what a function returns for whether it is a peek."""

    what = "the server"

    def __init__(self, answer: Callable[[bool], Answer]) -> None:
        self._answer = answer

    async def post(self, path: str, body: Payload, content_type: str, **_: Any) -> Answer:
        return self._answer("peek" in json.loads(body.reveal())["params"]["options"])


def page(value: object, status: int = 200, content_type: str = "application/json") -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Answer(status, content_type, body)


def long_poll(answer: Callable[[bool], Answer]) -> LongPoll:
    reader = dialect_for(Version(14)).decoder.polled
    return LongPoll(cast(Http, Server(answer)), reader, partner=PARTNER, last=lambda: 1, overlapped=lambda _: 0)


async def test_a_poll_returns_posts_and_other_rows_in_the_order_of_the_server() -> None:
    rows = [RECORDED["typing"], RECORDED["new_message"], 7, RECORDED["with_file"], RECORDED["chat_message"]]
    items = await long_poll(lambda peek: page(EMPTY if peek else {"result": rows})).receive()
    assert [item.id if isinstance(item, Notification) else 0 for item in items] == [30, 88, 0, 202, 46]
    assert isinstance(items[2], Malformed)
    typed = [isinstance(i, Notification) and isinstance(i.payload, msgspec.Struct) for i in items]
    assert typed == [False, True, False, False, True]


async def test_the_rows_of_the_peek_precede_those_of_the_poll() -> None:
    late, row = RECORDED["new_message"], RECORDED["with_file"]
    peeked = {"result": {"channels": [PARTNER], "notifications": [late, row]}}
    items = await long_poll(lambda peek: page(peeked if peek else {"result": [row]})).receive()
    assert [item.id for item in items if isinstance(item, Notification)] == [88, 202, 202]


DENIED = {"error": {"code": 200, "message": "x", "data": {"name": "odoo.exceptions.AccessDenied", "message": "x"}}}
EXPIRED = {"error": {"code": 100, "message": "Odoo Session Expired"}}


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (page(DENIED), LinkError, "the long poll was refused"),
        (page(DENIED | {"result": [RECORDED["new_message"]]}), LinkError, "the long poll was refused"),
        (page(EXPIRED), SessionExpired, "Session Expired"),
        (page(b"<html>x</html>", content_type="text/html"), ProtocolError, "HTTP 200: expected JSON from Odoo"),
        (page({"result": {"odd": 1}}), ProtocolError, "the notifications are not a list"),
        (page([RECORDED["new_message"]]), ProtocolError, "not Odoo's JSON-RPC"),
        (page(b"x", 403, "text/html"), Blocked, "403"),
    ],
)
async def test_errors_in_the_response_to_a_poll_end_the_link(
    answer: Answer, kind: type[OdooChatError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        await long_poll(lambda peek: page(EMPTY) if peek else answer).receive()


async def test_a_peek_without_the_partner_ends_the_session() -> None:
    peeked = page({"result": {"channels": [], "notifications": [RECORDED["new_message"]]}})
    with pytest.raises(SessionExpired):
        await long_poll(lambda peek: peeked if peek else page({"result": []})).receive()
    with pytest.raises(SessionExpired):
        await long_poll(lambda _: peeked).open(0)
