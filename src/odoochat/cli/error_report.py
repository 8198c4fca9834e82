"""Error messages on stderr, one line each."""

from __future__ import annotations

import os
import re

from odoochat.cli.exit_codes import exit_code
from odoochat.cli.streams import OutputFailed, print_note
from odoochat.errors import OdooChatError
from odoochat.wire.content.body import safe_line

__all__ = ["error_text", "report_error"]

_PYTHON_ARGUMENT = re.compile(r"\b(?:db|login|password)=…, ")
"""Hints in error messages that only apply to callers of the library."""

_NETWORK_ARGUMENT = re.compile(r"(?<![\w/.])(?:ca_file|client_cert|client_key)(?![\w/.])")
"""Names of library arguments to replace with the equivalent command-line options."""


def error_text(error: BaseException) -> str:
    """Return an error's message, with library arguments replaced by the equivalent command-line options.

    Args:
        error: the error that ended the command.

    Returns:
        The message, which may contain line breaks and control characters from the server.
    """
    if isinstance(error, OdooChatError | OutputFailed):
        text = _PYTHON_ARGUMENT.sub("", str(error)) or type(error).__name__
        text = text.replace("pass replace=True", "replace it with --force")
        return _NETWORK_ARGUMENT.sub(lambda found: f"--{found[0].replace('_', '-')}", text)
    if isinstance(error, OSError) and error.errno is not None:  # e.g. a full disk or a read-only folder
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or os.strerror(error.errno)}"
    return f"internal error; please report it: {type(error).__name__}: {error}"


def report_error(error: BaseException) -> int:
    """Print an error to stderr as a single line.

    Args:
        error: the error that ended the command.

    Returns:
        The exit code for the error.
    """
    print_note(f"odoochat: {safe_line(error_text(error), 1000)}")
    return exit_code(error)
