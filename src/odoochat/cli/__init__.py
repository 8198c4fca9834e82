"""The command line: ``odoochat COMMAND``. Results go to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: words after the program's name; those of the process by default.

    Returns:
        The exit code, one of `odoochat.cli.exit_codes.EXIT_CODES`.
    """
    try:
        from odoochat.cli.parsing import command_first

        words = command_first(sys.argv[1:] if arguments is None else arguments)
        if words[:1] == ["chat"]:
            return _run_chat(words)
        from odoochat.cli.app import run

        return run(words)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == "cyclopts":
            from odoochat.cli.extras import install_hint

            print(f"odoochat: the command line (odoochat[cli]) needs cyclopts: {install_hint('cli')}", file=sys.stderr)
            return 2
        raise
    except KeyboardInterrupt:
        return 130


def _run_chat(words: Sequence[str]) -> int:
    """Run ``chat`` without importing the other commands.

    The chat screen paints from its cache before the network libraries are loaded.
    """
    from odoochat.cli.commands.chat import chat
    from odoochat.cli.parsing import new_app, run_app, usage

    app = new_app()
    app.command(chat, usage=usage(chat))
    return run_app(app, words)
