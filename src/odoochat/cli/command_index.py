"""The index of all commands: which module runs each one, and the page of ``odoochat --help``.

The page is generated from the commands by ``make docs``, so that neither the help nor a command has to load all others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

__all__ = ["INDEX_FILE", "CommandIndex", "load_index"]

INDEX_FILE = Path(__file__).with_name("command_index.json")


class CommandIndex(TypedDict):
    """The content of the file.

    Attributes:
        functions: by the name of a command, the module and the name of the function that runs it.
        before: lines above the first panel of the help.
        panels: by their titles, the rows of each panel: a name and what it does.
        after: lines below the last panel.
    """

    functions: dict[str, tuple[str, str]]
    before: list[str]
    panels: dict[str, list[tuple[str, str]]]
    after: list[str]


def load_index() -> CommandIndex:
    """Return the index.

    Raises:
        OSError: the installation is damaged.
    """
    index: CommandIndex = json.loads(INDEX_FILE.read_text("utf-8"))
    return index
