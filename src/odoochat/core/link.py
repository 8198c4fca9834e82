"""Link: the state machine that decides which transport to open and when, and which notifications are new.

Theory of operation. A driver calls `next` and carries out the step that it returns: dial a transport, wait, get a fresh
session, or stop. It reports the outcome with `opened`, `received`, `failed`, `renewed` or `session_lives`. The
transports are ordered, best first. After three failures in a row the link falls back to the next transport; one failure
is enough if a transport hangs, or rejects a session that the server accepts elsewhere. After a fallback, the link tries
to return to a better transport: the driver dials the better transports (`upgrades`) while the current one stays open,
and switches once one of them is verified (`upgraded`). The driver runs a catch-up after every `opened` and `upgraded`.

The server assigns notification ids on insert, but rows become visible on commit, so ids may arrive out of order. The
link therefore remembers which ids it has seen, and a new link requests the last few seconds again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from odoochat.core.backoff import backoff
from odoochat.core.retry import judge
from odoochat.core.seen import Seen
from odoochat.errors import Blocked, LinkClosed, Unreachable
from odoochat.events import Via
from odoochat.wire.envelopes.frames import RESET, Internal, Malformed, Notification

__all__ = ["Dial", "Link", "Policy", "Renew", "Step", "Stop", "Wait"]


MARKS = 4096


class Dial(Struct, frozen=True):
    """Step: open a transport.

    Attributes:
        last: the bus id to resume after; 0 to receive the last 50 seconds.
        patience: time limit in seconds for verifying the transport, or None to use the transport's own.
    """

    via: Via
    last: int
    patience: float | None = None


class Wait(Struct, frozen=True):
    """Step: wait, then call `next` again.

    Attributes:
        seconds: how long to wait.
        reason: why the link is waiting, for the log and the user.
    """

    seconds: float
    via: Via
    reason: str


class Renew(Struct, frozen=True):
    """Step: get a fresh session, then call `next` again."""

    reason: str


class Stop(Struct, frozen=True):
    """Step: give up, because no further attempt can succeed unless the user changes something."""

    error: BaseException


Step = Dial | Wait | Renew | Stop


class Policy(Struct, frozen=True):
    """The limits and intervals of the link.

    Attributes:
        failures: number of consecutive failures on one transport before the next one is tried.
        base: upper bound on the first backoff, in seconds.
        cap: upper bound on every backoff, in seconds.
        wide: upper bound on the wait after the server disconnects all clients at once, in seconds.
        slow: minimum wait after the server rate-limits the client, in seconds.
        overlap: how far back a new link requests notifications again, in seconds.
        stale: longest gap, in seconds, for which missed notifications are requested from the bus. After a longer gap
            only the catch-up fetches messages, because Odoo 14 to 17 delete rows after 100 s, and later versions would
            send a whole day's rows in one frame.
        upgrade: seconds until the first attempt to return to a better transport; doubles up to `upgrade_cap`.
        prove: time limit in seconds for verifying a transport if another one can be dialled instead.
    """

    failures: int = 3
    base: float = 1.0
    cap: float = 60.0
    wide: float = 10.0
    slow: float = 2.0
    overlap: float = 15.0
    stale: float = 90.0
    upgrade: float = 15.0
    upgrade_cap: float = 300.0
    prove: float = 5.0


class Link:
    """Decides the next step of one client's link. Times are in seconds on any monotonic clock.

    Args:
        vias: the transports, best first.
        random: a function that returns numbers from 0 to 1.
        policy: the limits and intervals.
    """

    def __init__(self, vias: Sequence[Via], *, random: Callable[[], float], policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self._random = random
        self._vias: tuple[Via, ...] = tuple(vias)
        self._index = 0
        self._failures = 0
        self._backoff: Iterator[float] | None = None
        self._upgrade_backoff = self.policy.upgrade
        self._upgrade_at: float | None = None
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
        self._marks: list[tuple[float, int]] = []

    def _reset_backoff(self) -> None:
        self._backoff = None

    def _next_backoff(self) -> float:
        if self._backoff is None:
            self._backoff = backoff(self._random, base=self.policy.base, cap=self.policy.cap)
        return next(self._backoff)

    @property
    def via(self) -> Via:
        """The transport that is open or will be dialled next."""
        return self._vias[self._index]

    @property
    def is_open(self) -> bool:
        """Whether the server has accepted the session on the current link."""
        return self._open_since is not None

    # -------------------------------------------------------------- next step

    def next(self, now: float) -> Step:
        """Return the next step. A wait is returned once; the next call returns the step after it."""
        if self._stop is not None:
            return Stop(self._stop)
        if self._wait is not None:
            wait, self._wait = self._wait, None
            return wait
        if self._renew is not None:
            return Renew(self._renew)
        lower = self._index + 1 < len(self._vias)
        return Dial(self.via, self.last(now), self.policy.prove if lower else None)

    def upgrades(self, now: float) -> list[Dial]:
        """Return the better transports, best first; the current one stays open while they are dialled."""
        return [Dial(via, self.last(now)) for via in self._vias[: self._index]]

    def last(self, now: float) -> int:
        """Return the bus id after which a new link resumes, slightly below the newest one seen."""
        if self._heard_at is None or now - self._heard_at > self.policy.stale or not self._marks:
            return 0
        edge = now - self.policy.overlap
        while len(self._marks) > 1 and self._marks[1][0] <= edge:
            del self._marks[0]
        return self._marks[0][1]

    def recent(self, now: float, seconds: float) -> int:
        """Return the newest bus id seen at least `seconds` ago, or 0 if there is none."""
        return next((number for at, number in reversed(self._marks) if at <= now - seconds), 0)

    @property
    def newest(self) -> int:
        """The highest bus id seen, or 0 if there is none."""
        return self._marks[-1][1] if self._marks else 0

    def upgrade_in(self, now: float) -> float | None:
        """Return the number of seconds until a better transport is tried again, or None if the best one is open."""
        if self._index == 0 or self._upgrade_at is None:
            return None
        return max(0.0, self._upgrade_at - now)

    # ---------------------------------------------------------------- outcomes

    def opened(self, now: float) -> None:
        """Record that the dialled link is open: the server has accepted the session."""
        self._open_since = now
        self._heard_at = now
        self._renewals = 0
        self._outdated = False
        if self._index == 0:
            self._upgrade_at = None
            self._upgrade_backoff = self.policy.upgrade
        elif self._upgrade_at is None or self._upgrade_at <= now:
            self._upgrade_at = now + self._upgrade_backoff

    def upgraded(self, via: Via, now: float) -> None:
        """Record that a better transport was verified and replaces the open one."""
        if via in self._vias:
            self._index = self._vias.index(via)
        self._failures = 0
        self._reset_backoff()
        self._upgrade_backoff, self._upgrade_at = self.policy.upgrade, None
        self.opened(now)

    def upgrade_failed(self, now: float) -> None:
        """Record that no better transport could be opened, and schedule a later attempt."""
        self._upgrade_backoff = min(self.policy.upgrade_cap, self._upgrade_backoff * 2)
        self._upgrade_at = now + self._upgrade_backoff

    def alive(self, now: float) -> None:
        """Record that the server responded, with or without notifications."""
        self._heard_at = now

    def received(self, items: Sequence[Notification | Internal | Malformed], now: float) -> list[Notification]:
        """Record a frame's items.

        Args:
            items: the frame's items.
            now: the current time in seconds, on any monotonic clock.

        Returns:
            The notifications not seen before, in order.
        """
        self._heard_at = now
        if self._open_since is not None and now - self._open_since > 5.0 and self._failures:
            self._failures = 0
            self._reset_backoff()
        new: list[Notification] = []
        add = self._seen.add
        top = newest = self._marks[-1][1] if self._marks else 0
        for item in items:
            if isinstance(item, Notification):
                if add(number := item.id):
                    new.append(item)
                    if number > top:
                        top = number
            elif isinstance(item, Internal) and item.type == RESET:
                self.forget()
                if isinstance(item.payload, int):
                    self._marks.append((now, item.payload))
                top = newest = self.newest
        if top > newest or not self._marks:
            if not self._marks:
                # Nothing was visible before the first id, so a new link requests the last 50 seconds.
                self._marks.append((now - self.policy.overlap, 0))
            self._marks.append((now, top))
            if len(self._marks) > MARKS:
                del self._marks[: MARKS // 2]
        return new

    def forget(self) -> None:
        """Discard the known ids, because a database restore has reset the server's ids."""
        self._seen.clear()
        self._marks.clear()

    def failed(self, error: BaseException, now: float, *, hung: bool = False) -> None:
        """Record that the link ended or could not be opened.

        Args:
            error: the reason.
            now: the current time in seconds, on any monotonic clock.
            hung: whether this transport timed out while the server responded on another. If so, the next transport
                is tried at once, because waiting longer would only delay notifications.
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
            # Each session ends as soon as it is used, so another attempt is not urgent.
            self._wait = Wait(self._next_backoff() + self.policy.slow, self.via, self._renew)

    def _fall(self, now: float) -> bool:
        """Switch to the next transport, or return False if this is the last one."""
        if self._index + 1 >= len(self._vias):
            return False
        self._failures = 0
        self._index += 1
        self._upgrade_backoff = self.policy.upgrade
        self._upgrade_at = now + self._upgrade_backoff
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
            self._index, self._upgrade_at = 0, None
        seconds = max(least, self._next_backoff(), self._random() * roof)
        self._wait = Wait(seconds, self.via, describe(error))

    def intent(self, now: float) -> str:
        """Describe the step that `next` would return now."""
        if self._stop is not None:
            return "giving up"
        if self._wait is not None:
            return f"{self._wait.via} again in {self._wait.seconds:.1f} s"
        return "a fresh session first" if self._renew is not None else f"{self.via} at once"

    def renewed(self) -> None:
        """Record that the client has a fresh session."""
        self._renew = self._denied = None

    def session_lives(self, now: float) -> None:
        """Record that the transport failed, not the session: the server accepts the session elsewhere.

        A proxy may drop the cookie on the transport's path, or a different server behind it may not have the session
        file.
        """
        error, self._renew, self._denied = self._denied, None, None
        self._wait = None
        if self._denied_open:
            return  # it worked earlier, and the session may have been renewed since
        if not self._fall(now):
            self._count(error or LinkClosed(4001), now)

    def offer(self, vias: Sequence[Via], error: BaseException | None = None) -> None:
        """Replace the available transports after the server's version changed or the session was lost.

        Args:
            vias: the new transports, best first; if empty, the link ends with `error`.
            error: why no transport is available.
        """
        self._renew = self._denied = None
        if not vias:
            self._stop = error or LinkClosed(1000)
            return
        if tuple(vias) != self._vias:
            self._vias, self._index, self._upgrade_at = tuple(vias), 0, None
            self._failures = 0


def describe(error: BaseException) -> str:
    """Describe an error in one line."""
    return (str(error) or type(error).__name__).splitlines()[0][:200]
