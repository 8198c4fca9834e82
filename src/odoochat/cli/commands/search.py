"""``search``, ``inbox``, ``canned``: messages and texts that are looked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt

from odoochat.cli.completion import Conversing
from odoochat.cli.connection import Server, act
from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import known
from odoochat.cli.streams import json_line, out
from odoochat.client.client import Client
from odoochat.errors import ConfigError
from odoochat.model import Message
from odoochat.render import message_lines, table

__all__ = ["canned", "inbox", "search"]


def search(
    text: str,
    /,
    *,
    in_: Annotated[Conversing | None, Parameter(name="--in")] = None,
    limit: NonNegativeInt = 30,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Find messages that hold all these words, the newest last, each with its id.

    Parameters
    ----------
    text
        The words.
    in_
        Only in this conversation: an id, a name (general, #general) or a person (@bob); everywhere when left out.
    limit
        How many at most: the newest.
    json
        Print one JSON object a line.
    """

    async def work(odoo: Client) -> int:
        if not text.strip():
            raise ConfigError("search for what? the text is empty")
        found = odoo.search(text, limit) if in_ is None else (await known(odoo, in_)).search(text, limit)
        _print(await _oldest_first(found), json=json)
        return DONE

    return act(server, work)


def inbox(
    *,
    starred: bool = False,
    history: bool = False,
    mark_read: bool = False,
    limit: NonNegativeInt = 30,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Print what waits in my inbox: where I was mentioned, and records that I follow; the newest last.

    Odoo fills it for users whose notifications are handled in Odoo; others get e-mails.

    Parameters
    ----------
    starred
        What bears my star instead.
    history
        What waited there and was read instead.
    mark_read
        Takes what is printed out of the inbox.
    limit
        How many at most: the newest.
    json
        Print one JSON object a line.
    """

    async def work(odoo: Client) -> int:
        if starred and history:
            raise ConfigError("--starred and --history: choose one")
        if mark_read and (starred or history):
            raise ConfigError("--mark-read goes with the inbox itself, not with --starred or --history")
        box = odoo.inbox
        found = box.starred(limit) if starred else box.history(limit) if history else box.messages(limit)
        messages = await _oldest_first(found)
        _print(messages, json=json)
        if mark_read and messages:
            await box.mark_read(*messages)
        return DONE

    return act(server, work)


def canned(*, server: Server | None = None, json: bool = False) -> int:
    """List the texts that people here keep to answer with: id, shortcut, text.

    Parameters
    ----------
    json
        Print one JSON object a line.
    """

    async def work(odoo: Client) -> int:
        answers = await odoo.canned()
        rows = [(answer.id, answer.shortcut, answer.text) for answer in answers]
        for line in [json_line(answer) for answer in answers] if json else table(("ID", "SHORTCUT", "TEXT"), rows):
            out(line)
        return DONE

    return act(server, work)


async def _oldest_first(messages: AsyncIterator[Message]) -> list[Message]:
    found = [message async for message in messages]
    return found[::-1]


def _print(messages: Iterable[Message], *, json: bool) -> None:
    for message in messages:
        for line in [json_line(message)] if json else message_lines(message, channel=True, number=True):
            out(line)
