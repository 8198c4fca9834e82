"""Random answers of an Odoo server: shapes of every version, with wrong values in all places.

A *maker* is a function from `random.Random` to a value; makers are plain functions, so that a fuzz run draws thousands of
values a second. The functions without an underscore give the same as Hypothesis strategies, drawn by a seed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

from odoochat.wire.envelopes.frames import Notification

__all__ = [
    "MAJORS",
    "Maker",
    "drawn",
    "frames",
    "html",
    "make_frame",
    "make_html",
    "make_markdown",
    "make_name",
    "make_notification",
    "make_page",
    "make_row",
    "make_store",
    "make_wild",
    "markdown",
    "names",
    "notifications",
    "pages",
    "rows",
    "stores",
    "wild",
]

T = TypeVar("T")
Maker = Callable[[Random], T]

MAJORS = (14, 15, 16, 17, 18, 19, 20)

_EDGES: Sequence[Any] = (
    None, True, False, 0, -1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**40, 0.5, 1e300, "", "0", "7", "\ud800",
    "\u202e\u200b\x1b[2J\x00\U0010eeee", [], {}, [[]], [None], {"id": None}, [[None, None]],
)  # fmt: skip
_WILD_KEYS = ("id", "name", "body", "type", "model", "message", "channel", "payload", "thread", "")
ODD = 0.08
"""How often a value is none that belongs there."""


# --- combinators ----------------------------------------------------------------------------------


def drawn(maker: Maker[T]) -> st.SearchStrategy[T]:
    """A maker as a Hypothesis strategy."""
    return st.integers(0, 2**32).map(lambda seed: maker(Random(seed)))


def _one(values: Sequence[T]) -> Maker[T]:
    return lambda random: random.choice(values)


def _any(*makers: Maker[Any]) -> Maker[Any]:
    return lambda random: random.choice(makers)(random)


def _loose(maker: Maker[Any]) -> Maker[Any]:
    return lambda random: make_wild(random) if random.random() < ODD else maker(random)


def _shape(usual: str = "id", /, **keys: Maker[Any]) -> Maker[Any]:
    """A dict with the usual keys, nearly always, and some of the others."""
    often, loose = usual.split(), {name: _loose(maker) for name, maker in keys.items()}

    def make(random: Random) -> dict[str, Any]:
        share = random.choice((0.1, 0.3, 0.9))
        return {
            name: maker(random) for name, maker in loose.items() if random.random() < (0.97 if name in often else share)
        }

    return make


def _list(maker: Maker[Any], most: int = 3) -> Maker[Any]:
    loose = _loose(maker)
    return lambda random: [loose(random) for _ in range(random.randint(0, most))]


def _many(maker: Maker[Any]) -> Maker[Any]:
    return _any(_list(maker), _list(maker), maker)


def _commands(maker: Maker[Any]) -> Maker[Any]:
    """A relation: a list, or commands such as ``[["ADD", […]]]``."""
    words = _one(("ADD", "DELETE", "REPLACE", "insert", "insert-and-replace", "insert-and-unlink", "clear"))
    many = _many(maker)
    return _any(_list(lambda random: [words(random), many(random)]), many)


# --- texts ----------------------------------------------------------------------------------------


def _letters(random: Random) -> str:
    planes = ((32, 126), (0, 31), (0xA0, 0x24F), (0x200B, 0x206F), (0xD800, 0xDFFF), (0x1F300, 0x1F6FF), (0, 0x10FFFF))
    return "".join(chr(random.randint(*random.choice(planes))) for _ in range(random.randint(0, 6)))


def _text_of(pieces: Sequence[str], most: int) -> Maker[str]:
    def make(random: Random) -> str:
        return "".join(
            _letters(random) if random.random() < 0.1 else random.choice(pieces) for _ in range(random.randint(0, most))
        )

    return make


make_html = _text_of(
    (
        "<p>", "</p>", "<br>", "<b>", "</b>", "<pre>", "</pre>", "<blockquote>", "</blockquote>", "<ul>", "<li>",
        "</li>", "</ul>", "<ol start='3'>", "</ol>", "<a href='https://example.com/a b'>", "</a>", "<!--", "-->",
        "<script>", "</script>", "<img alt='x'>", "<span class='o-mail-Message-edited'>", "</span>", "<table>",
        "<td>", "&amp;", "&#99999999999;", "&nbsp;", "<", ">", '"', "'", "=", "\n", "\x1b[2J", "\u202e", "\U0010eeee",
        "word", " ",
    ),
    12,
)  # fmt: skip
"""Bodies: pieces of HTML, well formed or not."""

make_markdown = _text_of(
    (
        "*", "**", "_", "`", "```\n", "~~", "[", "](", ")", "![", "<", "> ", "- ", "1. ", "# ", "|", "\n", "\n\n",
        "    ", "\\", "&amp;", "https://example.com/", "@Ann", "word", " ", "---",
    ),
    20,
)  # fmt: skip
"""Texts in Markdown, well formed or not."""

make_name = _text_of(
    ("Ann", "Bob", " ", "#", "\u200b", "\u202e", "\u2066", "\x1b]0;x\x07", "\U0010eeee", "\ufe0f", "\u0301", "\n", "\xad"), 6
)  # fmt: skip
"""Names of people and channels, look-alikes and terminal escapes among them."""


def make_wild(random: Random, depth: int = 3) -> Any:
    """Any JSON value, numbers beyond 64 bits and lone surrogates included."""
    kind = random.random()
    if depth == 0 or kind < 0.6:
        return random.choice(_EDGES) if random.random() < 0.8 else _letters(random)
    inner = [make_wild(random, depth - 1) for _ in range(random.randint(0, 3))]
    return inner if kind < 0.8 else {random.choice(_WILD_KEYS): value for value in inner}


# --- records --------------------------------------------------------------------------------------

_ID = _loose(lambda random: random.randint(1, 5))
_COUNT: Maker[Any] = lambda random: random.randint(0, 9)  # noqa: E731
_FLAG = _one((True, False))
_DATE = _one(
    ("2026-11-22 19:43:17", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "2026-13-01 00:00:00", "now", False, -1)
)
_MODEL = _one(("mail.channel", "discuss.channel", "res.partner", "sale.order", False))
_SHORT = _one(("", "a", "bc", False))
_PAIR: Maker[Any] = lambda random: [_ID(random), make_name(random)]  # noqa: E731
_SOMEONE = _shape("id name", id=_ID, name=make_name)
_PERSON = _shape(
    "id name type", id=_ID, name=make_name, type=_one(("partner", "guest")), partner=_SOMEONE, guest=_SOMEONE
)
_RELATED = _any(_ID, _PAIR, _PERSON)
_THREAD = _shape("id model", id=_ID, model=_MODEL)
_REACTION = _shape(
    "content count message",
    content=_one(("👍", "🎉", "\x1b[2J")),
    count=_COUNT,
    message=_any(_shape(id=_ID), _ID),
    personas=_commands(_PERSON),
    partners=_commands(_RELATED),
    guests=_commands(_RELATED),
)
_PREVIEW = _shape(
    "id source_url",
    id=_ID,
    source_url=_one(("https://example.com/", "javascript:1", "\x1b")),
    og_title=make_name,
    og_description=make_html,
    og_image=_one(("https://example.com/x.png", False)),
    image_mimetype=_one(("image/png", "text/html")),
    message=_shape(id=_ID),
    is_hidden=_FLAG,
    link_preview_id=_ID,
)
_FILE = _shape(
    "id name", id=_ID, name=make_name, filename=make_name, mimetype=_one(("image/png", "text/plain")), file_size=_COUNT
)
_BODY = _any(make_html, make_html, lambda random: ["markup", make_html(random)])

_MESSAGE = _shape(
    "id body model res_id author author_id message_type",
    id=_ID,
    body=_BODY,
    date=_DATE,
    create_date=_DATE,
    write_date=_DATE,
    pinned_at=_DATE,
    message_type=_one(("comment", "notification", "user_notification")),
    model=_one(("mail.channel", "discuss.channel")),
    res_id=_ID,
    record_name=make_name,
    thread=_THREAD,
    author=_PERSON,
    author_id=_RELATED,
    author_guest_id=_RELATED,
    guestAuthor=_commands(_PERSON),
    email_from=make_name,
    subject=make_name,
    parent_id=_RELATED,
    parentMessage=_shape(id=_ID),
    attachment_ids=_commands(_any(_FILE, _ID)),
    attachments=_commands(_FILE),
    reactions=_commands(_REACTION),
    messageReactionGroups=_commands(_REACTION),
    linkPreviews=_commands(_PREVIEW),
    message_link_preview_ids=_commands(_ID),
    recipients=_commands(_RELATED),
    partner_ids=_commands(_RELATED),
    subtype_id=_RELATED,
    subtype_description=make_name,
    starred=_FLAG,
    is_bookmarked=_FLAG,
    needaction=_FLAG,
    temporary_id=_SHORT,
    started_poll_ids=_list(_ID, 2),
    ended_poll_ids=_list(_ID, 2),
    _DELETE=_FLAG,
)
_MEMBER = _shape(
    "id channel_id persona partner_id",
    id=_ID,
    thread=_THREAD,
    channel_id=_any(_RELATED, _THREAD),
    persona=_PERSON,
    partner_id=_RELATED,
    partner_name=make_name,
    guest_id=_RELATED,
    isTyping=_FLAG,
    is_typing=_FLAG,
    create_date=_DATE,
    seen_message_id=_RELATED,
    lastSeenMessage=_RELATED,
    last_message_id=_ID,
    message_unread_counter=_COUNT,
    new_message_separator=_ID,
    mute_until_dt=_DATE,
    custom_notifications=_one(("all", "mentions", "no_notif", False)),
    unpin_dt=_DATE,
    last_interest_dt=_DATE,
    is_pinned=_FLAG,
    _DELETE=_FLAG,
)
_CHANNEL = _shape(
    "id",
    id=_ID,
    model=_MODEL,
    name=make_name,
    channel_id=_ID,
    channel_type=_one(("channel", "chat", "group")),
    description=make_name,
    uuid=_SHORT,
    last_interest_dt=_DATE,
    member_count=_COUNT,
    memberCount=_COUNT,
    message_needaction_counter=_COUNT,
    message_unread_counter=_COUNT,
    serverMessageUnreadCounter=_COUNT,
    parent_channel_id=_RELATED,
    channelMembers=_commands(_any(_MEMBER, _ID)),
    channel_member_ids=_commands(_any(_MEMBER, _ID)),
    members=_commands(_PERSON),
    guestMembers=_commands(_PERSON),
    channel=_shape(id=_ID, name=make_name, description=make_name, channelMembers=_commands(_MEMBER)),
    mute_until_dt=_DATE,
    custom_notifications=_one(("all", False)),
    is_pinned=_FLAG,
    isLocallyPinned=_FLAG,
    close_chat_window=_FLAG,
    _DELETE=_FLAG,
)
_POLL = _shape(
    "id poll_question",
    id=_ID,
    poll_question=make_name,
    poll_end_dt=_DATE,
    end_message_id=_RELATED,
    start_message_id=_RELATED,
    allow_multiple_options=_FLAG,
    option_ids=_list(_ID),
)
_OPTION = _shape(
    "id poll_id",
    id=_ID,
    poll_id=_RELATED,
    option_label=make_name,
    option_emoji=make_name,
    number_of_votes=_COUNT,
    selected_by_self=_FLAG,
)
_USER = _shape(
    "id partner_id",
    id=_ID,
    partner_id=_RELATED,
    im_status=_one(("online", "away", "offline", False)),
    name=make_name,
    login=make_name,
    email=make_name,
    main_user_id=_RELATED,
    user_ids=_list(_RELATED, 2),
)

_STORE: dict[str, Maker[Any]] = {
    "mail.message": _MESSAGE,
    "MessageReactions": _REACTION,
    "discuss.channel": _CHANNEL,
    "discuss.channel.member": _MEMBER,
    "res.partner": _any(_PERSON, _USER),
    "res.users": _USER,
    "mail.guest": _PERSON,
    "ir.attachment": _FILE,
    "mail.link.preview": _PREVIEW,
    "mail.message.link.preview": _PREVIEW,
    "mail.message.subtype": _PERSON,
    "mail.poll": _POLL,
    "mail.poll.option": _OPTION,
    "DataResponse": _shape("id messages", id=_ID, messages=_commands(_ID), channel=_RELATED),
    # 17 has names of its own for the same
    "Message": _MESSAGE,
    "LinkPreview": _PREVIEW,
    "ChannelMember": _MEMBER,
    "Thread": _CHANNEL,
}
make_store = _shape("mail.message", **{model: _many(row) for model, row in _STORE.items()})
"""Stores of 17 and later: records by model."""


# --- notifications, rows, pages -------------------------------------------------------------------

_WORDS = _shape(
    "info type channel_id message_ids",
    id=_ID,
    info=_one(("typing_status", "channel_seen", "channel_fetched", "transient_message")),
    type=_one(("deletion", "mark_as_read", "toggle_star", "simple_notification")),
    channel_id=_ID,
    channel_type=_one(("channel",)),
    partner_id=_ID,
    partner_name=make_name,
    is_typing=_FLAG,
    last_message_id=_ID,
    message_ids=_many(_ID),
    starred=_FLAG,
    title=make_name,
    message=make_html,
    body=_BODY,
    res_id=_ID,
)
_LISTED = _shape(
    "message_ids", message_ids=_many(_ID), needaction_inbox_counter=_COUNT, starred=_FLAG, store_data=make_store
)
_NEW = _shape("id message data store_data", id=_ID, message=_MESSAGE, data=make_store, store_data=make_store)

_PAYLOADS: tuple[tuple[str, str, Maker[Any]], ...] = (
    ("mail.record", "insert", make_store),
    ("mail.record", "insert", make_store),
    ("discuss.channel mail.channel", "new_message", _NEW),
    ("mail.message", "insert", _MESSAGE),
    ("mail.message", "inbox", _any(_MESSAGE, make_store, _shape(message_id=_ID, store_data=make_store))),
    ("mail.message", "delete mark_as_read mark_as_unread toggle_star", _LISTED),
    ("mail.channel mail.thread discuss.channel", "insert legacy_insert", _CHANNEL),
    ("mail.channel discuss.channel", "joined leave delete unpin last_interest_dt_changed", _CHANNEL),
    ("mail.channel.member discuss.channel.member mail.channel.partner", "typing_status seen fetched", _MEMBER),
    ("bus.bus", "im_status_updated", _shape("im_status", im_status=_one(("away", 1)), partner_id=_ID, guest_id=_ID)),
    ("bus", "im_status", _shape("partners guests", partners=_many(_USER), guests=_many(_USER))),
    ("mail", "simple_notification transient_message", _any(_WORDS, _MESSAGE)),
    ("ir.attachment", "delete", _shape(id=_ID)),
    ("", "", _any(_MESSAGE, _WORDS)),
)
_PLACE = _any(_one((None,)), lambda random: ["db", _any(_MODEL, _one(("ir.needaction",)))(random), _ID(random)])


def make_notification(random: Random) -> Notification:
    """A notification of any version: what its type has as payload, with wrong values in it, or any JSON."""
    models, names, payload = random.choice(_PAYLOADS)
    model, name = random.choice(models.split() or [""]), random.choice(names.split() or [""])
    kind = f"{model}/{name}" if model else ""
    if random.random() < ODD:
        kind = _letters(random)
    return Notification(random.randint(1, 9), kind, _loose(payload)(random), _loose(_PLACE)(random))


make_row = _any(_MESSAGE, _MEMBER, _CHANNEL, _FILE, _USER)
"""Rows as ``search_read`` answers them: of messages, members, channels, files, users."""

_MESSAGES = _list(_MESSAGE)
make_page = _loose(
    _any(
        _MESSAGES,
        make_store,
        _shape("messages", messages=_MESSAGES),
        _shape("messages data", messages=_list(_ID), data=make_store, count=_COUNT),
    )
)
"""Answers of the routes for a channel's messages, of any version."""


