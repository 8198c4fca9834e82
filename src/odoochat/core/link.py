"""The live link as a state machine: which transport to open, when, and which notifications are new.

Theory of operation. A driver asks `next` and does what it says: dial a transport, wait, get a fresh session, or stop.
It reports back with `opened`, `received`, `failed`, `renewed` or `session_lives`. The transports form a ladder,
best first. Three failures in a row on one rung lead to the next one down; one is enough where a transport hangs, or
denies a session that the server knows elsewhere. From a lower rung the link climbs back after a while: the driver dials
the better transports beside the open one (`climbs`), which goes on until one of them has proved itself (`climbed`) and
takes over. What a link missed is caught up by whoever drives it after every `opened` and `climbed`.

The server's notification ids are given at insert and become visible at commit, so they do not ascend: what is new is
told by a set of ids, never by an order; and a new link asks again for the last few seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from odoochat.core.backoff import backoff
from odoochat.core.retry import judge
from odoochat.core.seen import Seen
from odoochat.errors import Blocked, LinkClosed, Unreachable
from odoochat.events import Via
from odoochat.wire.envelopes.frames import Internal, Malformed, Notification

__all__ = ["Dial", "Link", "Policy", "Renew", "Step", "Stop", "Wait"]


class Dial(Struct, frozen=True):
    """Open this transport.

    Attributes:
        last: the bus id to go on after; 0 for the last 50 seconds.
        patience: seconds within which it must prove that it works, None to leave that to the transport.
    """

    via: Via
    last: int
    patience: float | None = None


class Wait(Struct, frozen=True):
    """Wait, then ask again.

    Attributes:
        seconds: how long.
        reason: why, in words.
    """

    seconds: float
    via: Via
    reason: str


class Renew(Struct, frozen=True):
    """Get a fresh session, then ask again."""

    reason: str


class Stop(Struct, frozen=True):
    """Give up: it cannot succeed by itself."""

    error: BaseException


Step = Dial | Wait | Renew | Stop


class Policy(Struct, frozen=True):
    """The numbers of the link.

    Attributes:
        failures: in a row on one transport, before the next one is tried.
        base: the first backoff's roof, in seconds.
        cap: the highest backoff's roof, in seconds.
        wide: the roof of the wait when everybody was cut at once, in seconds.
        slow: the least wait after the server asked for less, in seconds.
        overlap: how far back a new link asks again, in seconds.
        stale: after a gap longer than this, in seconds, the bus is not asked for what was missed (rows are gone after
            100 s on 14 to 17, and a day's worth of them in one frame is no help): the catch-up finds the messages.
        climb: until the first try to climb back, in seconds; it doubles up to `climb_cap`.
        prove: how long a transport may take to prove that it works where another can be dialled instead, in seconds.
    """

    failures: int = 3
    base: float = 1.0
    cap: float = 60.0
    wide: float = 10.0
    slow: float = 2.0
    overlap: float = 15.0
    stale: float = 90.0
    climb: float = 15.0
    climb_cap: float = 300.0
    prove: float = 5.0


class Link:
    """Decides for one client. Times are seconds of any steady clock.

    Args:
        vias: the ladder, best first.
        random: returns numbers from 0 to 1.
        policy: the numbers.
    """

    def __init__(self, vias: Sequence[Via], *, random: Callable[[], float], policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self._random = random
        self._vias: tuple[Via, ...] = tuple(vias)
        self._rung = 0
        self._failures = 0
        self._backoff: Iterator[float] = iter(())
        self._climb_backoff = self.policy.climb
        self._climb_at: float | None = None
        self._wait: Wait | None = None
        self._renew: str | None = None
        self._denied: BaseException | None = None
        self._denied_open = False
        self._renewals = 0
        self._outdated = False
        self._stop: BaseException | None = None
        self._open_since: float | None = None
        self._heard_at: float | None = None
        self._seen = Seen(20_000)
        self._marks: deque[tuple[float, int]] = deque()
        self._reset_backoff()

    def _reset_backoff(self) -> None:
        self._backoff = backoff(self._random, base=self.policy.base, cap=self.policy.cap)

    @property
    def via(self) -> Via:
        """The transport that is dialled next, or open."""
        return self._vias[self._rung]

    @property
    def is_open(self) -> bool:
        """Whether the server has shown that it knows us, on the link that is there now."""
        return self._open_since is not None

    # ------------------------------------------------------------ what to do

    def next(self, now: float) -> Step:
        """What to do now. A wait is said once; the next call goes on after it."""
        if self._stop is not None:
            return Stop(self._stop)
        if self._wait is not None:
            wait, self._wait = self._wait, None
            return wait
        if self._renew is not None:
            return Renew(self._renew)
        lower = self._rung + 1 < len(self._vias)
        return Dial(self.via, self.last(now), self.policy.prove if lower else None)

    def climbs(self, now: float) -> list[Dial]:
        """The better transports than the open one, to be dialled beside it, best first."""
        return [Dial(via, self.last(now)) for via in self._vias[: self._rung]]

    def last(self, now: float) -> int:
        """The bus id that a new link goes on after: a little before the newest one seen."""
        if self._heard_at is None or now - self._heard_at > self.policy.stale or not self._marks:
            return 0
        edge = now - self.policy.overlap
        while len(self._marks) > 1 and self._marks[1][0] <= edge:
            self._marks.popleft()
        return self._marks[0][1]

    def recent(self, now: float, seconds: float) -> int:
        """The newest bus id seen that many seconds ago, 0 when none was."""
        return next((number for at, number in reversed(self._marks) if at <= now - seconds), 0)

    @property
    def newest(self) -> int:
        """The highest bus id seen, 0 when none was."""
        return self._marks[-1][1] if self._marks else 0

    def climb_in(self, now: float) -> float | None:
        """Seconds until a better transport shall be tried again, None on the best one."""
        if self._rung == 0 or self._climb_at is None:
            return None
        return max(0.0, self._climb_at - now)

    # -------------------------------------------------------- what has happened

    def opened(self, now: float) -> None:
        """The link that was dialled is open: the server has shown that it knows us."""
        self._open_since = now
        self._heard_at = now
        self._renewals = 0
        self._outdated = False
        if self._rung == 0:
            self._climb_at = None
            self._climb_backoff = self.policy.climb
        elif self._climb_at is None or self._climb_at <= now:
            self._climb_at = now + self._climb_backoff

    def climbed(self, via: Via, now: float) -> None:
        """A better transport, dialled beside the open one, has proved itself and takes over."""
        if via in self._vias:
            self._rung = self._vias.index(via)
        self._failures = 0
        self._reset_backoff()
        self._climb_backoff, self._climb_at = self.policy.climb, None
        self.opened(now)

    def climb_failed(self, now: float) -> None:
        """No better transport could be opened beside the open one: the next try comes later."""
        self._climb_backoff = min(self.policy.climb_cap, self._climb_backoff * 2)
        self._climb_at = now + self._climb_backoff

    def alive(self, now: float) -> None:
        """The server answered, if only to say that there is nothing new."""
        self._heard_at = now

    def received(self, items: Sequence[Notification | Internal | Malformed], now: float) -> list[Notification]:
        """Record a frame's items.

        Args:
            items: the items of the frame.
            now: seconds of the clock.

        Returns:
            The notifications that were not seen before, in their order.
        """
        self._heard_at = now
        if self._open_since is not None and now - self._open_since > 5.0 and self._failures:
            self._failures = 0
            self._reset_backoff()
        new: list[Notification] = []
        top = newest = self.newest
        for item in items:
            if isinstance(item, Notification):
                if self._seen.add(item.id):
                    new.append(item)
                    top = max(top, item.id)
            elif isinstance(item, Internal) and item.type == "bus/last_id_reset":
                self.forget()
                if isinstance(item.payload, int):
                    self._marks.append((now, item.payload))
                top = newest = self.newest
        if top > newest or not self._marks:
            if not self._marks:
                # Before the first id nothing was visible: a new link then asks for the last 50 seconds.
                self._marks.append((now - self.policy.overlap, 0))
            self._marks.append((now, top))
            if len(self._marks) > 4096:
                self._marks.popleft()
        return new

    def forget(self) -> None:
        """The server's ids fell back (a database was restored): those known mean nothing any more."""
        self._seen.clear()
        self._marks.clear()

    def failed(self, error: BaseException, now: float, *, hung: bool = False) -> None:
        """The link could not be opened, or ended.

        Args:
            error: why.
            now: the time, in seconds of any steady clock.
            hung: whether the server answered elsewhere, and this transport did not in time: the next one is tried at
                once, for waiting longer would only delay the news.
        """
        lived = now - self._open_since if self._open_since is not None else None
        self._open_since = None
        if lived is not None and lived > 5.0:
            self._failures = 0
            self._reset_backoff()
        if hung and self._fall(now):
            return
        match judge(error):
            case "login":
                self._denied, self._denied_open = error, lived is not None
                self._ask_session(error)
            case "version" if not self._outdated:
                self._outdated = True
            case "now" if lived is not None:
                pass
            case "slow":
                self._count(error, now, least=self.policy.slow)
            case "wide":
                self._count(error, now, roof=self.policy.wide)
            case _:
                asked = error.retry_after if isinstance(error, Blocked) else None
                self._count(error, now, least=min(asked or 0.0, self.policy.cap))

    def _ask_session(self, error: BaseException) -> None:
        self._renewals += 1
        self._renew = describe(error)
        if self._renewals > 2:
            # A session that dies each time it is used: no hurry.
            self._wait = Wait(next(self._backoff) + self.policy.slow, self.via, self._renew)

    def _fall(self, now: float) -> bool:
        """Goes to the next transport; False on the last one."""
        if self._rung + 1 >= len(self._vias):
            return False
        self._failures = 0
        self._rung += 1
        self._climb_backoff = self.policy.climb
        self._climb_at = now + self._climb_backoff
        return True

    def _count(self, error: BaseException, now: float, *, least: float = 0.0, roof: float = 0.0) -> None:
        self._failures += 1
        refused = isinstance(error, Unreachable) and not error.sent
        if self._failures >= self.policy.failures and not refused:
            self._failures = 0
            if self._fall(now):
                if least:
                    self._wait = Wait(least, self.via, describe(error))
                return
            self._rung, self._climb_at = 0, None
        seconds = max(least, next(self._backoff), self._random() * roof)
        self._wait = Wait(seconds, self.via, describe(error))

    def intent(self, now: float) -> str:
        """In words, what `next` will say."""
        if self._stop is not None:
            return "giving up"
        if self._wait is not None:
            return f"{self._wait.via} again in {self._wait.seconds:.1f} s"
        return "a fresh session first" if self._renew is not None else f"{self.via} at once"

    def renewed(self) -> None:
        """A fresh session is there."""
        self._renew = self._denied = None

    def session_lives(self, now: float) -> None:
        """The session that a transport denied is known to the server elsewhere: the transport failed, not the session.

        A proxy may pass no cookie to it, or a second server behind it may not have the session's file.
        """
        error, self._renew, self._denied = self._denied, None, None
        self._wait = None
        if self._denied_open and self._renewals <= 2:
            return  # it worked before: the session may have been renewed meanwhile
        if not self._fall(now):
            self._count(error or LinkClosed(4001), now)

    def offer(self, vias: Sequence[Via], error: BaseException | None = None) -> None:
        """Other transports than before are possible: another version answers, or no session can be had any more.

        Args:
            vias: the new ladder; empty ends the link with `error`.
            error: why there are no transports any more.
        """
        self._renew = self._denied = None
        if not vias:
            self._stop = error or LinkClosed(1000)
            return
        if tuple(vias) != self._vias:
            self._vias, self._rung, self._climb_at = tuple(vias), 0, None
            self._failures = 0


def describe(error: BaseException) -> str:
    """An error in one line."""
    return (str(error) or type(error).__name__).splitlines()[0][:200]
