"""The link previews of one message, out of the answer to a question for messages."""

from __future__ import annotations

from odoochat.model import LinkPreview
from odoochat.wire.flat import previews
from odoochat.wire.heard import Names
from odoochat.wire.odoo18 import Store
from odoochat.wire.values import dicts

__all__ = ["preview_of"]


def preview_of(message_id: int, answer: object, names: Names) -> tuple[LinkPreview, ...]:
    """What is behind a message's links.

    Args:
        answer: of ``/discuss/channel/messages`` or ``/mail/thread/messages``: a list of dicts under ``messages`` (17),
            a store under ``data`` (18 and later).
    """
    if not isinstance(answer, dict):
        return ()
    data = answer.get("data")
    if isinstance(data, dict):
        rows = [r for r in dicts(data.get("mail.message")) if r.get("id") == message_id]
        return (Store(data, names).previews(rows[0]) or ()) if rows else ()
    rows = [r for r in dicts(answer.get("messages")) if r.get("id") == message_id]
    return previews(rows[0].get("linkPreviews")) if rows else ()
