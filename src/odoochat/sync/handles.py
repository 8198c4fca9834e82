"""Defines handles: blocking counterparts of the async classes, generated from their signatures on import."""

from __future__ import annotations

import inspect
import types
import weakref
from collections.abc import Callable, Generator, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self

from odoochat.client.channel import Channel, ChannelThreads
from odoochat.client.channel_members import ChannelMembers
from odoochat.client.channel_polls import ChannelPolls
from odoochat.client.channel_settings import ChannelSettings
from odoochat.client.channel_typing import ChannelTyping
from odoochat.client.client import Client
from odoochat.client.client_archive import ClientArchive
from odoochat.client.client_link import ClientLink
from odoochat.client.client_outbox import ClientOutbox
from odoochat.client.conversation import Conversation
from odoochat.client.files import Files
from odoochat.client.inbox import Inbox
from odoochat.client.people import People
from odoochat.client.record import Record
from odoochat.client.server_info import ServerInfo
from odoochat.client.subscription import Subscription
from odoochat.errors import UsageError
from odoochat.sync.caller import ClientCaller
from odoochat.sync.wording import annotation, described, of_handle

__all__ = ["ASYNC", "HANDLES", "ClientHandle", "Handle", "wrap"]

ASYNC: tuple[type, ...] = (
    Conversation, Channel, ChannelMembers, ChannelPolls, ChannelSettings, ChannelThreads, ChannelTyping, Client,
    ClientArchive, ClientLink, ClientOutbox, Files, Inbox, People, Record, ServerInfo, Subscription,
)  # fmt: skip
"""The async classes that have methods to call, each listed after its base class."""
RENAMED = {"__aiter__": "__iter__", "__anext__": "__next__", "__aenter__": "__enter__", "__aexit__": "__exit__"}
KEPT = ("__call__", "__len__", "__iter__")
LEFT_OUT = ("aclose",)
"""Names that exist only for async programs."""
_END = object()


