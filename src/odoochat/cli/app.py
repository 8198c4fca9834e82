"""All commands together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cyclopts import Group

from odoochat.cli.attention import hide, mute, notify, read, unread
from odoochat.cli.channels import channels
from odoochat.cli.chat import chat
from odoochat.cli.demo import demo
from odoochat.cli.doctor import doctor
from odoochat.cli.find import canned, inbox, search
from odoochat.cli.history import history
from odoochat.cli.listen import listen
from odoochat.cli.login import login, logout, profiles
from odoochat.cli.messages import delete, edit, forward, link, pin, react, seen, star
from odoochat.cli.persons import people, presence
from odoochat.cli.polls import poll, vote
from odoochat.cli.rooms import (
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
from odoochat.cli.sandbox import sandbox
from odoochat.cli.send import send
from odoochat.cli.shell import installer
from odoochat.cli.start import bare, parsed, usage
from odoochat.cli.transfer import download, upload

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
