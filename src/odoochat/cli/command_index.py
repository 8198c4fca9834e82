"""The index of all commands: the module that runs each command, and the page of ``odoochat --help``.

``make docs`` generates the index from the commands, so that neither the help page nor a command has to import them
all.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

__all__ = ["INDEX_FILE", "CommandIndex", "load_index"]

INDEX_FILE = Path(__file__).with_name("command_index.json")


class CommandIndex(TypedDict):
    """The content of the index file.

    Attributes:
        functions: maps each command name to the module and name of the function that runs it.
        before: lines above the first panel of the help page.
        panels: maps each panel title to its rows, each with a command name and its summary.
        after: lines below the last panel.
    """

    functions: dict[str, tuple[str, str]]
    before: list[str]
    panels: dict[str, list[tuple[str, str]]]
    after: list[str]


def load_index() -> CommandIndex:
    """Load the index.

    Raises:
        OSError: the installation is damaged.
    """
    index: CommandIndex = json.loads(INDEX_FILE.read_text("utf-8"))
    return index
