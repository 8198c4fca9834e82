"""``send``: one message."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from odoochat.cli.completion import Conversing, Several
from odoochat.cli.connection import Server, connected, finish
from odoochat.cli.exit_codes import DONE, FAILED, say
from odoochat.cli.mentions import mentioned
from odoochat.cli.message_text import TEXT, Text, markup_of, written
from odoochat.cli.progress_bar import Bar
from odoochat.cli.streams import json_line, out
from odoochat.client.client import Client
from odoochat.client.conversation import Conversation, Markup
from odoochat.client.record import Record
from odoochat.errors import ConfigError, NotFound
from odoochat.model import Message
from odoochat.wire.content.body import is_deleted

__all__ = ["send"]


def send(
    channel: Annotated[Conversing, TEXT] = "",
    text: Text = "",
    /,
    *,
    reply_to: int | None = None,
    file: list[Path] | None = None,
    markdown: bool = False,
    html: bool = False,
    mention: Several = None,
    no_mentions: bool = False,
    record: tuple[str, int] | None = None,
    note: bool = False,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Post a message and print its id.

    In the text @Bob (a name or a login), @everyone (18 and later) and #general become mentions; what is nobody's name
    stays as it is.

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
    mention
        Somebody who is notified, by login or name, or everyone; may be given several times.
    no_mentions
        Leaves @Bob and #general in the text alone.
    record
        Posts to the discussion of a record, e.g. --record sale.order 42; there is no CHANNEL then.
    note
        A note on the record: followers are not told.
    json
        Print the message as JSON.
    """

    given = server or Server()
    post = _Manner(reply_to, file or [], mention or [], not no_mentions, note, json)

    async def job() -> int:
        markup = markup_of(markdown=markdown, html=html)
        _check(channel, text, record, post)
        said = written(channel if record is not None else text, markup, given, files=bool(file))
        async with connected(given, live=False) as odoo:
            place = await odoo.resolve(channel) if record is None else await odoo.record(*record)
            return await _post(odoo, place, said, markup, post)

    return finish(job)


@dataclass(frozen=True)
class _Manner:
    """How a message is to be posted."""

    reply_to: int | None
    files: list[Path]
    named: list[str]
    look_for_names: bool
    note: bool
    json: bool


def _check(channel: str, text: str, record: tuple[str, int] | None, post: _Manner) -> None:
    if record is None and not channel:
        raise ConfigError("send needs CHANNEL, or --record MODEL ID")
    if record is not None and text:
        raise ConfigError("--record and a channel: name one of them")
    if post.note and (record is None or post.reply_to is not None):
        raise ConfigError("--note goes with --record, and without --reply-to")


async def _post(odoo: Client, place: Conversation, said: str, markup: Markup, post: _Manner) -> int:
    if post.reply_to is not None:
        await _there(place, post.reply_to)
    body, mentions = await mentioned(odoo, place, said, post.named, text_too=post.look_for_names)
    with Bar(f"{len(post.files)} files") as bar:
        if post.note and isinstance(place, Record):
            message = await place.note(body, markup=markup, mentions=mentions, files=post.files, progress=bar)
        else:
            message = await place.send(
                body, markup=markup, reply_to=post.reply_to, files=post.files, mentions=mentions, progress=bar
            )
    out(json_line(message) if post.json else str(message.id))
    return whole(message, body)


def whole(message: Message, body: str) -> int:
    """The exit code of a message that was posted: whether Odoo left anything of it."""
    if body.strip() and is_deleted(message.html) and not message.attachments:
        say(f"odoochat: message {message.id} is empty: Odoo cleaned all of its text away")
        return FAILED
    return DONE


async def _there(place: Conversation, number: int) -> None:
    """Odoo 19 takes an answer to no message and forgets what it answers; 14 fails in its database."""
    async for _ in place.history(1, after=number - 1, before=number + 1):
        return
    raise NotFound("message", f"no message {number} in {place.name!r}")
