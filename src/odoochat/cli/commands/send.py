"""``send``: posts a message to a channel or record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from odoochat.cli.connection import connected
from odoochat.cli.exit_codes import DONE, FAILED
from odoochat.cli.mentions import find_mentions
from odoochat.cli.message_text import markup_of, message_text
from odoochat.cli.options import LEADING_HYPHEN, ChannelArgument, PersonsOption, ServerOptions, TextArgument
from odoochat.cli.progress_bar import ProgressBar
from odoochat.cli.runner import run_command
from odoochat.cli.streams import json_line, print_note, print_result
from odoochat.errors import ConfigError, NotFound
from odoochat.plural import counted
from odoochat.wire.content.body import is_deleted

if TYPE_CHECKING:
    from odoochat.client.client import Client
    from odoochat.client.conversation import Conversation
    from odoochat.client.services import Markup
    from odoochat.model import Message

__all__ = ["send"]


def send(
    channel: Annotated[ChannelArgument, LEADING_HYPHEN] = "",
    text: TextArgument = "",
    /,
    *,
    reply_to: int | None = None,
    file: list[Path] | None = None,
    markdown: bool = False,
    html: bool = False,
    mention: PersonsOption = None,
    no_mentions: bool = False,
    record: tuple[str, int] | None = None,
    note: bool = False,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Send a message and print its id.

    In the text, @Bob (a name or login), @everyone (Odoo 18 and later) and #general become mentions; names that do
    not match anything stay plain text.

    Parameters
    ----------
    channel
        Channel id, name (general, #general) or person (@bob); the direct chat is created if needed.
    text
        Text of the message; - reads it from standard input.
    reply_to
        Id of the message to reply to.
    file
        File to attach; may be repeated.
    markdown
        The text is Markdown.
    html
        The text is HTML, which Odoo sanitizes.
    mention
        Person to notify, by login or name, or everyone; may be repeated.
    no_mentions
        Do not turn @Bob and #general in the text into mentions.
    record
        Post on a record instead of a channel, e.g. --record sale.order 42 TEXT.
    note
        Post an internal note on the record, without notifying its followers.
    json
        Print the message as JSON.
    """
    given = server or ServerOptions()
    draft = _Draft(reply_to, file or [], mention or [], not no_mentions, note)

    async def job() -> int:
        markup = markup_of(markdown=markdown, html=html)
        _check(channel, text, record, draft)
        body = message_text(channel if record is not None else text, markup, given, has_files=bool(file))
        async with connected(given, live=False) as odoo:
            place = await odoo.resolve(channel) if record is None else await odoo.record(*record)
            if markup == "text" and not json and not note:  # Odoo stores plain text as it is
                return await _post(odoo, place, body, draft)
            return await _send(odoo, place, body, markup, draft, json=json)

    return run_command(job)


@dataclass(frozen=True)
class _Draft:
    """The parts of a message besides its text.

    Attributes:
        reply_to: the id of the message to reply to.
        files: the files to attach.
        mention: people to notify besides those mentioned in the text.
        mentions_in_text: whether names in the text become mentions.
        note: whether it is an internal note on a record.
    """

    reply_to: int | None
    files: list[Path]
    mention: list[str]
    mentions_in_text: bool
    note: bool


def _check(channel: str, text: str, record: tuple[str, int] | None, draft: _Draft) -> None:
    if record is None and not channel:
        raise ConfigError("send needs either CHANNEL or --record MODEL ID")
    if record is not None and text:
        raise ConfigError("--record replaces CHANNEL; pass only the text after it")
    if draft.note and (record is None or draft.reply_to is not None):
        raise ConfigError("--note requires --record and cannot be used with --reply-to")


async def _post(odoo: Client, place: Conversation, text: str, draft: _Draft) -> int:
    """Post plain text, print the message's id and return the exit code."""
    if draft.reply_to is not None:
        await _check_exists(place, draft.reply_to)
    body, mentions = await find_mentions(odoo, place, text, draft.mention, in_text=draft.mentions_in_text)
    with ProgressBar(counted(len(draft.files), "file")) as bar:
        number = await place.post(body, reply_to=draft.reply_to, files=draft.files, mentions=mentions, progress=bar)
    print_result(str(number))
    return DONE


async def _send(odoo: Client, place: Conversation, text: str, markup: Markup, draft: _Draft, *, json: bool) -> int:
    """Post the message, print it and return the exit code."""
    from odoochat.client.record import Record

    if draft.reply_to is not None:
        await _check_exists(place, draft.reply_to)
    body, mentions = await find_mentions(odoo, place, text, draft.mention, in_text=draft.mentions_in_text)
    with ProgressBar(counted(len(draft.files), "file")) as bar:
        if draft.note and isinstance(place, Record):
            message = await place.note(body, markup=markup, mentions=mentions, files=draft.files, progress=bar)
        else:
            message = await place.send(
                body, markup=markup, reply_to=draft.reply_to, files=draft.files, mentions=mentions, progress=bar
            )
    print_result(json_line(message) if json else str(message.id))
    return _warn_if_empty(message, body)


def _warn_if_empty(message: Message, body: str) -> int:
    """Return the exit code after posting, and warn if Odoo removed all of the text."""
    if body.strip() and is_deleted(message.html) and not message.attachments:
        print_note(f"odoochat: message {message.id} is empty: Odoo removed all of its text")
        return FAILED
    return DONE


async def _check_exists(place: Conversation, number: int) -> None:
    """Check that the message to reply to exists: Odoo 19 ignores an invalid id; Odoo 14 reports a database error."""
    async for _ in place.history(1, after=number - 1, before=number + 1):
        return
    raise NotFound("message", f"no message {number} in {place.name!r}")
