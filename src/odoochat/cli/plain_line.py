"""Parses plain command lines without cyclopts, which takes longer to import than some commands take to run.

A line is plain if each word is an unabbreviated option, a value of a simple type, or an argument that does not start
with a hyphen. Everything else is left to cyclopts: help, invalid words, abbreviations and rare types.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from odoochat.cli.options import ArgumentSettings, ServerOptions
from odoochat.cli.output_guard import run_guarded

__all__ = ["PlainCall", "parse_plain", "run_plain"]

NUMBER, DECIMAL = re.compile(r"0|[1-9][0-9]{0,17}"), re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?")
PLAIN_SETTINGS = {"completer", "allow_leading_hyphen", "negative"}
"""Argument settings that do not affect how a plain value is parsed."""

SIMPLE: dict[Any, type] = {
    bool: bool, str: str, str | None: str, int: int, int | None: int, float: float, float | None: float,
    Path: Path, Path | None: Path,
}  # fmt: skip
REPEATED: dict[Any, type] = {list[str] | None: str, list[Path] | None: Path}


class PlainCall(NamedTuple):
    """The arguments of the function that runs a command."""

    positional: list[str]
    named: dict[str, Any]


class _Option(NamedTuple):
    """An option's parameter name, the type of its value, and whether it may be repeated."""

    name: str
    kind: type
    repeated: bool


class _NotPlain(Exception):
    """Raised when the line must be left to cyclopts."""


def run_plain(module: str, function: str, words: Sequence[str]) -> int | None:
    """Run a command if its line is plain.

    Args:
        module: the module of the function that runs the command.
        function: name of the function.
        words: the words after the program's name, starting with the command.

    Returns:
        The exit code; None if the line is not plain and no command was run.
    """
    command = getattr(import_module(module), function)
    if "cyclopts" in sys.modules:  # the command's module has already imported it
        return None
    call = parse_plain(command, words[1:])
    if call is None:
        return None

    return run_guarded(lambda: command(*call.positional, **call.named))


def parse_plain(command: Callable[..., Any], words: Sequence[str]) -> PlainCall | None:
    """Parse the arguments of a command.

    Args:
        command: the function that runs the command.
        words: the words after the command's name.

    Returns:
        The arguments; None if the line is not plain.
    """
    try:
        return _parsed(command, words)
    except _NotPlain:
        return None


def _parsed(command: Callable[..., Any], words: Sequence[str]) -> PlainCall:
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters
    places = [each for each in parameters.values() if each.kind is each.POSITIONAL_ONLY]
    named = [each for each in parameters.values() if each.kind is each.KEYWORD_ONLY]
    if len(places) + len(named) < len(parameters):
        raise _NotPlain
    options = _options({each.name: hints[each.name] for each in named if each.name != "server"})
    of_server = _options(get_type_hints(ServerOptions, include_extras=True)) if "server" in parameters else {}
    positional: list[str] = []
    given: dict[str, Any] = {}
    for_server: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        if not word:
            raise _NotPlain
        if not word.startswith("-"):
            positional.append(word)
            continue
        flag, has_value, value = word.partition("=")
        option = options.get(flag) or of_server.get(flag)
        if option is None:
            raise _NotPlain
        target = given if flag in options else for_server
        if option.kind is bool:
            if has_value:
                raise _NotPlain
            _store(target, option, True)
        else:
            _store(target, option, _value(option.kind, value if has_value else next(rest, "")))
    for place, text in zip(places, positional, strict=False):
        if _simple(hints[place.name]) is not str or not text:
            raise _NotPlain
    if len(positional) > len(places) or any(each.default is each.empty for each in places[len(positional) :]):
        raise _NotPlain
    if any(each.default is each.empty and each.name not in given for each in named):
        raise _NotPlain
    if for_server:
        known = {each.name for each in fields(ServerOptions)}
        assert set(for_server) <= known
        given["server"] = ServerOptions(**for_server)
    return PlainCall(positional, given)


def _options(hints: dict[str, Any]) -> dict[str, _Option]:
    """Return a function's or class's options that have a simple type, keyed by their command-line spelling."""
    found: dict[str, _Option] = {}
    for name, hint in hints.items():
        repeated = REPEATED.get(_bare(hint))
        kind = repeated or _simple(hint)
        if kind is not None:
            found[f"--{name.replace('_', '-')}"] = _Option(name, kind, repeated is not None)
    return found


def _bare(hint: Any) -> Any:
    """Return a type hint without the settings that are irrelevant here, or None if it has any others."""
    if get_origin(hint) is not Annotated:
        return hint
    kind, *notes = get_args(hint)
    plain = all(isinstance(note, ArgumentSettings) and PLAIN_SETTINGS.issuperset(note.settings) for note in notes)
    return kind if plain else None


def _simple(hint: Any) -> type | None:
    return SIMPLE.get(_bare(hint))


def _value(kind: type, text: str) -> Any:
    """Convert an option's value to its type."""
    if not text or text.startswith("-"):
        raise _NotPlain
    if (kind is int and NUMBER.fullmatch(text) is None) or (kind is float and DECIMAL.fullmatch(text) is None):
        raise _NotPlain
    return kind(text)


def _store(target: dict[str, Any], option: _Option, value: Any) -> None:
    if option.repeated:
        target.setdefault(option.name, []).append(value)
    elif option.name in target:
        raise _NotPlain
    else:
        target[option.name] = value
