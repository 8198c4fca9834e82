"""Draws docs/demo.svg, the image on the reliability page, from the output of `odoochat demo --steps`."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the demo and draw its output.

    Returns:
        The demo's exit code.
    """
    done = subprocess.run(
        [sys.executable, "-m", "odoochat", "demo", "--steps"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    console = Console(record=True, width=112, file=io.StringIO())
    console.print(Text("$ odoochat demo --steps", style="bold"))
    for line in done.stdout.splitlines():
        text = Text(line)
        text.highlight_regex(r"^ok", "green")
        text.highlight_regex(r"^FAIL", "red bold")
        text.highlight_regex(r"(?<=ok  )\s*[\d.]+ s", "dim")
        console.print(text)
    (ROOT / "docs" / "demo.svg").write_text(console.export_svg(title="odoochat demo --steps"), "utf-8")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
