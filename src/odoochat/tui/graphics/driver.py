"""The terminal driver: inserts images into the output, and filters terminal responses out of the input."""

from __future__ import annotations

import os
import re
import selectors
import signal
import sys
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

__all__ = ["ScreenDriver", "named_enters"]

# Enter with a modifier, as sent by terminals without kitty's keyboard protocol: Alt adds an escape before it, and
# xterm's modifyOtherKeys (its ctlseqs) names the modifier, then the key.
_ENTER = re.compile("\x1b(?:[\r\n]|\\[27;([2-8]);13~)")
_ALT = "3"

_MAX_EMPTY_READS = 5
"""Number of empty reads in a row, 0.1 s apart, after which the terminal is considered closed."""


def named_enters(text: str) -> str:
    """Return the input with Enter keys re-encoded so that Textual's parser recognizes their modifiers.

    Args:
        text: the input.
    """
    return _ENTER.sub(lambda found: f"\x1b[13;{found[1] or _ALT}u", text)


class _LossyFile:
    """A text file that discards what cannot be written.

    Otherwise, Textual's writer thread would end when the terminal is closed, and the application would wait forever for
    room in that thread's queue.

    Args:
        file: the file to write to.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


class ScreenDriver(LinuxDriver):
    """Textual's driver for Linux and macOS, with hooks for output and input.

    Attributes:
        translate: a function that is called with all output and returns the text to write.
        on_input: a function that is called in the reader thread with all input, and with "" after a pause.
        on_leave: a function that is called before leaving the screen, on exit or to start an editor.
    """

    translate: Callable[[str], str] | None = None
    on_input: Callable[[str], str] | None = None
    on_leave: Callable[[], None] | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file: Any = _LossyFile(self._file)

    def write(self, data: str) -> None:
        """Write to the terminal.

        Args:
            data: the text to write.
        """
        super().write(data if self.translate is None else self.translate(data))

    def raw(self, data: str) -> None:
        """Write to the terminal without translation.

        Args:
            data: the text to write.
        """
        super().write(data)

    def stop_application_mode(self) -> None:
        """Leave application mode."""
        if self.on_leave is not None:
            self.on_leave()
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Read input. Replaces Textual's own loop, which has no hook between the terminal and the key parser.

        The application exits if the terminal is closed. SIGHUP is sent only if it was the controlling terminal, and
        then only to the session's leader and the foreground processes.
        """
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        early = self._early_bytes()
        empty = 0
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                data = self._read() if (ready := selector.select(0.1)) else b""
                empty = empty + 1 if ready and not data else 0
                if empty == _MAX_EMPTY_READS:
                    self._app.call_later(self._app.exit, return_code=128 + signal.SIGHUP)
                    return
                came = decode(data[:early].replace(b"\n", b"\r") + data[early:])
                early -= min(early, len(data))
                keys = named_enters(came if self.on_input is None else self.on_input(came))
                for event in (*(parser.feed(keys) if keys else ()), *parser.tick()):
                    self.process_message(event)
                if ready and not came:
                    self.exit_event.wait(0.1)  # an incomplete character, or the end of the input, repeatedly

    def _read(self) -> bytes:
        """Read from the terminal; a terminal that cannot be read is at its end."""
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""

    def _early_bytes(self) -> int:
        """Return the number of bytes typed before the terminal left the line mode, in which Enter arrives as a newline.

        Source: ICRNL in termios(3).
        """
        import fcntl
        import termios

        before = self.attrs_before
        if before is None or not before[0] & termios.ICRNL:
            return 0
        try:
            return int.from_bytes(fcntl.ioctl(self.fileno, termios.FIONREAD, bytes(4)), sys.byteorder)
        except OSError:
            return 0

    @property
    def cell(self) -> tuple[int, int] | None:
        """Cell width and height in pixels, as reported by the kernel; None if unknown."""
        import fcntl
        import struct
        import termios

        try:
            found = fcntl.ioctl(self.fileno, termios.TIOCGWINSZ, bytes(8))
        except OSError:
            return None
        rows, columns, width, height = struct.unpack("4H", found)
        return (width // columns, height // rows) if rows <= height and columns <= width and rows and columns else None
