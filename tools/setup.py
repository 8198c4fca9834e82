"""Installs the project and its development tools into the environment that runs this script."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ROOT / "requirements"


def steps(lock: str) -> list[list[str]]:
    """Return the arguments of each `pip install`.

    Args:
        lock: name of the file in requirements/ that pins every package: "dev" or "lowest".
    """
    # The lock is complete, so pip does not have to resolve anything.
    locked = ["--no-deps", "--require-hashes", "--requirement", str(LOCKED / f"{lock}.txt")]
    # The lock pins the build backend as well, so only packages in the lock are fetched.
    return [locked, ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]]


def main() -> int:
    """Install quietly; on failure, print the output of pip.

    Returns:
        The exit code of the first `pip install` that failed, or 0.
    """
    lock = sys.argv[1] if len(sys.argv) > 1 else "dev"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for arguments in steps(lock):
        done = subprocess.run([*install, *arguments], check=False, capture_output=True, text=True)
        if done.returncode:
            print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
            print("the environment could not be set up; the output of pip is above", file=sys.stderr)
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
