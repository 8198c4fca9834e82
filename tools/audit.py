"""Checks pinned packages for known vulnerabilities with pip-audit, and reports if the check could not run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

NOT_CHECKED = """\
audit: NOT CHECKED. pip-audit could not read its vulnerability data; its output is above. This says nothing about the
packages. Run `make audit` on a network that reaches the package index, or behind its proxy (HTTPS_PROXY)."""
VULNERABLE = "audit: pip-audit lists known vulnerabilities above; upgrade the affected packages (make lock)."


def verdict(status: int, output: str) -> tuple[int, str]:
    """Interpret the result of pip-audit, which exits with status 1 for vulnerabilities and for every error.

    Args:
        status: the exit status.
        output: what it printed to both streams.

    Returns:
        The exit status to return (0 checked and clean, 1 vulnerable, 2 not checked), and the message for the user.
    """
    if status == 0:
        return 0, ""
    # With vulnerabilities, the summary is "Found 2 known vulnerabilities in 1 package".
    found = any(line.startswith("Found ") and " in " in line for line in output.splitlines())
    return (1, VULNERABLE) if found else (2, NOT_CHECKED)


def main(command: Sequence[str]) -> int:
    """Run pip-audit.

    Args:
        command: its command line.

    Returns:
        The exit status; see `verdict`.
    """
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout, end="")
    status, words = verdict(done.returncode, done.stdout)
    if words:
        print(words, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
