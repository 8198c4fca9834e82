"""Runs all benchmarks and prints a table."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable

from bench import archive, bot, chat, decode, imports, latency, scale
from bench.figures import Figure

KINDS = ("archive", "bot", "chat", "decode", "imports", "latency", "scale")


def main() -> int:
    """Run all benchmarks.

    Returns:
        1 when a ratio misses its aim and `--strict` was given, else 0.
    """
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--rounds", type=int, default=200, help="posts of the latency benchmark")
    parser.add_argument("--strict", action="store_true", help="exit 1 when an aim is missed")
    parser.add_argument("--only", choices=KINDS, help="one benchmark")
    arguments = parser.parse_args()
    kinds: dict[str, Callable[[], list[Figure]]] = {
        "decode": lambda: [decode.run()],
        "imports": lambda: [imports.run()],
        "latency": lambda: [*asyncio.run(latency.run(arguments.rounds))],
        "chat": lambda: [*chat.run()],
        "archive": archive.run,
        "bot": lambda: [bot.run()],
        "scale": scale.run,
    }
    figures = [figure for kind, run in kinds.items() if arguments.only in (None, kind) for figure in run()]
    print(f"{'measured':44} {'odoochat p50':>12} {'p95':>12} {'raw p50':>12} {'p95':>12} {'ratio':>7}  aim")
    for figure in figures:
        print(figure.line())
    missed = [f for f in figures if not f.holds]
    print(f"{len(figures) - len(missed)} of {len(figures)} aims met")
    return 1 if missed and arguments.strict else 0


if __name__ == "__main__":
    sys.exit(main())
