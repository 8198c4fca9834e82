"""Handles standard input, output and error, including encodings, closed pipes and full disks."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from contextlib import suppress

from odoochat.errors import ConfigError

__all__ = [
    "OutputFailed",
    "ReaderExited",
    "check_input",
    "check_output",
    "discard_output",
    "escape_unencodable",
    "is_interactive",
    "is_output_utf8",
    "json_line",
    "print_note",
    "print_result",
    "read_text",
]


class OutputFailed(Exception):
    """Raised when standard output cannot be written, because the disk is full or the descriptor is closed."""


class ReaderExited(Exception):
    """Raised when the program that reads standard output has exited, as ``head`` does.

    This is not a failure, unlike a BrokenPipeError of a connection or of another program's input.
    """


def check_output() -> None:
    """Check that results can be printed, before a command changes anything.

    Raises:
        OutputFailed: standard output is closed.
    """
    if sys.stdout is None:
        raise OutputFailed("standard output is closed")


def escape_unencodable() -> None:
    """Make standard output escape characters that it cannot encode, including in other libraries' output."""
    output: object = sys.stdout
    if isinstance(output, io.TextIOWrapper) and _output_encoding() != "utf-8":
        output.reconfigure(errors="backslashreplace")


def print_result(line: str) -> None:
    """Print a result on stdout and flush it.

    Args:
        line: the result; characters that stdout cannot encode are escaped.

    Raises:
        ReaderExited: the reader closed the pipe.
        OutputFailed: stdout cannot be written.
    """
    check_output()
    try:
        print(_encodable(line), flush=True)
    except BrokenPipeError:
        raise ReaderExited from None
    except OSError as error:
        raise OutputFailed(f"cannot write to standard output: {error.strerror or error}") from None


def print_note(text: str, *, end: str = "\n") -> None:
    """Print a line to stderr, separate from the results on stdout.

    Notes and error messages must not change what a command does, so the line is lost if stderr cannot be written.

    Args:
        text: the line to print.
        end: printed after the text.
    """
    with suppress(OSError, ValueError):  # a full disk, a reader that has exited, or a closed stream
        print(text, end=end, file=sys.stderr or io.StringIO(), flush=True)


def json_line(value: object) -> str:
    """Return a value as one line of JSON that is valid in standard output's encoding.

    JSON is always read as UTF-8 (RFC 8259), so all non-ASCII characters are escaped if stdout has any other
    encoding.

    Args:
        value: an event or other odoochat object, or a plain JSON value.
    """
    from odoochat import render  # imports all models, which the help does not need

    line = render.json_line(value)
    return line if _output_encoding() == "utf-8" else _escaped(line, "ascii")


def is_output_utf8() -> bool:
    """Return whether standard output can encode all characters."""
    return _output_encoding() == "utf-8"


def _output_encoding() -> str:
    """Return the canonical name of standard output's encoding."""
    try:
        return codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name
    except LookupError:
        return "ascii"


def _encodable(line: str) -> str:
    """Escape characters that stdout cannot encode, because Python may be configured to drop or replace them."""
    return line if (encoding := _output_encoding()) == "utf-8" else _escaped(line, encoding)


def _escaped(line: str, encoding: str) -> str:
    try:
        line.encode(encoding)
        return line
    except UnicodeError:
        return "".join(_escaped_character(character, encoding) for character in line)


def _escaped_character(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
        return character
    except UnicodeError:
        return json.dumps(character)[1:-1]


def discard_output() -> None:
    """Discard buffered output, because Python reports an error if it cannot flush stdout at shutdown."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def check_input() -> None:
    """Check that standard input can be read.

    Raises:
        ConfigError: it is closed.
    """
    if sys.stdin is None:
        raise ConfigError("standard input is closed")


def is_interactive() -> bool:
    """Return whether standard input is a terminal where the user can be prompted."""
    return sys.stdin is not None and sys.stdin.isatty()


def read_text() -> str:
    """Read all of standard input, and strip trailing line breaks.

    Raises:
        ConfigError: stdin is closed, or its content is not valid in its encoding.
    """
    if sys.stdin is None:
        raise ConfigError("standard input is closed; pass the text as an argument")
    encoding = getattr(sys.stdin, "encoding", None) or "utf-8"
    buffer = getattr(sys.stdin, "buffer", None)
    if buffer is None:
        return sys.stdin.read().rstrip("\n")
    data: bytes = buffer.read()
    try:
        return data.decode(encoding).removeprefix("\ufeff").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"standard input is not valid {encoding}: byte {error.start} is 0x{data[error.start]:02x}; convert it "
            "(iconv -f latin1 -t utf-8) or send it as a file with --file"
        ) from None
