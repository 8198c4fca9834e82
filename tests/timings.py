"""Short timings for clients of a sandbox on the same machine, so that tests do not wait for a poll or a sweep."""

from __future__ import annotations

from functools import partial

import pytest

from odoochat.client import intake
from odoochat.client import live as feed
from odoochat.client import outbox_runner as sending
from odoochat.core.link import Policy
from odoochat.net.transports.peek import Peek
from odoochat.net.transports.rpcpoll import RpcPoll

QUICK = Policy(base=0.02, cap=0.1, wide=0.1, slow=0.05, climb=0.2, climb_cap=0.4)
POLL_SECONDS = 0.05


def shorten_polls(patch: pytest.MonkeyPatch) -> None:
    """Let every client of this process poll twenty times a second, and refresh as often as it has a reason to."""
    patch.setattr(feed, "RpcPoll", partial(RpcPoll, seconds=POLL_SECONDS))
    patch.setattr(feed, "Peek", partial(Peek, busy=POLL_SECONDS, idle=POLL_SECONDS))
    patch.setattr(intake, "REFRESH_SECONDS", POLL_SECONDS)


def shorten(patch: pytest.MonkeyPatch, *, sweep: float = 0.4) -> None:
    """Let every client of this process reconnect, sweep and look up unclear posts without a pause.

    Args:
        patch: takes the timings back at the end of the test.
        sweep: seconds between two sweeps for messages that the link did not bring.
    """
    patch.setattr(feed, "SWEEP_SECONDS", sweep)
    patch.setattr(feed, "POLICY", QUICK)
    patch.setattr(sending, "LOOKS", (0.0, 0.05, 0.1))
