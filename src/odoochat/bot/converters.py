"""Converters, which turn a word into a value for a handler parameter, such as a number, a date or a user."""

from __future__ import annotations

import enum
import re
import types
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from inspect import isawaitable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from odoochat.bot.errors import BadArgument
from odoochat.client.channel import Channel
from odoochat.client.client import Client
from odoochat.errors import NotFound, UsageError
from odoochat.model import Author, Message, Person
from odoochat.wire.content.sanitize import safe_name

__all__ = ["Converter", "Converters", "WordSource", "type_label"]

TRUE = frozenset({"yes", "y", "true", "on", "1"})
FALSE = frozenset({"no", "n", "false", "off", "0"})
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(weeks?|w|days?|d|hours?|h|minutes?|min|m|seconds?|sec|s)\s*", re.IGNORECASE)
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
# Neither part matches past the next link, so text with many unclosed links takes linear time.
_LINK = re.compile(r"<a\b([^<>]*)>((?:[^<]|<(?!/?a\b))*)</a>", re.IGNORECASE)
_MODEL = re.compile(r'data-oe-model="([\w.]+)"')
_NUMBER = re.compile(r'data-oe-id="(\d{1,18})"')


class WordSource:
    """The source of a word, which converters can inspect.

    Args:
        odoo: the bot's client.
        message: the message, or None if there is none.
        today: the current date in the bot's time zone.
        tz: the bot's time zone, used for times without one.
    """

    def __init__(self, odoo: Client, message: Message | None, today: date, tz: tzinfo = UTC) -> None:
        self.odoo = odoo
        self.message = message
        self.today = today
        self.tz = tz

    def mentions(self) -> Mapping[str, tuple[str, int]]:
        """Map the text of each mention, e.g. ``@Bob Smith``, to its model and id, longest first."""
        html = self.message.html if self.message is not None else ""
        if "data-oe-id" not in html:
            return {}
        from odoochat.wire.content.body import to_text

        found: dict[str, tuple[str, int]] = {}
        for attributes, label in _LINK.findall(html):
            model, number = _MODEL.search(attributes), _NUMBER.search(attributes)
            if model is not None and number is not None:
                found[to_text(label).strip()] = (model[1], int(number[1]))
        return dict(sorted(found.items(), key=lambda item: -len(item[0])))


Converter = Callable[[str, WordSource], object | Awaitable[object]]
"""Converts a word, or raises `BadArgument`."""


class Converters:
    """Converts words to values of built-in and registered types.

    Args:
        more: additional converters by type; they take precedence over the built-in ones.
    """

    def __init__(self, more: Mapping[Any, Converter] | None = None) -> None:
        self._more = dict(more or {})

    def knows(self, kind: Any) -> bool:
        """Return whether a type has a converter.

        Args:
            kind: the type.
        """
        origin = get_origin(kind)
        if origin is Annotated:
            return any(callable(extra) for extra in get_args(kind)[1:]) or self.knows(get_args(kind)[0])
        if origin is Literal:
            return True
        if origin in (Union, types.UnionType):
            return all(self.knows(each) for each in get_args(kind))
        return kind in self._more or kind in BUILT_IN or (isinstance(kind, type) and issubclass(kind, enum.Enum))

    async def convert(self, word: str, kind: Any, source: WordSource) -> object:
        """Convert a word.

        Args:
            word: the word.
            kind: the type.
            source: the source of the word.

        Returns:
            The converted value.

        Raises:
            BadArgument: the word is not valid for the type.
        """
        origin = get_origin(kind)
        if origin is Annotated:
            base, *extras = get_args(kind)
            own = next((extra for extra in extras if callable(extra)), None)
            return await self.convert(word, base, source) if own is None else await _result(own(word, source))
        if origin is Literal:
            return _literal(word, get_args(kind))
        if origin in (Union, types.UnionType):
            return await self._first(word, get_args(kind), source)
        if (own := self._more.get(kind)) is not None:
            return await _result(own(word, source))
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return _member(word, kind)
        return await _result(BUILT_IN[kind](word, source))

    async def _first(self, word: str, kinds: tuple[Any, ...], source: WordSource) -> object:
        wanted = [kind for kind in kinds if kind is not types.NoneType]
        # A string accepts every word, so it is tried last.
        for kind in sorted(wanted, key=lambda kind: kind is str):
            try:
                return await self.convert(word, kind, source)
            except BadArgument:
                continue
        raise BadArgument(f"must be {' or '.join(type_label(kind) for kind in wanted)}, not {_shown(word)}")


async def _result(value: object | Awaitable[object]) -> object:
    return await value if isawaitable(value) else value


def _shown(word: str) -> str:
    return f'"{safe_name(word)[:50]}"'


def _literal(word: str, choices: tuple[object, ...]) -> object:
    for choice in choices:
        if str(choice).casefold() == word.casefold():
            return choice
    raise BadArgument(f"must be {_either(str(choice) for choice in choices)}, not {_shown(word)}")


