"""A table of messages as Odoo keeps it: enough of its search to answer what the catch-up asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def matches(domain: Sequence[Any], row: Row) -> bool:
    """Whether a row is in a domain: prefix notation, "and" between terms unless said."""
    terms = list(domain)
    if not terms:
        return True
    truth, rest = _term(terms, row)
    while rest:
        more, rest = _term(rest, row)
        truth = truth and more
    return truth


def _term(terms: list[Any], row: Row) -> tuple[bool, list[Any]]:
    first, rest = terms[0], terms[1:]
    if first in ("&", "|"):
        left, rest = _term(rest, row)
        right, rest = _term(rest, row)
        return (left and right) if first == "&" else (left or right), rest
    field, operator, value = first
    mine = row[field]
    if isinstance(mine, list):
        mine = mine[0] if mine else False
    match operator:
        case "=":
            return mine == value, rest
        case "!=":
            return mine != value, rest
        case ">":
            return mine > value, rest
        case ">=":
            return mine >= value, rest
        case "<":
            return mine < value, rest
        case "in":
            return mine in value, rest
        case "not in":
            return mine not in value, rest
    raise AssertionError(f"the operator {operator!r} is not known to this table")


def search(rows: Iterable[Row], domain: Sequence[Any], *, order: str = "id", limit: int | None = None) -> list[Row]:
    """The rows of a domain, in order."""
    found = sorted((r for r in rows if matches(domain, r)), key=lambda r: r["id"], reverse=order.endswith("desc"))
    return found[:limit]
