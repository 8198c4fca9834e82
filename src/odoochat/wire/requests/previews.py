"""The link previews of one message, out of the answer to a question for messages."""

from __future__ import annotations

from odoochat.model import LinkPreview
from odoochat.wire.decoders.flat_parts import previews
from odoochat.wire.decoders.store import Store
from odoochat.wire.updates import Names
from odoochat.wire.values import dicts, identifier

__all__ = ["preview_of"]


def preview_of(message_id: int, answer: object, names: Names) -> tuple[LinkPreview, ...]:
    """What is behind a message's links.

    Args:
        answer: to `message_page`: a list of dicts under ``messages`` (17), a store under ``data`` (18, 19), the store
            itself (20).
    """
    if not isinstance(answer, dict):
        return ()
    data = answer if "mail.message" in answer else answer.get("data")
    if isinstance(data, dict):
        rows = [r for r in dicts(data.get("mail.message")) if identifier(r.get("id")) == message_id]
        return (Store(data, names).previews(rows[0]) or ()) if rows else ()
    rows = [r for r in dicts(answer.get("messages")) if identifier(r.get("id")) == message_id]
    return previews(rows[0].get("linkPreviews")) if rows else ()
