"""Results of the runs, stored in bench/results.json for the page."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct, field

from bench.figures import Row

ROOT = Path(__file__).resolve().parent.parent
PATH = Path(__file__).with_suffix(".json")
KEPT = 2
"""Number of runs kept for each benchmark. The page compares the last two."""


class Run(Struct):
    """One run of a benchmark.

    Attributes:
        at: the start time in UTC, to the minute.
        commit: the measured commit, followed by "+" if files had changed since.
        load: load average of the machine in the minute before the start; 2 for two busy cores.
        seconds: duration of the run.
    """

    at: str
    commit: str
    load: float
    seconds: float
    machine: str
    rows: list[Row]


class Results(Struct):
    """The last runs of each benchmark, the newest at the end."""

    benches: dict[str, list[Run]] = field(default_factory=dict)

    def add(self, name: str, run: Run) -> None:
        """Add a run.

        Args:
            name: the benchmark's name.
            run: the run.
        """
        self.benches[name] = [*self.benches.get(name, []), run][-KEPT:]

    def save(self, path: Path = PATH) -> None:
        """Write the file.

        Args:
            path: the file.
        """
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")


def load(path: Path = PATH) -> Results:
    """Read the file. If it is missing, there are no results.

    Args:
        path: the file.
    """
    return msgspec.json.decode(path.read_bytes(), type=Results) if path.exists() else Results()


def now() -> str:
    """Return the current time as stored."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M")


def commit() -> str:
    """Return the commit that is measured; "" without git."""
    try:
        head = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", "src", "bench/*.py")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head + "+" * bool(changed)


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def machine() -> str:
    """Return what the results depend on: the machine, Python, and the packages that process a message."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    packages = ", ".join(f"{name} {version(name)}" for name in ("aiohttp", "msgspec", "textual"))
    return f"{cores} cores, {platform.system()} on {platform.machine()}, {python}, {packages}"


def load_average() -> float:
    """Return the load of the last minute; 0 if the system does not report it."""
    return round(os.getloadavg()[0], 1) if sys.platform != "win32" else 0.0
