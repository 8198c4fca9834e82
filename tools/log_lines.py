"""Lists odoochat's log messages by reading the logger calls in the source."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "odoochat"
LEVELS = {"info": "INFO", "warning": "WARNING", "error": "ERROR", "exception": "ERROR"}
PACKAGES = ("bot", "net", "archive", "client", "tui")
"""The packages whose lines are listed. The command line and the sandbox print their messages instead of logging
them."""


RESERVED = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
"""Names that `extra` must not use."""


class Line(NamedTuple):
    """A log line.

    Attributes:
        event: the stable event name.
        level: the log level.
        text: the message, with the names of the values in braces.
        fields: names of the additional values in the record.
    """

    event: str
    level: str
    text: str
    fields: tuple[str, ...]


def log_lines() -> str:
    """Write a table of all log lines of level INFO and above, sorted by event."""
    lines = ["| event | level | line | fields |", "|---|---|---|---|"]
    for line in all_lines():
        fields = ", ".join(f"`{field}`" for field in line.fields)
        lines.append(f"| `{line.event}` | {line.level} | `{line.text}` | {fields} |")
    return "\n".join(lines)


def all_lines() -> list[Line]:
    """Return all lines, sorted by their events.

    Raises:
        SystemExit: two different lines have the same event.
    """
    found: dict[str, Line] = {}
    for package in PACKAGES:
        for path in sorted((SOURCE / package).rglob("*.py")):
            for line in calls(path):
                if found.setdefault(line.event, line) != line:
                    raise SystemExit(f"{path.relative_to(ROOT)}: two lines have the event {line.event!r}")
    return [found[event] for event in sorted(found)]


def calls(path: Path) -> Iterator[Line]:
    """Yield the line of each call of a module's logger, in order."""
    yield from calls_of(path.read_text("utf-8"), path)


def calls_of(source: str, path: Path) -> Iterator[Line]:
    """Yield the line of each logger call in a source file, in order.

    Args:
        source: the text of a Python module.
        path: the file, for error messages.

    Raises:
        SystemExit: a line is not a constant text, or has no event.
    """
    tree = ast.parse(source)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for node in sorted(found, key=lambda node: node.lineno):
        call = node.func
        if not (isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name) and call.value.id == "log"):
            continue
        level, arguments = LEVELS.get(call.attr), node.args
        if call.attr == "log":
            named = re.findall(r"INFO|WARNING|ERROR", ast.unparse(node.args[0]))
            level, arguments = (named[0] if named else None), node.args[1:]
        if level is None:
            continue
        place = f"{path.relative_to(ROOT)}:{node.lineno}"
        found_texts = list(texts(arguments[0]))
        if len(found_texts) != 1:
            raise SystemExit(f"{place} must log a constant text with % placeholders")
        values = iter(arguments[1:])
        event, fields = extra(node, tree, place)
        known = {plain(value): key for key, value in fields.items()}

        def shown(_: re.Match[str], values: Iterator[ast.expr] = values, known: dict[str, str] = known) -> str:
            value = next(values)
            return f"{{{known[plain(value)]}}}" if plain(value) in known else name(value)

        text = re.sub(r"%[-+ #0]*\d*(?:\.\d+)?[a-z]", shown, found_texts[0])
        yield Line(event, level, text.replace("|", r"\|"), tuple(fields))


def extra(node: ast.Call, tree: ast.Module, place: str) -> tuple[str, dict[str, ast.expr]]:
    """Return a call's event, and its other fields with their values.

    Args:
        node: the logger call.
        tree: the call's module, which may assign the dictionary to a variable first.
        place: file and line, for error messages.

    Raises:
        SystemExit: the call has no event, or a field name that log records use themselves.
    """
    given = next((k.value for k in node.keywords if k.arg == "extra"), None)
    if isinstance(given, ast.Name):
        named = [n for n in ast.walk(tree) if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == given.id]
        given = named[0].value if named else None
    keys = [k.value for k in given.keys if isinstance(k, ast.Constant)] if isinstance(given, ast.Dict) else []
    if not isinstance(given, ast.Dict) or keys[:1] != ["event"] or not isinstance(given.values[0], ast.Constant):
        raise SystemExit(f'{place} needs extra={{"event": "a.name", …}}')
    if taken := RESERVED.intersection(map(str, keys)):
        raise SystemExit(f"{place} has fields that log records use themselves: {', '.join(sorted(taken))}")
    return str(given.values[0].value), {str(key): value for key, value in zip(keys[1:], given.values[1:], strict=True)}


def plain(node: ast.expr) -> str:
    """Return the source of an expression without conversions of its values to strings."""
    return re.sub(r"\bstr\(((?:[\w.]|\(\))+)\)", r"\1", ast.unparse(node))


def texts(node: ast.expr) -> Iterator[str]:
    """Yield the text of a constant, or of both sides of a conditional expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def name(node: ast.expr) -> str:
    """Return the last name in an expression, in braces; `…` if there is none."""
    match node:
        case ast.Name(id=found) | ast.Attribute(attr=found):
            return "{error}" if found == "__name__" else f"{{{found.strip('_').lower()}}}"
        case ast.Call(args=[ast.Constant(value=str(found)), *_]) | ast.Subscript(slice=ast.Constant(value=str(found))):
            return f"{{{found}}}"
        case ast.Call(args=[inner, *_]) | ast.BoolOp(values=[*_, inner]) | ast.BinOp(right=inner):
            return name(inner)
        case ast.IfExp(body=inner) | ast.Subscript(value=inner):
            return name(inner)
        case _:
            return "…"
