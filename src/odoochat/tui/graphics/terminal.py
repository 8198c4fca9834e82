"""Terminal graphics: the image setting, the terminal's capabilities and the images stored in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.message import Message as Note

from odoochat.tui.graphics.draw import BLOCKS, MAX_CELL, Kind, PictureMode
from odoochat.tui.graphics.placements import Placements
from odoochat.tui.graphics.probe import CELL, COLOURS, QUERY, ProbeReader, TerminalInfo, may_ask
from odoochat.tui.graphics.worker import PictureWorker
from odoochat.tui.settings import Images

if TYPE_CHECKING:
    # Other platforms use another driver and may be unable to import ScreenDriver.
    from odoochat.tui.graphics.driver import ScreenDriver

__all__ = ["TerminalAnswered", "TerminalGraphics", "mode_for"]

Colour = tuple[int, int, int]
VIRTUAL = (0, 28)
"""The first version of kitty that supports placeholders (kitty's docs/graphics-protocol.rst)."""


class TerminalAnswered(Note):
    """The terminal responded to a query.

    Args:
        terminal: its responses so far.
    """

    def __init__(self, terminal: TerminalInfo) -> None:
        super().__init__()
        self.terminal = terminal


def mode_for(wanted: Images, terminal: TerminalInfo, ground: Colour = (0, 0, 0)) -> PictureMode:
    """Return the drawing mode for images, which is half blocks until the terminal has responded.

    Args:
        wanted: the image setting.
        terminal: the terminal's responses so far.
        ground: background colour: red, green and blue.
    """
    kind: Kind = "blocks" if wanted == "auto" else wanted
    if wanted == "auto" and terminal.name != "tmux":
        if terminal.name == "ghostty" or (terminal.name == "kitty" and terminal.version >= VIRTUAL):
            kind = "kitty"
        elif terminal.sixel:
            kind = "sixel"
    if kind in ("blocks", "off"):
        return PictureMode(kind)
    width, height = terminal.cell or PictureMode(kind).cell
    if kind == "kitty":  # kitty scales the picture to the cells, whatever their size
        width, height = min(width, MAX_CELL[0]), min(height, MAX_CELL[1])
        return PictureMode(kind, (width, height))
    colours = min(terminal.registers or 256, 256) - 1  # one is the background
    return PictureMode(kind, (width, height), max(colours, 2), ground)


class TerminalGraphics:
    """The terminal's graphics capabilities.

    Args:
        driver: the driver that writes to the terminal; None if the driver cannot draw pixels.
        wanted: the image setting.
        ground: a function that returns the messages' background colour: red, green and blue.
        changed: a function that is called when images must be redrawn.

    Attributes:
        mode: the drawing mode.
        placements: the images stored in the terminal.
        worker: the thread that decodes and draws images.
    """

    def __init__(
        self, driver: ScreenDriver | None, wanted: Images, ground: Callable[[], Colour], changed: Callable[[], None]
    ) -> None:
        self._driver = driver
        self._ground = ground
        self._changed = changed
        self._wanted: Images = wanted
        self._terminal = TerminalInfo()
        self.worker = PictureWorker()
        self.placements = Placements(driver.raw if driver is not None else lambda _: None)
        self.mode = self._best()
        if driver is not None:
            driver.translate = self.placements.translate
            driver.on_leave = self.placements.leave

    def ask(self, environ: Mapping[str, str]) -> None:
        """Query the terminal if its response could affect drawing. It arrives as a `TerminalAnswered` event.

        Args:
            environ: the environment variables.
        """
        driver = self._driver
        if driver is None or driver.on_input is not None or self._wanted in ("blocks", "off") or not may_ask(environ):
            return
        driver.on_input = ProbeReader(lambda terminal: driver.process_message(TerminalAnswered(terminal))).feed
        driver.raw(QUERY)

    def resized(self) -> None:
        """Remeasure the cells, because a window resize may be the result of a new font size."""
        if self._driver is not None and self.mode.kind == "sixel":
            if self._driver.on_input is not None:
                self._driver.raw(CELL)
            self._take()

    def answered(self, terminal: TerminalInfo) -> None:
        """Apply the terminal's responses.

        Args:
            terminal: its responses so far.
        """
        if terminal.sixel and not self._terminal.sixel and self._driver is not None:
            self._driver.raw(COLOURS)  # not sent to terminals without sixels, which may report an error
        self._terminal = terminal
        self._take()

    def want(self, wanted: Images) -> None:
        """Apply the image setting; also call this after a theme change.

        Args:
            wanted: the image setting.
        """
        self._wanted = wanted
        self._take()

    def _best(self) -> PictureMode:
        if self._driver is None:
            return PictureMode("off") if self._wanted == "off" else BLOCKS
        terminal = replace(self._terminal, cell=self._terminal.cell or self._driver.cell)
        return mode_for(self._wanted, terminal, self._ground())

    def _take(self) -> None:
        mode = self._best()
        if mode != self.mode:
            self.placements.clear()
            self.mode = mode
            self._changed()
