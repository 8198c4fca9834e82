"""Channel requests: read, create, join, invite, change, list members and threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from odoochat.errors import ProtocolError
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.requests.membership import NEWEST_CHANGE
from odoochat.wire.values import dicts, is_array, is_object, pair
from odoochat.wire.version_table import VersionTable

__all__ = ["ChannelRequests", "seen_up_to"]


class ChannelRequests:
    """Builds channel requests for one Odoo version.

    Source: docs/protocol, sections C.8, C.10 and C.11 for each version.

    Args:
        table: the version table.
    """

    def __init__(self, table: VersionTable, *, by_session: bool = True) -> None:
        self._table = table
        self._by_session = by_session

    def _on(self, channel_id: int, method: str, **kwargs: Any) -> Call:
        return Call(self._table.channel_model, method, (channel_id,), kwargs)

    def _search(self, domain: Sequence[object], fields: Sequence[str], **more: Any) -> Call:
        query = {"domain": list(domain), "fields": list(fields), **more}
        return Call(self._table.channel_model, "search_read", None, query)

    def _act(self, name: str, params: dict[str, Any]) -> Route:
        """Build a call to a store handler that writes."""
        return Route(self._table.action_path, {"fetch_params": [[name, params, 1]]})

    # ------------------------------------------------------------------- reading

    def fetch(self, ids: Sequence[int]) -> Call:
        """Fetch channels by id.

        Args:
            ids: channel ids.
        """
        return self._search([["id", "in", list(ids)]], self._table.channel_fields)

    def fetch_newest_change(self, partner_id: int) -> Call:
        """Fetch the latest name or description change in a partner's channels; from Odoo 17 on, posts count as changes.

        Observed on live Odoo 14 and 19 servers. In Odoo 19, a post writes ``last_interest_dt``.

        Args:
            partner_id: the current user's partner id.
        """
        query = {"domain": [["channel_partner_ids", "in", [partner_id]]], **NEWEST_CHANGE}
        return Call(self._table.channel_model, "search_read", None, query)

    def fetch_members(self, channel_id: int) -> Call:
        """Fetch a channel's memberships.

        Args:
            channel_id: channel id.
        """
        fields = ["partner_id", "seen_message_id", "create_date"]
        if self._table.guests:
            fields.append("guest_id")
        query = {"domain": [["channel_id", "=", channel_id]], "fields": fields, "order": "id"}
        return Call(self._table.member_model, "search_read", None, query)

    def fetch_uuid(self, channel_id: int) -> Call:
        """Fetch the secret token in a channel's invitation link.

        Args:
            channel_id: channel id.
        """
        return self._on(channel_id, "read", fields=["uuid"])

    def browse(self, text: str, limit: int) -> Call:
        """Fetch channels that the user may join.

        Args:
            text: part of the channel name, "" for any.
            limit: maximum number of channels; Odoo 14 and 15 use their own limit.
        """
        if self._table.search_to_join:
            return Call(self._table.channel_model, self._table.search_to_join, None, {"name": text or None})
        domain: list[Any] = [["channel_type", "=", "channel"], ["is_member", "=", False]]
        if self._table.threads:
            domain.append(["parent_channel_id", "=", False])
        if text:
            domain.append(["name", "ilike", text])
        return self._search(domain, ["name", "channel_type", "description"], limit=limit)

    # ------------------------------------------------------------------ creating

    @property
    def creates_silently(self) -> bool:
        """Whether `create` skips notifying clients, so the channel does not appear on the user's other devices."""
        return not self._table.create_channel

    def create(self, name: str, *, public: bool) -> Call:
        """Create a channel with the user as a member.

        Args:
            name: channel name.
            public: whether guests may join through the invitation link; otherwise only employees may join.
        """
        if self._table.create_channel:
            values: dict[str, object] = {"name": name, "privacy": "public" if public else "groups"}
            return Call(self._table.channel_model, self._table.create_channel, None, values)
        # Without a group, the ORM restricts the channel to employees (`_compute_group_public_id`, 16 to 19).
        row: dict[str, Any] = {"name": name, "channel_type": "channel"}
        if public:
            row["group_public_id"] = False
        return Call(self._table.channel_model, "create", None, {"vals_list": [row]})

    def create_group(self, partner_ids: Sequence[int], name: str) -> Call | Route:
        """Create a group (Odoo 15 and later); Odoo 15 does not accept a name.

        Args:
            partner_ids: the other members' partner ids.
            name: group name.
        """
        people = list(partner_ids)
        if self._table.create_group:
            named = {"name": name} if self._table.names_groups else {}
            values: dict[str, object] = {"partners_to": people, **named}
            return Call(self._table.channel_model, self._table.create_group, None, values)
        if self._by_session and self._table.group_route:
            return self._act(self._table.group_route, {"partners_to": people, "name": name})
        row: dict[str, Any] = {"name": name, "channel_type": "group"}
        if self._table.group_members:
            row["channel_member_ids"] = [[0, 0, {"partner_id": partner}] for partner in people]
        return Call(self._table.channel_model, "create", None, {"vals_list": [row]})

    def get_chat(self, partner_id: int) -> Call | Route:
        """Open the direct chat with a person, creating it if necessary; decode the response with `created`.

        Args:
            partner_id: the person's partner id.
        """
        if self._table.get_chat:
            return Call(self._table.channel_model, self._table.get_chat, None, {"partners_to": [partner_id]})
        return self._act("/discuss/get_or_create_chat", {"partners_to": [partner_id]})

    @property
    def gets_chats(self) -> bool:
        """Whether `get_chat` works with this login; otherwise use `create_chat`."""
        return self._by_session or bool(self._table.get_chat)

    def create_chat(self, partner_id: int) -> Call:
        """Create a direct chat through the ORM (Odoo 19 and later, without a session).

        Odoo 19 allows a second chat with the same person; Odoo 20 rejects one because of a unique index on chats
        (``member_indices``, not verified on a live server).

        Args:
            partner_id: the person's partner id.
        """
        row = {"channel_type": "chat", "name": "", "channel_member_ids": [[0, 0, {"partner_id": partner_id}]]}
        return Call(self._table.channel_model, "create", None, {"vals_list": [row]})

    def created(self, answer: object) -> int:
        """Return the id from the response to `create`, `create_group`, `get_chat` or `create_chat`.

        Args:
            answer: an id, a one-element list, a channel dict, or a store.

        Raises:
            ProtocolError: the response contains no id.
        """
        if is_object(answer):
            response = dicts(answer.get("DataResponse"))
            found = [*(r.get("channel") for r in response), *dicts(answer.get(self._table.channel_model)), answer]
        else:
            found = [answer[0] if is_array(answer) and answer else answer]
        for thing in found:
            if number := pair(thing)[0]:
                return number
        raise ProtocolError("the server returned no channel", answer)

    # ------------------------------------------------------------------- members

    def join(self, channel_id: int) -> Call:
        """Make the user a member of a channel.

        Args:
            channel_id: channel id.
        """
        return self._on(channel_id, self._table.join)

    def leave(self, channel_id: int) -> Call:
        """Remove the user from a channel.

        Args:
            channel_id: channel id.
        """
        return self._on(channel_id, "action_unfollow")

    def invite(self, channel_id: int, partner_ids: Sequence[int]) -> Call | Route:
        """Add other people as members. On Odoo 20 without a session, the server does not notify the new members.

        Args:
            channel_id: channel id.
            partner_ids: the new members' partner ids.
        """
        people = list(partner_ids)
        if self._table.invite:
            return self._on(channel_id, self._table.invite, partner_ids=people)
        if self._by_session:
            return self._act("/discuss/channel/add_members", {"channel_id": channel_id, "partner_ids": people})
        rows = [{"channel_id": channel_id, "partner_id": partner} for partner in people]
        return Call(self._table.member_model, "create", None, {"vals_list": rows})

    def remove(self, member_id: int) -> Call | Route:
        """Remove another member.

        Args:
            member_id: membership id.
        """
        if self._by_session and self._table.remove_member_path:
            return Route(self._table.remove_member_path, {"member_id": member_id})
        return Call(self._table.member_model, "unlink", (member_id,))

    # ----------------------------------------------------------------- changing

    def rename(self, channel_id: int, name: str) -> Call:
        """Rename a channel.

        Args:
            channel_id: channel id.
            name: the new name.
        """
        if not self._table.rename:
            return self._on(channel_id, "write", vals={"name": name})
        return self._on(channel_id, self._table.rename, name=name)

    def describe(self, channel_id: int, text: str) -> Call:
        """Change a channel's description.

        Args:
            channel_id: channel id.
            text: the new description.
        """
        if not self._table.describe:
            return self._on(channel_id, "write", vals={"description": text})
        return self._on(channel_id, self._table.describe, description=text)

    # ------------------------------------------------------------------- threads

    def create_thread(self, channel_id: int, name: str, message_id: int | None) -> Route:
        """Create a thread in a channel (Odoo 18 and later).

        Args:
            channel_id: channel id.
            name: thread name, "" to let the server choose one.
            message_id: id of the message that the thread starts from, or None.
        """
        params = {"parent_channel_id": channel_id, "from_message_id": message_id, "name": name or None}
        return Route("/discuss/channel/sub_channel/create", params)

    def created_thread(self, answer: object) -> int:
        """Return the id from the response to `create_thread`: ``{"data", "sub_channel": {"id", "model"}}`` or an id.

        Args:
            answer: the server's response.

        Raises:
            ProtocolError: the response contains no id.
        """
        if is_object(answer) and (number := pair(answer.get("sub_channel"))[0]):
            return number
        raise ProtocolError("the server returned no thread", answer)

    def fetch_threads(self, channel_id: int) -> Call:
        """Fetch a channel's threads, newest first.

        Args:
            channel_id: channel id.
        """
        fields = ["name", "channel_type", "description", "last_interest_dt", "from_message_id"]
        return self._search([["parent_channel_id", "=", channel_id]], fields, order="id desc")

    def count_replies(self, channel_id: int) -> Call:
        """Count the messages in a channel's threads.

        Source: addons/mail/models/discuss/discuss_channel.py (19.0), `_compute_message_count`, which excludes system
        messages. Odoo 18 has no such field.

        Args:
            channel_id: channel id.
        """
        return self._search([["parent_channel_id", "=", channel_id]], ["message_count"])


def seen_up_to(row: Mapping[str, Any]) -> int:
    """Return the id of the last message a member has read, or 0 if none.

    Args:
        row: the membership row.
    """
    return pair(row.get("seen_message_id"))[0]
