"""Runs the command line: ``python -m odoochat``."""

from __future__ import annotations

import sys

from odoochat.cli import main

if __name__ == "__main__":
    sys.exit(main())
