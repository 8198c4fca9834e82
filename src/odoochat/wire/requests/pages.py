"""Routes that fetch pages of messages, in each version's format."""

from __future__ import annotations

from odoochat.wire.requests.call import Route
from odoochat.wire.version_table import VersionTable

__all__ = ["inbox_page", "message_page", "messages_page"]


def messages_page(table: VersionTable, model: str, number: int, page: dict[str, int]) -> Route:
    """Build the request for a page of messages from a channel or record.

    Args:
        table: the server's version table, Odoo 16 or later.
        model: the record's model, "" for a channel.
        number: record or channel id.
        page: the bounds: ``limit``, and ``before`` or ``around`` (message ids).
    """
    where: dict[str, object] = {"thread_model": model, "thread_id": number} if model else {"channel_id": number}
    name = "/mail/thread/messages" if model else "/discuss/channel/messages"
    match table.page_style:
        case "store":
            return Route(table.data_path, {"fetch_params": [[name, {**where, "fetch_params": page}, 1]]})
        case "nested":
            return Route(name, {**where, "fetch_params": page})
        case "flat":
            return Route(name, {**where, **page})
        case _:
            bounds = {"max_id" if key == "before" else key: value for key, value in page.items()}
            return Route("/mail/channel/messages", {**where, **bounds})


def inbox_page(table: VersionTable, page: dict[str, int]) -> Route:
    """Build the request for a page of the inbox; fetching it does not mark anything as read.

    Args:
        table: the server's version table, Odoo 18 or 19.
        page: the bounds: ``limit``, and ``before`` (a message id).
    """
    return Route("/mail/inbox/messages", {"fetch_params": page} if table.page_style == "nested" else dict(page))


def message_page(table: VersionTable, model: str, number: int, message_id: int) -> Route:
    """Build the web client's request for a single message, including its reactions and link previews.

    On Odoo 19 and later, and for messages on records, the server removes this message (and no other) from the inbox.

    Args:
        table: the server's version table, 17 or later.
        model: model of the message's record, "" for a channel.
        number: record or channel id.
        message_id: message id.
    """
    page = {"before": message_id + 1, "limit": 1}
    if not table.pages_mark_read and not model:
        page = {"around": message_id, "limit": 2}
    return messages_page(table, model, number, page)
