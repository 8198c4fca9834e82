"""Requests about channels: read, create, join, invite, change, list members and threads."""

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
    """Builds the requests about channels for one version.

    Source: docs/protocol, sections C.8, C.10 and C.11 of each version.

    Args:
        table: the version's table.
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
        """Return a handler of the store that writes."""
        return Route(self._table.action_path, {"fetch_params": [[name, params, 1]]})

    # ------------------------------------------------------------------- reading

    def fetch(self, ids: Sequence[int]) -> Call:
        """Fetch channels by their ids.

        Args:
            ids: ids of the channels.
        """
        return self._search([["id", "in", list(ids)]], self._table.channel_fields)

    def fetch_newest_change(self, partner_id: int) -> Call:
        """Fetch the last change of one of a partner's channels: its name or description, a post from 17 on.

        Seen on 14 and 19; a post writes ``last_interest_dt`` there.

        Args:
            partner_id: id of the current user.
        """
        query = {"domain": [["channel_partner_ids", "in", [partner_id]]], **NEWEST_CHANGE}
        return Call(self._table.channel_model, "search_read", None, query)

    def fetch_members(self, channel_id: int) -> Call:
        """Fetch the memberships of a channel.

        Args:
            channel_id: id of the channel.
        """
        fields = ["partner_id", "seen_message_id", "create_date"]
        if self._table.guests:
            fields.append("guest_id")
        query = {"domain": [["channel_id", "=", channel_id]], "fields": fields, "order": "id"}
        return Call(self._table.member_model, "search_read", None, query)

    def fetch_uuid(self, channel_id: int) -> Call:
        """Fetch the secret part of a channel's invitation link.

        Args:
            channel_id: id of the channel.
        """
        return self._on(channel_id, "read", fields=["uuid"])

    def browse(self, text: str, limit: int) -> Call:
        """Fetch channels that the user may join.

        Args:
            text: part of the name, "" for any.
            limit: number of channels; 14 and 15 choose their own.
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
        """Whether `create` sends no notification, so that other devices of the user do not list the channel."""
        return not self._table.create_channel

    def create(self, name: str, *, public: bool) -> Call:
        """Create a channel with the user as its member.

        Args:
            name: name of the channel.
            public: whether guests may join by its link; else employees alone may join.
        """
        if self._table.create_channel:
            values: dict[str, object] = {"name": name, "privacy": "public" if public else "groups"}
            return Call(self._table.channel_model, self._table.create_channel, None, values)
        # Without a group the ORM takes employees (`_compute_group_public_id`, 16 to 19).
        row: dict[str, Any] = {"name": name, "channel_type": "channel"}
        if public:
            row["group_public_id"] = False
        return Call(self._table.channel_model, "create", None, {"vals_list": [row]})

    def create_group(self, partner_ids: Sequence[int], name: str) -> Call | Route:
        """Create a group (15 and later); 15 gives it no name.

        Args:
            partner_ids: ids of the other members.
            name: name of the group.
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
        """Open the direct chat with a person, which is created when missing; `created` reads the answer.

        Args:
            partner_id: id of the person.
        """
        if self._table.get_chat:
            return Call(self._table.channel_model, self._table.get_chat, None, {"partners_to": [partner_id]})
        return self._act("/discuss/get_or_create_chat", {"partners_to": [partner_id]})

    @property
    def gets_chats(self) -> bool:
        """Whether `get_chat` works with this login; else `create_chat` does."""
        return self._by_session or bool(self._table.get_chat)

    def create_chat(self, partner_id: int) -> Call:
        """Create a direct chat by the ORM (19 and later, without a session).

        19 permits a second chat with the same person; 20 has a unique index for chats and refuses it
        (``member_indices``, not seen live).

        Args:
            partner_id: id of the person.
        """
        row = {"channel_type": "chat", "name": "", "channel_member_ids": [[0, 0, {"partner_id": partner_id}]]}
        return Call(self._table.channel_model, "create", None, {"vals_list": [row]})

    def created(self, answer: object) -> int:
        """Return the id from the answer to `create`, `create_group`, `get_chat` or `create_chat`.

        Args:
            answer: an id, a list of one, a channel's dict, or a store.

        Raises:
            ProtocolError: the answer contains no id.
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
        """Make the user a member.

        Args:
            channel_id: id of the channel.
        """
        return self._on(channel_id, self._table.join)

    def leave(self, channel_id: int) -> Call:
        """End the user's membership.

        Args:
            channel_id: id of the channel.
        """
        return self._on(channel_id, "action_unfollow")

    def invite(self, channel_id: int, partner_ids: Sequence[int]) -> Call | Route:
        """Make others members; on 20 without a session the memberships are created without a notification.

        Args:
            channel_id: id of the channel.
            partner_ids: ids of the new members.
        """
        people = list(partner_ids)
        if self._table.invite:
            return self._on(channel_id, self._table.invite, partner_ids=people)
        if self._by_session:
            return self._act("/discuss/channel/add_members", {"channel_id": channel_id, "partner_ids": people})
        rows = [{"channel_id": channel_id, "partner_id": partner} for partner in people]
        return Call(self._table.member_model, "create", None, {"vals_list": rows})

    def remove(self, member_id: int) -> Call | Route:
        """End another membership.

        Args:
            member_id: id of the membership.
        """
        if self._by_session and self._table.remove_member_path:
            return Route(self._table.remove_member_path, {"member_id": member_id})
        return Call(self._table.member_model, "unlink", (member_id,))

    # ----------------------------------------------------------------- changing

    def rename(self, channel_id: int, name: str) -> Call:
        """Change the name.

        Args:
            channel_id: id of the channel.
            name: the new one.
        """
        if not self._table.rename:
            return self._on(channel_id, "write", vals={"name": name})
        return self._on(channel_id, self._table.rename, name=name)

    def describe(self, channel_id: int, text: str) -> Call:
        """Change the description.

        Args:
            channel_id: id of the channel.
            text: the new description.
        """
        if not self._table.describe:
            return self._on(channel_id, "write", vals={"description": text})
        return self._on(channel_id, self._table.describe, description=text)

    # ------------------------------------------------------------------- threads

    def create_thread(self, channel_id: int, name: str, message_id: int | None) -> Route:
        """Create a thread below a channel (18 and later).

        Args:
            channel_id: id of the channel.
            name: name of the thread, "" to let the server choose.
            message_id: the message that it starts from, or None.
        """
        params = {"parent_channel_id": channel_id, "from_message_id": message_id, "name": name or None}
        return Route("/discuss/channel/sub_channel/create", params)

    def created_thread(self, answer: object) -> int:
        """Return the id from the answer to `create_thread`: ``{"data", "sub_channel": {"id", "model"}}`` or an id.

        Args:
            answer: the server's answer.

        Raises:
            ProtocolError: the answer contains no id.
        """
        if is_object(answer) and (number := pair(answer.get("sub_channel"))[0]):
            return number
        raise ProtocolError("the server returned no thread", answer)

    def fetch_threads(self, channel_id: int) -> Call:
        """Fetch the threads of a channel, newest first.

        Args:
            channel_id: id of the channel.
        """
        fields = ["name", "channel_type", "description", "last_interest_dt", "from_message_id"]
        return self._search([["parent_channel_id", "=", channel_id]], fields, order="id desc")

    def count_replies(self, channel_id: int) -> Call:
        """Count the messages of the threads of a channel.

        Source: addons/mail/models/discuss/discuss_channel.py (19.0), _compute_message_count, which leaves out system
        messages. 18 has no such field.

        Args:
            channel_id: id of the channel.
        """
        return self._search([["parent_channel_id", "=", channel_id]], ["message_count"])


def seen_up_to(row: Mapping[str, Any]) -> int:
    """Return the id of the last message that a member has read, 0 for none.

    Args:
        row: row of the membership.
    """
    return pair(row.get("seen_message_id"))[0]
