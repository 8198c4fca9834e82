"""The link previews of one message, out of the answer to a question for messages."""

from __future__ import annotations

from odoochat.model import LinkPreview
from odoochat.wire.requests.channels import Route
from odoochat.wire.updates import Names
from odoochat.wire.values import dicts
from odoochat.wire.versions.flat import previews
from odoochat.wire.versions.odoo18 import Store

__all__ = ["around", "preview_of"]


def around(generation: int, model: str, number: int, message_id: int) -> Route:
    """Asks for one message as the web client does, with all that hangs on it (17 and later).

    Args:
        model, number: of the record where it stands; "" and the channel's id for a channel.
    """
    where: dict[str, object] = {"thread_model": model, "thread_id": number} if model else {"channel_id": number}
    name = "/mail/thread/messages" if model else "/discuss/channel/messages"
    page: dict[str, object] = {"around": message_id, "limit": 2}
    if generation >= 20:
        return Route("/mail/store", {"fetch_params": [[name, {**where, "fetch_params": page}, 1]]})
    return Route(name, {**where, **({"fetch_params": page} if generation >= 19 else page)})


def preview_of(message_id: int, answer: object, names: Names) -> tuple[LinkPreview, ...]:
    """What is behind a message's links.

    Args:
        answer: to `around`: a list of dicts under ``messages`` (17), a store under ``data`` (18, 19), the store (20).
    """
    if not isinstance(answer, dict):
        return ()
    data = answer if "mail.message" in answer else answer.get("data")
    if isinstance(data, dict):
        rows = [r for r in dicts(data.get("mail.message")) if r.get("id") == message_id]
        return (Store(data, names).previews(rows[0]) or ()) if rows else ()
    rows = [r for r in dicts(answer.get("messages")) if r.get("id") == message_id]
    return previews(rows[0].get("linkPreviews")) if rows else ()
