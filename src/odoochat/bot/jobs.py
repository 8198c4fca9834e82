"""Runs a bot's scheduled handlers when they are due."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any

from odoochat.bot.clock import SET_BACK, Clock
from odoochat.bot.context import JobDue
from odoochat.bot.registrations import Job
from odoochat.bot.schedule import Trigger
from odoochat.bot.state import BotState
from odoochat.errors import ConfigError
from odoochat.wire.values import is_object

__all__ = ["JobRunner"]

log = logging.getLogger("odoochat")


class JobRunner:
    """Starts a job's runs when they are due.

    A run that was in progress when the bot was killed is repeated with its original due time. If runs were missed while
    the bot was not running, only the most recent one is started, and only within the job's grace period.

    Args:
        job: the job.
        tz: the bot's time zone.
        state: stores which runs have ended.
        clock: the bot's clock.
        put: starts a run; the second argument indicates whether an earlier process already started it.
    """

    def __init__(
        self, job: Job, tz: tzinfo, state: BotState, clock: Clock, put: Callable[[JobDue, bool], None]
    ) -> None:
        self._job = job
        self._trigger: Trigger = job.trigger(tz)
        self._state = state
        self._clock = clock
        self._put = put
        self._running: datetime | None = None

    @property
    def name(self) -> str:
        """Name of the job."""
        return self._job.name

    async def run(self) -> None:
        """Start each run when it is due, until cancelled or no runs are left."""
        moment = self._clock.now()
        self._make_up(moment)
        while (due := self._trigger.after(moment)) is not None:
            if self._clock.now() > moment - SET_BACK:
                await self._clock.sleep_until(due)
            if (now := self._clock.now()) < due:
                # The clock was set back. Waiting for it to reach the original due time could take months.
                moment = now
                continue
            if self._running is None:
                self._begin(due, again=False)
            else:
                job, at = self._job.name, due.isoformat()
                skipped = {"event": "bot.job.skipped", "job": job, "due": at}
                log.warning("bot: job %s is still running; skipping the run of %s", job, at, extra=skipped)
            moment = max(due, self._latest_before(self._clock.now(), due))
            await self._save()

    async def _save(self) -> None:
        try:
            await self._state.save()
        except ConfigError as error:  # a full disk does not end the schedule; saving is retried at the next run
            job = self._job.name
            unsaved = {"event": "bot.job.unsaved", "job": job, "error": str(error)}
            log.warning("bot: job %s: %s; retrying at the next run", job, error, extra=unsaved)

    def _latest_before(self, now: datetime, due: datetime) -> datetime:
        """Return the latest due time in the past, so that only one missed run is started after a suspend."""
        for _ in range(10_000):
            following = self._trigger.after(due)
            if following is None or following > now:
                return due
            due = following
        return now

    def _make_up(self, now: datetime) -> None:
        last: Any = self._state.jobs.get(self._job.name)
        if not is_object(last):
            self._note(now, done=True)  # runs due from now on count as missed if the bot is not running
            return
        try:
            due = datetime.fromisoformat(str(last.get("due")))
        except ValueError:
            return
        if not last.get("done"):
            self._begin(due, again=True)
            return
        missed = self._trigger.after(due)
        if missed is None or missed > now:
            return
        missed = self._latest_before(now, missed)
        if now - missed <= self._job.grace:
            self._begin(missed, again=False)

    def _begin(self, due: datetime, *, again: bool) -> None:
        self._running = due
        self._note(due, done=False)
        self._put(JobDue(self._job.name, due), again)

    def ended(self, due: datetime, *, done: bool = True) -> None:
        """Record that a run has ended.

        Args:
            due: the run's due time.
            done: whether the run is complete and does not need to be repeated after a restart.
        """
        self._running = None
        self._note(due, done=done)

    def _note(self, due: datetime, *, done: bool) -> None:
        self._state.jobs[self._job.name] = {"due": due.isoformat(), "done": done}
        self._state.touched = True
