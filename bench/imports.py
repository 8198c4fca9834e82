"""Imports.

`import odoochat`, with everything that a connected client needs, compared with `import aiohttp`: whole processes,
started in turn.
"""

from __future__ import annotations

import subprocess
import sys
import time

from bench.figures import Figure, in_turn


def run(*, quick: bool = False) -> list[Figure]:
    """Measure fresh interpreters in turn.

    Args:
        quick: whether to take only a few measurements.
    """
    ours, bare = in_turn(
        3 if quick else 30,
        lambda: _milliseconds("import odoochat.client.client"),
        lambda: _milliseconds("import aiohttp"),
    )
    return [Figure("import odoochat and its client", "ms", ours, bare, 1.5, against="import aiohttp")]


def _milliseconds(code: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return (time.perf_counter() - begun) * 1000
