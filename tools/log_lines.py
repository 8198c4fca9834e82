"""Lists the lines that odoochat writes to its log, from the calls of the logger in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "odoochat"
LEVELS = {"info": "INFO", "warning": "WARNING", "error": "ERROR", "exception": "ERROR"}
PACKAGES = ("net", "client", "tui")
"""The packages whose lines are listed. The command line and the sandbox print what they have to say."""


def log_lines() -> str:
    """Write a table of all log lines from INFO up, with the names of the values in braces."""
    lines = ["| level | line |", "|---|---|"]
    for package in PACKAGES:
        for path in sorted((SOURCE / package).rglob("*.py")):
            for level, text in calls(path):
                if (line := f"| {level} | `{text}` |") not in lines:
                    lines.append(line)
    return "\n".join(lines)


def calls(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the level and the line of each call of a module's logger, in their order."""
    yield from calls_of(path.read_text("utf-8"), path)


def calls_of(source: str, path: Path) -> Iterator[tuple[str, str]]:
    """Yield the level and the line of each call of the logger in a source, in their order.

    Args:
        source: the text of a Python module.
        path: its file, to name in errors.

    Raises:
        SystemExit: a line is not a constant text.
    """
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
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
        found_texts = list(texts(arguments[0]))
        if not found_texts:
            raise SystemExit(f"{path.relative_to(ROOT)}:{node.lineno} must log a constant text with % placeholders")
        for text in found_texts:
            values = iter(arguments[1:])
            line = re.sub(r"%[-+ #0]*\d*(?:\.\d+)?[a-z]", lambda _, values=values: name(next(values)), text)  # type: ignore[misc]
            yield level, line.replace("|", r"\|")


def texts(node: ast.expr) -> Iterator[str]:
    """Yield the text of a constant, or of both sides of a conditional expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def name(node: ast.expr) -> str:
    """Name a value by the last name in its expression, in braces; `…` when there is none."""
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
