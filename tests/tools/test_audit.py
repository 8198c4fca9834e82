"""`make audit` tells vulnerable packages from a network on which nothing can be checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

AUDIT = Path(__file__).parents[2] / "tools" / "audit.py"
CASES = {
    "clean": ("No known vulnerabilities found", 0, 0, ""),
    "vulnerable": ("Found 1 known vulnerability in 1 package\nName Version ID Fix Versions", 1, 1, "make lock"),
    "package unknown": ("ERROR:pip_audit._cli:aiohttp: Dependency not found and could not be audited", 1, 2, "NOT CHECKED"),
    "no network": ("ERROR:pip_audit._cli:Tip: your network may be blocking this service", 1, 2, "NOT CHECKED"),
    "killed": ("", 70, 2, "NOT CHECKED"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_end_of_pip_audit_is_explained(name: str) -> None:
    printed, status, ours, words = CASES[name]
    program = f"import sys; print({printed!r}); sys.exit({status})"
    done = subprocess.run(
        [sys.executable, AUDIT, sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert done.returncode == ours
    assert printed in done.stdout
    assert words in done.stderr
    assert bool(words) == bool(done.stderr)
