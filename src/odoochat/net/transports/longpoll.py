"""Transport that uses long polling (Odoo 14 and 15)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct

from odoochat.errors import BadCredentials, LinkError
from odoochat.events import Via
from odoochat.net.http import Http
from odoochat.net.repeat import repeated
from odoochat.net.rpc import Decode, call_route
from odoochat.wire.envelopes import frames
from odoochat.wire.envelopes.frames import Item
from odoochat.wire.envelopes.polled import PolledReader

__all__ = ["LongPoll"]

PATH = "/longpolling/poll"
POLL_SECONDS = 57.0
"""Time limit for a poll. The server holds a poll for 50 s, so a longer wait means that the connection is dead."""
EARLY_SECONDS = 45.0
LOOK_SECONDS = 1.0
"""Time after which a poll that still waits is accompanied by a peek."""
AT_ONCE_SECONDS = 1.0
"""A poll that ends sooner without a newer row is followed by a pause, so the server cannot keep the client busy."""
PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Lengths of consecutive pauses in seconds; the last value is repeated."""
LATE_SECONDS = 15.0
"""Maximum commit delay in seconds after which a row is still returned with the next notifications."""
LATEST_SECONDS = 90.0
"""Maximum commit delay in seconds after which a row that wakes a poll is still returned; rows are kept for 100 s."""


class _HeldPoll(Struct, frozen=True):
    """A poll that the server is asked to hold.

    Attributes:
        response: the task that waits for the response; it also returns when it ended, in the event loop's time.
        started: when the poll was sent, in the event loop's time.
        last: the newest bus id at this time.
        overlapped: the bus id from `LATE_SECONDS` before this time.
    """

    response: asyncio.Task[tuple[list[Item], float]]
    started: float
    last: int
    overlapped: int


class LongPoll:
    """A live link made up of consecutive long polls.

    A poll never returns a row that was committed late with an id below ``last``: its response is empty or contains
    only later rows. Once the session has expired, every response is empty. Each response is therefore followed by a
    peek, to which the server responds immediately with the rows from the last few seconds and the session's
    subscribed channels. Source: FACTS of 14, section 5.

    Nor does a poll notice such a row if it is committed after the peek and before the server has begun to wait
    (addons/bus/models/bus.py, 14.0 and 15.0: ``ImDispatch.poll``). Another peek therefore follows while the poll waits,
    unless the poll before it was held without a row until the time limit.

    Args:
        http: the HTTP client to use for requests.
        reader: reads the server's responses.
        partner: ``[db, "res.partner", id]``, which is among a peek's channels if the server accepts the session.
        last: a function that returns the newest bus id received so far.
        overlapped: a function that takes a number of seconds and returns the bus id from that long ago.
        idle: a function that returns the milliseconds since the user's last activity; None to report no presence
            status.
        pauses: seconds to wait after consecutive polls that return immediately without newer rows; the last value is
            repeated.
    """

    via: Via = "longpoll"
    tells_presence = False  # only the next poll reports it

    def __init__(
        self,
        http: Http,
        reader: PolledReader,
        *,
        partner: list[object],
        last: Callable[[], int],
        overlapped: Callable[[float], int],
        idle: Callable[[], int | None] = lambda: None,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._http = http
        self._reader = reader
        self._partner = partner
        self._last = last
        self._overlapped = overlapped
        self._idle = idle
        self._poll: _HeldPoll | None = None
        self._pauses = pauses
        self._asked: int | None = None
        """The newest bus id at the start of the last poll that returned immediately."""
        self._vain = 0
        self._quiet = False
        """Whether the last poll ended at its time limit without a row."""

    async def open(self, last: int) -> list[Item]:
        """See `Source.open`."""
        return await self._peek(last)

    async def _peek(self, last: int) -> list[Item]:
        decode = partial(self._reader.peek, partner=self._partner)
        return await repeated(lambda: self._ask({"peek": True}, last, decode, timeout=None))

    async def _ask(self, options: dict[str, object], last: int, decode: Decode, timeout: float | None) -> list[Item]:
        if (idle := self._idle()) is not None:
            options = {"bus_inactivity": idle, **options}
        params: dict[str, object] = {"channels": [], "last": last, "options": options}
        try:
            # Only the short request is retried on another connection here; `receive` asks an interrupted poll again.
            repeatable = "peek" in options
            items: list[Item] = await call_route(
                self._http, PATH, params, timeout=timeout, repeatable=repeatable, decode=decode
            )
            return items
        except BadCredentials as error:
            # Under load, Odoo 14 sends this to valid sessions too (FACTS of 14, section 5), so a peek decides.
            raise LinkError(f"the long poll was refused: {error}") from error

    async def receive(self) -> list[Item]:
        """See `Source.receive`."""
        if self._poll is None:
            await self._pause()
            self._poll = poll = self._begin()
            if not self._quiet:
                await asyncio.wait([poll.response], timeout=LOOK_SECONDS)
                if not poll.response.done():
                    return await self._peek(poll.overlapped)
        return await self._end(self._poll)

    async def _pause(self) -> None:
        if self._asked == self._last():
            await asyncio.sleep(self._pauses[min(self._vain, len(self._pauses) - 1)])
            self._vain += 1
        else:
            self._vain = 0
        self._asked = None

    def _begin(self) -> _HeldPoll:
        loop, decode = asyncio.get_running_loop(), self._reader.poll

        async def ask() -> tuple[list[Item], float]:
            limits = (None, None, None)
            items = await repeated(lambda: self._ask({}, self._last(), decode, POLL_SECONDS), limits=limits)
            return items, loop.time()

        return _HeldPoll(asyncio.ensure_future(ask()), loop.time(), self._last(), self._overlapped(LATE_SECONDS))

    async def _end(self, poll: _HeldPoll) -> list[Item]:
        self._quiet = False
        try:
            found, ended = await poll.response
        except asyncio.CancelledError:
            if not poll.response.cancelled() or (task := asyncio.current_task()) is None or task.cancelling():
                poll.response.cancel()
                raise
            return []
        finally:
            self._poll = None
        seconds = ended - poll.started
        if seconds < AT_ONCE_SECONDS:
            self._asked = poll.last
        # An empty answer before the time limit means that a row below `last` was committed.
        late = not found and seconds < EARLY_SECONDS
        # The peek contains the poll's rows, and rows with lower ids that were committed later.
        items = [*await self._peek(self._overlapped(LATEST_SECONDS) if late else poll.overlapped), *found]
        self._quiet = not items and not late
        if not late:
            return items
        # If the newest known row is not among these, the ids have started over; Odoo 14 returns no rows above `last`.
        return frames.with_reset(items or await self._peek(0), poll.last)

    async def subscribe(self) -> None:
        """See `Source.subscribe`. A running poll only covers the channels known when it started, so it is cancelled."""
        if self._poll is not None:
            self._poll.response.cancel()

    async def send_presence(self, idle: int) -> None:
        """See `Source.send_presence`. Each poll reports the status in its options."""

    async def close(self) -> None:
        """See `Source.close`."""
        if self._poll is not None:
            self._poll.response.cancel()
            await asyncio.gather(self._poll.response, return_exceptions=True)
