"""`python -m tests.fuzz`: prints a table; exits 1 when anything happened that must not."""

from __future__ import annotations

import argparse
import asyncio
import sys
from random import Random

from tests.fuzz import decoders, sessions
from tests.fuzz.figures import HEAD


def main(arguments: list[str] | None = None) -> int:
    """Run every target.

    Returns:
        1 when a target has a fault, else 0.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for all targets together, about")
    parser.add_argument("--runs", type=int, default=10**9, help="inputs for each decoder at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="targets whose name holds this text")
    chosen = parser.parse_args(arguments)
    targets = [t for t in decoders.targets() if chosen.only in t.name]
    kinds = [k for k in sessions.KINDS if chosen.only in f"session {k[0]} {k[1]} {k[2]}"]
    # Half of the time is for the decoders, half for the sessions; with --only, all of it for one of the two.
    share = chosen.seconds / (2 if targets and kinds else 1)
    print(f"seed {chosen.seed}\n{HEAD}")
    faults: list[str] = []
    for target in targets:
        done = decoders.run(target, Random(chosen.seed), runs=chosen.runs, seconds=share / len(targets))
        print(done.line(), flush=True)
        faults += done.faults
    for kind in kinds:
        played = sessions.run(kind, Random(chosen.seed), acts=12, seconds=share / len(kinds), rounds=10**6)
        done = asyncio.run(played)
        print(done.line(), flush=True)
        faults += done.faults
    print(*(f"\n{fault}" for fault in faults), sep="")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
