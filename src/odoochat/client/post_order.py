"""Post order: sorts the messages that one response contains."""

from __future__ import annotations

from odoochat.events import MessagePosted
from odoochat.wire.updates import Update

__all__ = ["in_order"]


def in_order(updates: list[Update]) -> list[Update]:
    """Sort the messages of each channel by id, and leave everything else in place.

    A long poll's response may contain them in a different order, because it lists rows in order of creation (observed
    on Odoo 14).

    Args:
        updates: the updates in bus order.

    Returns:
        A new list, or the same one if it contains nothing but messages in ascending order.
    """
    last = 0
    for update in updates:
        if not isinstance(update, MessagePosted) or update.message.id < last:
            break
        last = update.message.id
    else:
        return updates
    ordered = list(updates)
    places: dict[int, list[int]] = {}
    for place, update in enumerate(ordered):
        if isinstance(update, MessagePosted):
            places.setdefault(update.message.channel.id, []).append(place)
    for where in places.values():
        messages = [update for i in where if isinstance(update := ordered[i], MessagePosted)]
        messages.sort(key=lambda posted: posted.message.id)
        for i, message in zip(where, messages, strict=True):
            ordered[i] = message
    return ordered
