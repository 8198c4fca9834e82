"""Blocking versions of ``odoochat.connect`` and ``odoochat.connect_guest``, with the same arguments."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from odoochat.client import connect as asynchronous
from odoochat.client.client import Client
from odoochat.secret import hide_secrets
from odoochat.sync.caller import ClientCaller
from odoochat.sync.handles import HANDLES
from odoochat.sync.wording import described

__all__ = ["connect", "connect_guest"]


def _hidden(options: dict[str, Any]) -> dict[str, Any]:
    """Return options with secrets wrapped, so that tools that record variables do not reveal them."""
    hide_secrets(options)
    if callable(options.get("totp")):
        options["totp"] = _in_thread(options["totp"])
    return options


def _in_thread(ask: Callable[[], Awaitable[str] | str]) -> Callable[[], Awaitable[str]]:
    """Return a function that asks for a code in a thread, where blocking on user input is safe."""

    async def code() -> str:
        answer = await asyncio.to_thread(ask)
        return answer if isinstance(answer, str) else await answer

    return code


def _client(opening: asynchronous.connect) -> Any:
    caller = ClientCaller(opening)
    return HANDLES[Client](caller.client, caller)


def connect(url: str, **options: Any) -> Any:
    """Connect to a server; see `odoochat.connect` for the arguments."""
    return _client(asynchronous.connect(url, **_hidden(options)))


def connect_guest(invitation: str, *, name: str = "", **more: Any) -> Any:
    """Connect as a guest; see `odoochat.connect_guest` for the arguments."""
    return _client(asynchronous.connect_guest(invitation, name=name, **_hidden(more)))


for _blocking, _original in ((connect, asynchronous.connect), (connect_guest, asynchronous.connect_guest)):
    _signature = inspect.signature(_original).replace(return_annotation="Client")
    vars(_blocking)["__signature__"] = _signature
    _blocking.__doc__ = described(_original.__doc__)
    _blocking.__module__ = "odoochat.sync"
