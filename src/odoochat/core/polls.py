"""Known polls, kept because an update contains only the changed fields."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import msgspec

from odoochat.events import PollChanged
from odoochat.model import Poll, PollOption
from odoochat.wire.updates import PollOptionPatch, PollPatch, PollsPatch

__all__ = ["KnownPolls"]

REMEMBERED = 1_000


class KnownPolls:
    """Stores the polls in recent messages, applies patches to them, and returns the changes."""

    def __init__(self) -> None:
        # A plain dict would scan its freed slots each time the oldest entry is removed.
        self._polls: OrderedDict[int, Poll] = OrderedDict()
        self._message_of: OrderedDict[int, int] = OrderedDict()
        self._poll_of: dict[int, int] = {}

    def poll(self, poll_id: int) -> Poll | None:
        """Return a known poll.

        Args:
            poll_id: the poll's id.
        """
        return self._polls.get(poll_id)

    def of_message(self, message_id: int) -> Poll | None:
        """Return the known poll started by a message.

        Args:
            message_id: the message's id.
        """
        return next((self._polls[p] for p, m in self._message_of.items() if m == message_id and p in self._polls), None)

    def apply(self, patch: PollsPatch) -> list[PollChanged]:
        """Apply a patch.

        Args:
            patch: the changed fields.

        Returns:
            One event for each poll that changed or was deleted.
        """
        events = self._remove(patch)
        before = dict(self._polls)
        self._message_of |= dict(patch.started)
        for poll in patch.polls:
            self._apply_poll(poll)
        self._apply_options(patch)
        changed = [p for p, poll in self._polls.items() if poll is not before.get(p) and poll != before.get(p)]
        events += [PollChanged(self._polls[p], self._message_of.get(p)) for p in changed if self._polls[p].question]
        while len(self._polls) > REMEMBERED:
            self._forget(next(iter(self._polls)))
        while len(self._message_of) > 2 * REMEMBERED:
            self._message_of.popitem(last=False)
        return events

    def _remove(self, patch: PollsPatch) -> list[PollChanged]:
        if not patch.without:
            return []
        without = set(patch.without)
        gone = [(poll_id, message) for poll_id, message in self._message_of.items() if message in without]
        for poll_id, _ in gone:
            self._forget(poll_id)
        return [PollChanged(None, message or None) for _, message in gone]

    def _forget(self, poll_id: int) -> None:
        poll = self._polls.pop(poll_id, None)
        self._message_of.pop(poll_id, None)
        for option in poll.options if poll is not None else ():
            self._poll_of.pop(option.id, None)

    def _apply_poll(self, patch: PollPatch) -> None:
        old = self._polls.get(patch.id) or Poll(patch.id, "")
        facts: dict[str, Any] = {
            f: v for f in ("question", "closed", "several") if (v := getattr(patch, f)) is not None
        }
        if patch.ends is not None:
            facts["ends"] = patch.ends[0]
        if patch.option_ids is not None:
            known = {option.id: option for option in old.options}
            facts["options"] = tuple(known.get(i) or PollOption(i) for i in patch.option_ids)
            self._poll_of |= dict.fromkeys(patch.option_ids, patch.id)
        if patch.message_id is not None:
            self._message_of[patch.id] = patch.message_id
        self._polls[patch.id] = msgspec.structs.replace(old, **facts)

    def _apply_options(self, patch: PollsPatch) -> None:
        """Apply changed options grouped by poll, so that each poll is rebuilt only once."""
        options: dict[int, dict[int, PollOption]] = {}
        for option in patch.options:
            poll_id = option.poll_id or self._poll_of.get(option.id, 0)
            if not poll_id:
                continue
            self._poll_of[option.id] = poll_id
            if (known := options.get(poll_id)) is None:
                poll = self._polls.get(poll_id)
                known = options[poll_id] = {o.id: o for o in poll.options} if poll is not None else {}
            known[option.id] = _applied(option, known.get(option.id) or PollOption(option.id))
        for poll_id, known in options.items():
            poll = self._polls.get(poll_id) or Poll(poll_id, "")
            self._polls[poll_id] = msgspec.structs.replace(poll, options=tuple(known.values()))


def _applied(patch: PollOptionPatch, old: PollOption) -> PollOption:
    facts = {f: v for f in ("label", "emoji", "votes", "mine") if (v := getattr(patch, f)) is not None}
    return msgspec.structs.replace(old, **facts)
