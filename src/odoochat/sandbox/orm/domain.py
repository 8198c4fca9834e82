"""Evaluates Odoo search domains on one record at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.orm.patterns import matches_pattern

Getter = Callable[[str], Any]
_NEGATIVE = frozenset(("!=", "not in", "not like", "not ilike"))
_OPERATORS = frozenset(("=", "in", ">", ">=", "<", "<=", "like", "ilike", "=like", "=ilike", "=?")) | _NEGATIVE


def matches(domain: Any, get: Getter) -> bool:
    """Return whether a record matches a domain (prefix notation, implicit "and"); `get` returns its field values."""
    if not isinstance(domain, (list, tuple)):
        raise OdooError("value", f"Domain() invalid item in domain: {domain!r}")
    items, results = list(domain), list[bool]()
    stack: list[bool] = []
    for item in reversed(items):
        if item == "!":
            stack.append(not _pop(stack))
        elif item in ("&", "|"):
            left, right = _pop(stack), _pop(stack)
            stack.append((left and right) if item == "&" else (left or right))
        else:
            stack.append(_leaf(item, get))
    results.extend(stack)
    return all(results)


def _pop(stack: list[bool]) -> bool:
    if not stack:
        raise OdooError("value", "Domain is syntactically not correct")
    return stack.pop()


def _leaf(item: Any, get: Getter) -> bool:
    if isinstance(item, bool):
        return item
    if not isinstance(item, (list, tuple)) or len(item) != 3:
        raise OdooError("value", f"Invalid leaf {item!r}")
    left, operator, right = item
    if left in (0, 1) and operator == "=":  # the constant leaves (1, '=', 1) and (0, '=', 1)
        return bool(left == right)
    operator = {"<>": "!=", "==": "="}.get(operator, operator)
    if operator not in _OPERATORS or not isinstance(left, str):
        raise OdooError("value", f"Invalid operator {operator!r} in domain term {tuple(item)!r}")
    value = get(left)
    if isinstance(value, list) and operator not in (">", ">=", "<", "<="):
        return _set_leaf(value, operator, right)
    return _compare(_plain(value), operator, right)


def _plain(value: Any) -> Any:
    return False if value is None else value


def _set_leaf(values: list[Any], operator: str, right: Any) -> bool:
    wanted = right if isinstance(right, (list, tuple)) else [right]
    if wanted in ([False], (False,)):
        found = not values
    elif operator.endswith("like"):
        found = any(_compare(value, operator.removeprefix("not "), right) for value in values)
    else:
        found = any(value in wanted for value in values)
    return not found if operator in _NEGATIVE else found


def _compare(value: Any, operator: str, right: Any) -> bool:
    if operator in _NEGATIVE:
        positive = "=" if operator == "!=" else operator.removeprefix("not ")
        return not _compare(value, positive, right)
    if operator == "=?":
        return right is False or right is None or _same(value, right)
    if isinstance(right, frozenset):  # the target ids of a path; never sent by a client
        return value in right
    if operator in ("=", "in"):
        wanted = right if isinstance(right, (list, tuple)) else [right]
        return any(_same(value, _plain(one)) for one in wanted)
    if operator in ("like", "ilike", "=like", "=ilike"):
        return _like(value, operator, right)
    return _order(value, operator, right)


def _same(value: Any, right: Any) -> bool:
    if isinstance(value, bool) or isinstance(right, bool):
        return bool(value) == bool(right) if isinstance(right, bool) else False
    return bool(value == right)


def _like(value: Any, operator: str, right: Any) -> bool:
    return matches_pattern(
        str(value or ""), str(right), anywhere=not operator.startswith("="), ignore_case="ilike" in operator
    )


def _order(value: Any, operator: str, right: Any) -> bool:
    if value is False or right is False or right is None:
        return False
    if isinstance(right, str) and len(right) == 10 and isinstance(value, str) and len(value) == 19:
        right += " 00:00:00" if operator in ("<", ">=") else " 23:59:59"
    try:
        found = bool(value > right) if operator in (">", "<=") else bool(value < right)
    except TypeError:
        raise OdooError("value", f"cannot compare {value!r} with {right!r}") from None
    return found if operator in (">", "<") else not found
