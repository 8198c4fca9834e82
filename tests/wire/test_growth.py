"""Decoding input of a server or a user takes time linear in its length, for any content.

What is measured is a ratio: ten times the input may take about ten times as long. A quadratic reader takes a hundred
times as long, so the bound leaves room for a busy machine. The processor's time is measured, the best of a few runs.
"""

from __future__ import annotations

import contextlib
import gc
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from odoochat import render, rich_text
from odoochat.core.state import ClientState
from odoochat.errors import OdooChatError
from odoochat.events import Event, MessagePosted
from odoochat.model import Author, ChannelInfo, ChannelRef, Message, Version
from odoochat.net.pages import form_token
from odoochat.wire.content import body
from odoochat.wire.content.mentions import Mention, with_links
from odoochat.wire.content.sanitize import safe_line, safe_name, safe_pieces, safe_text
from odoochat.wire.envelopes import frames, jsonrpc, xmlrpc
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.updates import ChannelPatch, MessagePatch
from odoochat.wire.versions.registry import dialect_for
from tests.growth import grows_linearly
from tests.wire.decoders.test_decoders import known

SHORT, LONG = (10_000, 100_000), (100_000, 1_000_000)
RATIO = 30.0
NOTHING = 0.05
"""Seconds that say nothing about growth."""
SHORT_RUN = 0.3
"""Seconds below which the first size is measured twice."""
TRIES = 3


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that take `sizes` run with short inputs, and as heavy ones with long inputs."""
    if "sizes" in metafunc.fixturenames:
        both = [pytest.param(SHORT, id="short"), pytest.param(LONG, id="long", marks=pytest.mark.heavy)]
        metafunc.parametrize("sizes", both)


def seconds(read: Callable[[Any], object], made: Any) -> float:
    """The processor's time that reading takes, without collecting garbage, which depends on all other objects."""
    gc.collect(0)
    gc.disable()
    start = time.process_time()
    try:
        read(made)
        return time.process_time() - start
    finally:
        gc.enable()


def assert_linear(read: Callable[[Any], object], make: Callable[[int], Any], sizes: Sequence[int]) -> None:
    """Fails where ten times the size takes more than thirty times as long, also when it is measured again."""
    bound = None
    for size in sizes:
        made = make(size)
        now = seconds(read, made)
        if bound is not None:
            for _ in range(TRIES - 1):
                if now < bound:
                    break
                now = min(now, seconds(read, made))
            assert now < bound, f"{now:.2f} s for {size}, at most {bound:.2f} s expected from the size before"
        elif now < SHORT_RUN:
            now = min(now, seconds(read, made))
        bound = max(now, NOTHING) * RATIO


