"""Schedules: when the jobs of a bot are due."""

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
    """Says when a job is due."""

    def after(self, moment: datetime) -> datetime | None:
        """Return the first due time after a moment, None when there is none.

        Args:
            moment: the moment, with a time zone.
        """
        ...


class Every:
    """Due at regular intervals, counted from the start of 1970 in UTC, so that a restart does not shift them.

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
    """Due at a time of day.

    Args:
        at: the time of day.
        days: the days of the week, 0 for Monday.
        tz: the time zone. A time that the clock skips in spring is due at the time that it shows instead.
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
        """Return the due time, None when it is over."""
        return self._at.astimezone(UTC) if self._at > moment else None


class Cron:
    """Due at the times of a cron expression.

    Args:
        expression: five fields: minute, hour, day of the month, month, day of the week.
        tz: the time zone.

    Raises:
        ConfigError: the expression is invalid, or the package cronsim is missing.
    """

    def __init__(self, expression: str, tz: tzinfo) -> None:
        try:
            import cronsim
        except ModuleNotFoundError:
            raise ConfigError('cron schedules need the package cronsim: pip install "odoochat[bot]"') from None
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
    """Return a time zone.

    Args:
        tz: its name, e.g. ``Europe/Berlin``, or the zone itself.
        default: the zone for None.

    Raises:
        ConfigError: there is no such time zone.
    """
    if tz is None:
        return default
    if isinstance(tz, tzinfo):
        return tz
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(
            f"no time zone {tz!r}; names look like Europe/Berlin (on Windows: pip install tzdata)"
        ) from None


def days_of(text: str) -> list[int]:
    """Return the numbers of days of the week, 0 for Monday.

    Args:
        text: English names, e.g. ``mon-fri`` or ``mon, wed``; empty for every day.

    Raises:
        ConfigError: it is something else.
    """
    if not text.strip():
        return list(range(7))
    found: list[int] = []
    for part in re.split(r"[,\s]+", text.strip().lower()):
        first, _, last = (name.strip()[:3] for name in part.partition("-"))
        if first not in DAYS or (last and last not in DAYS):
            raise ConfigError(f"{text!r} are not days of the week; use e.g. mon-fri, or mon, wed")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found += [day % 7 for day in range(begin, end + (1 if end >= begin else 8))]
    return sorted(set(found))
