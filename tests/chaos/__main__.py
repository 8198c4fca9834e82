"""`python -m tests.chaos`: about ten minutes; with `--short` two."""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos.driver import Plan, Run
from tests.chaos.listening import Named

LONG = {19: (10_000, 400.0), 14: (2_000, 110.0)}
SHORT = {19: (600, 35.0), 14: (600, 25.0)}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description="Faults of every kind between clients of odoochat and real Odoo servers; exit 1 when a message is "
        "lost or doubled. The servers are those of tests/odoo, on a new database; CHAOS_ODOO19_HOME, _PORT, _WS_PORT, "
        "_PG_PORT, _DB (and CHAOS_ODOO14_…) name others.",
    )
    parser.add_argument("--version", type=int, choices=(19, 14), action="append", help="default: both")
    parser.add_argument("--messages", type=int)
    parser.add_argument("--sends", type=int)
    parser.add_argument("--seconds", type=float, help="of faults")
    parser.add_argument("--gap", type=float, help="seconds between two faults of one listener, on average")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--short", action="store_true", help="two minutes in all")
    parser.add_argument("--keep", action="store_true", help="keep the database instead of making a new one")
    parser.add_argument("--log", type=Path, help="file for the clients' log; default: one in the folder for such")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    good = True
    for version in options.version or (19, 14):
        messages, seconds = (SHORT if options.short else LONG)[version]
        plan = Plan(
            version=version,
            messages=options.messages or messages,
            sends=options.sends or (60 if options.short else 500),
            seconds=options.seconds or seconds,
            gap=options.gap or (4.0 if options.short else 8.0),
            seed=seed,
            fresh=not options.keep,
        )
        path = options.log or Path(tempfile.gettempdir()) / f"odoochat-chaos-{version}-{seed}.log"
        handler = logging.FileHandler(path, mode="w", encoding="utf-8")
        handler.addFilter(Named())
        handler.setFormatter(logging.Formatter("%(asctime)s.%(msecs)03d %(who)-10s %(message)s", "%H:%M:%S"))
        log = logging.getLogger("odoochat")
        log.handlers = [handler]
        log.setLevel(logging.DEBUG)
        log.propagate = False
        print(f"the clients' log: {path}", flush=True)
        good &= asyncio.run(Run(plan, lambda text: print(text, flush=True)).run())
        handler.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
