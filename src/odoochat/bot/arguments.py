"""Splits a command's text into words and quoted strings, and binds them to its handler's arguments."""

from __future__ import annotations

import re
import types
from collections import deque
from collections.abc import Mapping
from inspect import Parameter
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Struct

from odoochat.bot.converters import Converters, WordSource, type_label
from odoochat.bot.errors import BadArgument
from odoochat.errors import ConfigError
from odoochat.model import Attachment
from odoochat.wire.content.sanitize import safe_name

__all__ = ["Argument", "Rest", "Words", "argument_of", "bind"]


class RestOfLine:
    """Marks a parameter that receives the rest of the message."""


Rest = Annotated[str, RestOfLine()]
"""A string with the rest of the message: ``text: Rest``."""

_WORD = re.compile(r"\S+")
_SPACE = re.compile(r"\s*")

Takes = Literal["word", "words", "rest", "file", "files"]

QUOTES = {'"': '"', "'": "'", "“": "”", "„": "“", "«": "»"}


class Argument(Struct, frozen=True):
    """A handler parameter that is filled from the words of a message.

    Attributes:
        name: name of the parameter.
        kind: type of the value, or of each element for a list.
        takes: what the argument is filled from: a word, all words, the rest of the text, or files.
        default: the value if the word is omitted; `Parameter.empty` if the parameter is required.
    """

    name: str
    kind: Any
    takes: Takes
    default: Any = Parameter.empty

    @property
    def required(self) -> bool:
        """Whether the argument is required."""
        return self.default is Parameter.empty

    @property
    def usage(self) -> str:
        """The argument as shown in the usage line: ``sides``, ``[sides]``, ``names…``."""
        shown = self.name + ("…" if self.takes in ("words", "rest", "files") else "")
        if get_origin(self.kind) is Literal:
            shown = "|".join(str(choice) for choice in get_args(self.kind))
        return shown if self.required else f"[{shown}]"

    @property
    def label(self) -> str:
        """A description of the accepted values, e.g. ``a whole number``."""
        if self.takes == "files":
            return "files"
        return {"file": "a file", "rest": "any text"}.get(self.takes) or type_label(self.kind)


class Words:
    """Splits text into words, one at a time. A word in quotes can contain spaces.

    Args:
        text: the text.
        mentions: mentions as they appear in the text, longest first. Each mention counts as one word.
    """

    def __init__(self, text: str, mentions: Mapping[str, object] | None = None) -> None:
        self._text = text.strip()
        self._mentions = mentions or {}
        self._at = 0
        self._unclosed: set[str] = set()

    @property
    def left(self) -> str:
        """The remaining text."""
        return self._text[self._at :]

    def take(self) -> str | None:
        """Take the next word; returns None if there is none."""
        text, at = self._text, self._at
        if (found := _WORD.match(text, at)) is None:
            return None
        for mention in self._mentions:
            end = at + len(mention)
            if text.startswith(mention, at) and not text[end : end + 1].isalnum():
                return self._cut(mention, end)
        if (quote := QUOTES.get(text[at])) is not None and quote not in self._unclosed:
            if (end := text.find(quote, at + 1)) > 0:
                return self._cut(text[at + 1 : end], end + 1)
            self._unclosed.add(quote)  # avoids rescanning the text for every further quote
        return self._cut(found[0], found.end())

    def take_rest(self) -> str | None:
        """Take the remaining text; returns None if there is none."""
        rest, self._at = self.left, len(self._text)
        return rest or None

    def _cut(self, word: str, end: int) -> str:
        space = _SPACE.match(self._text, end)
        self._at = space.end() if space is not None else end
        return word


def argument_of(parameter: Parameter, kind: Any, converters: Converters) -> Argument:
    """Determine how a handler parameter is filled.

    Args:
        parameter: the parameter.
        kind: the resolved type of the parameter.
        converters: converters from words to values.

    Raises:
        ConfigError: no converter exists for the type.
    """
    name, default = parameter.name, parameter.default
    if get_origin(kind) in (Union, types.UnionType) and types.NoneType in get_args(kind):
        default = None if default is Parameter.empty else default
        others = tuple(each for each in get_args(kind) if each is not types.NoneType)
        kind = others[0] if len(others) == 1 else Union[others]  # noqa: UP007 - made at run time
    if parameter.kind is Parameter.VAR_POSITIONAL:
        return _checked(Argument(name, kind, "files" if kind is Attachment else "words", ()), converters)
    if get_origin(kind) is Annotated and any(isinstance(extra, RestOfLine) for extra in get_args(kind)[1:]):
        return Argument(name, str, "rest", default)
    if kind is Attachment:
        return Argument(name, kind, "file", default)
    if get_origin(kind) is list:
        element = (*get_args(kind), str)[0]
        return _checked(Argument(name, element, "files" if element is Attachment else "words", default), converters)
    if parameter.kind is Parameter.KEYWORD_ONLY and kind is str:
        return Argument(name, kind, "rest", default)
    return _checked(Argument(name, kind, "word", default), converters)


def _checked(argument: Argument, converters: Converters) -> Argument:
    if argument.takes != "files" and not converters.knows(argument.kind):
        kind = getattr(argument.kind, "__name__", argument.kind)
        raise ConfigError(
            f"parameter {argument.name!r} has the type {kind}, which has no converter; "
            "add a converter with bot.converter(), or bot.provide() the value"
        )
    return argument


async def bind(
    arguments: tuple[Argument, ...], text: str, source: WordSource, converters: Converters
) -> dict[str, Any]:
    """Fill arguments with the words and files of a message.

    Args:
        arguments: the arguments in order.
        text: the text after the command name.
        source: the message.
        converters: converters from words to values.

    Returns:
        The values by name, with defaults for omitted arguments.

    Raises:
        BadArgument: a word is missing, unexpected or invalid.
    """
    words = Words(text, source.mentions())
    files = deque(source.message.attachments if source.message is not None else ())
    values: dict[str, Any] = {}
    for argument in arguments:
        match argument.takes:
            case "file":
                value: Any = files.popleft() if files else Parameter.empty
            case "files":
                value = list(files) or Parameter.empty
                files.clear()
            case "rest":
                value = words.take_rest() or Parameter.empty
            case "words":
                value = await _all(argument, words, source, converters)
            case "word":
                word = words.take()
                value = Parameter.empty if word is None else await _one(argument, word, source, converters)
        if value is Parameter.empty:
            value = argument.default
        if value is Parameter.empty:
            raise BadArgument(f"{argument.name} is missing: {argument.label}")
        values[argument.name] = value
    if words.left:
        raise BadArgument(f'unexpected argument "{safe_name(words.left)[:50]}"')
    return values


async def _all(argument: Argument, words: Words, source: WordSource, converters: Converters) -> Any:
    found: list[object] = []
    while (word := words.take()) is not None:
        found.append(await _one(argument, word, source, converters))
    return found or Parameter.empty


async def _one(argument: Argument, word: str, source: WordSource, converters: Converters) -> object:
    try:
        return await converters.convert(word, argument.kind, source)
    except BadArgument as error:
        text = str(error)
        raise BadArgument(f"{argument.name}{' ' if text.startswith('must ') else ': '}{text}") from None
