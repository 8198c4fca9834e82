"""Filters, which select the events that a handler receives. Combine them with ``&``, ``|`` and ``~``."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable

from odoochat.bot.context import Context, EventContext
from odoochat.errors import NotFound
from odoochat.model import Author, ChannelInfo, ChannelRef, Person

__all__ = [
    "Filter",
    "Outcome",
    "channel",
    "channel_kind",
    "contains",
    "direct",
    "has_files",
    "mentioned",
    "passes",
    "pattern",
    "person",
    "text",
]

Outcome = bool | Mapping[str, str]
"""The result of a filter: whether an event passes. A mapping counts as passing and becomes `EventContext.captures`."""

Check = Callable[[EventContext], Outcome | Awaitable[Outcome]]


class Filter:
    """A condition on an event.

    Args:
        check: returns whether the context's event passes; can be async.
        name: describes the condition in error replies, e.g. ``internal users``.
    """

    def __init__(self, check: Check, name: str = "") -> None:
        self.check = check
        self.name = name or getattr(check, "__name__", "a condition").replace("_", " ")

    def __repr__(self) -> str:
        return f"<Filter {self.name}>"

    def __and__(self, other: Filter) -> Filter:
        if not isinstance(other, Filter):  # unclear whether it takes a context or an event  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented

        async def both(ctx: EventContext) -> Outcome:
            first = await passes(self, ctx)
            second = await passes(other, ctx) if first is not None else None
            return False if first is None or second is None else {**first, **second} or True

        return Filter(both, f"{self.name} and {other.name}")

    def __or__(self, other: Filter) -> Filter:
        if not isinstance(other, Filter):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented

        async def either(ctx: EventContext) -> Outcome:
            for each in (self, other):
                if (found := await passes(each, ctx)) is not None:
                    return found or True
            return False

        return Filter(either, f"{self.name} or {other.name}")

    def __invert__(self) -> Filter:
        async def inverted(ctx: EventContext) -> Outcome:
            return await passes(self, ctx) is None

        return Filter(inverted, f"not {self.name}")


NOTHING: Mapping[str, str] = {}


async def passes(condition: Filter, ctx: EventContext) -> Mapping[str, str] | None:
    """Return whether an event passes a filter.

    Args:
        condition: the filter.
        ctx: the context of the event.

    Returns:
        The captured values, or None if the event does not pass.
    """
    outcome = condition.check(ctx)
    if isawaitable(outcome):
        outcome = await outcome
    if isinstance(outcome, Mapping):
        return outcome
    return NOTHING if outcome else None


def _of_message(check: Callable[[Context], Outcome], name: str) -> Filter:
    def checked(ctx: EventContext) -> Outcome:
        return isinstance(ctx, Context) and check(ctx)

    return Filter(checked, name)


def pattern(regex: str | re.Pattern[str]) -> Filter:
    """Return a filter for messages that match a pattern anywhere.

    Named groups are converted and passed to the handler parameters with the same names.

    Args:
        regex: a regular expression; a string is matched case-insensitively. Use ``^`` and ``$`` to match the whole
            text.
    """
    compiled = re.compile(regex, re.IGNORECASE) if isinstance(regex, str) else regex

    def check(ctx: Context) -> Outcome:
        found = compiled.search(ctx.message.text)
        if found is None:
            return False
        return {name: value for name, value in found.groupdict().items() if value is not None} or True

    return _of_message(check, f"/{compiled.pattern}/")


def text(*texts: str) -> Filter:
    """Return a filter for messages whose text equals one of the given texts, ignoring case.

    Args:
        texts: the texts.
    """
    wanted = {each.casefold().strip() for each in texts}
    return _of_message(lambda ctx: ctx.message.text.casefold().strip() in wanted, f"text {', '.join(texts)}")


def contains(*texts: str) -> Filter:
    """Return a filter for messages that contain one of the given texts, ignoring case.

    Args:
        texts: the texts.
    """
    wanted = tuple(each.casefold() for each in texts)

    def check(ctx: Context) -> Outcome:
        folded = ctx.message.text.casefold()
        return any(each in folded for each in wanted)

    return _of_message(check, f"contains {', '.join(texts)}")


def channel(*references: int | str) -> Filter:
    """Return a filter for events in the given channels.

    Args:
        references: channel ids, or names with or without ``#``.
    """
    names = {each.removeprefix("#").casefold() for each in references if isinstance(each, str)}
    numbers = {each for each in references if isinstance(each, int)}

    def check(ctx: EventContext) -> Outcome:
        message = getattr(ctx.event, "message", None)
        place = message.channel if message is not None else getattr(ctx.event, "channel", None)
        if place is None or not place.id:
            return False
        return place.id in numbers or (bool(names) and _channel_name(ctx, place).casefold() in names)

    return Filter(check, f"channel {', '.join(map(str, references))}")


def _channel_name(ctx: EventContext, place: ChannelRef | ChannelInfo) -> str:
    try:
        return ctx.odoo.channel(place.id).name
    except NotFound:  # the bot has left it
        return place.name


def channel_kind(*kinds: str) -> Filter:
    """Return a filter for messages in channels of the given types.

    Args:
        kinds: Odoo's channel types: ``channel``, ``group``, ``chat``…
    """
    return _of_message(
        lambda ctx: ctx.message.record is None and ctx.channel.kind in kinds, f"{' or '.join(kinds)} only"
    )


def person(*people: Author | Person | int) -> Filter:
    """Return a filter for messages from the given people.

    Args:
        people: authors, people or partner ids.
    """
    wanted = {Author(each) if isinstance(each, int) else each for each in people}
    return _of_message(lambda ctx: ctx.message.author in wanted, "certain people")


direct = _of_message(lambda ctx: ctx.is_direct, "direct chats")
"""Messages in a direct chat with the bot."""

mentioned = _of_message(lambda ctx: ctx.odoo.me.partner_id in ctx.message.mentions, "messages that mention the bot")
"""Messages that mention the bot."""

has_files = _of_message(lambda ctx: bool(ctx.message.attachments), "messages with files")
"""Messages with at least one file."""
