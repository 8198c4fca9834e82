"""Compares the answers of two servers: the same keys, and values of the same type."""

from __future__ import annotations

from typing import Any


def differences(real: Any, ours: Any, where: str = "") -> list[str]:
    """Return the differences from the answer of the real server, one line each."""
    if _empty(real) or _empty(ours):
        return []
    if isinstance(real, dict) and isinstance(ours, dict):
        return _of_dicts(real, ours, where)
    if isinstance(real, list) and isinstance(ours, list):
        if not real or not ours:
            return []
        if len(real) == len(ours) and not all(isinstance(one, dict) for one in real):
            pairs = zip(real, ours, strict=True)  # a tuple in JSON: (id, name), ["ADD", [...]]
            return [line for i, (a, b) in enumerate(pairs) for line in differences(a, b, f"{where}[{i}]")]
        return differences(_merged(real), _merged(ours), f"{where}[]")
    if _kind(real) is not _kind(ours):
        return [f"{where}: {type(real).__name__} {str(real)[:40]!r}, not {type(ours).__name__} {str(ours)[:40]!r}"]
    return []


def _of_dicts(real: dict[str, Any], ours: dict[str, Any], where: str) -> list[str]:
    if real and all(key.isdigit() for key in real):  # keyed by ids
        return differences(next(iter(real.values())), next(iter(ours.values()), None), f"{where}.<id>")
    lines = [f"{where}.{key}: missing" for key in sorted(real.keys() - ours.keys())]
    lines += [f"{where}.{key}: too much" for key in sorted(ours.keys() - real.keys())]
    for key in sorted(real.keys() & ours.keys()):
        lines += differences(real[key], ours[key], f"{where}.{key}")
    return lines


def _merged(values: list[Any]) -> Any:
    """Merge the records of a list into one that has every key of any of them."""
    if not all(isinstance(one, dict) for one in values):
        return values[0]
    merged: dict[str, Any] = {}
    for one in values:
        merged.update({key: value for key, value in one.items() if _empty(merged.get(key))})
    return merged


def _empty(value: Any) -> bool:
    # A field that Odoo left empty is False; it says nothing about the type of a full one.
    return value is None or value is False


def _kind(value: Any) -> type:
    if isinstance(value, bool):
        return bool
    return float if isinstance(value, (int, float)) else type(value)
