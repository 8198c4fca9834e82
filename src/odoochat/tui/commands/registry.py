"""All commands by their names: what keys, the switcher and the key table run."""

from __future__ import annotations

from collections.abc import Callable

from odoochat.tui.commands import compose as writing
from odoochat.tui.commands import files as filing
from odoochat.tui.commands import messages as acting
from odoochat.tui.commands import navigation as moving
from odoochat.tui.commands import panels as asking
from odoochat.tui.conversation import Stage
from odoochat.tui.keys import TABLE

__all__ = ["COMMANDS"]

COMMANDS: dict[str, Callable[[Stage], object]] = {
    **moving.COMMANDS,
    **acting.COMMANDS,
    **writing.COMMANDS,
    **asking.COMMANDS,
    **filing.COMMANDS,
}

assert set(COMMANDS) == {key.name for key in TABLE}
