"""The index of all commands: the module and function that run each command.

``make docs`` generates the index from the commands, so that running one does not have to import them all.
"""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["INDEX_FILE", "load_index"]

INDEX_FILE = Path(__file__).with_name("command_index.json")


def load_index() -> dict[str, tuple[str, str]]:
    """Load the index: the module and name of the function that runs each command, keyed by the command's name.

    Raises:
        OSError: the installation is damaged.
    """
    index: dict[str, tuple[str, str]] = json.loads(INDEX_FILE.read_text("utf-8"))
    return index
