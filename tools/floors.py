"""Compares the measured branch coverage of each package with its floor: `python tools/floors.py [--raise]`.

Reads the data that `make coverage` has written. Floors, in percent, are in tools/floors.json; `--raise` writes higher
ones.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import coverage

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "odoochat"
FLOORS = Path(__file__).with_suffix(".json")


def measured() -> dict[str, float]:
    """Return the combined coverage of lines and branches, in percent, by package or top-level module."""
    data = coverage.Coverage(data_file=str(ROOT / ".coverage"))
    data.load()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "coverage.json"
        data.json_report(outfile=str(target))
        files = json.loads(target.read_text("utf-8"))["files"]
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, details in files.items():
        path = Path(name) if Path(name).is_absolute() else ROOT / name
        part, summary = path.relative_to(SOURCE).with_suffix("").parts[0], details["summary"]
        sums[part][0] += summary["covered_lines"] + summary["covered_branches"]
        sums[part][1] += summary["num_statements"] + summary["num_branches"]
    return {part: 100 * covered / total if total else 100.0 for part, (covered, total) in sorted(sums.items())}


def main(arguments: list[str]) -> int:
    """Print a table, and compare the coverage with the floors.

    Returns:
        1 if a package is below its floor, otherwise 0.
    """
    floors: dict[str, int] = json.loads(FLOORS.read_text("utf-8")) if FLOORS.exists() else {}
    found = measured()
    below = [part for part, percent in found.items() if percent < floors.get(part, 0)]
    for part, percent in found.items():
        print(f"{part:16} {percent:6.1f} %   floor {floors.get(part, 0):3} %{'   below' if part in below else ''}")
    if "--raise" in arguments:
        raised = {part: max(math.floor(percent), floors.get(part, 0)) for part, percent in found.items()}
        FLOORS.write_text(json.dumps(raised, indent=2) + "\n", "utf-8")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
