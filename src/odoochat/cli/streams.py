"""Standard input and output as scripts, pipes and full disks have them."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from contextlib import suppress

from odoochat import render
from odoochat.errors import ConfigError

__all__ = [
    "OutputFailed",
    "at_terminal",
    "check_output",
    "drop_output",
    "escape_unencodable",
    "json_line",
    "out",
    "read_text",
]


class OutputFailed(Exception):
    """Raised when standard output takes nothing: a full disk, a closed descriptor. The reader's end is no failure."""


def check_output() -> None:
    """Refuses to begin what could not tell its result.

    Raises:
        OutputFailed: standard output is closed.
    """
    if sys.stdout is None:
        raise OutputFailed("standard output is closed")


def escape_unencodable() -> None:
    """Has standard output escape what its encoding lacks, in the help and in whatever is not written by `out`."""
    if isinstance(sys.stdout, io.TextIOWrapper) and _encoding() != "utf-8":
        sys.stdout.reconfigure(errors="backslashreplace")


def out(line: str) -> None:
    """Writes a result, at once.

    Raises:
        BrokenPipeError: whoever reads us went away.
        OutputFailed: the system does not take it.
    """
    check_output()
    try:
        print(_encodable(line), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputFailed(f"cannot write to standard output: {error.strerror or error}") from None


def json_line(thing: object) -> str:
    """A value as one line of JSON that stays JSON in the encoding of standard output.

    JSON is read as UTF-8 (RFC 8259), whatever a terminal uses: in every other encoding all beyond ASCII is escaped.
    """
    line = render.json_line(thing)
    return line if _encoding() == "utf-8" else _escaped(line, "ascii")


def _encoding() -> str:
    """The encoding of standard output, as Python names it."""
    try:
        return codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name
    except LookupError:
        return "ascii"


def _encodable(line: str) -> str:
    """The line, with what the encoding does not have escaped; Python may be set to drop or replace it."""
    return line if (encoding := _encoding()) == "utf-8" else _escaped(line, encoding)


def _escaped(line: str, encoding: str) -> str:
    try:
        line.encode(encoding)
    except UnicodeError:
        return "".join(_escape(character, encoding) for character in line)
    return line


def _escape(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeError:
        return json.dumps(character)[1:-1]
    return character


def drop_output() -> None:
    """Forgets what waits to be written, of which Python would complain while it shuts down."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def at_terminal() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def read_text() -> str:
    """All of standard input, without the line ends at its end.

    Raises:
        ConfigError: it is closed, or holds bytes that are no text.
    """
    if sys.stdin is None:
        raise ConfigError("standard input is closed: give the text as an argument")
    encoding = getattr(sys.stdin, "encoding", None) or "utf-8"
    buffer = getattr(sys.stdin, "buffer", None)
    if buffer is None:
        return sys.stdin.read().rstrip("\n")
    data: bytes = buffer.read()
    try:
        return data.decode(encoding).removeprefix("\ufeff").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"standard input is no text in {encoding}: byte {error.start} is 0x{data[error.start]:02x}; convert it "
            "(iconv -f latin1 -t utf-8), or send it as a file with --file"
        ) from None
