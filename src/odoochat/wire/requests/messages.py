"""What is asked about single messages: to change them, and to mark them for myself and for others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from odoochat.wire.requests.call import Call
from odoochat.wire.requests.channels import Route

__all__ = ["Marks"]

COUNTED = 5_000
"""Messages of the inbox, or starred ones, that are counted one by one."""


class Marks:
    """The questions of one version. Source: PROTOCOL of the versions, sections C.6 to C.8 and C.11.

    Args:
        generation: 14 to 20.
        channel_model, member_model: what the version calls them.
    """

    def __init__(self, generation: int, channel_model: str, member_model: str) -> None:
        self._generation = generation
        self._channel = channel_model
        self._member = member_model

    # ------------------------------------------------------------------- content

    def edit(
        self, message_id: int, html: str, files: Sequence[int], partner_ids: Sequence[int], *, session: bool
    ) -> Call | Route:
        """Replaces a message's content; an empty one deletes it, as the web client does.

        Args:
            files: ids of the files that it keeps.
            partner_ids: who is mentioned in it now.
            session: without one the row is written, which the server tells nobody; so does 14, which has no route.
        """
        if self._generation < 15 or not session:
            return Call("mail.message", "write", (message_id,), {"vals": {"body": html}})
        data: dict[str, Any] = {"body": html, "attachment_ids": list(files)}
        if self._generation >= 17:
            data["partner_ids"] = list(partner_ids)
        inner = {"update_data": data} if self._generation >= 19 else data
        return Route("/mail/message/update_content", {"message_id": message_id, **inner})

    def react(self, message_id: int, content: str, remove: bool) -> Route:
        """Gives or takes back a reaction (15 and later)."""
        params = {"message_id": message_id, "content": content}
        if self._generation < 17:
            return Route(f"/mail/message/{'remove' if remove else 'add'}_reaction", params)
        return Route("/mail/message/reaction", {**params, "action": "remove" if remove else "add"})

    # --------------------------------------------------------------------- marks

    def star(self, message_id: int, starred: bool) -> Call | Route:
        """Puts my star on a message or takes it off: up to 19 a toggle, to be called when it is not so already."""
        if self._generation >= 20:
            name = "add_bookmark" if starred else "remove_bookmark"
            return Route("/mail/store", {"fetch_params": [[name, {"message_id": message_id}]]})
        return Call("mail.message", "toggle_message_starred", (message_id,))

    def pin(self, channel_id: int, message_id: int, pinned: bool) -> Call:
        """Pins a message to its channel, or takes it off (17 and later)."""
        return Call(self._channel, "set_message_pin", (channel_id,), {"message_id": message_id, "pinned": pinned})

    def mark_read(self, channel_id: int, member_id: int, message_id: int, *, session: bool) -> Call | Route:
        """Marks a channel as read up to a message."""
        if self._generation < 15:
            return Call(self._channel, "channel_seen", (channel_id,), {"last_message_id": message_id})
        if not session:
            values: dict[str, Any] = {"seen_message_id": message_id}
            if self._generation >= 18:
                values["new_message_separator"] = message_id + 1
            return Call(self._member, "write", (member_id,), {"vals": values})
        params = {"channel_id": channel_id, "last_message_id": message_id}
        if self._generation < 17:
            return Route("/mail/channel/set_last_seen_message", params)
        if self._generation < 18:
            return Route("/discuss/channel/set_last_seen_message", params)
        return Route("/discuss/channel/mark_as_read", params)

    def mark_unread(self, channel_id: int, member_id: int, message_id: int, *, session: bool) -> Call | Route:
        """Marks a channel as unread from a message on (18 and later)."""
        if not session:
            return Call(self._member, "write", (member_id,), {"vals": {"new_message_separator": message_id}})
        params = {"channel_id": channel_id, "message_id": message_id}
        if self._generation < 19:
            return Route("/discuss/channel/mark_as_unread", params)
        return Route("/discuss/channel/set_new_message_separator", params)

    # --------------------------------------------------------------------- inbox

    def done(self, message_ids: Sequence[int]) -> Call:
        """Takes messages out of my inbox; all of them when none is named."""
        if message_ids:
            return Call("mail.message", "set_message_done", tuple(message_ids))
        return Call("mail.message", "mark_all_as_read", None, {})

    @property
    def star_field(self) -> str:
        """The field that tells whether a message bears the user's star; 20 † calls it a bookmark.

        Source: addons/mail/models/mail_message.py, `_search_is_bookmarked` (late 19.x).
        """
        return "starred" if self._generation < 20 else "is_bookmarked"

    def marked(self) -> Call:
        """Asks for what waits in the inbox or bears a star, at once; `needaction` and `star_field` tell which."""
        domain = ["|", ["needaction", "=", True], [self.star_field, "=", True]]
        fields = ["needaction", self.star_field]
        query = {"domain": domain, "fields": fields, "limit": COUNTED, "order": "id desc"}
        return Call("mail.message", "search_read", None, query)
