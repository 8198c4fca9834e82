"""The schemas describe what is published, and what is taken."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import jsonschema
import pytest

from odoochat.events import (
    AttachmentRemoved,
    ChannelChanged,
    ChannelLeft,
    CountersChanged,
    Event,
    InboxRead,
    InboxReceived,
    MemberJoined,
    MessageDeleted,
    MessageEdited,
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
from odoochat.model import (
    Attachment,
    Author,
    ChannelInfo,
    ChannelRef,
    Counters,
    LinkPreview,
    Message,
    Poll,
    PollOption,
    Reaction,
    RecordRef,
)
from odoochat.relay.commands import decode_command
from odoochat.relay.outgoing import Origin, outgoing_event, shortened
from odoochat.relay.schema import asyncapi_document, json_schema
from odoochat.relay.settings import publishable

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GENERAL = ChannelRef(7, "general")
ANN, BOB = Author(3, "partner", "Ann", "ann@example.com"), Author(4, "guest", "Bob")
MESSAGE = Message(
    5,
    GENERAL,
    ANN,
    "hi",
    "<p>hi</p>",
    MOMENT,
    reply_to=4,
    attachments=(Attachment(9, "a.txt", "text/plain", 3), Attachment(10)),
    reactions=(Reaction("👍", 2, (ANN, BOB)), Reaction("🎉", 1)),
    pinned=MOMENT,
    starred=True,
    needaction=True,
    mentions=(3,),
    record=RecordRef("sale.order", 42, "S42"),
    previews=(LinkPreview("https://example.com"),),
    subject="x",
    kind="email",
    reactions_known=False,
)
PLAIN = Message(6, GENERAL, BOB, "hi", "<p>hi</p>", MOMENT)
INFO = ChannelInfo(7, "general", "channel")
EVENTS: list[Event] = [
    MessagePosted(MESSAGE),
    MessagePosted(PLAIN),
    MessageEdited(MESSAGE),
    MessageDeleted(5, GENERAL),
    MessageDeleted(5),
    ReactionChanged(5, "👍", 1, (ANN, BOB)),
    PollChanged(Poll(1, "?", (PollOption(1, "a"),), MOMENT), 5),
    PollChanged(None, None),
    PinChanged(5, MOMENT, GENERAL),
    PinChanged(5, None),
    StarChanged((5,), True),
    PreviewsChanged(5, (LinkPreview("https://example.com"),)),
    AttachmentRemoved(9),
    InboxReceived(PLAIN),
    InboxRead((5, 6)),
    CountersChanged(Counters(1, 2)),
    MemberJoined(GENERAL, ANN),
    NoticeReceived("x", GENERAL),
    PresenceChanged(ANN, "online"),
    ChannelChanged(INFO),
    ChannelLeft(GENERAL),
    TypingChanged(GENERAL, ANN, True),
    MessageSeen(GENERAL, ANN, 5),
    NotificationReceived("x", {"a": [1]}),
]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_follow_the_schema(event: Event, validator: jsonschema.Draft202012Validator):
    outgoing = outgoing_event(event, Origin("erp.example.com", "prod", "alice"), 1.0)
    value = json.loads(outgoing.body)
    validator.validate(value)
    del value["data"]
    assert not validator.is_valid(value)


def test_an_event_without_a_field_of_its_type_does_not_follow_the_schema(validator: jsonschema.Draft202012Validator):
    value = json.loads(outgoing_event(MessagePosted(PLAIN), Origin("e", "prod", "alice"), 1.0).body)
    del value["data"]["message"]["text"]
    assert not validator.is_valid(value)


def test_a_shortened_event_follows_the_schema_and_keeps_its_key(validator: jsonschema.Draft202012Validator):
    event = outgoing_event(MessagePosted(MESSAGE), Origin("e", "prod", "alice"), 1.0)
    short = shortened(event)
    value = json.loads(short.body)
    validator.validate(value)
    assert (short.key, value["truncated"], value["data"]["message"]["id"]) == (event.key, True, 5)
    assert "text" not in value["data"]["message"]


def test_half_a_surrogate_pair_is_published():
    broken = Message(6, GENERAL, BOB, "\ud800", "<p></p>", MOMENT)
    body = outgoing_event(MessagePosted(broken), Origin("e", "prod", "alice"), 1.0).body
    assert json.loads(body)["data"]["message"]["text"] == "\ud800"


def test_every_type_has_a_schema_and_a_message_of_the_asyncapi_document():
    schema, document = json_schema(), asyncapi_document("1.2.3")
    for name in publishable():
        assert f"event.{name}" in schema["$defs"]
        assert document["channels"]["events"]["messages"][name] == {"$ref": f"#/components/messages/{name}"}
        assert name in document["components"]["messages"]
    assert "#/$defs/" not in json.dumps(document)
    for reference in references(document):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [each for inner in value.values() for each in references(inner)]
    return [each for inner in value for each in references(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize(
    "command",
    [
        {"command": "send", "id": "1", "account": "alice", "channel": 7, "text": "hi", "markup": "markdown"},
        {"command": "send", "id": "1", "account": "alice", "channel": "general", "text": "hi", "reply_to": 5},
        {"command": "edit", "id": "1", "account": "alice", "message_id": 5, "text": "hi"},
        {"command": "react", "id": "1", "account": "alice", "message_id": 5, "emoji": "👍"},
        {"command": "unreact", "id": "1", "account": "alice", "message_id": 5, "emoji": "👍"},
        {"command": "mark_read", "id": "1", "account": "alice", "channel": "general"},
    ],
)
def test_commands_follow_the_schema(command: dict[str, object], validator: jsonschema.Draft202012Validator):
    validator.validate(command)
    decode_command(json.dumps(command).encode())
    for wrong in ({**command, "extra": 1}, {k: v for k, v in command.items() if k != "id"}, {**command, "id": ""}):
        assert not validator.is_valid(wrong)
        with pytest.raises(Exception, match="not a command"):
            decode_command(json.dumps(wrong).encode())
