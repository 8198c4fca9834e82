"""Decoders return values or raise an `OdooChatError` for any answer."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoochat import render
from odoochat.core.state import ClientState
from odoochat.errors import OdooChatError
from odoochat.events import (
    Event,
    InboxReceived,
    MemberJoined,
    MessageDeleted,
    MessagePosted,
    MessageSeen,
    PinChanged,
    PreviewsChanged,
    ReactionChanged,
    StarChanged,
    TypingChanged,
)
from odoochat.model import ChannelInfo, Version
from odoochat.wire.content import body
from odoochat.wire.envelopes import frames, jsonrpc, xmlrpc
from odoochat.wire.updates import ChannelPatch, CountersPatch, MessagePatch, PollsPatch, Refresh
from odoochat.wire.values import attachment, dicts
from odoochat.wire.versions.registry import dialect_for
from tests import strategies

LIMIT = 2**63


def known() -> ClientState:
    store = ClientState()
    store.renew([ChannelInfo(1, "general"), ChannelInfo(2, "Bob", "chat")])
    return store


def integers(thing: Any) -> list[int]:
    """All whole numbers in a value of ours."""
    if isinstance(thing, bool) or thing is None:
        return []
    if isinstance(thing, int):
        return [thing]
    if isinstance(thing, dict):
        return [n for value in thing.values() for n in integers(value)]
    if isinstance(thing, list | tuple):
        return [n for value in thing for n in integers(value)]
    return [n for f in getattr(thing, "__struct_fields__", ()) for n in integers(getattr(thing, f))]


def names_something(thing: Any) -> bool:
    """Whether a message, a channel or a patch has an id."""
    match thing:
        case MessageDeleted() | MessagePatch() | ChannelPatch():
            return thing.id > 0
        case ReactionChanged() | PinChanged() | PreviewsChanged():
            return thing.message_id > 0
        case MessagePosted(message=message) | InboxReceived(message=message):
            return message.id > 0 and all(f.id for f in message.attachments)
        case MessageSeen(channel=channel) | TypingChanged(channel=channel) | MemberJoined(channel=channel):
            return channel.id > 0 and thing.author.id > 0
        case StarChanged(message_ids=numbers):
            return all(n > 0 for n in numbers)
        case _:
            return True


def apply(store: ClientState, thing: Any) -> None:
    """Takes what was decoded as a client does."""
    match thing:
        case Event():
            store.apply(thing, 0.0)
        case MessagePatch():
            store.patched(thing)
        case ChannelPatch():
            store.patch_channel(thing)
        case CountersPatch():
            store.inbox.patch(thing)
        case PollsPatch():
            store.polls.apply(thing)
        case Refresh():
            assert thing.channel_id is None or thing.channel_id > 0


@pytest.mark.parametrize("major", strategies.MAJORS)
@settings(max_examples=150, deadline=None)
@given(drawn=st.data())
def test_notifications_decode_to_values_that_fit_64_bits(major: int, drawn: st.DataObject) -> None:
    dialect, store = dialect_for(Version(major)), known()
    for _ in range(3):
        for thing in dialect.decoder.decode(drawn.draw(strategies.notifications()), store):
            if type(thing).__name__ != "NotificationReceived":
                assert all(-LIMIT <= n < LIMIT for n in integers(thing)), thing
                assert names_something(thing), thing
            apply(store, thing)
            if isinstance(thing, Event):
                assert "\n" not in render.json_line(thing)
                render.event_line(thing)


@pytest.mark.parametrize("major", strategies.MAJORS)
@settings(max_examples=100, deadline=None)
@given(
    row=strategies.rows(),
    others=st.lists(strategies.rows(), max_size=3),
    page=strategies.pages(),
    file=strategies.rows(),
)
def test_rows_and_pages_decode_to_values(major: int, row: Any, others: list[Any], page: Any, file: Any) -> None:
    dialect, store = dialect_for(Version(major)), known()
    found: list[Any] = [attachment(file if isinstance(file, dict) else {})]
    found += dialect.rows.channel_infos(dicts([row, *others]), dicts(others), dicts([row]), 1)
    found += dialect.rows.messages(dicts([row, *others]), store)
    found += dialect.decoder.page_messages(page, store, 1)
    found += dialect.decoder.previews_in(page, store, 1)
    for thing in found:
        assert all(-LIMIT <= n < LIMIT for n in integers(thing)), thing
        render.json_line(thing)


@pytest.mark.parametrize("major", [16, 17, 18, 19, 20])
@settings(max_examples=100, deadline=None)
@given(answer=strategies.pages() | strategies.rows() | strategies.stores())
def test_answers_to_guests_decode_or_raise_an_error_of_ours(major: int, answer: Any) -> None:
    dialect = dialect_for(Version(major))
    guests, channels = dialect.guests, dialect.channels
    guests.channel_facts(answer, 1)
    for read in (guests.posted_id, guests.uploaded, channels.created, channels.created_thread):
        with contextlib.suppress(OdooChatError):
            read(answer)


@settings(max_examples=300, deadline=None)
@given(text=strategies.frames() | st.text(max_size=20))
def test_frames_parse_or_raise_an_error_of_ours(text: str) -> None:
    for data in (text, text.encode("utf-8", "surrogatepass")):
        try:
            for item in frames.parse(data):
                if isinstance(item, frames.Notification):
                    assert 0 < item.id < LIMIT
        except OdooChatError:
            pass


@settings(max_examples=200, deadline=None)
@given(text=strategies.frames() | st.text(max_size=20), status=st.sampled_from([200, 401, 403, 404, 422, 500]))
def test_envelopes_decode_or_raise_an_error_of_ours(text: str, status: int) -> None:
    data = text.encode("utf-8", "surrogatepass")
    for decode in (
        lambda: jsonrpc.decode(data, status=status, content_type="application/json"),
        lambda: jsonrpc.json2_decode(data, status),
        lambda: xmlrpc.decode(data),
    ):
        with contextlib.suppress(OdooChatError):
            decode()


@settings(max_examples=300, deadline=None)
@given(written=strategies.markdown() | strategies.html(), name=strategies.names())
def test_texts_render_and_come_back_safe(written: str, name: str) -> None:
    for markup in body.MARKUPS:
        back = body.to_text(body.render(written, markup))
        assert body.safe_text(back) == back
    assert body.safe_line(body.safe_line(name)) == body.safe_line(name)
