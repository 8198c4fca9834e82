"""Values: typed values that a bot stores, each for a person, a channel, or the whole bot."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import msgspec

from odoochat.bot.context import EventContext
from odoochat.errors import UsageError

__all__ = ["Value"]

T = TypeVar("T")


class Value(Generic[T]):
    """A value that survives a restart when the bot has a state folder.

    Args:
        name: its name in the state; unique in the bot.
        kind: its type: anything that JSON can hold, dataclasses and `msgspec.Struct` included.
        default: the value before the first `set`.
        per: whose value it is: each ``person``'s, each ``channel``'s, each ``member``'s (a person in a channel), or
            the ``bot``'s.
    """

    def __init__(
        self, name: str, kind: type[T], default: T, per: Literal["bot", "channel", "person", "member"]
    ) -> None:
        self.name = name
        self._kind = kind
        self._default = default
        self._per = per

    def get(self, ctx: EventContext) -> T:
        """Return the value; the default when there is none, or when it has another type since.

        Args:
            ctx: names the person and the channel.
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
        """Store a value. It is on the disk before the event counts as handled.

        Args:
            ctx: names the person and the channel.
            value: the new value.

        Raises:
            UsageError: JSON cannot hold it.
        """
        try:
            # As it will be read after a restart; and one value that cannot be written would keep all from the disk.
            stored = msgspec.json.decode(msgspec.json.encode(value))
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(f"the value {self.name!r} cannot be stored: {error}") from None
        ctx.state.values[self._key(ctx)] = stored
        ctx.state.touched = True

    def delete(self, ctx: EventContext) -> None:
        """Forget the value.

        Args:
            ctx: names the person and the channel.
        """
        if ctx.state.values.pop(self._key(ctx), msgspec.UNSET) is not msgspec.UNSET:
            ctx.state.touched = True

    def _key(self, ctx: EventContext) -> str:
        owner = ctx.owner(self._per)
        return f"{self.name} {self._per} {owner}" if owner else self.name
