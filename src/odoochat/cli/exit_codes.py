"""Exit codes, and errors in one line."""

from __future__ import annotations

import os
import re
import sys

from odoochat.cli.streams import OutputFailed
from odoochat.errors import (
    AccessDenied,
    ConfigError,
    LinkError,
    LoginError,
    NotFound,
    OdooChatError,
    ProtocolError,
    UsageError,
)
from odoochat.wire.content.body import safe_line

__all__ = [
    "DONE",
    "FAILED",
    "INTERRUPTED",
    "LOGIN",
    "NO_SUCH",
    "UNREACHABLE",
    "USAGE",
    "code_of",
    "complain",
    "say",
    "words_of",
]

_PYTHON = re.compile(r"\b(?:db|login|password)=…, ")
"""What the library's errors say beside the options, for those who call it."""

_NETWORK = re.compile(r"(?<![\w/.])(?:ca_file|client_cert|client_key)(?![\w/.])")
"""The library's arguments that are options here."""

DONE, FAILED, USAGE, UNREACHABLE, LOGIN, NO_SUCH = range(6)
INTERRUPTED = 130


def code_of(error: BaseException) -> int:
    """The exit code for an error."""
    match error:
        case ConfigError() | UsageError():
            return USAGE
        case NotFound(name="database"):
            return LOGIN
        case AccessDenied() | NotFound():
            return NO_SUCH
        case LoginError():
            return LOGIN
        case LinkError():
            return UNREACHABLE
        case ProtocolError(args=(str(text), *_)) if "not as an Odoo" in text or "redirect" in text:
            return UNREACHABLE
        case _:
            return FAILED


def words_of(error: BaseException) -> str:
    """What an error says, in the words of the command line."""
    if isinstance(error, OdooChatError | OutputFailed):
        text = _PYTHON.sub("", str(error)) or type(error).__name__
        return _NETWORK.sub(lambda found: f"--{found[0].replace('_', '-')}", text)
    if isinstance(error, OSError) and error.errno is not None:  # a full disk, a folder that is read-only: no defect
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or os.strerror(error.errno)}"
    return f"a defect of odoochat, please report it: {type(error).__name__}: {error}"


def complain(error: BaseException) -> int:
    """Says an error on stderr, in one line; gives its exit code."""
    say(f"odoochat: {safe_line(words_of(error), 1000)}")
    return code_of(error)


def say(text: str) -> None:
    """Writes to stderr."""
    print(text, file=sys.stderr, flush=True)
