"""Runs benchmarks, each in its own process, prints their tables and writes docs/benchmarks.md.

``python -m bench`` runs all benchmarks, and ``python -m bench scale chat`` runs two of them. ``--quick`` tries them
without writing anything.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from bench import page, results
from bench.figures import HEAD, Row, line
from bench.results import ROOT, Run
from bench.suite import Bench, chosen

PEERS = ROOT / ".venv-peers"


def main() -> int:
    """Run benchmarks.

    Returns:
        1 if a benchmark failed, or missed an aim and ``--strict`` was given; otherwise 0.
    """
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks; all of them by default")
    parser.add_argument("--quick", action="store_true", help="take few measurements, and write nothing")
    parser.add_argument("--runs", type=int, default=1, help="number of runs; the page compares the last two")
    parser.add_argument("--strict", action="store_true", help="exit with code 1 if an aim is missed")
    parser.add_argument("--page", action="store_true", help="only regenerate the page from the results")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        return _measure(given.one, quick=given.quick)
    if given.page:
        page.write(results.load())
        return 0
    try:
        benches = chosen(given.names)
    except LookupError as error:
        parser.error(str(error))
    _prepare(benches)
    failed, missed, met = 0, 0, 0
    for _ in range(given.runs):
        for group in _groups(benches):
            for bench, run in zip(group, _run(group, quick=given.quick), strict=True):
                if run is None:
                    failed += 1
                    continue
                missed += sum(not row.holds for row in run.rows)
                met += sum(row.holds for row in run.rows)
                if not given.quick:
                    kept = results.load()
                    kept.add(bench.name, run)
                    kept.save()
                    page.write(kept)
    print(f"\n{met} of {met + missed} aims met" + (f", {failed} benchmarks failed" if failed else ""))
    return 1 if failed or (missed and given.strict) else 0


def _groups(benches: Sequence[Bench]) -> list[list[Bench]]:
    """Return the benchmarks one by one, followed by one group of those that mostly wait."""
    waiting = sorted((bench for bench in benches if bench.waits), key=lambda bench: bench.seconds)
    return [[bench] for bench in benches if not bench.waits] + ([waiting] if waiting else [])


def _prepare(benches: Sequence[Bench]) -> None:
    """Start and install what the benchmarks need."""
    needs = {need for bench in benches for need in bench.needs}
    if "odoo" in needs:
        subprocess.run([ROOT / "tests" / "odoo" / "up", "19"], check=True)
    if "odoo14" in needs:
        subprocess.run([ROOT / "tests" / "odoo" / "up", "14"], check=True)
    if "brokers" in needs:
        subprocess.run([ROOT / "tests" / "relay" / "install"], check=True)
    if "peers" in needs:
        subprocess.run(["make", "--silent", ".venv-peers/.ready"], cwd=ROOT, check=True)


def _measure(name: str, *, quick: bool) -> int:
    """Run one benchmark in this process, and print its rows as JSON in the last line."""
    (bench,) = chosen([name])
    rows = [figure.row() for figure in bench.run(quick=quick)]
    print(msgspec.json.encode(rows).decode())
    return 0


class _Started:
    """A benchmark in its own process.

    Args:
        bench: the benchmark.
        quick: whether to take only a few measurements.
    """

    def __init__(self, bench: Bench, *, quick: bool) -> None:
        self.bench = bench
        self._run = Run(results.now(), results.commit(), results.load_average(), 0.0, results.machine(), [])
        self._begun = time.monotonic()
        command = [sys.executable, "-m", "bench", "--one", bench.name, *(["--quick"] if quick else [])]
        # Both sides run from compiled bytecode, as installed packages do.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def result(self) -> Run | None:
        """Wait until the benchmark ends, and print its table; returns None if it failed."""
        name, left = self.bench.name, self.bench.seconds - (time.monotonic() - self._begun)
        try:
            output, _ = self._process.communicate(timeout=max(left, 1.0))
        except subprocess.TimeoutExpired:
            print(f"\n{name}: not finished after {self.bench.seconds:.0f} s", flush=True)
            return None
        self._run.seconds = round(time.monotonic() - self._begun, 1)
        print(f"\n{name}: {self.bench.title} ({self._run.seconds:.0f} s)", flush=True)
        if self._process.returncode:
            print(f"{name}: failed with code {self._process.returncode}", flush=True)
            return None
        self._run.rows = msgspec.json.decode(output.splitlines()[-1], type=list[Row])
        print(HEAD)
        for row in self._run.rows:
            print(line(row), flush=True)
        return self._run

    def end(self) -> None:
        """Stop the benchmark and all processes that it started, unless it has already ended."""
        if self._process.returncode == 0:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


def _run(benches: Sequence[Bench], *, quick: bool) -> list[Run | None]:
    """Run benchmarks at the same time, and print their tables; the result of a failed one is None."""
    started: list[_Started] = []
    try:
        started += [_Started(bench, quick=quick) for bench in benches]
        return [each.result() for each in started]
    finally:
        for each in started:
            each.end()


if __name__ == "__main__":
    sys.exit(main())
