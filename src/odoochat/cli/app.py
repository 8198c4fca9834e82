"""The command-line program and all its commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cyclopts import App, Group

from odoochat.cli.commands.archive import archive, export, sync
from odoochat.cli.commands.bot import bot_new, bot_run
from odoochat.cli.commands.channels import browse, channels, create, describe, hide, join, leave, rename
from odoochat.cli.commands.chat import chat
from odoochat.cli.commands.demo import demo
from odoochat.cli.commands.doctor import doctor
from odoochat.cli.commands.files import download, upload
from odoochat.cli.commands.history import history
from odoochat.cli.commands.install_completion import completion_installer
from odoochat.cli.commands.listen import listen
from odoochat.cli.commands.login import login, logout, profiles
from odoochat.cli.commands.mcp_server import mcp
from odoochat.cli.commands.members import invite, members, remove
from odoochat.cli.commands.messages import delete, edit, forward, link, pin, react, seen, star
from odoochat.cli.commands.notifications import mute, notify, read, unread
from odoochat.cli.commands.people import people, presence
from odoochat.cli.commands.polls import poll, vote
from odoochat.cli.commands.relay import relay_run, relay_schema
from odoochat.cli.commands.sandbox import sandbox
from odoochat.cli.commands.search import canned, inbox, search
from odoochat.cli.commands.send import send
from odoochat.cli.commands.threads import thread, threads
from odoochat.cli.commands.webhook import (
    token_add,
    token_list,
    token_remove,
    webhook_failed,
    webhook_replay,
    webhook_secret,
    webhook_serve,
)
from odoochat.cli.parsing import add_command, new_app, run_app

__all__ = ["GROUPS", "app", "run"]

GROUPS: dict[str, tuple[Callable[..., int], ...]] = {
    "Account": (login, logout, profiles, doctor),
    "Chat": (channels, history, send, listen, chat),
    "Messages": (edit, delete, react, pin, star, forward, link, seen),
    "Channels": (
        members, join, leave, create, invite, remove, rename, describe, browse, thread, threads,
        read, unread, mute, notify, hide,
    ),
    "Search and files": (search, inbox, download, upload, canned),
    "Archive": (sync, export, archive),
    "People and polls": (people, presence, poll, vote),
    "Try it without Odoo": (sandbox, demo),
}  # fmt: skip
"""Section titles of the help page with their commands, in display order."""

app = new_app()
for _number, (_title, _commands) in enumerate(GROUPS.items()):
    _group = Group(_title, sort_key=_number)
    for _command in _commands:
        add_command(app, _command, group=_group)
_bots = App(name="bot", help="Run a bot or create one.", group=Group("Bots", sort_key=len(GROUPS)))
add_command(_bots, bot_run, name="run")
add_command(_bots, bot_new, name="new")
app.command(_bots)
_hooks = App(
    name="webhook",
    help="Receive webhooks and resend failed ones.",
    group=Group("Webhooks", sort_key=len(GROUPS) + 1),
)
add_command(app, mcp, group=Group("Assistants", sort_key=len(GROUPS) + 2))
_relay = App(
    name="relay",
    help="Relay events to a message broker and run commands from it.",
    group=Group("Message brokers", sort_key=len(GROUPS) + 3),
)
add_command(_relay, relay_run, name="run")
add_command(_relay, relay_schema, name="schema")
app.command(_relay)
_tokens = App(name="token", help="Manage the tokens that let programs post to a channel.")
for _app, _inner in (
    (_hooks, (webhook_serve, webhook_secret, webhook_failed, webhook_replay)),
    (_tokens, (token_add, token_list, token_remove)),
):
    for _command in _inner:
        add_command(_app, _command, name=_command.__name__.rpartition("_")[2])
_hooks.command(_tokens)
app.command(_hooks)
app.command(
    completion_installer(app), name="--install-completion", usage="Usage: odoochat --install-completion [OPTIONS]"
)


def run(arguments: Sequence[str]) -> int:
    """Parse a command line and run its command.

    Args:
        arguments: the command-line arguments, excluding the program name.

    Returns:
        The exit code.
    """
    return run_app(app, arguments)
