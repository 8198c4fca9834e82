"""The command line: ``odoochat COMMAND``. Results go to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the command-line arguments, excluding the program name; taken from `sys.argv` by default.

    Returns:
        The exit code, one of `odoochat.cli.exit_codes.EXIT_CODES`.
    """
    try:
        from odoochat.cli.words import command_first

        return _run(command_first(sys.argv[1:] if arguments is None else arguments))
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == "cyclopts":
            from odoochat.cli.extras import install_hint

            print(f"odoochat: the command line (odoochat[cli]) needs cyclopts: {install_hint('cli')}", file=sys.stderr)
            return 2
        raise
    except KeyboardInterrupt:
        return 130


def _run(words: Sequence[str]) -> int:
    """Run a command without importing any others, or print a help page without importing any commands at all."""
    if not words or words[-1] in ("--help", "-h"):
        from odoochat.cli.help_page import print_help_page

        try:
            if print_help_page(" ".join(words[:-1])):
                return 0 if words else 2
        except OSError as error:
            from odoochat.cli.error_report import report_error
            from odoochat.cli.streams import OutputFailed, discard_output

            discard_output()
            return report_error(OutputFailed(f"cannot write to standard output: {error.strerror or error}"))
    from odoochat.cli.command_index import load_index

    function = load_index().get(words[0]) if words else None
    if function is not None:
        from odoochat.cli.loading import start_loading

        start_loading(function[0])
        from odoochat.cli.plain_line import run_plain

        code = run_plain(*function, words)
        if code is not None:
            return code
        from odoochat.cli.parsing import run_one

        return run_one(*function, words)
    from odoochat.cli.app import run

    return run(words)
