"""All commands together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cyclopts import Group

from odoochat.cli.commands.channel_list import channels
from odoochat.cli.commands.channels import (
    browse,
    create,
    describe,
    invite,
    join,
    leave,
    members,
    remove,
    rename,
    thread,
    threads,
)
from odoochat.cli.commands.chat import chat
from odoochat.cli.commands.demo import demo
from odoochat.cli.commands.doctor import doctor
from odoochat.cli.commands.files import download, upload
from odoochat.cli.commands.history import history
from odoochat.cli.commands.install_completion import installer
from odoochat.cli.commands.listen import listen
from odoochat.cli.commands.login import login, logout, profiles
from odoochat.cli.commands.messages import delete, edit, forward, link, pin, react, seen, star
from odoochat.cli.commands.notifications import hide, mute, notify, read, unread
from odoochat.cli.commands.people import people, presence
from odoochat.cli.commands.polls import poll, vote
from odoochat.cli.commands.sandbox import sandbox
from odoochat.cli.commands.search import canned, inbox, search
from odoochat.cli.commands.send import send
from odoochat.cli.parsing import bare, parsed, usage

__all__ = ["GROUPS", "app", "run"]

GROUPS: dict[str, tuple[Callable[..., int], ...]] = {
    "Who and where": (login, logout, profiles, doctor),
    "Talk": (channels, history, send, listen, chat),
    "One message": (edit, delete, react, pin, star, forward, link, seen),
    "Conversations": (
        members, join, leave, create, invite, remove, rename, describe, browse, thread, threads,
        read, unread, mute, notify, hide,
    ),
    "Find and fetch": (search, inbox, download, upload, canned),
    "People and polls": (people, presence, poll, vote),
    "Try it": (sandbox, demo),
}  # fmt: skip

app = bare()
for number, (title, commands) in enumerate(GROUPS.items()):
    together = Group(title, sort_key=number)
    for command in commands:
        app.command(command, usage=usage(command), group=together)
app.command(installer(app), name="--install-completion", usage="Usage: odoochat --install-completion [OPTIONS]")


def run(arguments: Sequence[str]) -> int:
    """Parses and runs; gives the exit code."""
    return parsed(app, arguments)
