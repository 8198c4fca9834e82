"""The command line: ``odoochat COMMAND``. Results on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: without the program's name; those of the process by default.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage, 3 server unreachable, 4 login refused, 5 no such
        channel, message or user, or no right to it, 130 interrupted.
    """
    try:
        from odoochat.cli.parsing import command_first

        given = command_first(sys.argv[1:] if arguments is None else arguments)
        if given[:1] == ["chat"]:
            return _chat(given)
        from odoochat.cli.app import run

        return run(given)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == "cyclopts":
            from odoochat.cli.extras import install_hint

            print(f"odoochat: the command line (odoochat[cli]) needs cyclopts: {install_hint('cli')}", file=sys.stderr)
            return 2
        raise
    except KeyboardInterrupt:
        return 130


def _chat(given: list[str]) -> int:
    """The chat screen paints from its cache before the network's libraries are loaded: so it is parsed by itself."""
    from odoochat.cli.commands.chat import chat
    from odoochat.cli.parsing import bare, parsed, usage

    app = bare()
    app.command(chat, usage=usage(chat))
    return parsed(app, given)
