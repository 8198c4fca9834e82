"""Timing: all intervals and time limits of one client, in seconds unless noted otherwise."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct

from odoochat.core.link import Policy

__all__ = ["Timing"]


class Timing(Struct, frozen=True, kw_only=True):
    """The intervals and limits of a client, for the ``timing`` argument of `odoochat.connect`; meant for tests.

    Attributes:
        link: the live link's backoff and upgrades.
        sweep: interval between checks for messages that the open link did not deliver, while there is a reason to doubt
            the link: it was just opened, the last check found something, or its transport inherently loses changes.
        calm_sweep: the same interval while there is no reason to doubt the link.
        shared_sweep: maximum time by which a `Pool` extends `calm_sweep`, because its accounts take turns.
        sweeps_per_hint: one in this many sweeps also checks whether the user has joined or left a channel.
        sweeps_per_refresh: one in this many sweeps also fetches the channels. While the link is calm and nothing has
            happened for a while, only these sweeps query all channels.
        rpc_poll: interval between polls using model calls; each poll sends a single request if nothing has happened.
        polls_per_hint: one in this many model-call polls checks for channel changes instead of messages. There are
            three such checks, which take turns.
        polls_per_sweep: one in this many model-call polls fetches all missed messages, like a sweep; a multiple of
            `polls_per_hint`.
        polls_per_full_sweep: the same number while nothing has happened for a while; a multiple of `polls_per_sweep`.
        polls_per_refresh: one in this many model-call polls fetches the channels instead, to find changes that the
            other checks miss.
        peek_busy: interval between bus polls while messages arrive.
        peek_idle: interval between bus polls after 20 polls without messages.
        refresh: minimum time between two channel refreshes triggered by notifications.
        replay_trusted: how long after the login a newly opened link needs no catch-up, because the bus still has the
            rows.
        row: time limit for a request for data that a notification omits.
        echo: time limit for the notification that verifies a WebSocket.
        heartbeat: idle time after which a WebSocket sends a ping; without a pong within half that time, the link is
            considered lost.
        verify: pauses before each check of whether a session that cannot be replaced has ended.
        holes: delay before the first check, interval between checks, and age after which a hole in the bus ids is
            ignored.
        presence: interval between reports of the user's presence. Up to Odoo 17, a user counts as offline one minute
            after the last report (``DISCONNECTION_TIMER`` 55 s, a poll of 50 s, addons/bus/models/bus_presence.py, Odoo
            14).
        looks: pauses before each search for a message whose outcome is unclear, once the server responds again. A
            request may still be in progress: after a transaction conflict, Odoo retries it up to five times, with waits
            of up to 2, 4, 8 and 16 seconds (odoo/service/model.py, `MAX_TRIES_ON_CONCURRENCY_FAILURE`).
        send_pauses: pauses between attempts to post a message; the last one is repeated.
        refused: how long to retry posting if a proxy refuses a message without sending ``Retry-After``.
        restart: pause before a background job is restarted after an unexpected error.
        save: interval between writes of the state file.
        settled: age at which a request from an earlier process counts as processed: Odoo may take as long as all
            `looks` combined, and the operating system may still send data that the process left unsent when it ended.
        now: a function that returns the current Unix timestamp.
        clock: a function that returns the seconds since an arbitrary starting point, for expiring typing notifications.
    """

    link: Policy = Policy()
    sweep: float = 20.0
    calm_sweep: float = 90.0
    shared_sweep: float = 14400.0
    sweeps_per_hint: int = 3
    sweeps_per_refresh: int = 9
    rpc_poll: float = 2.0
    polls_per_hint: int = 3
    polls_per_sweep: int = 9
    polls_per_full_sweep: int = 27
    polls_per_refresh: int = 150
    peek_busy: float = 0.5
    peek_idle: float = 1.5
    refresh: float = 2.0
    replay_trusted: float = 20.0
    row: float = 2.0
    echo: float = 10.0
    heartbeat: float = 20.0
    verify: tuple[float, ...] = (0.0, 1.0, 2.0)
    holes: tuple[float, float, float] = (1.0, 2.0, 30.0)
    presence: float = 50.0
    looks: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 9.0, 10.0)
    send_pauses: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 4.0, 5.0)
    settled: float = 180.0
    refused: float = 5.0
    restart: float = 1.0
    save: float = 1.0
    now: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic
