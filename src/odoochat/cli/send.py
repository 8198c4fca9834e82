"""``send``: one message."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from odoochat.cli.exits import DONE
from odoochat.cli.session import Server, connected, finish, out
from odoochat.client.channel import Channel
from odoochat.client.conversation import Markup
from odoochat.errors import ConfigError, NotFound
from odoochat.render import json_line

__all__ = ["send"]


def send(
    channel: str,
    text: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    *,
    reply_to: int | None = None,
    file: Annotated[list[Path] | None, Parameter(negative="")] = None,
    markdown: Annotated[bool, Parameter(negative="")] = False,
    html: Annotated[bool, Parameter(negative="")] = False,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Post a message and print its id.

    Parameters
    ----------
    channel
        An id, a name (general, #general) or a person (@bob): the direct chat, made when missing.
    text
        The message; - reads it from standard input.
    reply_to
        The id of the message that it answers.
    file
        A file to send along; may be given several times.
    markdown
        The text is Markdown.
    html
        The text is HTML, which Odoo cleans.
    json
        Print the message as JSON.
    """
    given = server or Server()

    async def job() -> int:
        if markdown and html:
            raise ConfigError("--markdown and --html: choose one")
        if re.fullmatch(r"--\w\S*", text):
            # A mistyped option must not be read out to colleagues.
            raise ConfigError(
                f"unknown option {text}: a single word that begins so goes by standard input, with - as the text"
            )
        if text == "-" and given.password_stdin:
            raise ConfigError("both the text and the password are to come from standard input: set ODOOCHAT_PASSWORD")
        body = sys.stdin.read().rstrip("\n") if text == "-" else text
        if not body.strip() and not file:
            raise ConfigError("nothing to send: give a text, - for standard input, or --file")
        markup: Markup = "markdown" if markdown else "html" if html else "text"
        async with connected(given, live=False) as odoo:
            found = await odoo.resolve(channel)
            if reply_to is not None:
                await _there(found, reply_to)
            message = await found.send(body, markup=markup, reply_to=reply_to, files=file or ())
        out(json_line(message) if json else str(message.id))
        return DONE

    return finish(job)


async def _there(channel: Channel, number: int) -> None:
    """Odoo 19 takes an answer to no message and forgets what it answers; 14 fails in its database."""
    async for _ in channel.history(1, after=number - 1, before=number + 1):
        return
    raise NotFound("message", f"no message {number} in {channel.name!r}")
