"""What a guest asks and reads: the public routes alone, as guests have no model calls (16 and later)."""

from __future__ import annotations

import re
from typing import Any

from odoochat.errors import ProtocolError
from odoochat.wire.requests.channels import Route
from odoochat.wire.values import count, dicts, identifier
from odoochat.wire.versions.dialect import Outgoing

__all__ = ["Guests", "guest_of"]

_COOKIE = re.compile(r"\"?(\d+)\|[^\"]+\"?")


def guest_of(cookie: str) -> int:
    """The guest's id out of the cookie ``dgid`` (``<id>|<token>``, addons/mail/models/discuss/mail_guest.py)."""
    found = _COOKIE.fullmatch(cookie)
    return int(found[1]) if found else 0


class Guests:
    """The questions of one version.

    Args:
        generation: 16 to 20.
        channel_model: what the version calls it.
    """

    def __init__(self, generation: int, channel_model: str) -> None:
        self._generation = generation
        self._channel = channel_model

    def rename(self, guest_id: int, name: str) -> Route:
        """Gives me a name."""
        return Route("/mail/guest/update_name", {"guest_id": guest_id, "name": name})

    def channel(self, channel_id: int) -> Route:
        """Asks for my channel: its name, and what I have not read."""
        if self._generation < 17:
            return Route("/mail/init_messaging", {})
        if self._generation < 19:
            return Route("/discuss/channel/info", {"channel_id": channel_id})
        path = "/mail/data" if self._generation < 20 else "/mail/store"
        return Route(path, {"fetch_params": [["discuss.channel", [channel_id]]]})

    def channel_facts(self, answer: object, channel_id: int) -> tuple[dict[str, Any], int] | None:
        """The channel's record and my unread count, from the answer to `channel`; None when it is not mine."""
        if not isinstance(answer, dict):
            return None
        if self._generation < 17:
            rows = [r for r in dicts(answer.get("channels")) if r.get("id") == channel_id]
            inner = rows[0].get("channel") if rows else None
            row = {**rows[0], **(inner if isinstance(inner, dict) else {})} if rows else None
            return (row, count(row.get("serverMessageUnreadCounter"))) if row else None
        if self._generation < 18:
            return (answer, count(answer.get("message_unread_counter"))) if answer.get("id") == channel_id else None
        rows = [r for r in dicts(answer.get("discuss.channel")) if r.get("id") == channel_id]
        members = dicts(answer.get("discuss.channel.member"))
        unread = next((m["message_unread_counter"] for m in members if "message_unread_counter" in m), 0)
        return (rows[0], count(unread)) if rows else None

    def page(self, channel_id: int, *, before: int | None, limit: int) -> Route:
        """Asks for messages of a channel, the newest first.

        Args:
            before: only messages with a lower id.
        """
        if self._generation < 17:
            params: dict[str, Any] = {"channel_id": channel_id, "limit": limit}
            return Route("/mail/channel/messages", {**params, **({"max_id": before} if before else {})})
        page: dict[str, Any] = {"limit": limit, **({"before": before} if before else {})}
        if self._generation >= 20:
            asked = ["/discuss/channel/messages", {"channel_id": channel_id, "fetch_params": page}, 1]
            return Route("/mail/store", {"fetch_params": [asked]})
        inner = {"fetch_params": page} if self._generation >= 19 else page
        return Route("/discuss/channel/messages", {"channel_id": channel_id, **inner})

    def post(self, message: Outgoing, tokens: list[str]) -> Route:
        """Posts a message; its body is HTML here.

        Args:
            tokens: of its files, by which they are mine.
        """
        data: dict[str, Any] = {
            "body": message.html,
            "message_type": "comment",
            "subtype_xmlid": "mail.mt_comment",
            "attachment_ids": list(message.attachment_ids),
        }
        params: dict[str, Any] = {"thread_model": self._channel, "thread_id": message.channel_id, "post_data": data}
        if message.reply_to:
            data["parent_id"] = message.reply_to
        if message.attachment_ids:
            (params if self._generation == 18 else data)["attachment_tokens"] = tokens
        if self._generation >= 17:
            params["context"] = {"temporary_id": message.local_id}
        return Route("/mail/message/post", params)

    def posted_id(self, answer: object) -> int:
        """The id out of the answer to `post`: a dict (16, 17), a store (18), ``message_id`` (19 and later).

        Raises:
            ProtocolError: when there is none.
        """
        if isinstance(answer, dict):
            if number := identifier(answer.get("message_id")) or identifier(answer.get("id")):
                return number
            ids = [identifier(r.get("id")) for r in dicts(answer.get("mail.message"))]
            if any(ids):
                return max(ids)
        raise ProtocolError("the post was answered without an id", repr(answer))

    def uploaded(self, answer: object) -> tuple[int, str]:
        """The id of a file and the token by which it is mine, out of an upload's answer.

        Raises:
            ProtocolError: when there is none.
        """
        data = answer.get("data", answer) if isinstance(answer, dict) else {}
        store = data.get("store_data", data) if isinstance(data, dict) else {}
        rows = dicts(store.get("ir.attachment")) or dicts(store.get("Attachment")) or [store]
        for row in rows:
            if number := identifier(row.get("id")):
                names = ("ownership_token", "accessToken", "access_token", "raw_access_token")
                return number, next((t for n in names if isinstance(t := row.get(n), str) and t), "")
        raise ProtocolError("the upload was answered without an id", repr(answer))
