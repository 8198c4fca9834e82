"""Short timings for clients of a sandbox on the same machine, so that tests do not wait for a poll or a sweep."""

from __future__ import annotations

from typing import Any

import msgspec

import odoochat
from odoochat.client.timing import Timing
from odoochat.core.link import Policy

POLL_SECONDS = 0.05

QUICK = Timing(
    link=Policy(base=0.02, cap=0.1, wide=0.1, slow=0.05, upgrade=0.2, upgrade_cap=0.4),
    sweep=0.4,
    calm_sweep=0.4,
    sweeps_per_refresh=3,
    rpc_poll=POLL_SECONDS,
    peek_busy=POLL_SECONDS,
    peek_idle=POLL_SECONDS,
    refresh=POLL_SECONDS,
    looks=(0.0, 0.05, 0.1),
)
"""Reconnects, polls, sweeps and looks up unclear posts without a pause."""

UNSWEPT = msgspec.structs.replace(QUICK, sweep=1000.0, calm_sweep=1000.0)
"""The same without sweeps."""

QUICK_POLLS = Timing(rpc_poll=POLL_SECONDS, peek_busy=POLL_SECONDS, peek_idle=POLL_SECONDS, refresh=POLL_SECONDS)
"""Polls twenty times a second, and refreshes as often as there is a reason to."""


def quick_connect(url: str, **more: Any) -> odoochat.connect:
    """Connect with short timings.

    Args:
        url: the server.
        more: as for `odoochat.connect`.
    """
    return odoochat.connect(url, **({"timing": QUICK} | more))
