"""The text of a message, from an argument or from standard input."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from odoochat.cli.streams import read_text
from odoochat.errors import ConfigError
from odoochat.plural import counted
from odoochat.wire.content.body import render, to_text

if TYPE_CHECKING:
    from odoochat.cli.options import ServerOptions
    from odoochat.client.services import Markup

__all__ = ["markup_of", "message_text"]

_VISIBLE = re.compile(r"<(?:img|hr|table|video|audio|svg)\b", re.IGNORECASE)


def markup_of(*, markdown: bool, html: bool) -> Markup:
    """Return the markup selected by the options.

    Args:
        markdown: whether --markdown was given.
        html: whether --html was given.

    Raises:
        ConfigError: both options were given.
    """
    if markdown and html:
        raise ConfigError("--markdown and --html cannot be used together")
    return "markdown" if markdown else "html" if html else "text"


def message_text(
    text: str,
    markup: Markup,
    options: ServerOptions | None,
    *,
    has_files: bool = False,
    empty: str = "nothing to send; pass text, - for standard input, or --file",
) -> str:
    """Return the text to send.

    Args:
        text: the argument; ``-`` reads standard input.
        markup: markup of the text.
        options: the server options, which may also read the password from standard input.
        has_files: whether the message has files, in which case the text may be empty.
        empty: the error for an empty text.

    Raises:
        ConfigError: the text is empty, is not valid UTF-8, or is HTML without any visible content.
    """
    if text == "-" and options is not None and options.password_stdin:
        raise ConfigError("standard input cannot contain both the text and the password; set ODOOCHAT_PASSWORD")
    body = read_text() if text == "-" else text
    try:
        body.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(
            f"the text is not valid UTF-8 after {counted(error.start, 'character')}; convert it (iconv -t utf-8)"
        ) from None
    if not body.strip() and not has_files:
        raise ConfigError(empty)
    if body.strip() and not has_files and markup != "text" and not _is_visible(render(body, markup)):
        raise ConfigError("the message would be empty: Odoo removes scripts, styles, comments and empty tags")
    return body


def _is_visible(html: str) -> bool:
    """Guess whether HTML has any visible content after the server has sanitized it."""
    return bool(to_text(html).strip() or _VISIBLE.search(html))