def make_frame(random: Random) -> str:
    """A text frame of the WebSocket: a list of notifications as JSON, sometimes cut or of another shape."""
    rows = []
    for _ in range(random.randint(0, 4)):
        made = make_notification(random)
        row = {"id": made.id, "message": {"type": made.type, "payload": made.payload}}
        row |= {"channel": made.channel} if random.random() < 0.3 else {}
        row |= (
            {random.choice(("id", "message", "internal", "type")): make_wild(random)} if random.random() < 0.3 else {}
        )
        rows.append(row)
    text = json.dumps(make_wild(random) if random.random() < ODD else rows)
    return text[: random.randint(0, len(text))] if random.random() < ODD else text


# --- the same as strategies -----------------------------------------------------------------------


def wild() -> st.SearchStrategy[Any]:
    """See `make_wild`."""
    return drawn(make_wild)


def html() -> st.SearchStrategy[str]:
    """See `make_html`."""
    return drawn(make_html)


def markdown() -> st.SearchStrategy[str]:
    """See `make_markdown`."""
    return drawn(make_markdown)


def names() -> st.SearchStrategy[str]:
    """See `make_name`."""
    return drawn(make_name)


def stores() -> st.SearchStrategy[Any]:
    """See `make_store`."""
    return drawn(make_store)


def notifications() -> st.SearchStrategy[Notification]:
    """See `make_notification`."""
    return drawn(make_notification)


def rows() -> st.SearchStrategy[Any]:
    """See `make_row`."""
    return drawn(make_row)


def pages() -> st.SearchStrategy[Any]:
    """See `make_page`."""
    return drawn(make_page)


def frames() -> st.SearchStrategy[str]:
    """See `make_frame`."""
    return drawn(make_frame)
