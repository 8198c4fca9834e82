"""Runs a command to completion even if standard output fails."""

from __future__ import annotations

import sys
from collections.abc import Callable

from odoochat.cli.error_report import report_error
from odoochat.cli.exit_codes import DONE
from odoochat.cli.streams import OutputFailed, check_output, discard_output, escape_unencodable

__all__ = ["run_guarded"]


def run_guarded(command: Callable[[], object]) -> int:
    """Run a command, flush its output, and report write errors.

    Args:
        command: a function that returns the exit code, where any non-integer means success, or raises SystemExit.

    Returns:
        The exit code.
    """
    try:
        check_output()
        escape_unencodable()
        code = _exit_code(command)
        sys.stdout.flush()
        return code
    except OutputFailed as error:
        return report_error(error)
    except BrokenPipeError:  # raised while printing the help
        discard_output()
        return DONE
    except OSError as error:
        discard_output()
        return report_error(OutputFailed(f"cannot write to standard output: {error.strerror or error}"))


def _exit_code(command: Callable[[], object]) -> int:
    try:
        code = command()
    except SystemExit as done:
        if isinstance(done.__context__, BrokenPipeError):  # rich, which prints the help, exits this way
            return DONE
        code = done.code
    return code if isinstance(code, int) else DONE
