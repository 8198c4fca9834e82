"""The representation of a message's reactions in each version."""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.fields import Facts
from odoochat.sandbox.versions.people import named, named_persona, persona
from odoochat.sandbox.versions.store import Json


def _reactions(facts: Facts, message: Row) -> dict[str, list[int]]:
    return facts.state.marks.reactions(message["id"])


def reactions15(facts: Facts, message: Row) -> Any:
    """Return a message's reactions in the format of Odoo 15."""
    groups = [
        {
            "messageId": message["id"],
            "content": content,
            "count": len(given),
            "guests": [["insert-and-replace", named(facts, [one for one in given if one < 0])]],
            "partners": [["insert-and-replace", named(facts, [one for one in given if one > 0])]],
        }
        for content, given in _reactions(facts, message).items()
    ]
    return [["insert-and-replace", groups]]


def reactions16(facts: Facts, message: Row) -> list[Json]:
    """Return a message's reactions in the format of Odoo 16."""
    return [
        {
            "content": content,
            "count": len(given),
            "guests": named(facts, [one for one in given if one < 0]),
            "message": {"id": message["id"]},
            "partners": named(facts, [one for one in given if one > 0]),
        }
        for content, given in _reactions(facts, message).items()
    ]


def reactions17(facts: Facts, message: Row) -> list[Json]:
    """Return a message's reactions in the format of Odoo 17."""
    return [
        {
            "content": content,
            "count": len(given),
            "personas": [named_persona(facts, one) for one in given],
            "message": {"id": message["id"]},
        }
        for content, given in _reactions(facts, message).items()
    ]


def reactions18(facts: Facts, message: Row) -> list[Json]:
    """Return a message's reactions in the format of Odoo 18 and 19."""
    return [{"message": message["id"], "content": content} for content in _reactions(facts, message)]


def reaction_groups(facts: Facts, message: Row, only: str | None = None) -> list[Json]:
    """Return a message's reaction records for the store (Odoo 18 and later).

    Args:
        facts: the context to read from.
        message: the message row.
        only: limit to this emoji; None for all.
    """
    groups = []
    for content, given in _reactions(facts, message).items():
        if only not in (None, content):
            continue
        people: Json = {"personas": [persona(one) for one in given]}
        if facts.version >= 19:
            people = {"guests": [-one for one in given if one < 0], "partners": [one for one in given if one > 0]}
        sequence = facts.state.marks.reaction_sequence(message["id"], content)
        counted = {"content": content, "count": len(given), "message": message["id"], "sequence": sequence}
        groups.append({**counted, **people})
    return groups
