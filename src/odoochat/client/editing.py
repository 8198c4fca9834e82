"""Editing: changes the text of messages, and the current user's reactions and stars."""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.client.services import Services
from odoochat.emoji import emoji_of
from odoochat.errors import AccessDenied
from odoochat.model import Message
from odoochat.wire.requests.call import Call

__all__ = ["change_message", "set_reaction", "set_star", "writes_rows"]


def writes_rows(services: Services) -> bool:
    """Return whether a message is changed by writing its row, as by an API key and on Odoo 14.

    Args:
        services: the client's services.
    """
    return services.session.dialect.messages.writes_rows


async def change_message(
    services: Services,
    message_id: int,
    message: Message | None,
    html: str,
    files: Sequence[int],
    mentions: Sequence[int],
) -> None:
    """Replace the body of a message of the current user.

    Args:
        services: the client's services.
        message_id: id of the message.
        message: the message as the server has it; needed when `writes_rows`.
        html: the new body; empty to delete the message.
        files: ids of the files that stay.
        mentions: partner ids of those who stay mentioned.

    Raises:
        AccessDenied: the message is not the current user's.
        OdooChatError: the server refuses it.
    """
    session = services.session
    by_row = writes_rows(services)
    if by_row:
        # Everyone who may write to the channel can write the rows of others' messages (seen on 14 and 19).
        if message is None or message.author != session.me.author:
            raise AccessDenied("message", f"message {message_id} is not yours; only its author can change it")
        if not html and message.attachments:
            await session.do(Call("ir.attachment", "unlink", tuple(a.id for a in message.attachments)))
    await session.do(session.dialect.messages.edit(message_id, html, files, mentions))
    if by_row:
        await services.publisher.publish_written(message_id)


async def set_reaction(services: Services, message_id: int, emoji: str, *, remove: bool) -> None:
    """Add or remove a reaction of the current user.

    Args:
        services: the client's services.
        message_id: id of the message.
        emoji: the emoji itself or its name.
        remove: whether to remove it.

    Raises:
        NotSupported: on Odoo 14.
        ApiKeyOnly: the login has no session.
        UsageError: `emoji` is not an emoji.
    """
    emoji = emoji_of(emoji)
    services.session.require("react")
    await services.session.do(services.session.dialect.messages.react(message_id, emoji, remove))


async def set_star(services: Services, message: Message, *, starred: bool) -> None:
    """Star or unstar a message; nothing happens when it is so already, as Odoo's call toggles.

    Args:
        services: the client's services.
        message: the message as the server has it.
        starred: whether it shall be starred.

    Raises:
        OdooChatError: the server refuses it.
    """
    if message.starred is not starred:
        await services.session.do(services.session.dialect.messages.star(message.id, starred))
