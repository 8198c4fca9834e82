"""Schedules that determine when a bot's jobs are due."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from odoochat.errors import ConfigError

__all__ = ["At", "Cron", "Every", "Once", "Trigger", "days_of", "zone"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Trigger(Protocol):
    """Determines when a job is due."""

    def after(self, moment: datetime) -> datetime | None:
        """Return the first due time after a moment, or None if there is none.

        Args:
            moment: the moment, with a time zone.
        """
        ...


class Every:
    """Due at regular intervals, counted from the Unix epoch, so a restart does not shift them.

    Args:
        interval: the time between two runs.
    """

    def __init__(self, interval: timedelta) -> None:
        if interval <= timedelta():
            raise ConfigError("the interval of a job must be positive")
        self._interval = interval

    def after(self, moment: datetime) -> datetime | None:
        """Return the first due time after a moment."""
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return epoch + ((moment - epoch) // self._interval + 1) * self._interval


class At:
    """Due at a time of day on the given weekdays.

    Args:
        at: the time of day.
        days: the days of the week, 0 for Monday.
        tz: the time zone. A time skipped by the switch to daylight saving time is moved forward.
    """

    def __init__(self, at: time, days: Sequence[int], tz: tzinfo) -> None:
        self._at = at
        self._days = frozenset(days)
        self._tz = tz

    def after(self, moment: datetime) -> datetime | None:
        """Return the first due time after a moment."""
        today: date = moment.astimezone(self._tz).date()
        for ahead in range(9):
            day = today + timedelta(days=ahead)
            if day.weekday() in self._days:
                due = datetime.combine(day, self._at, self._tz).astimezone(UTC)
                if due > moment:
                    return due
        return None


class Once:
    """Due once.

    Args:
        at: the moment, with a time zone.
    """

    def __init__(self, at: datetime) -> None:
        self._at = at

    def after(self, moment: datetime) -> datetime | None:
        """Return the due time, or None if it has passed."""
        return self._at.astimezone(UTC) if self._at > moment else None


class Cron:
    """Due at the times given by a cron expression.

    Args:
        expression: five fields: minute, hour, day of the month, month, day of the week.
        tz: the time zone.

    Raises:
        ConfigError: the expression is invalid, or the cronsim package is not installed.
    """

    def __init__(self, expression: str, tz: tzinfo) -> None:
        try:
            import cronsim
        except ModuleNotFoundError:
            raise ConfigError('cron schedules need the cronsim package: pip install "cronsim>=2.6"') from None
        self._cronsim = cronsim
        self._expression = expression
        self._tz = tz
        try:
            cronsim.CronSim(expression, datetime.now(tz))
        except cronsim.CronSimError as error:
            raise ConfigError(f"{expression!r} is not a cron expression: {error}") from None

    def after(self, moment: datetime) -> datetime | None:
        """Return the first due time after a moment."""
        found = next(self._cronsim.CronSim(self._expression, moment.astimezone(self._tz)), None)
        return found.astimezone(UTC) if found is not None else None


def zone(tz: str | tzinfo | None, default: tzinfo) -> tzinfo:
    """Look up a time zone.

    Args:
        tz: the zone's name, e.g. ``Europe/Berlin``, or a time zone object.
        default: the zone to return if `tz` is None.

    Raises:
        ConfigError: the time zone does not exist.
    """
    if tz is None:
        return default
    if isinstance(tz, tzinfo):
        return tz
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(
            f"unknown time zone {tz!r}; use a name like Europe/Berlin (on Windows: pip install tzdata)"
        ) from None


def days_of(text: str) -> list[int]:
    """Parse days of the week into numbers, with 0 for Monday.

    Args:
        text: English names, e.g. ``mon-fri`` or ``mon, wed``; empty for every day.

    Raises:
        ConfigError: the text is not a list of weekdays.
    """
    if not text.strip():
        return list(range(7))
    found: list[int] = []
    for part in re.split(r"[,\s]+", text.strip().lower()):
        first, _, last = (name.strip()[:3] for name in part.partition("-"))
        if first not in DAYS or (last and last not in DAYS):
            raise ConfigError(f"{text!r} is not a list of weekdays; use e.g. mon-fri, or mon, wed")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found += [day % 7 for day in range(begin, end + (1 if end >= begin else 8))]
    return sorted(set(found))
