"""The text of a message as the command line takes it."""

from __future__ import annotations

import re
from typing import Annotated

from cyclopts import Parameter

from odoochat.cli.connection import Server
from odoochat.cli.streams import read_text
from odoochat.client.conversation import Markup
from odoochat.errors import ConfigError
from odoochat.wire.content.body import render, to_text

__all__ = ["TEXT", "Text", "markup_of", "written"]


TEXT = Parameter(allow_leading_hyphen=True)
Text = Annotated[str, TEXT]
"""A text on the command line, which may begin with a hyphen."""


def markup_of(*, markdown: bool, html: bool) -> Markup:
    """How a text is meant, by the options.

    Raises:
        ConfigError: both are given.
    """
    if markdown and html:
        raise ConfigError("--markdown and --html: choose one")
    return "markdown" if markdown else "html" if html else "text"


def written(text: str, markup: Markup, server: Server | None, *, files: bool = False) -> str:
    """The text to send, from its argument or from standard input.

    Args:
        files: whether there are files, which need no text.

    Raises:
        ConfigError: nothing to send, bytes that are no text, HTML of which nothing would be seen.
    """
    if text == "-" and server is not None and server.password_stdin:
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
