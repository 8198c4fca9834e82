"""Guest requests (Odoo 16 and later); guests can only use public routes."""

from __future__ import annotations

import re
from typing import Any

from odoochat.errors import ProtocolError
from odoochat.wire.requests.call import Route
from odoochat.wire.requests.messages import OutgoingMessage
from odoochat.wire.requests.pages import messages_page
from odoochat.wire.values import count, dicts, identifier, is_object
from odoochat.wire.version_table import VersionTable

__all__ = ["GuestRequests", "guest_of"]

_COOKIE = re.compile(r"\"?(\d+)\|[^\"]+\"?")


def guest_of(cookie: str) -> int:
    """Return the guest id from the cookie ``dgid`` (``<id>|<token>``), or 0 if there is none.

    Source: addons/mail/models/discuss/mail_guest.py.

    Args:
        cookie: the cookie's value.
    """
    found = _COOKIE.fullmatch(cookie)
    return int(found[1]) if found else 0


class GuestRequests:
    """Builds guest requests for one Odoo version, and decodes the responses.

    Args:
        table: the version table.
    """

    def __init__(self, table: VersionTable) -> None:
        self._table = table

    def rename(self, guest_id: int, name: str) -> Route:
        """Change the guest's name.

        Args:
            guest_id: guest id.
            name: the new name.
        """
        return Route("/mail/guest/update_name", {"guest_id": guest_id, "name": name})

    def channel(self, channel_id: int) -> Route:
        """Fetch the guest's channel, including its unread counter.

        Args:
            channel_id: channel id.
        """
        path = self._table.guest_channel_path
        if path == self._table.data_path:
            return Route(path, {"fetch_params": [[self._table.channel_model, [channel_id]]]})
        return Route(path, {"channel_id": channel_id} if path.startswith("/discuss/") else {})

    def channel_facts(self, answer: object, channel_id: int) -> tuple[dict[str, Any], int] | None:
        """Return the channel record and the unread counter from the response to `channel`.

        Args:
            answer: ``{"channels": […]}`` (Odoo 16), the record itself (17), or a store (18 and later).
            channel_id: channel id.

        Returns:
            The record and the counter, or None if the guest is not a member.
        """
        if not is_object(answer):
            return None
        if "channels" in answer:
            rows = [r for r in dicts(answer.get("channels")) if r.get("id") == channel_id]
            inner = rows[0].get("channel") if rows else None
            row = {**rows[0], **(inner if is_object(inner) else {})} if rows else None
            return (row, count(row.get("serverMessageUnreadCounter"))) if row else None
        if "discuss.channel" not in answer:
            return (answer, count(answer.get("message_unread_counter"))) if answer.get("id") == channel_id else None
        rows = [r for r in dicts(answer.get("discuss.channel")) if r.get("id") == channel_id]
        members = dicts(answer.get("discuss.channel.member"))
        unread = next((m["message_unread_counter"] for m in members if "message_unread_counter" in m), 0)
        return (rows[0], count(unread)) if rows else None

    def page(self, channel_id: int, *, before: int | None, limit: int) -> Route:
        """Fetch a channel's messages, newest first.

        Args:
            channel_id: channel id.
            before: fetch only messages with a lower id; None for the newest messages.
            limit: maximum number of messages.
        """
        return messages_page(self._table, "", channel_id, {"limit": limit, **({"before": before} if before else {})})

    def post(self, message: OutgoingMessage) -> Route:
        """Post a message.

        Args:
            message: the message to post; its file tokens prove that the guest uploaded the files.
        """
        data: dict[str, Any] = {
            "body": message.html,
            "message_type": "comment",
            "subtype_xmlid": "mail.mt_comment",
            "attachment_ids": list(message.attachment_ids),
        }
        params: dict[str, Any] = {
            "thread_model": self._table.channel_model,
            "thread_id": message.channel_id,
            "post_data": data,
        }
        if message.reply_to:
            data["parent_id"] = message.reply_to
        if message.attachment_ids:
            (params if self._table.tokens_beside_post else data)["attachment_tokens"] = list(message.tokens)
        if self._table.echoes_local_id:
            params["context"] = {"temporary_id": message.local_id}
        return Route("/mail/message/post", params)

    def posted_id(self, answer: object) -> int:
        """Return the id from the response to `post`: a dict (Odoo 16, 17), a store (18), ``message_id`` (19 and later).

        Args:
            answer: the server's response.

        Raises:
            ProtocolError: the response contains no id.
        """
        if is_object(answer):
            if number := identifier(answer.get("message_id")) or identifier(answer.get("id")):
                return number
            ids = [identifier(r.get("id")) for r in dicts(answer.get("mail.message"))]
            if any(ids):
                return max(ids)
        raise ProtocolError("/mail/message/post returned no id", answer)

    def uploaded(self, answer: object) -> tuple[int, str]:
        """Return a file's id and access token from the response to an upload.

        Args:
            answer: the server's response.

        Raises:
            ProtocolError: the response contains no id.
        """
        data: object = answer.get("data", answer) if is_object(answer) else {}
        inner: object = data.get("store_data", data) if is_object(data) else {}
        store: dict[str, Any] = inner if is_object(inner) else {}
        rows = dicts(store.get("ir.attachment")) or dicts(store.get("Attachment")) or [store]
        for row in rows:
            if number := identifier(row.get("id")):
                names = ("ownership_token", "accessToken", "access_token", "raw_access_token")
                return number, next((t for n in names if isinstance(t := row.get(n), str) and t), "")
        raise ProtocolError("the upload returned no id", answer)
