"""First event: waits for a single event from a subscription."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from odoochat.client.subscription import Subscription
from odoochat.errors import UsageError
from odoochat.events import Event
from odoochat.net.time_limit import time_limit

__all__ = ["first_event"]

E = TypeVar("E", bound=Event)


async def first_event(
    found: Subscription[E], kind: type[E], where: Callable[[E], bool] | None, timeout: float | None
) -> E:
    """Wait for the first matching event; see `Client.wait_for`.

    Args:
        found: a subscription to events of type `kind`.
        kind: the type of the event.
        where: a function that returns whether an event matches; None to accept the first one.
        timeout: seconds to wait; None to wait forever.

    Returns:
        The event.

    Raises:
        TimedOut: no matching event arrived in time.
        UsageError: the client was closed before a matching event arrived.
    """
    async with time_limit(timeout, lambda: f"no {kind.__name__} within {timeout:g} s"):
        async for event in found:
            if isinstance(event, kind) and (where is None or where(event)):
                return event
    raise UsageError(f"the client was closed before a {kind.__name__} arrived")
