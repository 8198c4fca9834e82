"""Formats dates for the screen as today, yesterday or a full date; pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

__all__ = ["day_words", "moment_words"]


def day_words(day: date, today: date) -> str:
    """Format a day.

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
    """Format a date and time, or only the time for the current day.

    Args:
        moment: the time, in the user's time zone.
        today: the current day.
    """
    day = moment.date()
    return f"{moment:%H:%M}" if day == today else f"{day_words(day, today)} {moment:%H:%M}"
