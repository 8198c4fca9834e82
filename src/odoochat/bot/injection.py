"""Injects values into handler parameters by type."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any

from odoochat.bot.arguments import Argument, argument_of, bind
from odoochat.bot.context import Context, EventContext
from odoochat.bot.converters import Converters, WordSource
from odoochat.bot.errors import BadArgument
from odoochat.client.channel import Channel
from odoochat.client.client import Client
from odoochat.errors import ConfigError
from odoochat.events import Event
from odoochat.model import Message

__all__ = ["Handler", "Provided"]


class Provided:
    """Values that are injected into handlers by type, in addition to those from the event."""

    def __init__(self) -> None:
        self._values: dict[type[Any], object] = {}

    def add(self, kind: type[Any], value: object) -> None:
        """Provide a value.

        Args:
            kind: the type of the parameters that receive the value.
            value: the value.
        """
        self._values[kind] = value

    def knows(self, kind: Any) -> bool:
        """Return whether a value is provided for a type.

        Args:
            kind: the type.
        """
        return kind in self._values

    def get(self, kind: type[Any]) -> object:
        """Return the value provided for a type.

        Args:
            kind: the type.
        """
        return self._values[kind]


class Handler:
    """A handler function and the sources of its arguments.

    Args:
        function: the function; can be async.
        command: whether the handler is a command. If so, parameters without an injected value are filled from words,
            and a `Channel` parameter is an argument rather than the event's channel.
    """

    def __init__(self, function: Callable[..., object], *, command: bool = False) -> None:
        self.function = function
        self._command = command
        self.name = getattr(function, "__qualname__", repr(function))
        self._signature = inspect.signature(function)
        self._injected: dict[str, Callable[[EventContext], object]] = {}
        self.arguments: tuple[Argument, ...] = ()
        self._resolved = False

    def resolve(self, converters: Converters, provided: Provided) -> None:
        """Determine how each parameter is filled.

        Args:
            converters: converters from words to values.
            provided: the values to inject.

        Raises:
            ConfigError: a parameter cannot be filled.
        """
        try:
            hints = typing.get_type_hints(self.function, include_extras=True)
        except NameError as error:
            raise ConfigError(
                f"handler {self.name}: {error}; define or import parameter types at the top of the module"
            ) from None
        arguments: list[Argument] = []
        for number, (name, parameter) in enumerate(self._signature.parameters.items()):
            kind = hints.get(name, Context if number == 0 and name in ("ctx", "context", "event") else str)
            if (source := self._source(kind, provided)) is not None:
                self._injected[name] = source
            elif parameter.kind is not inspect.Parameter.VAR_KEYWORD:
                try:
                    arguments.append(argument_of(parameter, kind, converters))
                except ConfigError as error:
                    raise ConfigError(f"handler {self.name}: {error}") from None
        self.arguments = tuple(arguments)

    def _source(self, kind: Any, provided: Provided) -> Callable[[EventContext], object] | None:
        if provided.knows(kind):
            return lambda _ctx: provided.get(kind)
        if not isinstance(kind, type):
            return None
        if issubclass(kind, EventContext):
            return lambda ctx: ctx
        if issubclass(kind, BaseException):  # the error for an error handler, which `call` receives
            return lambda _ctx: None
        if issubclass(kind, Event):
            return lambda ctx: ctx.event
        if kind is Client:
            return lambda ctx: ctx.odoo
        if kind is Message:
            return lambda ctx: getattr(ctx.event, "message", None)
        if kind is Channel and not self._command:
            return lambda ctx: ctx.channel if isinstance(ctx, Context) else None
        return None

    @property
    def doc(self) -> str:
        """The docstring, without indentation."""
        return inspect.getdoc(self.function) or ""

    async def call(self, ctx: EventContext, converters: Converters, *extra: object) -> object:
        """Call the function.

        Args:
            ctx: the context of the event.
            converters: converters from words to values.
            extra: values for the first parameters, e.g. the error for an error handler.

        Returns:
            The function's return value.

        Raises:
            BadArgument: a word is missing or invalid.
        """
        return await self.run(await self.values(ctx, converters, *extra))

    async def values(self, ctx: EventContext, converters: Converters, *extra: object) -> dict[str, object]:
        """Return the values for the parameters.

        Args:
            ctx: the context of the event.
            converters: converters from words to values.
            extra: values for the first parameters.

        Raises:
            BadArgument: a word is missing or invalid.
        """
        values = {name: source(ctx) for name, source in self._injected.items()}
        values |= dict(zip(self._signature.parameters, extra, strict=False))
        wanted = tuple(argument for argument in self.arguments if argument.name not in values)
        if not wanted and not self._command:
            return values
        return values | await self._words(ctx, wanted, converters)  # a command without arguments rejects any words

    async def run(self, values: dict[str, object]) -> object:
        """Call the function with the given values.

        Args:
            values: the result of `values`.

        Returns:
            The function's return value.
        """
        args, kwargs = self._split(values)
        result = self.function(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result

    async def _words(
        self, ctx: EventContext, wanted: tuple[Argument, ...], converters: Converters
    ) -> dict[str, object]:
        message = ctx.event.message if isinstance(ctx, Context) else None
        source = WordSource(ctx.odoo, message, ctx.now.date(), ctx.tz)
        if self._command and isinstance(ctx, Context):
            return await bind(wanted, ctx.text, source, converters)
        values: dict[str, object] = {}
        for argument in wanted:
            captured = ctx.captures.get(argument.name)
            if captured is not None:
                values[argument.name] = await converters.convert(captured, argument.kind, source)
            elif argument.required:
                raise BadArgument(f"{argument.name} is missing: no filter on {self.name} captured it")
            else:
                values[argument.name] = argument.default
        return values

    def _split(self, values: dict[str, object]) -> tuple[list[object], dict[str, object]]:
        args: list[object] = []
        kwargs: dict[str, object] = {}
        spread = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in self._signature.parameters.values())
        for name, parameter in self._signature.parameters.items():
            if name not in values:
                continue
            value = values[name]
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                args += value if isinstance(value, list | tuple) else [value]
            elif parameter.kind is inspect.Parameter.POSITIONAL_ONLY or (
                spread and parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
            ):
                args.append(value)
            else:
                kwargs[name] = value
        return args, kwargs
