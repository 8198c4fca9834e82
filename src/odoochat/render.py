"""Rendering: converts values to lines of text for a terminal and to JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from msgspec import Struct

from odoochat.events import (
    AttachmentRemoved,
    ChannelChanged,
    ChannelJoined,
    ChannelLeft,
    CountersChanged,
    Event,
    EventsMissed,
    InboxRead,
    InboxReceived,
    LinkChanged,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessageFailed,
    MessagePending,
    MessagePosted,
    MessageSeen,
    NoticeReceived,
    NotificationReceived,
    PinChanged,
    PollChanged,
    PresenceChanged,
    PreviewsChanged,
    ReactionChanged,
    StarChanged,
    TypingChanged,
)
from odoochat.model import Author, ChannelInfo, Member, Message, Person, Poll, Reaction
from odoochat.plural import counted
from odoochat.wire.content.body import safe_line, safe_text
from odoochat.wire.content.sanitize import escaped_json

__all__ = [
    "channel_lines",
    "event_channel",
    "event_kind",
    "event_line",
    "event_value",
    "json_line",
    "member_lines",
    "message_lines",
    "notice_value",
    "person_lines",
    "place_line",
    "poll_lines",
    "safe_line",
    "safe_text",
    "table",
    "value",
]

PLAIN = (str, int, bool, float, type(None))
MESSAGE_FIELDS = ("id", "channel", "author", "text", "html", "date", "reply_to", "attachments", "reactions")
MESSAGE_EXTRAS = {
    "kind": "comment", "pinned": None, "starred": False, "needaction": False, "mentions": (), "record": None,
    "previews": (), "reactions_known": True, "subject": "",
}  # fmt: skip
"""Fields included in JSON only if they differ from these defaults."""


def value(thing: object) -> Any:
    """Convert a library value to plain JSON values, with times formatted as ``2026-11-22T19:03:31Z``.

    Args:
        thing: a message, an event, or any other value.
    """
    if thing.__class__ in PLAIN:  # most values are
        return thing
    match thing:
        case Message():
            extra = [name for name, usual in MESSAGE_EXTRAS.items() if getattr(thing, name) != usual]
            return {name: value(getattr(thing, name)) for name in (*MESSAGE_FIELDS, *extra)}
        case Author(email=""):
            return {"id": thing.id, "kind": thing.kind, "name": thing.name}
        case Reaction(authors=()):
            return {"content": thing.content, "count": thing.count}
        case Event():
            return event_value(thing)
        case Struct():
            return {name: value(getattr(thing, name)) for name in thing.__struct_fields__}
        case datetime():
            return _moment(thing)
        case tuple() | list():
            return [value(each) for each in cast("Iterable[Any]", thing)]
        case dict():
            return {str(k): value(v) for k, v in cast("Mapping[Any, Any]", thing).items()}
        case _:
            return thing


def _moment(time: datetime) -> str:
    time = time if time.tzinfo is UTC else time.astimezone(UTC)
    return f"{time.isoformat(timespec='seconds')[:19]}Z"


def event_value(event: Event) -> dict[str, Any]:
    """Convert an event to JSON values: its class name in snake case, and its fields.

    Args:
        event: any event.
    """
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    return {"event": name, **{f: value(getattr(event, f)) for f in event.__struct_fields__}}


@cache
def event_kind(kind: type[Event]) -> str:
    """Return the external name of an event type, e.g. ``message.posted``.

    Args:
        kind: the event class.
    """
    return ".".join(re.sub(r"(?<!^)(?=[A-Z])", " ", kind.__name__).lower().split())


def event_channel(event: Event) -> int:
    """Return the id of an event's channel, or 0 if it has none.

    Args:
        event: any event.
    """
    message = getattr(event, "message", None)
    channel = getattr(event, "channel", None) if message is None else message.channel
    return channel.id if channel is not None else 0


def notice_value(event: Event, now: float) -> dict[str, Any]:
    """Convert an event to the format for other programs: ``{"type": "message.posted", "timestamp": …, "data": …}``.

    Args:
        event: any event.
        now: the current time, as a Unix timestamp.
    """
    data = {f: value(getattr(event, f)) for f in event.__struct_fields__}
    if isinstance(event, MessagePosted):
        data["message"]["mine"] = event.message.mine
    moment = _moment(datetime.fromtimestamp(now, UTC))
    return {"type": event_kind(type(event)), "timestamp": moment, "data": data}


def json_line(thing: object) -> str:
    """Convert a value to one line of JSON that is safe for a terminal, escaping unsafe characters (``\\u009b``).

    Args:
        thing: a message, an event, or any other value.
    """
    return escaped_json(json.dumps(value(thing), ensure_ascii=False, separators=(",", ":"), default=str))


def message_lines(message: Message, *, channel: bool = False, number: bool = False) -> list[str]:
    """Render a message for a terminal: time, author and text, with continuation lines indented.

    Args:
        message: the message.
        channel: whether to include its channel or record.
        number: whether to start with the message id.
    """
    moment = message.date.astimezone().strftime("%Y-%m-%d %H:%M")
    which = f"{message.id} " if number else ""
    where = f"{place_line(message)} " if channel else ""
    who = safe_line(message.author.name) or "unknown"
    text = safe_text(message.text).split("\n")
    lines = [f"{which}{moment} {where}{who}: {text[0]}", *(f"    {line}" for line in text[1:])]
    lines += [f"    [file {a.id}: {safe_line(a.name)}]" for a in message.attachments]
    return lines


def place_line(message: Message) -> str:
    """Return a message's channel, such as ``#general``, or its record.

    Args:
        message: the message.
    """
    if (record := message.record) is not None:
        return safe_line(f"{record.model} {record.id}" + (f" ({record.name})" if record.name else ""))
    return f"#{safe_line(message.channel.name or str(message.channel.id))}"


def channel_lines(channels: Sequence[ChannelInfo]) -> list[str]:
    """Render channels as a table: id, name, kind, unread, last activity.

    Args:
        channels: the channels, in table order.
    """
    return table(
        ("ID", "NAME", "KIND", "UNREAD", "LAST ACTIVITY"),
        [(info.id, info.name, info.kind, info.unread or "", _minute(info.last_activity)) for info in channels],
    )


def member_lines(members: Sequence[Member]) -> list[str]:
    """Render members as a table: id, name, presence, last read message.

    Args:
        members: the members, in table order.
    """
    return table(
        ("ID", "NAME", "STATUS", "READ UP TO"),
        [
            (
                m.author.id,
                m.author.name + (" (guest)" if m.author.kind == "guest" else ""),
                m.status or "",
                m.seen or "",
            )
            for m in members
        ],
    )


def person_lines(people: Sequence[Person]) -> list[str]:
    """Render people as a table: id, login, name, presence.

    Args:
        people: the people, in table order.
    """
    return table(("ID", "LOGIN", "NAME", "STATUS"), [(p.id, p.login or "", p.name, p.status or "") for p in people])


def poll_lines(poll: Poll) -> list[str]:
    """Render a poll: its question, and its options with numbers and votes. A star marks the user's own choices.

    Args:
        poll: the poll.
    """
    head = safe_line(poll.question, 500) + (" (over)" if poll.closed else "")
    return [
        head,
        *(
            f"{'*' if o.mine else ' '} {n}  {o.votes:3}  {safe_line(f'{o.emoji} {o.label}'.strip())}"
            for n, o in enumerate(poll.options, 1)
        ),
    ]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Render rows in columns. Each cell is one safe line of at most 40 characters (120 in the last column).

    Args:
        head: the column names.
        rows: the cells of each row.
    """
    last = len(head) - 1
    cells = [tuple(safe_line(str(cell), 40 if i < last else 120) for i, cell in enumerate(row)) for row in rows]
    shown = [tuple(head), *cells]
    widths = [max(len(row[i]) for row in shown) for i in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]


