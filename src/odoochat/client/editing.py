"""Editing: changes message texts, and the current user's reactions and stars."""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.client.services import Services
from odoochat.emoji import emoji_of
from odoochat.errors import AccessDenied, NotFound
from odoochat.model import Message
from odoochat.wire.requests.call import Call

__all__ = ["change_message", "set_reaction", "set_star", "writes_rows"]


def writes_rows(services: Services) -> bool:
    """Return whether messages must be changed by writing their rows, as with an API key or on Odoo 14.

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
    """Replace the body of one of the current user's messages.

    Args:
        services: the client's services.
        message_id: the message's id.
        message: the message as stored on the server; required if `writes_rows`.
        html: the new body; empty to delete the message.
        files: the ids of the files to keep.
        mentions: partner ids of the mentions to keep.

    Raises:
        AccessDenied: the message belongs to another user.
        NotFound: the message does not exist, or belongs to another user.
        OdooChatError: the server refused the change.
    """
    session = services.session
    by_row = writes_rows(services)
    if by_row:
        # Anyone who may post to the channel can write the rows of other users' messages (observed on Odoo 14 and 19).
        if message is None or message.author != session.me.author:
            raise AccessDenied("message", f"message {message_id} is not yours; only its author can change it")
        if not html and message.attachments:
            await session.do(Call("ir.attachment", "unlink", tuple(a.id for a in message.attachments)))
    try:
        await session.do(session.dialect.messages.edit(message_id, html, files, mentions))
    except NotFound:  # the route's page also says so of other users' messages
        if message is not None and message.author != session.me.author:
            raise AccessDenied("message", f"message {message_id} is not yours; only its author can change it") from None
        text = f"no message {message_id} that you can change; it was deleted, or another user wrote it"
        raise NotFound("message", text) from None
    if by_row:
        await services.publisher.publish_written(message_id)


async def set_reaction(services: Services, message_id: int, emoji: str, *, remove: bool) -> None:
    """Add or remove one of the current user's reactions.

    Args:
        services: the client's services.
        message_id: the message's id.
        emoji: the emoji itself or its name.
        remove: whether to remove the reaction instead of adding it.

    Raises:
        NotSupported: on Odoo 14.
        ApiKeyOnly: the login has no session.
        UsageError: `emoji` is not an emoji.
    """
    emoji = emoji_of(emoji)
    services.session.require("react")
    await services.session.do(services.session.dialect.messages.react(message_id, emoji, remove))


async def set_star(services: Services, message: Message, *, starred: bool) -> None:
    """Star or unstar a message. Odoo's call toggles the star, so it is skipped if nothing needs to change.

    Args:
        services: the client's services.
        message: the message as stored on the server.
        starred: whether the message should be starred.

    Raises:
        OdooChatError: the server refused the change.
    """
    if message.starred is not starred:
        await services.session.do(services.session.dialect.messages.star(message.id, starred))
