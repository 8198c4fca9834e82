"""The time of `import odoochat`, with all that `connect` needs, against `import aiohttp`."""

from __future__ import annotations

import subprocess
import sys
import time

from bench.figures import Figure


def run(rounds: int = 15) -> Figure:
    """Fresh interpreters, in turn."""
    mine, theirs = [], []
    for _ in range(rounds):
        theirs.append(_milliseconds("import aiohttp"))
        mine.append(_milliseconds("import odoochat; odoochat.connect"))
    return Figure("import odoochat and connect / import aiohttp", "ms", mine, theirs, 1.5)


def _milliseconds(code: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return (time.perf_counter() - begun) * 1000
