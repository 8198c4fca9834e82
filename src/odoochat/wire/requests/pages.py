"""Routes for pages of messages, in the form of each version."""

from __future__ import annotations

from odoochat.wire.requests.call import Route
from odoochat.wire.version_table import VersionTable

__all__ = ["inbox_page", "message_page", "messages_page"]


def messages_page(table: VersionTable, model: str, number: int, page: dict[str, int]) -> Route:
    """Build the request for a page of messages of a channel or a record.

    Args:
        table: table of the server's version, 16 or later.
        model: model of the record; "" for a channel.
        number: id of the record or the channel.
        page: bounds: ``limit``, and ``before`` or ``around`` (ids of messages).
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
    """Build the request for a page of the inbox, which marks nothing as read.

    Args:
        table: table of the server's version, 18 or 19.
        page: bounds: ``limit``, and ``before`` (id of a message).
    """
    return Route("/mail/inbox/messages", {"fetch_params": page} if table.page_style == "nested" else dict(page))


def message_page(table: VersionTable, model: str, number: int, message_id: int) -> Route:
    """Build the request for one message as the web client makes it, with its reactions and link previews.

    On 19 and later, and on records, the server removes the message, and no other one, from the inbox.

    Args:
        table: table of the server's version, 17 or later.
        model: model of the message's record; "" for a channel.
        number: id of the record or the channel.
        message_id: id of the message.
    """
    page = {"before": message_id + 1, "limit": 1}
    if not table.pages_mark_read and not model:
        page = {"around": message_id, "limit": 2}
    return messages_page(table, model, number, page)
