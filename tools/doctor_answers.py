"""Extracts the possible results and advice of each ``odoochat doctor`` check from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADVICE = ["see the error and [network errors](#network-errors)"]
CHECKS = ROOT / "src" / "odoochat" / "cli" / "checks.py"


def doctor_answers() -> str:
    """Write the table of all check results except those that depend on an HTTP status or a network error."""
    lines = ["| check | result | what it says | what to change |", "|---|---|---|---|"]
    for check, grade, found, mends in answers(CHECKS.read_text("utf-8")):
        lines.append(f"| {check} | {grade} | {cell(found)} | {'<br>'.join(map(cell, mends))} |")
    return "\n".join(lines)


def doctor_statuses() -> str:
    """Write the table of what to change for each HTTP status of a WebSocket handshake."""
    from odoochat.cli.checks import _BY_STATUS, _NGINX

    lines = ["| HTTP status | what to change |", "|---|---|"]
    for status, text in sorted(_BY_STATUS.items()):
        lines.append(
            f"| {status} | {cell(text.replace(_NGINX, 'see the [configuration for nginx](howto/proxies.md)'))} |"
        )
    return "\n".join(lines)


def doctor_network() -> str:
    """Write the table of what to change for each cause of a network error."""
    from odoochat.cli.network_mends import BLOCKED_MENDS, LIMITED_MEND, NOT_ODOO_MENDS, UNREACHABLE_MENDS

    lines = ["| error | its `cause` | what to change |", "|---|---|---|"]
    for error, mends in (("Unreachable", UNREACHABLE_MENDS), ("Blocked", BLOCKED_MENDS), ("NotOdoo", NOT_ODOO_MENDS)):
        lines += [f"| `{error}` | {cause} | {cell(mend)} |" for cause, mend in mends.items()]
    return "\n".join([*lines, f"| `RateLimited` | any | {cell(LIMITED_MEND)} |"])


def answers(code: str) -> Iterator[tuple[str, str, str, list[str]]]:
    """Iterate over the check results that ask the user to change or check something.

    Args:
        code: the source of the checks.

    Yields:
        The name of the check, its result, its message and its advice, with "…" for variable parts.
    """
    for function in ast.walk(ast.parse(code)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from answers_of(function.body, {})


def answers_of(body: list[ast.stmt], known: dict[str, list[str]]) -> Iterator[tuple[str, str, str, list[str]]]:
    """Iterate over the check results in a block of statements.

    Args:
        body: the statements.
        known: the possible texts of each variable. The entry for "" contains the names of the
            handled errors.
    """
    known = dict(known)
    for statement in body:
        if isinstance(statement, ast.Expr):
            yield from answer(statement.value, known)
        for name in ("body", "orelse", "finalbody"):
            yield from answers_of(getattr(statement, name, []), known)
        for handler in getattr(statement, "handlers", []):
            kinds = [n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)] if handler.type else []
            yield from answers_of(handler.body, {**known, "": [" or ".join(f"`{kind}`" for kind in kinds)]})
        # After an `if`, a variable has one of multiple texts; any other assignment replaces all earlier ones.
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and text(node.value):
                name = node.targets[0].id
                before = known.get(name, []) if isinstance(statement, ast.If) else []
                known[name] = [*before, *(t for t in texts(node.value, known) if t not in before)]


def answer(call: ast.expr, known: dict[str, list[str]]) -> Iterator[tuple[str, str, str, list[str]]]:
    """Iterate over the check results of a call of `CheckReport.line`; other expressions have none.

    Args:
        call: the expression.
        known: the possible texts of each variable.
    """
    match call:
        case ast.Call(func=ast.Attribute(attr="line"), args=[ast.Constant(value=str(check)), grade, found, *more]):
            grades = [n.value for n in ast.walk(grade) if isinstance(n, ast.Constant) and n.value != "ok"]
            mends = [t for t in texts(more[0], known) if t] if more else []
            if grades:
                said = (texts(found, {}) or ["…"])[0]
                error = f"the text of {known.get('', ['the error'])[0]}"
                advice = ADVICE if "fail" in grades and not mends else mends
                yield check, " or ".join(map(str, grades)), error if said == "…" else said, advice
        case _:
            pass


def texts(node: ast.expr, known: dict[str, list[str]]) -> list[str]:
    """Return the possible texts of an expression.

    Args:
        node: the expression.
        known: the possible texts of each variable.
    """
    match node:
        case ast.Name(id=name):
            return known.get(name, [])
        case ast.IfExp(body=body, orelse=other):
            return [*texts(body, known), *texts(other, known)]
        case ast.BinOp(left=ast.Call(func=ast.Attribute(value=ast.Name(id="_BY_STATUS"))), right=right):
            return ["what the [status](#the-status-of-a-websocket-handshake) says" + text(right)]
        case _:
            return [found] if (found := text(node)) else []


def text(node: ast.expr) -> str:
    """Return the text of an expression, with "…" for variable parts; "" if nothing is constant.

    Args:
        node: the expression.
    """
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.JoinedStr(values=values):
            return "".join(value.value if isinstance(value, ast.Constant) else "…" for value in values)  # type: ignore[misc]
        case ast.BinOp(left=left, right=right) if text(left) or text(right):
            return (text(left) or "…") + (text(right) or "…")
        case _:
            return ""


def cell(value: str) -> str:
    """Return text for a cell of a Markdown table.

    Args:
        value: the text.
    """
    return value.replace("|", r"\|").replace("<", "&lt;")
