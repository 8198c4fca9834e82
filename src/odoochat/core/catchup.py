"""Catch-up: records which messages were delivered, and builds the queries for missing ones.

Theory of operation. A message gets its id on insert but becomes visible on commit, so a watermark alone loses messages:
a lower id can appear after a higher one was delivered. The record therefore consists of a floor, up to which every
message is settled, and the delivered ids above it. The floor trails the newest id by the horizon (ten minutes), so only
messages from transactions that stay open longer than that can be lost. The query for missing messages is "ids above the
floor that were not delivered".

The query lists the ids of the user's channels. Odoo first applies the page limit and then drops the rows that the user
is not allowed to read. Any page that is not restricted to the user's own channels can therefore contain fewer rows than
requested, or none. Source: addons/mail/models/mail_message.py, `_search` (Odoo 14 to 19).

Edits are found by ``write_date``, which is also set on creation. The query starts at the newest ``write_date`` seen,
minus a margin for transactions that were open at that time. Once the horizon has passed without a newer ``write_date``,
those transactions have ended, so the query starts after that ``write_date`` and stays short while nothing happens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from odoochat.core.freed_ids import FreedIds
from odoochat.core.last_known import LastKnown
from odoochat.core.seen import Seen
from odoochat.model import Message
from odoochat.wire.values import stamp

__all__ = ["Catchup", "RowVerdict"]

RowVerdict = Literal["new", "edited", "known"]
RECENT = 100
"""Number of recently delivered messages that are kept with their dates and channels."""


class Catchup:
    """Records which messages were delivered to one client.

    Args:
        horizon: seconds by which the floor trails the newest id.
        near: how far back a poll's query reaches, in seconds.
        capacity: maximum number of ids kept above the floor. When it is exceeded, the floor is raised early.
        margin: how far back the query for edits reaches, in seconds.
    """

    def __init__(
        self, *, horizon: float = 600.0, near: float = 30.0, capacity: int = 20_000, margin: float = 120.0
    ) -> None:
        self._horizon = horizon
        self._near = near
        self._capacity = capacity
        self._margin = timedelta(seconds=margin)
        self.floor = 0
        self.top = 0
        self.written: datetime | None = None
        self._settled: dict[int, None] = {}
        self._marks: list[tuple[float, int, datetime | None]] = []
        self._written_floor: datetime | None = None
        self._latest: datetime | None = None
        self._old: datetime | None = None
        self._edited: LastKnown[int, datetime] = LastKnown(capacity)
        self._joined: dict[int, datetime] = {}
        self._open: set[int] = set()
        self._recent: deque[tuple[int, datetime, int]] = deque(maxlen=RECENT)  # id, date, channel's id
        self._freed = FreedIds()
        self.foreign = Seen(10_000)
        self.known_channels: set[int] = set()

    # ------------------------------------------------------------ starting point

    def begin(self, messages: Sequence[Message], *, now: float, server_time: datetime | None = None) -> None:
        """Mark the existing messages as delivered when a client starts.

        Args:
            messages: the newest messages in the user's channels; older ones count as delivered.
            now: the time, in seconds on any monotonic clock.
            server_time: the server's clock, or None if unknown. If it is known, the queries can skip messages older
                than the horizon.
        """
        self.top = max((m.id for m in messages), default=0)
        self.floor = min((m.id for m in messages), default=1) - 1
        self._settled = dict.fromkeys(sorted(m.id for m in messages))
        self._open.clear()
        self._recent.clear()
        for message in sorted(messages, key=lambda m: m.id)[-RECENT:]:
            self._recent.append((message.id, message.date, message.channel.id))
        self._marks.clear()
        self._written_floor = None
        for message in messages:
            self.note_written(message)
        self._old = self._latest
        self.mark(now)
        if server_time is not None and self._are_old(messages, server_time - timedelta(seconds=self._horizon)):
            self._raise_floor(self.top)
            self._written_floor = self._latest

    @staticmethod
    def _are_old(messages: Iterable[Message], moment: datetime) -> bool:
        return all(max(m.date, m.created or m.date, m.written or m.date) < moment for m in messages)

    def restart(self, messages: Sequence[Message], since: datetime | None, now: float) -> None:
        """Start over after the database was restored to an older state, which reuses message ids.

        Args:
            messages: the newest messages currently on the server.
            since: the date after which messages count as new; None if there are no such messages. Messages that were
                never delivered also count as new, because the restore may have removed only some messages.
            now: the time, in seconds on any monotonic clock.
        """
        old = [m for m in messages if self.judge(m) != "new" and (since is None or (m.created or m.date) <= since)]
        known = {m.id for m in old}
        later = [m.id for m in messages if m.id not in known]
        self.begin(old, now=now)
        if later:
            self.floor = min(self.floor, min(later) - 1) if self._settled else min(later) - 1

    def rewind(self, last: int, kept: Collection[int], *, now: float) -> None:
        """Forget all ids above `last`, because a restored database assigns them to different messages.

        Args:
            last: the highest id such that it and all lower ids still refer to the same messages.
            kept: higher ids that have been delivered since the restore.
            now: the time, in seconds on any monotonic clock.
        """

        def stays(number: int) -> bool:
            return number <= last or number in kept

        self.floor = min(self.floor, last)
        self.top = max([last, *kept])
        self._settled = {i: None for i in self._settled if stays(i)}
        self._open = {i for i in self._open if i <= last}
        self._recent = deque((each for each in self._recent if stays(each[0])), RECENT)
        self._edited = LastKnown(self._capacity, ((i, date) for i, date in self._edited.items() if stays(i)))
        self._marks.clear()
        self._written_floor = None
        self.mark(now)

    def free(self, removed: Mapping[int, datetime]) -> None:
        """Expect new messages with the ids of the newest ones, because a restore may have removed those.

        Args:
            removed: the dates of removed messages by id. The messages themselves do not become new again.
        """
        self._freed.add(removed)
        # The floor must not pass these ids before newer messages have passed them.
        self.top = self._newest_settled()
        self._marks = [(at, min(top, self.top), written) for at, top, written in self._marks]

    def _newest_settled(self) -> int:
        return max([self.floor, *(i for i in self._settled if i not in self._freed)])

    # ------------------------------------------------------------------- delivery

    def admit(self, message: Message, *, live: bool = False) -> bool:
        """Return whether to deliver a message; True only once per message.

        Args:
            message: a message that the server sent.
            live: whether the message was just posted, and is therefore newer than the user's membership regardless of
                its date.
        """
        number = message.id
        # Mostly, no id was removed or is delivered again.
        if self._freed.dates or self._open:
            if not self._is_new(message):
                return False
            self._freed.take(number)
            self._open.discard(number)
        elif number <= self.floor or number in self._settled:
            return False
        self._settled[number] = None
        channel_id = message.channel.id
        self._recent.append((number, message.date, channel_id))
        if number > self.top:
            self.top = number
        if message.written is not None:
            self.note_written(message)
        if len(self._settled) > self._capacity:
            self._raise_floor(sorted(self._settled)[len(self._settled) // 2])
        since = self._joined.get(channel_id)
        if since is None or (live and message.created is None):
            return True
        # The date of an e-mail comes from its sender, and the server's timestamp from the start of the transaction; the
        # later one counts.
        return max(message.created or message.date, message.date) >= since

    def reopen(self, number: int) -> None:
        """Count an admitted message as not delivered, because it could not be published.

        Args:
            number: the message's id.
        """
        self._open.add(number)
        self.forget(number)

    def recent(self) -> dict[int, tuple[datetime, int]]:
        """Map the ids of recently delivered messages to their date and channel, to detect a restored database."""
        return {number: (date, channel_id) for number, date, channel_id in self._recent}

    def forget(self, number: int) -> None:
        """Forget a removed message, so that its absence does not suggest a restored database."""
        if any(each[0] == number for each in self._recent):
            self._recent = deque((each for each in self._recent if each[0] != number), RECENT)

    @property
    def has_reused_ids(self) -> bool:
        """Whether `has_reused_id` may be true for any message."""
        return bool(self._freed.dates)

    def has_reused_id(self, message: Message) -> bool:
        """Return whether a message is new, but has the id of one that was removed.

        Args:
            message: a message that the server sent.
        """
        return bool(self._freed.dates) and self._freed.are_reused_by(message)

    def _is_new(self, message: Message) -> bool:
        number = message.id
        if number in self._freed.dates:
            return self._freed.are_reused_by(message)
        return (number > self.floor and number not in self._settled) or number in self._open

    def judge(self, message: Message) -> RowVerdict:
        """Classify a row from the server as new, edited or known, without recording it."""
        if self._is_new(message):
            return "new"
        known = self._edited.get(message.id)
        if message.written is None:
            return "known"
        if known is not None:
            return "edited" if message.written > known else "known"
        if message.id in self._settled or self.written is None:
            return "known"
        since = self.written - self._margin
        return "edited" if message.written > max(self._old or since, since) else "known"

    def note_written(self, message: Message) -> None:
        """Remember when a message was last written."""
        number, written = message.id, message.written
        if written is None:
            return
        if self._latest is None or written > self._latest:
            self._latest = written
        self._edited[number] = written

    def joined(self, channel_id: int, since: datetime | None) -> None:
        """Record when the user joined a channel. Older messages do not count as new.

        Args:
            channel_id: the channel's id.
            since: when the user joined, or None if unknown.
        """
        self.foreign.discard(channel_id)
        if since is not None:
            self._joined[channel_id] = since

    # -------------------------------------------------------------------- queries

    def mark(self, now: float) -> None:
        """Record that all messages visible now have been delivered, so that the floor can advance."""
        self.written = self._latest
        self._marks.append((now, self.top, self._latest))
        while len(self._marks) > 1 and self._marks[1][0] <= now - self._horizon:
            del self._marks[0]
        if self._marks[0][0] <= now - self._horizon:
            self._raise_floor(self._marks[0][1])
            self._written_floor = self._marks[0][2]

    def _raise_floor(self, floor: int) -> None:
        if floor > self.floor:
            self.floor = floor
            self._freed.pass_by(floor)
            self._settled = {i: None for i in self._settled if i > floor}

    def near_floor(self, now: float) -> int:
        """Return the id above which a poll requests messages."""
        older = [top for at, top, _ in self._marks if at <= now - self._near]
        return max(self.floor, older[-1]) if older else self.floor

    def quiet_since(self) -> datetime | None:
        """Return the date since which only missing messages were written; None within the horizon after a change."""
        floor = self._written_floor
        if floor is None or self._latest != floor or self.top > self.floor or self._open:
            return None
        return floor + timedelta(seconds=1)  # rows contain whole seconds

    def missing(
        self,
        channels: Collection[int],
        now: float,
        *,
        near: bool = False,
        after: int = 0,
        anchors: Sequence[int] = (),
    ) -> list[Any]:
        """Build the domain for undelivered messages above the floor and for edited messages.

        Args:
            channels: the ids of the channels to query.
            now: the time, in seconds on any monotonic clock.
            near: whether to query only ids above `near_floor`, as polls every few seconds do. `admit` drops duplicates.
            after: the last id of the previous page.
            anchors: ids of delivered messages to include in the query.
        """
        floor = self.near_floor(now) if near else self.floor
        fresh: list[Any] = [["id", ">", floor]]
        # The lists omit ids up to the previous page, so that the queries of a long catch-up stay short.
        settled = [i for i in self._settled if i > max(floor, after) and i not in self._freed]
        if settled:
            fresh = ["&", *fresh, ["id", "not in", settled]]
        if again := sorted(i for i in {*self._open, *self._freed} if i > after):
            fresh = ["|", ["id", "in", again], *fresh]
        if anchors:
            fresh = ["|", ["id", "in", list(anchors)], *fresh]
        where: list[Any] = [["res_id", "in", sorted(channels)]]
        if after:
            where.append(["id", ">", after])
        if self.written is None:
            return [*where, *fresh]
        return [*where, "|", *fresh, *self._edited_domain(after)]

    def _edited_domain(self, after: int) -> list[Any]:
        assert self.written is not None
        begin = self.written - self._margin
        if self._written_floor is not None:
            # Rows contain whole seconds.
            begin = max(begin, self._written_floor + timedelta(seconds=1))
        since = ["write_date", ">=", stamp(begin)]
        known: dict[datetime, list[int]] = {}
        for number, written in self._edited.items():
            if number > after and written >= begin:
                known.setdefault(written, []).append(number)
        if not known:
            return [since]
        # Known messages written within the margin are requested only if written again, possibly by a transaction
        # that began before the newest known one. Each is therefore compared with its own ``write_date``.
        again: list[Any] = []
        for written, ids in known.items():
            later = ["write_date", ">=", stamp(written + timedelta(seconds=1))]
            again += ["|", "&", ["id", "in", ids], later]
        unknown = ["id", "not in", [i for ids in known.values() for i in ids]]
        return ["&", since, "|", unknown, *again, ["write_date", ">=", stamp(self.written)]]

    # ---------------------------------------------------------------- persistence

    def export(self, unhandled: Iterable[int] = ()) -> dict[str, Any]:
        """Return the record as plain values, with unhandled messages counted as not delivered."""
        open_ids = set(unhandled) | self._open
        return {
            "floor": self.floor,
            "settled": [i for i in self._settled if i not in open_ids],
            "open": sorted(open_ids),
            "written": self.written.isoformat() if self.written else None,
            "edited": {str(i): w.isoformat() for i, w in list(self._edited.items())[-500:] if i not in open_ids},
            "recent": {str(i): [d.isoformat(), c] for i, (d, c) in self.recent().items() if i not in open_ids},
            "channels": sorted(self.known_channels),
            "joined": {str(i): w.isoformat() for i, w in self._joined.items()},
            "freed": self._freed.export(),
        }

    def restore(self, account: dict[str, Any], now: float) -> None:
        """Restore a record returned by `export`.

        Raises:
            ValueError, TypeError, KeyError, OverflowError: `account` is not a valid export.
        """
        self.floor = int(account["floor"])
        self._settled = {int(i): None for i in account["settled"]}
        self._open = {int(i) for i in account.get("open", ())}
        recent = _table(account.get("recent", {})).items()
        self._recent = deque(((int(i), _moment(d), int(c)) for i, (d, c) in recent), RECENT)
        self.written = _moment(account["written"]) if account.get("written") else None
        self._latest = self._old = self.written
        edited = _table(account.get("edited", {})).items()
        self._edited = LastKnown(self._capacity, ((int(i), _moment(w)) for i, w in edited))
        self._joined = {int(i): _moment(w) for i, w in _table(account.get("joined", {})).items()}
        self._freed = FreedIds({int(i): _moment(d) for i, d in _table(account.get("freed", {})).items()})
        self.top = self._newest_settled()
        self.known_channels = {int(i) for i in account.get("channels", ())}
        self._marks.clear()
        self._written_floor = None
        self._marks.append((now, self.top, None))


def _moment(text: str) -> datetime:
    """Parse a timestamp from an export. It must have a time zone, so that it can be compared with others."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return cast("dict[str, Any]", value)
