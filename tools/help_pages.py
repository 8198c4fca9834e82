"""The texts of the command line's help pages, as cyclopts prints them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

SHARED_PANEL = "Server"
"""The panel that is the same on the pages of most commands, and is stored only once."""


def help_pages() -> str:
    """Write the texts of the help pages, which the command line prints without importing any command."""
    from odoochat.cli.app import app

    pages: dict[str, dict[str, Any]] = {}
    for chain in command_chains(app):
        pages[" ".join(chain)] = help_texts(app, chain)
    after = pages[""]["after"]
    shared = pages["send"]["panels"][SHARED_PANEL]
    for page in pages.values():
        if page.pop("after") != after:
            raise SystemExit("docs: the help pages no longer have the same end")
        if page["panels"].get(SHARED_PANEL) == shared:
            page["panels"][SHARED_PANEL] = None
    stored = {"pages": pages, "shared": {SHARED_PANEL: shared}, "after": after}
    return json.dumps(stored, indent=1, ensure_ascii=False) + "\n"


def command_chains(app: Any, chain: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the words of the program, of each command and of each command of a group."""
    yield chain
    for name in app:
        if name not in ("-h", "--help", "--version"):
            yield from command_chains(app[name], (*chain, name))


def help_texts(app: Any, chain: tuple[str, ...]) -> dict[str, Any]:
    """Return the texts of a help page as cyclopts prints them on a terminal on which no line is broken."""
    from rich.console import Console

    printed = StringIO()
    wide = Console(file=printed, width=3_000, color_system=None, force_terminal=False, legacy_windows=False)
    app.help_print(list(chain), console=wide)
    before: list[str] = []
    after: list[str] = []
    panels: dict[str, list[tuple[str, str]]] = {}
    for line in printed.getvalue().splitlines():
        if line.startswith("╭"):
            rows = panels[line.strip("╭╮─ ")] = []
        elif line.startswith("│"):
            text = line.strip("│").rstrip()
            name, _, rest = text.removeprefix(" *").strip().partition("  ")
            if text.startswith("      "):  # a further line of the description before
                rows[-1] = (rows[-1][0], f"{rows[-1][1]}\n{text.strip()}")
            else:
                rows.append((name, rest.strip()))
        elif not line.startswith("╰"):
            (after if panels else before).append(line.rstrip())
    return {"before": before, "panels": panels, "after": after}
