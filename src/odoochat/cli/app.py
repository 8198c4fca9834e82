"""All commands together."""

from __future__ import annotations

from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

import odoochat
from odoochat.cli.channels import channels
from odoochat.cli.chat import chat
from odoochat.cli.demo import demo
from odoochat.cli.doctor import doctor
from odoochat.cli.exits import DONE, USAGE, say
from odoochat.cli.history import history
from odoochat.cli.listen import listen
from odoochat.cli.login import login, logout, profiles
from odoochat.cli.sandbox import sandbox
from odoochat.cli.send import send

__all__ = ["app", "run"]

app = App(
    name="odoochat",
    help="Live chat with Odoo Discuss from a terminal.",
    version=odoochat.__version__,
    help_format="plaintext",
    default_parameter=Parameter(negative=()),
)
for command in (login, logout, profiles, doctor, channels, history, send, listen, chat, sandbox, demo):
    app.command(command)
app.register_install_completion_command()


def run(arguments: Sequence[str]) -> int:
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
