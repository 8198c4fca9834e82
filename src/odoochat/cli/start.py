"""How commands are parsed and run, without the commands."""

from __future__ import annotations

from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

import odoochat
from odoochat.cli.exits import DONE, USAGE, say

__all__ = ["bare", "parsed"]


def bare() -> App:
    """The program with no commands yet."""
    return App(
        name="odoochat",
        help="Live chat with Odoo Discuss from a terminal.",
        version=odoochat.__version__,
        help_format="plaintext",
        default_parameter=Parameter(negative=()),
    )


def parsed(app: App, arguments: Sequence[str]) -> int:
    """Parses and runs; gives the exit code."""
    if not arguments:
        app.help_print([])
        return USAGE
    try:
        code = app(list(arguments), exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        say(f"odoochat: {str(error).strip()}")
        say("odoochat: see odoochat --help")
        return USAGE
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else DONE
    return code if isinstance(code, int) else DONE
