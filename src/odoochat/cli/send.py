"""``send``: one message."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from odoochat.cli.exits import DONE, FAILED, say
from odoochat.cli.session import Server, connected, finish
from odoochat.cli.streams import out, read_text
from odoochat.client.channel import Channel
from odoochat.client.conversation import Markup
from odoochat.errors import ConfigError, NotFound
from odoochat.model import Message
from odoochat.render import json_line
from odoochat.wire.body import is_deleted, render, to_text

__all__ = ["send"]

OPTIONS = (
    "--reply-to", "--file", "--markdown", "--html", "--json", "--url", "--db", "--login", "--profile",
    "--password-stdin", "--request-timeout", "--verbose", "--help",
)  # fmt: skip


def send(
    channel: str,
    text: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    /,
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
        markup: Markup = "markdown" if markdown else "html" if html else "text"
        body = written(text, markup, given, files=bool(file))
        async with connected(given, live=False) as odoo:
            found = await odoo.resolve(channel)
            if reply_to is not None:
                await _there(found, reply_to)
            message = await found.send(body, markup=markup, reply_to=reply_to, files=file or ())
        out(json_line(message) if json else str(message.id))
        return whole(message, body)

    return finish(job)


def written(text: str, markup: Markup, server: Server, *, files: bool = False) -> str:
    """The text to send, from its argument or from standard input.

    Args:
        files: whether there are files, which need no text.

    Raises:
        ConfigError: nothing to send, a mistyped option, bytes that are no text, HTML of which nothing would be seen.
    """
    if re.fullmatch(r"--\w\S*", text):
        # A mistyped option must not be read out to colleagues.
        found = difflib.get_close_matches(text.partition("=")[0], OPTIONS, n=1, cutoff=0.5)
        raise ConfigError(
            f"unknown option {text}{f': did you mean {found[0]}?' if found else ''} "
            "(a single word that begins so goes by standard input, with - as the text)"
        )
    if text == "-" and server.password_stdin:
        raise ConfigError("both the text and the password are to come from standard input: set ODOOCHAT_PASSWORD")
    body = read_text() if text == "-" else text
    try:
        body.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(
            f"the text holds a byte that is no UTF-8, after {error.start} characters: convert it (iconv -t utf-8)"
        ) from None
    if not body.strip() and not files:
        raise ConfigError("nothing to send: give a text, - for standard input, or --file")
    if body.strip() and not files and markup != "text" and not _is_seen(render(body, markup)):
        raise ConfigError(
            "nothing would be left of this text: Odoo cleans away scripts, styles, comments and empty tags"
        )
    return body


_SEEN = re.compile(r"<(?:img|hr|table|video|audio|svg)\b", re.IGNORECASE)


def _is_seen(html: str) -> bool:
    """Whether a reader would see anything of it, as far as that can be told without the server."""
    return bool(to_text(html).strip() or _SEEN.search(html))


def whole(message: Message, body: str) -> int:
    """The exit code of a message that was posted: whether Odoo left anything of it."""
    if body.strip() and is_deleted(message.html) and not message.attachments:
        say(f"odoochat: message {message.id} is empty: Odoo cleaned all of its text away")
        return FAILED
    return DONE


async def _there(channel: Channel, number: int) -> None:
    """Odoo 19 takes an answer to no message and forgets what it answers; 14 fails in its database."""
    async for _ in channel.history(1, after=number - 1, before=number + 1):
        return
    raise NotFound("message", f"no message {number} in {channel.name!r}")
