"""All commands together."""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.cli.channels import channels
from odoochat.cli.chat import chat
from odoochat.cli.demo import demo
from odoochat.cli.doctor import doctor
from odoochat.cli.history import history
from odoochat.cli.listen import listen
from odoochat.cli.login import login, logout, profiles
from odoochat.cli.sandbox import sandbox
from odoochat.cli.send import send
from odoochat.cli.start import bare, parsed

__all__ = ["app", "run"]

app = bare()
for command in (login, logout, profiles, doctor, channels, history, send, listen, chat, sandbox, demo):
    app.command(command)
app.register_install_completion_command()


def run(arguments: Sequence[str]) -> int:
    """Parses and runs; gives the exit code."""
    return parsed(app, arguments)