def _minute(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


def event_line(event: Event) -> str:
    """Render an event as one line for a terminal, or a posted message with all lines of its text.

    Args:
        event: any event.
    """
    match event:
        case MessagePosted(message=message):
            return "\n".join(message_lines(message, channel=True))
        case LinkChanged():
            return link_line(event)
        case EventsMissed(count=count):
            return f"* {counted(count, 'event was', 'events were')} missed here"
        case NotificationReceived(type=kind):
            return f"* {safe_line(kind) or 'a notification'}"
        case _:
            return f"* {_of_message(event) or _of_people(event) or _of_user(event) or type(event).__name__}"


def _of_message(event: Event) -> str:
    match event:
        case MessageEdited(message=message):
            return f"message {message.id} was edited: {safe_line(message.text)}"
        case MessageDeleted(id=number):
            return f"message {number} was deleted"
        case MessagePending(text=text):
            return f"sending: {safe_line(text)}"
        case MessageFailed(text=text, error=error):
            return f"not sent: {safe_line(text)}: {safe_line(error)}"
        case ReactionChanged(message_id=number, content=content, count=count):
            return f"{safe_line(content)} × {count} under message {number}"
        case PollChanged(poll=poll, message_id=number):
            return _of_poll(poll, number)
        case PinChanged(message_id=number, pinned=pinned):
            return f"message {number} was {'pinned' if pinned else 'unpinned'}"
        case PreviewsChanged(message_id=number, previews=previews):
            return f"message {number} links to {', '.join(safe_line(p.title or p.url) for p in previews) or 'nothing'}"
        case AttachmentRemoved(id=number):
            return f"file {number} was removed"
        case _:
            return ""


def _of_poll(poll: Poll | None, message_id: int | None) -> str:
    if poll is None:
        return "a poll was deleted" if message_id is None else f"the poll of message {message_id} was deleted"
    options = ", ".join(f"{o.votes} × {safe_line(f'{o.emoji} {o.label}'.strip())}" for o in poll.options)
    return f"poll{' is over' if poll.closed else ''}: {safe_line(poll.question)}: {options}"


def _of_people(event: Event) -> str:
    match event:
        case TypingChanged(channel=channel, author=author, typing=typing):
            return f"{_who(author)} {'is writing' if typing else 'stopped writing'} in #{safe_line(channel.name)}"
        case MessageSeen(channel=channel, author=author, message_id=number):
            return f"{_who(author)} read #{safe_line(channel.name)} up to {number}"
        case PresenceChanged(author=author, status=status):
            return f"{_who(author)} is {safe_line(status)}"
        case MemberJoined(channel=channel, author=author):
            return f"{_who(author)} joined #{safe_line(channel.name)}"
        case MemberLeft(channel=channel, author=author):
            return f"{_who(author)} left #{safe_line(channel.name)}"
        case _:
            return ""


def _of_user(event: Event) -> str:
    match event:
        case ChannelJoined(channel=info):
            return f"joined #{safe_line(info.name)}"
        case ChannelLeft(channel=channel):
            return f"left #{safe_line(channel.name or str(channel.id))}"
        case ChannelChanged(channel=info):
            return f"#{safe_line(info.name)}: {info.unread} unread"
        case StarChanged(message_ids=numbers, starred=starred):
            return f"{'starred' if starred else 'no longer starred'}: {', '.join(map(str, numbers)) or 'all'}"
        case InboxReceived(message=message):
            return f"in your inbox: {_who(message.author)}: {safe_line(message.text)}"
        case InboxRead(message_ids=numbers):
            return f"out of your inbox: {', '.join(map(str, numbers)) or 'all'}"
        case CountersChanged(counters=counters):
            return f"{counters.inbox} in your inbox, {counters.starred} starred"
        case NoticeReceived(text=text):
            return safe_line(text, 1000)
        case _:
            return ""


def _who(author: Author) -> str:
    return safe_line(author.name) or "unknown"


def link_line(event: LinkChanged) -> str:
    """Render the link's state as one line.

    Args:
        event: the state change.
    """
    if event.state == "open":
        return f"* connected by {event.via}"
    if event.state == "waiting":
        return f"* {safe_line(event.reason or '')}: trying {event.via} again in {event.retry_in or 0:.1f} s"
    if event.state == "closed":
        return f"* closed: {safe_line(event.reason or '')}"
    return f"* connecting by {event.via}"
