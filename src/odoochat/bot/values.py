"""Typed values that a bot stores per person, per channel or for the whole bot."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import msgspec

from odoochat.bot.context import EventContext
from odoochat.errors import UsageError

__all__ = ["Value"]

T = TypeVar("T")


class Value(Generic[T]):
    """A value that persists across restarts if the bot has a state folder.

    Args:
        name: the value's name in the state, unique within the bot.
        kind: the value's type: any type that JSON can represent, including dataclasses and `msgspec.Struct`.
        default: the value before the first `set`.
        per: the owner of the value: ``person``, ``channel``, ``member`` (a person in a channel) or ``bot``.
    """

    def __init__(
        self, name: str, kind: type[T], default: T, per: Literal["bot", "channel", "person", "member"]
    ) -> None:
        self.name = name
        self._kind = kind
        self._default = default
        self._per = per

    def get(self, ctx: EventContext) -> T:
        """Return the value, or the default if no value is stored or the stored one no longer matches the type.

        Args:
            ctx: determines the person and the channel.
        """
        stored = ctx.state.values.get(self._key(ctx), msgspec.UNSET)
        if stored is msgspec.UNSET:
            return self._copy()
        try:
            return msgspec.convert(stored, self._kind, str_keys=True)
        except msgspec.ValidationError:
            return self._copy()

    def _copy(self) -> T:
        return msgspec.convert(msgspec.to_builtins(self._default), self._kind, str_keys=True)

    def set(self, ctx: EventContext, value: T) -> None:
        """Store a value. It is written to disk before the event counts as handled.

        Args:
            ctx: determines the person and the channel.
            value: the new value.

        Raises:
            UsageError: the value cannot be represented as JSON.
        """
        try:
            # Convert it to the form that a restart would read back. A single value that cannot be encoded would keep
            # all the others from being saved.
            stored = msgspec.json.decode(msgspec.json.encode(value))
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(f"the value {self.name!r} cannot be stored: {error}") from None
        ctx.state.values[self._key(ctx)] = stored
        ctx.state.touched = True

    def delete(self, ctx: EventContext) -> None:
        """Delete the stored value.

        Args:
            ctx: determines the person and the channel.
        """
        if ctx.state.values.pop(self._key(ctx), msgspec.UNSET) is not msgspec.UNSET:
            ctx.state.touched = True

    def _key(self, ctx: EventContext) -> str:
        owner = ctx.owner(self._per)
        return f"{self.name} {self._per} {owner}" if owner else self.name
