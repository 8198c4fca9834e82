"""Timing: every interval, limit and patience of one client, in seconds unless the name says otherwise."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct

from odoochat.core.link import Policy

__all__ = ["Timing"]


class Timing(Struct, frozen=True, kw_only=True):
    """The intervals and limits of a client, the argument ``timing`` of `odoochat.connect`; meant for tests.

    Attributes:
        link: backoff and upgrading of the live link.
        sweep: between two questions for messages that the open link did not bring, while there is a reason to doubt it:
            it was just opened, the last question found something, or it is one that loses changes by its nature.
        calm_sweep: the same while there is none.
        shared_sweep: the most by which the accounts of a `Pool` extend `calm_sweep`, as they ask by turns.
        sweeps_per_hint: number of sweeps of which one also asks whether the user has joined or left a channel.
        sweeps_per_refresh: number of sweeps of which one also reads the channels.
        rpc_poll: between two polls by model calls; each one asks a single question when nothing happens.
        polls_per_hint: number of polls by model calls of which one asks for a change of the channels instead of
            messages. There are three such questions, which take turns.
        polls_per_sweep: number of polls by model calls of which one asks for all missed messages, as a sweep does;
            a multiple of `polls_per_hint`.
        polls_per_refresh: number of polls by model calls of which one reads the channels instead, in case of a change
            that these questions do not find.
        peek_busy: between two polls of the bus while messages come.
        peek_idle: between two polls of the bus after 20 of them found nothing.
        refresh: least time between two reads of the channels that notifications cause.
        replay_trusted: after the login, how long a link that opens needs no catch-up, as the bus still has the rows.
        row: limit of a request for what a notification leaves out.
        echo: limit for the notification that proves a WebSocket.
        heartbeat: silence of a WebSocket after which a ping is sent; without a pong within half of it the link is lost.
        verify: pauses before each question whether a session that cannot be replaced has ended.
        holes: first look, interval of looks, and age at which a hole in the bus ids is given up.
        presence: between two reports of the user's presence. Up to 17 a user counts as gone a minute after the last one
            (``DISCONNECTION_TIMER`` 55 s, a poll of 50 s, addons/bus/models/bus_presence.py of 14).
        looks: pauses before each look for a message whose outcome is unclear, once the server answers again. A request
            may still be processed: on a conflict of transactions Odoo runs it again, up to five times, with waits of up
            to 2, 4, 8 and 16 seconds (odoo/service/model.py, `MAX_TRIES_ON_CONCURRENCY_FAILURE`).
        send_pauses: pauses between tries to post a message; the last one is repeated.
        refused: how long a message is tried again that a proxy refuses without naming a time.
        restart: pause before a background job is restarted after an unexpected error.
        save: between two writes of the state file.
        settled: age at which a request of an earlier process counts as processed: Odoo may take as long as all `looks`,
            and the system goes on sending what a process that has ended left unsent.
        now: returns the seconds since 1970.
        clock: returns the seconds by which typing notifications expire; they may start anywhere.
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
