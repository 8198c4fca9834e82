"""``edit``, ``delete``, ``react``, ``pin``, ``star``, ``forward``, ``link``, ``seen``: one message, by its id."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from odoochat.cli.completion import Conversing
from odoochat.cli.connection import Server, act
from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import channel_of, place_of, show_message
from odoochat.cli.message_text import Text, markup_of, written
from odoochat.cli.streams import json_line, out
from odoochat.client.client import Client
from odoochat.errors import AccessDenied, NotFound
from odoochat.wire.content.body import safe_line

__all__ = ["delete", "edit", "forward", "link", "pin", "react", "seen", "star"]


@contextmanager
def _mine(number: int) -> Iterator[None]:
    """Odoo's routes answer a change of somebody else's message with a bare page that there is nothing."""
    try:
        yield
    except NotFound:
        raise AccessDenied("message", f"message {number} is not yours to change") from None


def edit(
    id: int,
    text: Text,
    /,
    *,
    markdown: bool = False,
    html: bool = False,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Replace the text of a message of mine.

    Parameters
    ----------
    id
        Of the message.
    text
        The new text; - reads it from standard input.
    markdown
        The text is Markdown.
    html
        The text is HTML, which Odoo cleans.
    json
        Print the message as it is then.
    """

    async def work(odoo: Client) -> int:
        markup = markup_of(markdown=markdown, html=html)
        body = written(text, markup, server)
        message, place = await place_of(odoo, id)
        with _mine(id):
            await place.edit(message, body, markup=markup)
        await show_message(odoo, id, json=json)
        return DONE

    return act(server, work)


def delete(id: int, /, *, server: Server | None = None, json: bool = False) -> int:
    """Take a message of mine back: its text and its files go.

    Parameters
    ----------
    id
        Of the message.
    json
        Print one JSON object.
    """

    async def work(odoo: Client) -> int:
        message, place = await place_of(odoo, id)
        with _mine(id):
            await place.delete(message)
        if json:
            out(json_line({"id": id, "deleted": True}))
        return DONE

    return act(server, work)


def react(id: int, emoji: Text, /, *, remove: bool = False, server: Server | None = None, json: bool = False) -> int:
    """Put an emoji under a message (15 and later).

    Parameters
    ----------
    id
        Of the message.
    emoji
        The emoji itself, 👍, or a name: thumbsup, +1, :tada:
    remove
        Takes mine back.
    json
        Print the message as it is then.
    """

    async def work(odoo: Client) -> int:
        message, place = await place_of(odoo, id)
        await (place.unreact if remove else place.react)(message, emoji)
        await show_message(odoo, id, json=json)
        return DONE

    return act(server, work)


def pin(id: int, /, *, remove: bool = False, server: Server | None = None, json: bool = False) -> int:
    """Pin a message to its channel (17 and later).

    Parameters
    ----------
    id
        Of the message.
    remove
        Takes it off.
    json
        Print the message as it is then.
    """

    async def work(odoo: Client) -> int:
        message, channel = await channel_of(odoo, id)
        await (channel.unpin if remove else channel.pin)(message)
        await show_message(odoo, id, json=json)
        return DONE

    return act(server, work)


def star(id: int, /, *, remove: bool = False, server: Server | None = None, json: bool = False) -> int:
    """Put my star on a message; on Odoo 20 a bookmark.

    Parameters
    ----------
    id
        Of the message.
    remove
        Takes it off.
    json
        Print the message as it is then.
    """

    async def work(odoo: Client) -> int:
        message, place = await place_of(odoo, id)
        await (place.unstar if remove else place.star)(message)
        await show_message(odoo, id, json=json)
        return DONE

    return act(server, work)


def forward(
    id: int,
    channel: Conversing,
    text: Text = "",
    /,
    *,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Send a message on to another conversation, with its files, and print the new message's id.

    Parameters
    ----------
    id
        Of the message.
    channel
        Where to: an id, a name (general, #general) or a person (@bob): the direct chat, made when missing.
    text
        What you say to it; - reads it from standard input.
    json
        Print the new message as JSON.
    """

    async def work(odoo: Client) -> int:
        said = written(text, "text", server) if text else ""
        message, place = await place_of(odoo, id)
        sent = await place.forward(message, await odoo.resolve(channel), said)
        out(json_line(sent) if json else str(sent.id))
        return DONE

    return act(server, work)


def link(id: int, /, *, server: Server | None = None, json: bool = False) -> int:
    """Print the address by which a browser opens a message.

    Parameters
    ----------
    id
        Of the message.
    json
        Print one JSON object.
    """

    async def work(odoo: Client) -> int:
        message, place = await place_of(odoo, id)
        address = place.link(message)
        out(json_line({"id": id, "link": address}) if json else address)
        return DONE

    return act(server, work)


def seen(id: int, /, *, server: Server | None = None, json: bool = False) -> int:
    """List who has read a message, its author left out.

    Parameters
    ----------
    id
        Of the message.
    json
        Print one JSON object a line.
    """

    async def work(odoo: Client) -> int:
        message, channel = await channel_of(odoo, id)
        for author in await channel.seen_by(message):
            out(json_line(author) if json else safe_line(author.name))
        return DONE

    return act(server, work)
