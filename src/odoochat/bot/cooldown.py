"""Cooldowns, which limit how often a command can be used."""

from __future__ import annotations

import math
from collections import deque
from datetime import timedelta
from typing import Literal

from odoochat.bot.context import Context
from odoochat.bot.errors import OnCooldown
from odoochat.errors import ConfigError

__all__ = ["Cooldown"]

Per = Literal["person", "channel", "member", "bot"]


class Cooldown:
    """Limits how often a command can be used: ``Cooldown(2, timedelta(minutes=1))``.

    Args:
        times: number of uses allowed within the window.
        within: the time window, as a `timedelta` or in seconds.
        per: the scope of the limit: per person, per channel, per person in each channel (``member``), or for everyone
            together (``bot``).
    """

    def __init__(self, times: int, within: timedelta | float, *, per: Per = "person") -> None:
        seconds = within.total_seconds() if isinstance(within, timedelta) else within
        if times < 1 or seconds <= 0:
            raise ConfigError(
                f"a cooldown needs at least one use and a positive time, not {times} within {seconds:g} s"
            )
        self._times = times
        self._seconds = seconds
        self._per = per
        self._uses: dict[str, deque[float]] = {}

    def use(self, ctx: Context) -> None:
        """Record a use of the command.

        Args:
            ctx: the context of the command.

        Raises:
            OnCooldown: the command was used too often.
        """
        now = ctx.now.timestamp()
        if len(self._uses) > 10_000:
            self._uses = {who: uses for who, uses in self._uses.items() if uses[-1] > now - self._seconds}
        uses = self._uses.setdefault(ctx.owner(self._per), deque(maxlen=self._times))
        # The remaining time exceeds the window if the system clock was set back.
        if len(uses) == self._times and 0 < (left := uses[0] + self._seconds - now) <= self._seconds:
            raise OnCooldown(f"Not so fast: try again in {math.ceil(left)} s.", retry_after=left)
        uses.append(now)
