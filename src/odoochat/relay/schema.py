"""Builds the JSON Schema for events and commands, and the AsyncAPI document for the relay's streams."""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from odoochat.errors import OdooChatError
from odoochat.events import Event, MessagePosted
from odoochat.relay.commands import Command, RelayCommand
from odoochat.relay.settings import publishable
from odoochat.render import MESSAGE_EXTRAS, MESSAGE_FIELDS
from odoochat.wire.values import is_array, is_object

__all__ = ["asyncapi_document", "json_schema"]

COMMAND_TYPES: tuple[type[RelayCommand], ...] = get_args(Command)
LEFT_OUT_WHEN_EMPTY = {"Author": {"email"}, "Reaction": {"authors"}}
"""Optional fields that are omitted from JSON if they have no value, apart from message fields."""

ENVELOPE: dict[str, tuple[dict[str, Any], str]] = {
    "timestamp": ({"type": "string", "format": "date-time"}, "When the relay received the event, in UTC"),
    "key": ({"type": "string"}, "Unique key; an event that is published again has the same key"),
    "server": ({"type": "string"}, "The server's address without its scheme"),
    "db": ({"type": "string"}, "The database"),
    "account": ({"type": "string"}, "Name of the account that received the event"),
    "channel": ({"type": "integer", "minimum": 0}, "Id of the channel; 0 for events without one"),
    "truncated": (
        {"const": True},
        "Present if the texts were omitted because the broker rejected an event of that size",
    ),
}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) for the events and commands of a relay.

    ``$defs`` contains ``event``, ``command`` and ``deadLetter``, as well as each individual event and command type.
    """
    kinds = publishable()
    defs = _definitions(list(kinds.values()))
    _, commands = msgspec.json.schema_components(COMMAND_TYPES, ref_template="#/$defs/{name}")
    _put_null_last(commands)
    defs |= {name: _described(schema) for name, schema in commands.items()}
    envelopes = {f"event.{name}": _envelope(name, kind) for name, kind in kinds.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Events and commands of odoochat relay",
        "oneOf": [{"$ref": "#/$defs/event"}, {"$ref": "#/$defs/command"}],
        "$defs": {
            "event": {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in envelopes]},
            "command": {"oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in COMMAND_TYPES]},
            **envelopes,
            **defs,
        },
    }


def _definitions(kinds: list[type[Event]]) -> dict[str, Any]:
    """Return the schemas of all values in events, as encoded in JSON."""

    def unknown(kind: type) -> dict[str, Any]:
        if issubclass(kind, OdooChatError):
            return {"type": "string"}
        raise NotImplementedError

    _, found = msgspec.json.schema_components(kinds, schema_hook=unknown, ref_template="#/$defs/{name}")
    _put_null_last(found)
    for name, schema in found.items():
        properties: dict[str, Any] = schema["properties"]
        for each in properties.values():
            each.pop("default", None)
        if name == "Message":
            properties["mine"]["description"] = f"Only in {MessagePosted.__name__}: whether the account is the author"
            kept = (*MESSAGE_FIELDS, *MESSAGE_EXTRAS, "mine")
            schema["properties"] = {key: properties[key] for key in kept}
            schema["required"] = list(MESSAGE_FIELDS)
        else:
            optional = LEFT_OUT_WHEN_EMPTY.get(name, set())
            schema["required"] = [key for key in properties if key not in optional]
        _described(schema)
    return found


def _envelope(name: str, kind: type[Event]) -> dict[str, Any]:
    properties = {key: {**schema, "description": text} for key, (schema, text) in ENVELOPE.items()}
    return {
        "title": name,
        "description": _first_line(kind.__doc__),
        "type": "object",
        "properties": {"type": {"const": name}, **properties, "data": {"type": "object"}},
        "required": ["type", *(key for key in ENVELOPE if key != "truncated"), "data"],
        "if": {"not": {"required": ["truncated"]}},
        "then": {"properties": {"data": {"$ref": f"#/$defs/{kind.__name__}"}}},
    }


def _put_null_last(value: object) -> None:
    """Order the alternatives of each value, because their order differs between msgspec versions."""
    if is_object(value):
        if is_array(choices := value.get("anyOf")):
            value["anyOf"] = sorted(choices, key=lambda choice: choice == {"type": "null"})
        value = list(value.values())
    if is_array(value):
        for each in value:
            _put_null_last(each)


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    """Use the first line of the docstring as the description."""
    if "description" in schema:
        schema["description"] = _first_line(schema["description"])
    return schema


def _first_line(doc: str | None) -> str:
    return (doc or "").strip().split("\n", 1)[0]


def asyncapi_document(version: str) -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document for the streams, using the default name ``odoochat`` in addresses.

    Args:
        version: the document version.
    """
    schema = json_schema()
    kinds = publishable()
    commands = {kind.__name__: kind for kind in COMMAND_TYPES}
    messages = {name: _message(f"event.{name}", name, kind.__doc__) for name, kind in kinds.items()}
    messages |= {name: _message(name, name, kind.__doc__) for name, kind in commands.items()}
    places = {
        "redis": "Redis: the `data` field of stream entries, alongside `key` and `type`",
        "nats": "NATS: JetStream, with the key as Nats-Msg-Id",
        "rabbitmq": "RabbitMQ: a topic exchange with a durable queue, with the key as message_id",
        "kafka": "Kafka: a topic whose message key is the channel, with a `key` header",
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "odoochat relay",
            "version": version,
            "description": "Odoo Discuss events, delivered at least once and in order per channel, and commands.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "events": {
                "address": "odoochat:events (Redis), odoochat.events.{db}.{channel}.{type} (NATS), "
                "odoochat.events (RabbitMQ, Kafka)",
                "description": "; ".join(places.values()),
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in kinds},
            },
            "commands": {
                "address": "odoochat:commands (Redis), odoochat.commands (NATS, RabbitMQ, Kafka)",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in commands},
            },
            "deadLetters": {
                "address": "odoochat:commands:dead (Redis), odoochat.dead (NATS), odoochat.commands.dead "
                "(RabbitMQ, Kafka)",
                "description": "Commands that cannot be run, as they were sent, together with the reason",
                "messages": {"deadLetter": {"$ref": "#/components/messages/deadLetter"}},
            },
        },
        "operations": {
            "publishEvents": {"action": "send", "channel": {"$ref": "#/channels/events"}},
            "takeCommands": {"action": "receive", "channel": {"$ref": "#/channels/commands"}},
            "buryCommands": {"action": "send", "channel": {"$ref": "#/channels/deadLetters"}},
        },
        "components": {
            "messages": {**messages, "deadLetter": {"name": "deadLetter", "payload": {}}},
            "schemas": {name: _moved(one) for name, one in schema["$defs"].items()},
        },
    }


def _message(schema: str, name: str, doc: str | None) -> dict[str, Any]:
    return {"name": name, "summary": _first_line(doc), "payload": {"$ref": f"#/components/schemas/{schema}"}}


def _moved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema whose references point to the components of an AsyncAPI document."""
    text = msgspec.json.encode(schema).decode().replace('"#/$defs/', '"#/components/schemas/')
    found: dict[str, Any] = msgspec.json.decode(text)
    return found
