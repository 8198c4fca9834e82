"""Post order: sorts the messages that one response contains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter

from odoochat.events import MessagePosted
from odoochat.model import Message
from odoochat.wire.updates import Update

__all__ = ["in_order", "posted_messages", "sort_messages", "with_messages"]

_id = attrgetter("id")


def in_order(updates: list[Update]) -> list[Update]:
    """Sort the messages of each channel by id, and leave everything else in place.

    A long poll's response may contain them in a different order, because it lists rows in order of creation (observed
    on Odoo 14).

    Args:
        updates: the updates in bus order.

    Returns:
        A new list, or the same one if the messages' ids ascend.
    """
    messages = posted_messages(updates)
    ordered = sort_messages(messages)
    return updates if ordered is messages else with_messages(updates, ordered)


def posted_messages(updates: Sequence[Update]) -> list[Message]:
    """Return the messages that updates report as posted, in order.

    Args:
        updates: the updates.
    """
    return [update.message for update in updates if isinstance(update, MessagePosted)]


def with_messages(updates: Sequence[Update], messages: Iterable[Message]) -> list[Update]:
    """Replace the posted messages in updates, and leave everything else in place.

    Args:
        updates: the updates.
        messages: as many messages as `posted_messages` returns, in their order.
    """
    following = iter(messages)
    return [MessagePosted(next(following)) if isinstance(update, MessagePosted) else update for update in updates]


def sort_messages(messages: list[Message]) -> list[Message]:
    """Sort the messages of each channel by id, without changing which channel each position belongs to.

    Args:
        messages: the messages in bus order.

    Returns:
        The same list if the ids ascend, otherwise a new one.
    """
    last = 0
    for message in messages:
        if message.id < last:
            break
        last = message.id
    else:
        return messages
    by_channel: dict[int, list[Message]] = {}
    for message in messages:
        by_channel.setdefault(message.channel.id, []).append(message)
    following = {channel_id: iter(sorted(each, key=_id)) for channel_id, each in by_channel.items()}
    return [next(following[message.channel.id]) for message in messages]
