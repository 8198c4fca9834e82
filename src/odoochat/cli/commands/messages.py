"""``edit``, ``delete``, ``react``, ``pin``, ``star``, ``forward``, ``link``, ``seen``: act on one message by its id."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import find_channel_message, find_message, print_message
from odoochat.cli.message_text import markup_of, message_text
from odoochat.cli.options import ChannelArgument, ServerOptions, TextArgument
from odoochat.cli.runner import run_connected
from odoochat.cli.streams import json_line, print_result
from odoochat.errors import AccessDenied, NotFound
from odoochat.wire.content.body import safe_line

if TYPE_CHECKING:
    from odoochat.client.client import Client

__all__ = ["delete", "edit", "forward", "link", "pin", "react", "seen", "star"]


@contextmanager
def _own_message(number: int) -> Generator[None]:
    """Explain a misleading "not found" error: Odoo's routes return 404 for other users' messages."""
    try:
        yield
    except NotFound:
        raise AccessDenied(
            "message",
            f"message {number} is not yours; only its author can change it",
        ) from None


def edit(
    id: int,
    text: TextArgument,
    /,
    *,
    markdown: bool = False,
    html: bool = False,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Replace the text of one of your messages.

    Parameters
    ----------
    id
        Message id.
    text
        New text; - reads it from standard input.
    markdown
        The text is Markdown.
    html
        The text is HTML, which Odoo sanitizes.
    json
        Print the changed message as JSON.
    """

    async def work(odoo: Client) -> int:
        markup = markup_of(markdown=markdown, html=html)
        empty = f"the new text is empty; to delete the message, use `odoochat delete {id}`"
        body = message_text(text, markup, server, empty=empty)
        message, place = await find_message(odoo, id)
        with _own_message(id):
            await place.edit(message, body, markup=markup)
        await print_message(odoo, id, json=json)
        return DONE

    return run_connected(server, work)


def delete(id: int, /, *, server: ServerOptions | None = None, json: bool = False) -> int:
    """Delete the text and files of one of your messages.

    Parameters
    ----------
    id
        Message id.
    json
        Print one JSON object.
    """

    async def work(odoo: Client) -> int:
        message, place = await find_message(odoo, id)
        with _own_message(id):
            await place.delete(message)
        if json:
            print_result(json_line({"id": id, "deleted": True}))
        return DONE

    return run_connected(server, work)


def react(
    id: int,
    emoji: TextArgument,
    /,
    *,
    remove: bool = False,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Add a reaction to a message (Odoo 15 and later).

    Parameters
    ----------
    id
        Message id.
    emoji
        The emoji itself, 👍, or its name: thumbsup, +1, :tada:
    remove
        Remove your reaction instead.
    json
        Print the changed message as JSON.
    """

    async def work(odoo: Client) -> int:
        message, place = await find_message(odoo, id)
        await (place.unreact if remove else place.react)(message, emoji)
        await print_message(odoo, id, json=json)
        return DONE

    return run_connected(server, work)


def pin(id: int, /, *, remove: bool = False, server: ServerOptions | None = None, json: bool = False) -> int:
    """Pin a message in its channel (Odoo 17 and later).

    Parameters
    ----------
    id
        Message id.
    remove
        Unpin it instead.
    json
        Print the changed message as JSON.
    """

    async def work(odoo: Client) -> int:
        message, channel = await find_channel_message(odoo, id)
        await (channel.unpin if remove else channel.pin)(message)
        await print_message(odoo, id, json=json)
        return DONE

    return run_connected(server, work)


def star(id: int, /, *, remove: bool = False, server: ServerOptions | None = None, json: bool = False) -> int:
    """Star a message (called a bookmark in Odoo 20).

    Parameters
    ----------
    id
        Message id.
    remove
        Remove your star instead.
    json
        Print the changed message as JSON.
    """

    async def work(odoo: Client) -> int:
        message, place = await find_message(odoo, id)
        await (place.unstar if remove else place.star)(message)
        await print_message(odoo, id, json=json)
        return DONE

    return run_connected(server, work)


def forward(
    id: int,
    channel: ChannelArgument,
    text: TextArgument = "",
    /,
    *,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Forward a message with its files to another channel and print the id of the new message.

    Parameters
    ----------
    id
        Message id.
    channel
        Target: channel id, name (general, #general) or person (@bob); the direct chat is created if needed.
    text
        Comment to add; - reads it from standard input.
    json
        Print the new message as JSON.
    """

    async def work(odoo: Client) -> int:
        comment = message_text(text, "text", server, empty="the comment is empty") if text else ""
        message, place = await find_message(odoo, id)
        sent = await place.forward(message, await odoo.resolve(channel), comment)
        print_result(json_line(sent) if json else str(sent.id))
        return DONE

    return run_connected(server, work)


def link(id: int, /, *, server: ServerOptions | None = None, json: bool = False) -> int:
    """Print the web address of a message.

    Parameters
    ----------
    id
        Message id.
    json
        Print one JSON object.
    """

    async def work(odoo: Client) -> int:
        message = await odoo.fetch_message(id)
        address = odoo.server.link_to(message)
        print_result(json_line({"id": id, "link": address}) if json else address)
        return DONE

    return run_connected(server, work)


def seen(id: int, /, *, server: ServerOptions | None = None, json: bool = False) -> int:
    """List the members who have read a message, excluding its author.

    Parameters
    ----------
    id
        Message id.
    json
        Print one JSON object per line.
    """

    async def work(odoo: Client) -> int:
        message, channel = await find_channel_message(odoo, id)
        for author in await channel.members.seen_by(message):
            print_result(json_line(author) if json else safe_line(author.name))
        return DONE

    return run_connected(server, work)
