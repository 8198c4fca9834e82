"""All commands by their names: what keys, the switcher and the key table run."""

from __future__ import annotations

from collections.abc import Callable

from odoochat.tui import acting, asking, filing, moving, writing
from odoochat.tui.keys import TABLE
from odoochat.tui.stage import Stage

__all__ = ["COMMANDS"]

COMMANDS: dict[str, Callable[[Stage], object]] = {
    **moving.COMMANDS,
    **acting.COMMANDS,
    **writing.COMMANDS,
    **asking.COMMANDS,
    **filing.COMMANDS,
}

assert set(COMMANDS) == {key.name for key in TABLE}
