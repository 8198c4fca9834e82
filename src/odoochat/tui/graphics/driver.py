"""The terminal's driver: what is written may become pictures, and what the terminal answers is no key."""

from __future__ import annotations

import os
import re
import selectors
from codecs import getincrementaldecoder
from collections.abc import Callable

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

__all__ = ["ScreenDriver", "named_enters"]

# Enter with a modifier as terminals without kitty's keyboard protocol send it: Alt puts an escape before it, and
# xterm's modifyOtherKeys (its ctlseqs) names the modifier, then the key.
_ENTER = re.compile("\x1b(?:[\r\n]|\\[27;([2-8]);13~)")
_ALT = "3"


def named_enters(text: str) -> str:
    """The same keys, with Enter named in the one way in which Textual's parser tells its modifiers."""
    return _ENTER.sub(lambda found: f"\x1b[13;{found[1] or _ALT}u", text)


class ScreenDriver(LinuxDriver):
    """Textual's driver for terminals of Linux and macOS, with a hand on both of its ways.

    Attributes:
        translate: what everything passes that is written.
        hear: what everything passes that comes, in the thread that reads; it is called with "" when nothing came.
        leaving: called before the screen is left, for good or for an editor.
    """

    translate: Callable[[str], str] | None = None
    hear: Callable[[str], str] | None = None
    leaving: Callable[[], None] | None = None

    def write(self, data: str) -> None:
        """Writes to the terminal."""
        super().write(data if self.translate is None else self.translate(data))

    def raw(self, data: str) -> None:
        """Writes to the terminal as it stands."""
        super().write(data)

    def stop_application_mode(self) -> None:
        """Leaves the screen."""
        if self.leaving is not None:
            self.leaving()
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Reads as Textual's own loop does, which offers no place between the terminal and its parser of keys."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                came = decode(os.read(self.fileno, 4096)) if (ready := selector.select(0.1)) else ""
                keys = named_enters(came if self.hear is None else self.hear(came))
                for event in (*(parser.feed(keys) if keys else ()), *parser.tick()):
                    self.process_message(event)
                if ready and not came:
                    self.exit_event.wait(0.1)  # half a character, or an end of the input: it comes again and again

    @property
    def cell(self) -> tuple[int, int] | None:
        """Width and height of a cell in pixels as the kernel knows it; None when it does not."""
        import fcntl
        import struct
        import termios

        try:
            found = fcntl.ioctl(self.fileno, termios.TIOCGWINSZ, bytes(8))
        except OSError:
            return None
        rows, columns, width, height = struct.unpack("4H", found)
        return (width // columns, height // rows) if rows <= height and columns <= width and rows and columns else None
