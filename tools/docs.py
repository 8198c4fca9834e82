"""Writes the pages of docs/ that are made from the code; with --check it tells which are stale."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "odoochat"


def modules() -> str:
    """The overview of all modules, from the first lines of their docstrings."""
    lines = [
        "# The modules and their duties",
        "",
        "Made by `make docs` from the first line of each module.",
        "",
    ]
    folder = None
    for path in sorted(SOURCE.rglob("*.py"), key=lambda p: (len(p.relative_to(SOURCE).parts) > 1, str(p))):
        doc = ast.get_docstring(ast.parse(path.read_text("utf-8")))
        if not doc:
            raise SystemExit(f"{path.relative_to(ROOT)} does not say its duty: give it a docstring")
        home = str(path.parent.relative_to(SOURCE.parent))
        if home != folder:
            lines += ["", f"## {home}/", "", "| module | duty |", "|---|---|"]
            folder = home
        lines.append(f"| `{path.name}` | {doc.splitlines()[0].replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


PAGES = {"docs/modules.md": modules}


def main() -> int:
    """Writes or checks; 1 when something is stale."""
    stale = []
    for name, make in PAGES.items():
        path, text = ROOT / name, make()
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
    if stale and "--check" in sys.argv:
        print(f"stale: {', '.join(stale)}: run `make docs` and commit", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
