"""Installs the project and its tools into the environment that runs this."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Installs quietly; on failure the installer's own words are shown."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    dev = project["dependency-groups"]["dev"]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*command, "--editable", f"{ROOT}[all]", *dev], check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        print("the environment could not be set up: see above", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
