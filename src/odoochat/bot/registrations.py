"""Registrations: what the decorators of a router keep."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta, tzinfo
from typing import Any

from msgspec import Struct

from odoochat.bot.context import CallNext, Context, EventContext
from odoochat.bot.filters import Check, Filter
from odoochat.bot.injection import Handler
from odoochat.bot.schedule import Trigger

__all__ = ["Job", "Listener", "Middleware", "of_context", "of_event"]

Middleware = Callable[[EventContext, CallNext], Awaitable[object]]
"""Runs around handlers: ``async def log(ctx, call_next): …; return await call_next()``."""


class Listener(Struct, frozen=True, eq=False):
    """A handler with its filters.

    Attributes:
        kind: type of its events; for an error handler, of the errors.
        filters: all must pass.
        handler: the handler.
    """

    kind: type[Any]
    filters: tuple[Filter, ...]
    handler: Handler


class Job(Struct, frozen=True, eq=False):
    """A scheduled job.

    Attributes:
        name: its name; unique in the bot.
        trigger: makes the trigger, given the bot's time zone.
        handler: runs it.
        grace: how late it may run when the bot was not running at its time.
    """

    name: str
    trigger: Callable[[tzinfo], Trigger]
    handler: Handler
    grace: timedelta


def of_context(condition: Filter | Callable[[Context], Any]) -> Filter:
    """Return a condition on a context as a filter.

    Args:
        condition: a filter, or a function of the context.
    """
    if isinstance(condition, Filter):
        return condition
    check: Check = lambda ctx: isinstance(ctx, Context) and condition(ctx)  # noqa: E731
    return Filter(check, getattr(condition, "__name__", "condition"))


def of_event(condition: Filter | Callable[[Any], Any]) -> Filter:
    """Return a condition on an event as a filter.

    Args:
        condition: a filter, or a function of the event.
    """
    if isinstance(condition, Filter):
        return condition
    return Filter(lambda ctx: condition(ctx.event), getattr(condition, "__name__", "condition"))
