"""Dates as the screen shows them: today, yesterday, else one form everywhere; pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

__all__ = ["day_words", "moment_words"]


def day_words(day: date, today: date) -> str:
    """Return a day in words.

    Args:
        day: the day.
        today: the current day.
    """
    if day == today:
        return "today"
    if day == today - timedelta(days=1):
        return "yesterday"
    return f"{day:%a} {day.day} {day:%b} {day.year}"


def moment_words(moment: datetime, today: date) -> str:
    """Return a time of a day in words; of the current day the time alone.

    Args:
        moment: the time, in the user's time zone.
        today: the current day.
    """
    day = moment.date()
    return f"{moment:%H:%M}" if day == today else f"{day_words(day, today)} {moment:%H:%M}"
