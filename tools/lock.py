"""Writes requirements/*.txt: the exact versions and hashes that development environments install.

`dev` holds the newest versions that pyproject.toml allows, for every supported Python and platform. `lowest` holds the
lowest version of each direct dependency, for `make test-lowest`. `peers` holds other clients, for `make bench`. Needs
`uv`; `python tools/lock.py peers` writes one of the files.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = ("--universal", "--python-version", "3.11", "--generate-hashes")
QUIET = ("--quiet", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header")
LOCKS = {
    "dev": ("--group", "dev", "--all-extras", "pyproject.toml"),
    "lowest": (
        "--group",
        "test",
        "--group",
        "build",
        "--resolution",
        "lowest-direct",
        "--all-extras",
        "pyproject.toml",
    ),
    "peers": ("--group", "peers"),  # without the project itself
}
HEAD = "# Written by `make lock` from pyproject.toml; do not edit.\n"


def main() -> int:
    """Write each lock file.

    Returns:
        The exit code of the first resolution that failed, or 0.
    """
    for name in sys.argv[1:] or LOCKS:
        path = ROOT / "requirements" / f"{name}.txt"
        command = ["uv", "pip", "compile", *COMPILE, *QUIET, *LOCKS[name]]
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return done.returncode
        path.write_text(HEAD + done.stdout, "utf-8")
        print(f"{path.relative_to(ROOT)}: {done.stdout.count('==')} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
