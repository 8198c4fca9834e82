"""The help of the command line.

``odoochat --help`` and ``odoochat send --help``, compared with ``python -c pass``: the total run time of both
processes, as seen by a shell. The texts of the pages are generated when odoochat is built. On narrow terminals,
cyclopts and Rich draw them, which takes 180 ms.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.figures import Figure, in_turn, milliseconds

PROGRAM = Path(sys.executable).with_name("odoochat")


def run(*, quick: bool = False) -> list[Figure]:
    """Measure both in turn.

    Args:
        quick: whether to take only a few measurements.
    """
    rounds = 5 if quick else 40
    commands = {"--help": [PROGRAM, "--help"], "send --help": [PROGRAM, "send", "--help"]}
    found: list[Figure] = []
    for name, command in commands.items():
        ours, bare = in_turn(rounds, lambda c=command: took(c), lambda: took([sys.executable, "-c", "pass"]))
        found.append(
            Figure(f"odoochat {name}", "ms", ours, bare, 150.0, against="python -c pass", measure="difference")
        )
    return found


def took(command: list[object]) -> float:
    """Return the milliseconds that a process takes.

    Args:
        command: the program and its arguments.
    """
    return milliseconds(lambda: subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL))
