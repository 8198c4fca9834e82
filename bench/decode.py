"""Decoding.

Frames decoded per second, against a bare json.loads loop over the same frames.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure
from odoochat.core.state import ClientState
from odoochat.model import Version
from odoochat.wire.envelopes.frames import Notification, parse
from odoochat.wire.versions.registry import dialect_for

FRAMES = json.loads((Path(__file__).parent / "frames19.json").read_text("utf-8"))
"""Text frames that a real Odoo 19 sent while a channel was in use."""


def run(*, quick: bool = False) -> list[Figure]:
    """Whole way on our side: text to notifications to events.

    Args:
        quick: measure little.
    """
    rounds = 3 if quick else 30
    dialect, names = dialect_for(Version(19)), ClientState()

    def ours(frame: str) -> None:
        for item in parse(frame):
            if isinstance(item, Notification):
                dialect.decoder.decode(item, names)

    burst = FRAMES * max(1, 2000 // len(FRAMES))
    mine, theirs = [], []
    for _ in range(rounds):
        theirs.append(_rate(json.loads, burst))
        mine.append(_rate(ours, burst))
    name = "burst decode to events, thousand frames/s"
    return [Figure(name, "k", mine, theirs, 0.4, more_is_better=True, against="json.loads")]


def _rate(work: Callable[[str], object], frames: list[str]) -> float:
    begun = time.perf_counter()
    for frame in frames:
        work(frame)
    return len(frames) / (time.perf_counter() - begun) / 1000