class Handle:
    """Calls the methods of an async object and waits for their results.

    Args:
        target: the async object.
        caller: runs the client's calls.
    """

    __slots__ = ("__weakref__", "_caller", "_target")

    def __init__(self, target: Any, caller: ClientCaller) -> None:
        self._target = target
        self._caller = caller
        if isinstance(target, Subscription):  # `for event in odoo.events(): break` leaves no subscription open
            weakref.finalize(self, caller.post, target.close).atexit = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._read(name)

    def _read(self, name: str) -> Any:
        """Read an attribute in the loop's thread."""
        return wrap(self._caller.call(partial(getattr, self._target, name)), self._caller)

    def _invoke(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a method and wait for its result."""
        if name == "__aexit__" and self._caller.closed:
            return None
        given = [self._unwrapped(value) for value in args]
        named = {key: self._unwrapped(value) for key, value in kwargs.items()}
        result = self._caller.call(partial(getattr(self._target, name), *given, **named))
        return self if result is self._target else wrap(result, self._caller)

    def _next(self) -> Any:
        """Return the next item of an async iterator."""
        try:
            item = self._caller.call(partial(anext, self._target, _END))
        except UsageError:
            if not self._caller.closed:
                raise
            item = _END  # another thread closed the client
        if item is _END:
            raise StopIteration
        return wrap(item, self._caller)

    @classmethod
    def _unwrapped(cls, value: Any) -> Any:
        """Return an argument with handles replaced by async objects."""
        if isinstance(value, Handle):
            return value._target
        if isinstance(value, (list, tuple, set, frozenset)):
            items: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
            if any(isinstance(item, Handle) for item in items):
                return [cls._unwrapped(item) for item in items]
        return value  # pyright: ignore[reportUnknownVariableType]

    def __dir__(self) -> list[str]:
        attributes: dict[str, Any] = self._target.__dict__
        return sorted({*super().__dir__(), *(name for name in attributes if not name.startswith("_"))})

    def __repr__(self) -> str:
        target: object = self._target
        if "__repr__" not in vars(type(target)):
            return f"<{type(self).__name__} of {self._caller.client!r}>"
        return repr(self._target)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Handle):
            return NotImplemented
        return bool(self._target == other._target)

    def __hash__(self) -> int:
        return hash(self._target)


class ClientHandle(Handle):
    """A handle for a client, which can be used in a ``with`` statement."""

    __slots__ = ()

    def close(self) -> None:
        """Close the connection; safe to call twice, and from multiple threads. ``with`` calls it for you.

        Pending calls in other threads raise `UsageError`, and event iterators end.

        Raises:
            ConfigError: the state file could not be written; everything is still closed.
        """
        self._caller.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._caller.close(kind, error, trace)


class _Block:
    """Adapts an async context manager to the ``with`` statement.

    Args:
        manager: the async context manager.
        caller: runs the client's calls.
    """

    def __init__(self, manager: Any, caller: ClientCaller) -> None:
        self._manager = manager
        self._caller = caller

    def __enter__(self) -> Any:
        return wrap(self._caller.call(self._manager.__aenter__), self._caller)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        if self._caller.closed:
            return None
        return self._caller.call(partial(self._manager.__aexit__, kind, error, trace))


def _items(iterator: Any, caller: ClientCaller) -> Generator[Any, None, None]:
    """Yield the items of an async iterator, which is closed along with the generator."""
    try:
        while (item := caller.call(partial(anext, iterator, _END))) is not _END:
            yield wrap(item, caller)
    finally:
        if (close := getattr(iterator, "aclose", None)) is not None:
            caller.post(close)  # without waiting, because the garbage collector may close the generator


# ----------------------------------------------------------------------- converting values


def wrap(value: Any, caller: ClientCaller) -> Any:
    """Return a value with async objects replaced by handles.

    Args:
        value: the value returned by the async API.
        caller: runs the client's calls.
    """
    if (handle := HANDLES.get(type(value))) is not None:  # pyright: ignore[reportUnknownArgumentType]
        return handle(value, caller)
    if isinstance(value, list):
        items: list[Any] = [wrap(item, caller) for item in value]  # pyright: ignore[reportUnknownVariableType]
        return items
    if hasattr(value, "__anext__"):
        return _items(value, caller)
    if hasattr(value, "__aenter__"):
        return _Block(value, caller)
    return value


# --------------------------------------------------------------------------------- classes


def _method(owner: str, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    called = name

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self._invoke(called, args, kwargs)

    signature = inspect.signature(function)
    parameters = [
        p.replace(annotation=annotation(p.annotation) if isinstance(p.annotation, str) else p.annotation)
        for p in signature.parameters.values()
    ]
    returned = signature.return_annotation
    returned = annotation(returned) if isinstance(returned, str) else returned
    name = RENAMED.get(name, name)
    method.__name__, method.__qualname__ = name, f"{owner}.{name}"
    method.__module__ = "odoochat.sync"
    method.__doc__ = described(function.__doc__)
    vars(method)["__signature__"] = signature.replace(parameters=parameters, return_annotation=returned)
    return method


def _next(self: Any) -> Any:
    """Return the next item."""
    return self._next()


def _property(name: str, doc: str | None) -> property:
    def read(self: Any) -> Any:
        return self._read(name)

    return property(read, doc=described(doc))


def _handle(kind: type, made: Mapping[type, type[Handle]]) -> type[Handle]:
    """Create the handle class for an async class."""
    base = ClientHandle if kind is Client else made.get(kind.__bases__[0], Handle)
    members: dict[str, Any] = {"__module__": "odoochat.sync", "__doc__": of_handle(kind.__doc__), "__slots__": ()}
    for name, value in vars(kind).items():
        if name in LEFT_OUT or name in vars(base) or (name.startswith("_") and name not in (*KEPT, *RENAMED)):
            continue
        if isinstance(value, property):
            members[name] = _property(name, value.__doc__)
        elif callable(value):
            members[RENAMED.get(name, name)] = _method(kind.__name__, name, value)
    if "__next__" in members:
        members["__next__"] = _next
    if hasattr(kind, "__class_getitem__"):
        members["__class_getitem__"] = classmethod(types.GenericAlias)
    made_class: type[Handle] = types.new_class(kind.__name__, (base,), exec_body=lambda names: names.update(members))
    return made_class


def _handles() -> dict[type, type[Handle]]:
    made: dict[type, type[Handle]] = {}
    for kind in ASYNC:
        made[kind] = _handle(kind, made)
    return made


HANDLES = _handles()
"""Maps each class in `ASYNC` to its blocking class."""
