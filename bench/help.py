"""The help of the command line.

``odoochat --help`` against ``python -c pass``: the whole time of both processes, as a shell sees it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.figures import Figure, in_turn, milliseconds

WHY = {
    "odoochat send --help": """The page of `odoochat --help` is generated when odoochat is built; cyclopts and Rich draw
    that of a single command. Loading both takes 100 ms of CPU, drawing 80 ms. A command that runs loads neither, unless
    it has arguments of rare types.""",
}

PROGRAM = Path(sys.executable).with_name("odoochat")


def run(*, quick: bool = False) -> list[Figure]:
    """Measure both in turn.

    Args:
        quick: measure little.
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
        command: its program and arguments.
    """
    return milliseconds(lambda: subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL))