def repeated(piece: str, head: str = "", tail: str = "") -> Callable[[int], str]:
    return lambda size: head + piece * (size // len(piece)) + tail


# --- texts ----------------------------------------------------------------------------------------

HTML = [
    "<b>x</b> &amp; ",
    "<ul><li>x",
    "<",
    "<a '",
    "<a b='",
    "<!--",
    "<a href='http://x'>y</a>",
    "<blockquote>",
    "<td>x",
]
TEXTS = [" @n", "@", "https://a.b ", "https://a.b/)", ")", "&gt;", "\x1b]", "\x9b0", "\u200b", "a\u202e", "\n", "  "]
MARKDOWN = ["*a ", "![a", "[a](", "`", "> ", "- ", "|a", "a|b\n", "**a** ", "<", "+ a\n* b\n", "[a]: b\n", "*_"]


@pytest.mark.parametrize("piece", HTML)
@pytest.mark.parametrize("read", [body.to_text, rich_text.page_runs, body.is_deleted], ids=lambda f: f.__name__)
def test_html(read: Callable[[str], object], piece: str, sizes: Sequence[int]) -> None:
    assert_linear(read, repeated(piece), sizes)


@pytest.mark.parametrize("piece", TEXTS)
@pytest.mark.parametrize("read", [safe_text, safe_line, safe_name, body.from_text], ids=lambda f: f.__name__)
def test_texts(read: Callable[[str], object], piece: str, sizes: Sequence[int]) -> None:
    assert_linear(read, repeated(piece), sizes)


@pytest.mark.parametrize("piece", TEXTS)
def test_many_pieces(piece: str, sizes: Sequence[int]) -> None:
    assert_linear(safe_pieces, lambda size: [piece] * (size // len(piece)), sizes)


@pytest.mark.parametrize("piece", MARKDOWN)
def test_markdown(piece: str, sizes: Sequence[int]) -> None:
    assert_linear(body.from_markdown, repeated(piece), sizes)


@pytest.mark.parametrize("piece", MARKDOWN)
def test_markdown_up_to_its_limit(piece: str) -> None:
    assert_linear(body.from_markdown, repeated(piece), (1_000, 10_000, body.MARKDOWN_MOST))


def test_markdown_tables_do_not_grow_by_columns_times_rows() -> None:
    def table(size: int) -> str:
        n = size // 9
        return "|a" * n + "\n" + "|-" * n + "\n" + "|a\n" * n

    assert_linear(body.from_markdown, table, (1_000, 10_000, 45_000))
    small = body.from_markdown("|a|b|\n|-|-|\n|1|2|")
    assert "<table>" in small
    assert len(body.from_markdown(table(45_000))) < 200_000


@pytest.mark.parametrize("piece", [*TEXTS, "<", "<a>", "<code>"])
def test_links_and_mentions_of_a_text(piece: str, sizes: Sequence[int]) -> None:
    people = [Mention("res.partner", n, f"n{n}" * (n % 40) + "x") for n in range(1_000)]
    for head in ("", "https://x"):
        assert_linear(lambda html: with_links(html, people, "http://h"), repeated(piece, head), sizes)


FORMS = [("name='csrf_token' ", "", ""), ("csrf_token ", "", ""), ("csrf_token: '", "", ""), ("csrf_token:", "", ""),
         ("name='csrf_token'>", "", ""), ("<input name='csrf_token' ", "", ">"), ("csrf_token ", "<input ", ">"),
         ("csrf_token ", "<", ">"), ("csrf_token>", "<input ", "")]  # fmt: skip


@pytest.mark.parametrize(("piece", "head", "tail"), FORMS)
def test_form_token(piece: str, head: str, tail: str) -> None:
    # Scanning a string is so fast that only pages of some hundred kB show that it is done again for each mark.
    assert grows_linearly(form_token, repeated(piece, head, tail), 50_000)


def test_form_token_is_found() -> None:
    assert form_token("<input name='csrf_token' x='y' value='abc'>") == "abc"
    assert form_token("<input name='csrf_token'> csrf_token: \"abc\"") == "abc"


# --- envelopes ------------------------------------------------------------------------------------


def quietly(read: Callable[[Any], object]) -> Callable[[Any], None]:
    """The reader, whose error says nothing here."""

    def run(data: Any) -> None:
        with contextlib.suppress(OdooChatError):
            read(data)

    return run


JSON = ["[", '{"a":', "9", '"\\ud800",', "[],", '{"id":1,"message":{"type":"x","payload":1}},', "\\", "\xff"]


@pytest.mark.parametrize("piece", JSON)
def test_json_and_frames(piece: str, sizes: Sequence[int]) -> None:
    for head in ("", "["):
        assert_linear(quietly(frames.parse), repeated(piece, head), sizes)
        make = repeated(piece, head)
        assert_linear(
            quietly(lambda data: jsonrpc.decode(data, status=200, content_type="")),
            lambda size: make(size).encode("latin-1"),  # noqa: B023
            sizes,
        )


XML = ["<value>", "<value><int>1</int></value>", "&#1;", "&amp;", "<a><b/></a>", "9", "<member><name>a</name></member>"]


@pytest.mark.parametrize("piece", XML)
def test_xml(piece: str, sizes: Sequence[int]) -> None:
    head = "<methodResponse><params><param><value><array><data>"
    tail = "</data></array></value></param></params></methodResponse>"
    assert_linear(quietly(xmlrpc.decode), lambda size: repeated(piece, head, tail)(size).encode(), sizes)
    fault = (
        "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>1</int></value></member>"
        "<member><name>faultString</name><value><string>"
    )
    end = "</string></value></member></struct></value></fault></methodResponse>"
    for said in ('  File "x"\n', 'database "', "Object a ", "(a: b(1, ", "a.b: "):
        make = repeated(said, fault, end)
        assert_linear(quietly(xmlrpc.decode), lambda size: make(size).encode(), sizes)  # noqa: B023


# --- frames of every version ----------------------------------------------------------------------


def flat(kind: str, make: Callable[[int], Any]) -> tuple[str, Callable[[int], Any]]:
    return kind, make


def _store(**rows: Callable[[int], Any]) -> tuple[str, Callable[[int], Any]]:
    named = {"message": "mail.message", "member": "discuss.channel.member", "file": "ir.attachment",
             "channel": "discuss.channel", "partner": "res.partner", "preview": "mail.link.preview",
             "shown": "mail.message.link.preview", "poll": "mail.poll", "option": "mail.poll.option",
             "user": "res.users", "MessageReactions": "MessageReactions"}  # fmt: skip
    return "mail.record/insert", lambda n: {named[k]: [make(i) for i in range(1, n + 1)] for k, make in rows.items()}


def _thumb(i: int) -> dict[str, Any]:
    return {"message": 1, "content": f"r{i}"}


STORES: dict[str, tuple[str, Callable[[int], Any]]] = {
    "one message, many reactions": (
        "mail.record/insert",
        lambda n: {
            "mail.message": [{"id": 1, "reactions": [["ADD", [_thumb(i) for i in range(n)]]]}],
            "MessageReactions": [{**_thumb(i), "count": 1, "personas": [{"id": i + 1}]} for i in range(n)],
        },
    ),
    "reactions of 20": (
        "mail.record/insert",
        lambda n: {"mail.message": [{"id": 1, "reactions": [["ADD", [{**_thumb(i), "count": 1} for i in range(n)]]]}]},
    ),
    "reactions that go": (
        "mail.record/insert",
        lambda n: {"mail.message": [{"id": 1, "reactions": [["DELETE", [_thumb(i) for i in range(n)]]]}]},
    ),
    "many messages with reactions": _store(
        message=lambda i: {"id": i, "reactions": [["ADD", [{"message": i, "content": "x"}]]]},
        MessageReactions=lambda i: {"message": i, "content": "x", "count": 1},
    ),
    "files": _store(message=lambda i: {"id": i, "body": "", "attachment_ids": [i]}, file=lambda i: {"id": i}),
    "previews": _store(
        message=lambda i: {"id": i, "message_link_preview_ids": [i]},
        shown=lambda i: {"id": i, "link_preview_id": i},
        preview=lambda i: {"id": i, "source_url": "https://x"},
    ),
    "members of channels": _store(
        member=lambda i: {"id": i, "channel_id": i, "partner_id": i, "create_date": "x"},
        channel=lambda i: {"id": i, "member_count": 2},
    ),
    "members who come": (
        "mail.record/insert",
        lambda n: {
            "discuss.channel": [{"id": 1, "channel_member_ids": [["ADD", list(range(1, n))]]}],
            "discuss.channel.member": [{"id": i, "channel_id": 1, "partner_id": i} for i in range(1, n)],
        },
    ),
    "counts of one channel": _store(
        member=lambda i: {
            "id": i,
            "channel_id": 1 + i % 2,
            "partner_id": 1,
            "message_unread_counter": i,
            "new_message_separator": 1,
            "seen_message_id": i,
        },
    ),
    "options of one poll": _store(
        poll=lambda i: {"id": 1, "poll_question": "x"}, option=lambda i: {"id": i, "poll_id": 1, "number_of_votes": i}
    ),
    "polls": _store(
        poll=lambda i: {"id": i, "poll_question": "x", "option_ids": [i]},
        option=lambda i: {"id": i, "poll_id": i},
        message=lambda i: {"id": i, "started_poll_ids": [i]},
    ),
    "a new message and its company": (
        "discuss.channel/new_message",
        lambda n: {
            "id": 1,
            "data": {
                "mail.message": [{"id": i, "body": "x", "attachment_ids": list(range(i, i + 5))} for i in range(1, n)],
                "ir.attachment": [{"id": i} for i in range(n)],
                "res.partner": [{"id": i, "name": f"n{i}"} for i in range(n)],
            },
        },
    ),
}
FLAT: dict[str, tuple[str, Callable[[int], Any]]] = {
    "reactions": (
        "mail.message/insert",
        lambda n: {"id": 1, "messageReactionGroups": [["insert", [{**_thumb(i), "count": 1} for i in range(n)]]]},
    ),
    "reactions of 17": (
        "mail.record/insert",
        lambda n: {"Message": [{"id": 1, "reactions": [["ADD", [{**_thumb(i), "count": 1} for i in range(n)]]]}]},
    ),
    "files and mentions": (
        "discuss.channel/new_message",
        lambda n: {
            "id": 1,
            "message": {
                "id": 5,
                "res_id": 1,
                "body": "x",
                "attachment_ids": [{"id": i} for i in range(n)],
                "recipients": [{"id": i} for i in range(n)],
                "reactions": [{**_thumb(i), "count": 1} for i in range(n)],
            },
        },
    ),
    "members": (
        "mail.channel/insert",
        lambda n: {"id": 1, "channelMembers": [["insert", [{"id": i, "persona": {"id": i}} for i in range(n)]]]},
    ),
    "people of 15": (
        "mail.channel/insert",
        lambda n: {"id": 1, "members": [["insert", [{"id": i, "name": f"n{i}"} for i in range(n)]]]},
    ),
    "threads of 17": (
        "mail.record/insert",
        lambda n: {"Thread": [{"id": 1, "model": "discuss.channel", "name": f"n{i}"} for i in range(n)]},
    ),
    "deletions": ("mail.message/delete", lambda n: {"message_ids": list(range(1, n))}),
}
CASES = [
    *((major, name, kind, make) for name, (kind, make) in STORES.items() for major in (18, 19, 20)),
    *((major, name, kind, make) for name, (kind, make) in FLAT.items() for major in (14, 15, 16, 17)),
]


def filled() -> ClientState:
    """A store with as many recent messages as it keeps."""
    store = known()
    author, where = Author(2, "partner", "Ann"), ChannelRef(1, "general")
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(1, 5_001):
        store.apply(MessagePosted(Message(number, where, author, "x", "x", moment)), 0.0)
    return store


@pytest.mark.parametrize(("major", "name", "kind", "make"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES])
def test_frames_of_every_version(
    major: int, name: str, kind: str, make: Callable[[int], Any], sizes: Sequence[int]
) -> None:
    """Decoded and applied, as a client does; sizes are in bytes of JSON."""
    each = len(json.dumps(make(1_000))) / 1_000

    def take(payload: Any) -> None:
        dialect, store = dialect_for(Version(major)), STORE
        for thing in dialect.decoder.decode(Notification(1, kind, payload), store):
            if isinstance(thing, Event):
                store.apply(thing, 0.0)
            elif isinstance(thing, MessagePatch):
                store.patched(thing)
            elif isinstance(thing, ChannelPatch):
                store.patch_channel(thing)

    assert_linear(take, lambda size: make(max(1, int(size / each))), sizes)


STORE = filled()


@pytest.mark.parametrize("major", [14, 15, 16, 17, 18, 19, 20])
def test_pages_and_rows(major: int, sizes: Sequence[int]) -> None:
    dialect = dialect_for(Version(major))

    def page(n: int) -> Any:
        if major < 18:
            return [{"id": i, "res_id": 1, "body": "x", "author": {"id": i, "name": "n"}} for i in range(1, n)]
        return {
            "messages": list(range(1, n)),
            "data": {
                "mail.message": [
                    {"id": i, "res_id": 1, "body": "x", "reactions": [], "author_id": i} for i in range(1, n)
                ],
                "res.partner": [{"id": i, "name": f"n{i}"} for i in range(1, n)],
            },
        }

    for read in (
        lambda made: dialect.decoder.page_messages(made, ClientState(), 1),
        lambda made: dialect.decoder.reactions_in(made, ClientState()),
        lambda made: dialect.rows.messages(
            made if isinstance(made, list) else made["data"]["mail.message"], ClientState()
        ),
    ):
        assert_linear(read, lambda size: page(size // 80), sizes)

    def channels(n: int) -> Any:
        rows = [{"id": i, "name": "x", "channel_type": "chat"} for i in range(1, n)]
        return rows, [{"id": i, "channel_id": i, "partner_id": [2, "Ann"]} for i in range(1, n)]

    assert_linear(
        lambda made: dialect.rows.channel_infos(made[1], made[0], made[1], 1), lambda size: channels(size // 100), sizes
    )


def test_output(sizes: Sequence[int]) -> None:
    info = ChannelInfo(1, "general")
    assert_linear(lambda lines: render.table(("A", "B"), lines), lambda size: [(info.name, "x")] * (size // 10), sizes)
    assert_linear(render.json_line, lambda size: ["\u202e\U0010eeee"] * (size // 10), sizes)
