"""The records that a router's decorators create."""

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
"""A function that wraps handlers: ``async def log(ctx, call_next): …; return await call_next()``."""


class Listener(Struct, frozen=True, eq=False):
    """A handler with its filters.

    Attributes:
        kind: the type of event, or of error for an error handler.
        filters: filters that must all pass.
        handler: the handler.
    """

    kind: type[Any]
    filters: tuple[Filter, ...]
    handler: Handler


class Job(Struct, frozen=True, eq=False):
    """A scheduled job.

    Attributes:
        name: the job's name, unique within the bot.
        trigger: creates the trigger for the bot's time zone.
        handler: runs the job.
        grace: how late the job may run if the bot was not running when it was due.
    """

    name: str
    trigger: Callable[[tzinfo], Trigger]
    handler: Handler
    grace: timedelta


def of_context(condition: Filter | Callable[[Context], Any]) -> Filter:
    """Convert a condition on a context to a filter.

    Args:
        condition: a filter, or a function that takes the context.
    """
    if isinstance(condition, Filter):
        return condition
    check: Check = lambda ctx: isinstance(ctx, Context) and condition(ctx)  # noqa: E731
    return Filter(check, getattr(condition, "__name__", "condition"))


def of_event(condition: Filter | Callable[[Any], Any]) -> Filter:
    """Convert a condition on an event to a filter.

    Args:
        condition: a filter, or a function that takes the event.
    """
    if isinstance(condition, Filter):
        return condition
    return Filter(lambda ctx: condition(ctx.event), getattr(condition, "__name__", "condition"))
