"""Link previews: fetches the server's previews of the links in a message."""

from __future__ import annotations

from odoochat.client.session import Session
from odoochat.core.state import ClientState
from odoochat.model import LinkPreview, Message
from odoochat.wire.requests.call import Route
from odoochat.wire.requests.pages import message_page

__all__ = ["fetch_previews"]


async def fetch_previews(session: Session, state: ClientState, message: Message) -> tuple[LinkPreview, ...]:
    """Fetch the link previews of a message; see `Files.previews`.

    Args:
        session: sends the requests.
        state: provides people's names.
        message: the message.

    Returns:
        The previews.

    Raises:
        NotSupported, ApiKeyOnly: before Odoo 17, or without a session.
    """
    session.require("previews")
    await session.do(Route("/mail/link_preview", {"message_id": message.id}))
    record = message.record
    model, number = ("", message.channel.id) if record is None else (record.model, record.id)
    answer = await session.do(message_page(session.dialect.table, model, number, message.id))
    return session.dialect.decoder.previews_in(answer, state, message.id)
