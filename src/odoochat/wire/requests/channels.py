"""What is asked about conversations: to make them, to come and go, to change them, and who is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from odoochat.errors import ProtocolError
from odoochat.wire.requests.call import Call
from odoochat.wire.values import dicts, pair

__all__ = ["Rooms", "Route"]


class Route(Struct, frozen=True):
    """A call of a JSON route, for which a session is needed."""

    path: str
    params: dict[str, Any]


class Rooms:
    """The questions of one version. Source: PROTOCOL of the versions, sections C.8, C.10 and C.11.

    Args:
        generation: 14 to 20.
        channel_model, member_model: what the version calls them.
    """

    def __init__(self, generation: int, channel_model: str, member_model: str) -> None:
        self._generation = generation
        self._channel = channel_model
        self._member = member_model

    def _on(self, channel_id: int, method: str, **kwargs: Any) -> Call:
        return Call(self._channel, method, (channel_id,), kwargs)

    def _fetch(self, name: str, params: dict[str, Any]) -> Route:
        """A handler of the store that writes: ``/mail/action`` of 18 and 19, ``/mail/store`` of 20."""
        path = "/mail/store" if self._generation >= 20 else "/mail/action"
        return Route(path, {"fetch_params": [[name, params, 1]]})

    # ------------------------------------------------------------------- making

    def create(self, name: str, *, public: bool) -> Call:
        """Makes a channel with me in it.

        Args:
            public: whether guests may come in by its link; else employees alone may join it.
        """
        if self._generation < 16:
            privacy = "public" if public else "groups"
            return Call(self._channel, "channel_create", None, {"name": name, "privacy": privacy})
        # Without a group the ORM takes employees (`_compute_group_public_id`, 16 to 19).
        values: dict[str, Any] = {"name": name, "channel_type": "channel"}
        if public:
            values["group_public_id"] = False
        return Call(self._channel, "create", None, {"vals_list": [values]})

    def create_group(self, partner_ids: Sequence[int], name: str, *, session: bool) -> Call | Route:
        """Makes a group with me and these people in it; 15 gives it no name."""
        people = list(partner_ids)
        if self._generation == 15:
            return Call(self._channel, "create_group", None, {"partners_to": people})
        if self._generation < 19:
            return Call(self._channel, "create_group", None, {"partners_to": people, "name": name})
        if session and self._generation == 19:
            return self._fetch("/discuss/create_group", {"partners_to": people, "name": name})
        values: dict[str, Any] = {"name": name, "channel_type": "group"}
        if self._generation >= 20:
            values["channel_member_ids"] = [[0, 0, {"partner_id": partner}] for partner in people]
        return Call(self._channel, "create", None, {"vals_list": [values]})

    def chat_with(self, partner_id: int, *, session: bool) -> Call | Route:
        """Opens the direct chat with somebody, which is made when missing; `made` reads the answer.

        Without a session 19 and later have no such call: see `create_chat`.
        """
        if self._generation < 19:
            return Call(self._channel, "channel_get", None, {"partners_to": [partner_id]})
        return self._fetch("/discuss/get_or_create_chat", {"partners_to": [partner_id]})

    @property
    def finds_chats(self) -> bool:
        """Whether `chat_with` works without a session."""
        return self._generation < 19

    def create_chat(self, partner_id: int) -> Call:
        """Makes a direct chat by the ORM (19 and later, without a session).

        Nothing on 19 hinders a second one; 20 † has a unique index for chats (`member_indices`) and refuses it.
        """
        values = {"channel_type": "chat", "name": "", "channel_member_ids": [[0, 0, {"partner_id": partner_id}]]}
        return Call(self._channel, "create", None, {"vals_list": [values]})

    def made(self, answer: object) -> int:
        """The id out of the answer to `create`, `create_group` or `create_chat`.

        Raises:
            ProtocolError: when there is none.
        """
        if isinstance(answer, dict):
            response = dicts(answer.get("DataResponse"))
            found = [*(r.get("channel") for r in response), *dicts(answer.get(self._channel)), answer]
        else:
            found = [answer[0] if isinstance(answer, list) and answer else answer]
        for thing in found:
            if number := pair(thing)[0]:
                return number
        raise ProtocolError("the server made no conversation", repr(answer))

    # ---------------------------------------------------------- coming and going

    def browse(self, text: str, limit: int) -> Call:
        """Asks for channels that I may join."""
        if self._generation < 16:
            return Call(self._channel, "channel_search_to_join", None, {"name": text or None})
        domain: list[Any] = [["channel_type", "=", "channel"], ["is_member", "=", False]]
        if self._generation >= 18:
            domain.append(["parent_channel_id", "=", False])
        if text:
            domain.append(["name", "ilike", text])
        fields = ["name", "channel_type", "description"]
        return Call(self._channel, "search_read", None, {"domain": domain, "fields": fields, "limit": limit})

    def join(self, channel_id: int) -> Call:
        """Makes me a member."""
        return self._on(channel_id, "channel_join" if self._generation >= 15 else "channel_join_and_get_info")

    def leave(self, channel_id: int) -> Call:
        """Ends my membership."""
        return self._on(channel_id, "action_unfollow")

    def invite(self, channel_id: int, partner_ids: Sequence[int], *, session: bool) -> Call | Route:
        """Makes others members; without a session 20 † takes the member records, and tells those people nothing."""
        people = list(partner_ids)
        if self._generation >= 20 and not session:
            rows = [{"channel_id": channel_id, "partner_id": partner} for partner in people]
            return Call(self._member, "create", None, {"vals_list": rows})
        if self._generation >= 20:
            return self._fetch("/discuss/channel/add_members", {"channel_id": channel_id, "partner_ids": people})
        verb = "add_members" if self._generation >= 15 else "channel_invite"
        return self._on(channel_id, verb, partner_ids=people)

    def remove(self, member_id: int, *, session: bool) -> Call | Route:
        """Ends somebody's membership."""
        if self._generation >= 20 and session:
            return Route("/discuss/channel/remove_member", {"member_id": member_id})
        return Call(self._member, "unlink", (member_id,))

    # ----------------------------------------------------------------- changing

    def rename(self, channel_id: int, name: str) -> Call:
        """Gives it another name."""
        if self._generation < 15:
            return self._on(channel_id, "write", vals={"name": name})
        return self._on(channel_id, "channel_rename", name=name)

    def describe(self, channel_id: int, text: str) -> Call:
        """Gives it another topic."""
        if self._generation < 15:
            return self._on(channel_id, "write", vals={"description": text})
        return self._on(channel_id, "channel_change_description", description=text)

    # ------------------------------------------------------------------- members

    def members(self, channel_id: int) -> Call:
        """Asks for the member records of a channel."""
        fields = ["partner_id", "seen_message_id", "create_date"]
        if self._generation >= 15:
            fields.append("guest_id")
        domain = [["channel_id", "=", channel_id]]
        return Call(self._member, "search_read", None, {"domain": domain, "fields": fields, "order": "id"})

    def uuid(self, channel_id: int) -> Call:
        """Asks for the secret part of a channel's invitation link."""
        return self._on(channel_id, "read", fields=["uuid"])

    # ------------------------------------------------------------------- threads

    def create_thread(self, channel_id: int, name: str, message_id: int | None) -> Route:
        """Makes a thread below a channel."""
        params = {"parent_channel_id": channel_id, "from_message_id": message_id, "name": name or None}
        return Route("/discuss/channel/sub_channel/create", params)

    def thread_made(self, answer: object) -> int:
        """The id out of `create_thread`'s answer: 18 gives ``{"data", "sub_channel": {"id", "model"}}``, 19 the id.

        Raises:
            ProtocolError: when there is none.
        """
        if isinstance(answer, dict) and (number := pair(answer.get("sub_channel"))[0]):
            return number
        raise ProtocolError("the server made no thread", repr(answer))

    def threads(self, channel_id: int) -> Call:
        """Asks for the threads of a channel, newest first."""
        query: dict[str, Any] = {"domain": [["parent_channel_id", "=", channel_id]], "order": "id desc"}
        query["fields"] = ["name", "channel_type", "description", "last_interest_dt"]
        return Call(self._channel, "search_read", None, query)


def seen_up_to(row: Mapping[str, Any]) -> int:
    """The last message that a member read; 0 for none."""
    return pair(row.get("seen_message_id"))[0]
