"""``search``, ``inbox`` and ``canned``: list messages and canned responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt

from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import find_channel
from odoochat.cli.options import ChannelArgument, ServerOptions
from odoochat.cli.runner import run_command, run_connected
from odoochat.cli.streams import json_line, print_note, print_result
from odoochat.errors import ConfigError
from odoochat.render import message_lines, table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from odoochat.client.client import Client
    from odoochat.model import Message

__all__ = ["canned", "inbox", "search"]


def search(
    text: str,
    /,
    *,
    in_: Annotated[ChannelArgument | None, Parameter(name="--in")] = None,
    offline: Annotated[bool, Parameter(negative="")] = False,
    limit: NonNegativeInt = 30,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Search for messages that contain all the given words, and print them with their ids, oldest first.

    With --offline, search the local archive, which supports more operators: "two words", -word, wor*, from:ann,
    from:me, in:general, has:file (image, link, reaction, pin), before:2024-05-31, after:2024-05, on:today.

    Parameters
    ----------
    text
        The words.
    in_
        Search only this channel: id, name (general, #general) or person (@bob); all channels if omitted.
    offline
        Search the archive on this machine (see `sync`) without contacting the server.
    limit
        Maximum number of messages; the newest are printed.
    json
        Print one JSON object per line.
    """

    async def work(odoo: Client) -> int:
        if not text.strip():
            raise ConfigError("the search text is empty")
        found = odoo.search(text, limit) if in_ is None else (await find_channel(odoo, in_)).search(text, limit)
        messages = await _oldest_first(found)
        if not messages and (operator := _operator(text)):
            print_note(f"nothing found; {operator} is searched for as text, and is an operator only with --offline")
        _print(messages, json=json)
        return DONE

    async def work_offline() -> int:
        from odoochat.cli.commands.archive import open_archive

        store = await open_archive(server or ServerOptions())
        try:
            place = f' in:"{in_.replace(chr(34), " ")}"' if in_ is not None else ""
            found = await store.search(f"{text}{place}", limit)
            if not found:
                print_note("nothing found in the archive; `odoochat sync` downloads complete histories")
            _print(found[::-1], json=json)
        finally:
            await store.close()
        return DONE

    return run_command(work_offline) if offline else run_connected(server, work)


def inbox(
    *,
    starred: bool = False,
    history: bool = False,
    mark_read: bool = False,
    limit: NonNegativeInt = 30,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Print your inbox, oldest first: unread mentions and messages on records that you follow.

    It stays empty for users who receive their notifications by email instead of in Odoo.

    Parameters
    ----------
    starred
        Print your starred messages instead.
    history
        Print the inbox messages that you have read instead.
    mark_read
        Mark the printed messages as read, which removes them from the inbox.
    limit
        Maximum number of messages; the newest are printed.
    json
        Print one JSON object per line.
    """

    async def work(odoo: Client) -> int:
        if starred and history:
            raise ConfigError("--starred and --history cannot be used together")
        if mark_read and (starred or history):
            raise ConfigError("--mark-read applies only to the inbox; omit --starred and --history")
        box = odoo.inbox
        found = box.starred(limit) if starred else box.history(limit) if history else box.messages(limit)
        messages = await _oldest_first(found)
        _print(messages, json=json)
        if mark_read and messages:
            await box.mark_read(*messages)
        return DONE

    return run_connected(server, work)


def canned(*, server: ServerOptions | None = None, json: bool = False) -> int:
    """List canned responses: id, shortcut, text.

    Parameters
    ----------
    json
        Print one JSON object per line.
    """

    async def work(odoo: Client) -> int:
        answers = await odoo.server.canned_responses()
        rows = [(answer.id, answer.shortcut, answer.text) for answer in answers]
        for line in [json_line(answer) for answer in answers] if json else table(("ID", "SHORTCUT", "TEXT"), rows):
            print_result(line)
        return DONE

    return run_connected(server, work)


def _operator(text: str) -> str:
    """Return the first word that the archive's search would read as an operator, e.g. ``from:ann``, or ""."""
    from odoochat.archive.query import FILTERS

    return next((word for word in text.split() if ":" in word and word.partition(":")[0].lower() in FILTERS), "")


async def _oldest_first(messages: AsyncIterator[Message]) -> list[Message]:
    found = [message async for message in messages]
    return found[::-1]


def _print(messages: Iterable[Message], *, json: bool) -> None:
    for message in messages:
        for line in [json_line(message)] if json else message_lines(message, channel=True, number=True):
            print_result(line)
