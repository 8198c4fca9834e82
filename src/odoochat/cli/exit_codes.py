"""Exit codes and the errors that they represent."""

from __future__ import annotations

from odoochat.errors import (
    AccessDenied,
    ConfigError,
    LinkError,
    LoginError,
    NotFound,
    NotOdoo,
    UsageError,
)

__all__ = [
    "DONE",
    "EXIT_CODES",
    "FAILED",
    "HANGUP",
    "INTERRUPTED",
    "LOGIN",
    "NO_SUCH",
    "TERMINATED",
    "UNREACHABLE",
    "USAGE",
    "exit_code",
]

DONE, FAILED, USAGE, UNREACHABLE, LOGIN, NO_SUCH = range(6)
HANGUP = 129
INTERRUPTED = 130
TERMINATED = 143

EXIT_CODES = {
    DONE: "done",
    FAILED: "failed",
    USAGE: "wrong usage",
    UNREACHABLE: "server unreachable",
    LOGIN: "login refused",
    NO_SUCH: "no such channel, message or user, or no access to it",
    HANGUP: "the terminal was closed",
    INTERRUPTED: "interrupted by Ctrl-C",
    TERMINATED: "ended by SIGTERM",
}
"""Exit codes mapped to their meanings, for the help page and docs/cli.md."""


def exit_code(error: BaseException) -> int:
    """Return the exit code for an error.

    Args:
        error: the error that ended the command.

    Returns:
        A key of `EXIT_CODES`.
    """
    match error:
        case ConfigError() | UsageError():
            return USAGE
        case NotFound(name="database"):
            return LOGIN
        case AccessDenied() | NotFound():
            return NO_SUCH
        case LoginError():
            return LOGIN
        case LinkError() | NotOdoo():
            return UNREACHABLE
        case _:
            return FAILED