def _member(word: str, kind: type[enum.Enum]) -> enum.Enum:
    for member in kind:
        if word.casefold() in (member.name.casefold(), str(member.value).casefold()):
            return member
    raise BadArgument(f"must be {_either(_member_label(member) for member in kind)}, not {_shown(word)}")


def _member_label(member: enum.Enum) -> str:
    return member.value if isinstance(member.value, str) else member.name.lower()


def _either(names: Any) -> str:
    *first, last = list(names)
    return f"{', '.join(first)} or {last}" if first else last


def _int(word: str, _source: WordSource) -> int:
    if not re.fullmatch(r"[+-]?\d{1,30}", word):
        raise BadArgument(f"must be a whole number, not {_shown(word)}")
    return int(word)


def _float(word: str, _source: WordSource) -> float:
    if not re.fullmatch(r"[+-]?(\d{1,30}([.,]\d*)?|[.,]\d+)", word):
        raise BadArgument(f"must be a number, not {_shown(word)}")
    return float(word.replace(",", "."))


def _bool(word: str, _source: WordSource) -> bool:
    if word.casefold() in TRUE:
        return True
    if word.casefold() in FALSE:
        return False
    raise BadArgument(f"must be yes or no, not {_shown(word)}")


def _date(word: str, source: WordSource) -> date:
    near = {"today": 0, "tomorrow": 1, "yesterday": -1}.get(word.casefold())
    if near is not None:
        return source.today + timedelta(days=near)
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise BadArgument(f"must be a date such as {source.today.isoformat()}, not {_shown(word)}") from None


def _datetime(word: str, source: WordSource) -> datetime:
    try:
        found = datetime.fromisoformat(word)
    except ValueError:
        raise BadArgument(f"must be a date and time such as 2030-12-31T17:00, not {_shown(word)}") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=source.tz)


def _time(word: str, _source: WordSource) -> time:
    try:
        return time.fromisoformat(word.zfill(5))
    except ValueError:
        raise BadArgument(f"must be a time such as 09:30, not {_shown(word)}") from None


def _timedelta(word: str, _source: WordSource) -> timedelta:
    total, at = timedelta(), 0
    while (found := _SPAN.match(word, at)) is not None:
        try:
            total += timedelta(**{_UNITS[found[2][0].lower()]: float(found[1])})
        except OverflowError:
            raise BadArgument(f"must be a shorter duration, not {_shown(word)}") from None
        at = found.end()
    if not at or at != len(word):
        raise BadArgument(f"must be a duration such as 10m or 1h30m, not {_shown(word)}")
    return total


async def _person(word: str, source: WordSource) -> Person:
    mention = source.mentions().get(word)
    try:
        if mention is not None and mention[0] == "res.partner":
            return await source.odoo.people.person(mention[1])
        return await source.odoo.people.person(word)
    except (NotFound, UsageError) as error:
        raise BadArgument(str(error)) from None


async def _author(word: str, source: WordSource) -> Author:
    return (await _person(word, source)).author


def _channel(word: str, source: WordSource) -> Channel:
    mention = source.mentions().get(word)
    reference: int | str = word
    if mention is not None and mention[0] != "res.partner":
        reference = mention[1]
    elif word.isdecimal() and len(word) < 19:
        reference = int(word)
    try:
        return source.odoo.channel(reference)
    except (NotFound, UsageError) as error:
        raise BadArgument(str(error)) from None


BUILT_IN: dict[Any, Converter] = {
    str: lambda word, _source: word,
    int: _int,
    float: _float,
    bool: _bool,
    date: _date,
    datetime: _datetime,
    time: _time,
    timedelta: _timedelta,
    Person: _person,
    Author: _author,
    Channel: _channel,
}

_LABELS: dict[Any, str] = {
    str: "any text",
    int: "a whole number",
    float: "a number",
    bool: "yes or no",
    date: "a date",
    datetime: "a date and time",
    time: "a time",
    timedelta: "a duration",
    Person: "a person",
    Author: "a person",
    Channel: "a channel",
}


def type_label(kind: Any) -> str:
    """Return the description of a type for help texts, e.g. ``a whole number``.

    Args:
        kind: the type.
    """
    if get_origin(kind) is Annotated:
        return type_label(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return _either(str(choice) for choice in get_args(kind))
    if get_origin(kind) in (Union, types.UnionType):
        return " or ".join(type_label(each) for each in get_args(kind) if each is not types.NoneType)
    if kind in _LABELS:
        return _LABELS[kind]
    return _class_label(kind)


def _class_label(kind: Any) -> str:
    if isinstance(kind, enum.EnumMeta):
        members: Any = kind.__members__
        return _either(_member_label(member) for member in members.values())
    name: str = getattr(kind, "__name__", "a value")
    return name.lower()
