"""Handlers for /mail/store, which reads and updates the store in Odoo 20.

† Based on the source only (addons/mail/controllers/store.py, webclient.py, mailbox.py, messaging_menu.py and
discuss/channel.py of late 19.x and 20.0); not checked against a live server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.http.paging import Fetch, chosen
from odoochat.sandbox.orm.queries import id_list
from odoochat.sandbox.versions.poll_events import add_vote
from odoochat.sandbox.versions.store import RecordStore
from odoochat.sandbox.world.world import World


class StoreRequest(NamedTuple):
    """The requesting user, and the store for the response."""

    world: World
    uid: int
    store: RecordStore

    @property
    def me(self) -> int:
        """The user's partner id."""
        return self.world.state.accounts.partner_of(self.uid)

    def readable(self, channel_id: Any) -> Row | None:
        """Return a channel, or None if the user may not read it; Odoo 20 then omits the channel without an error."""
        channel = self.world.state.channels.get(channel_id) if isinstance(channel_id, int) else None
        return channel if self.world.state.channels.readable(self.uid, channel) else None

    def membership(self, channel_id: Any) -> Row | None:
        """Return the current user's member record in a channel."""
        return self.world.state.members.find(channel_id, self.me) if isinstance(channel_id, int) else None

    def page(self, fetch_params: Any) -> dict[str, Any]:
        """Return the requested page as arguments for `Messages.paged`."""
        return chosen(self.world.state.capabilities.page_params, fetch_params)

    def add_room(self, channel: Row) -> None:
        """Add a channel as seen by its member."""
        self.world.stores.add_own(self.store, channel, self.uid)
        member = self.membership(channel["id"])
        if member is not None:
            favorite = self.world.state.members.is_favorite(member["id"])
            self.store.add("discuss.channel.member", {"id": member["id"], "is_favorite": favorite})
        if channel["channel_type"] == "chat":
            self.world.stores.add_members(self.store, channel)

    def add_last(self, channel_id: int) -> None:
        """Add a channel's newest message."""
        self.world.stores.add_last_message(self.store, channel_id, self.uid)


Answer = dict[str, Any] | None


def fetch20(world: World, uid: int, wanted: list[Any]) -> dict[str, Any]:
    """Return a single store with everything requested; unknown names are ignored."""
    world.polls.end_due()
    ask = StoreRequest(world, uid, RecordStore())
    for item in wanted:
        parts = list(item) if isinstance(item, (list, tuple)) else [item]
        name, params, data_id = (*parts, None, None)[:3]
        handler = HANDLERS.get(str(name))
        if handler is None:
            continue
        try:
            # As in Odoo, a dict contains keyword arguments and a list contains positional ones.
            if isinstance(params, dict):
                answer = handler(ask, **params)
            else:
                answer = handler(ask) if params is None else handler(ask, params)
        except TypeError as error:
            raise OdooError("argument", str(error)) from None
        if data_id is not None and answer is not None:
            ask.store.add("DataResponse", {"id": data_id, "_resolve": True, **answer})
    return world.stores.versioned(ask.store.data())


# channels


def _boot(ask: StoreRequest) -> Answer:
    return None  # only channels with an incoming call or OdooBot, which the sandbox does not have


def _mine(ask: StoreRequest) -> Answer:
    for channel_id in ask.world.state.members.channels_of(ask.me):
        member = ask.membership(channel_id)
        if member is not None and member["is_pinned"]:
            ask.add_room(ask.world.state.channel(channel_id))
            ask.add_last(channel_id)
    return _hidden(ask)


def _hidden(ask: StoreRequest) -> Answer:
    ask.world.stores.add_boxes(ask.store, ask.uid)
    return None


def _channels(ask: StoreRequest, ids: Any = (), with_last_message: bool = False) -> Answer:
    for channel in filter(None, map(ask.readable, id_list(ids))):
        ask.add_room(channel)
        if with_last_message:
            ask.add_last(channel["id"])
    return None


def _members(
    ask: StoreRequest, channel_id: Any, search_term: str | None = None, known_member_ids: Any = None
) -> Answer:
    if ask.readable(channel_id) is None:
        return None
    rows, known = ask.world.state.members.of_channel(channel_id), set(id_list(known_member_ids or []))
    ask.store.add("discuss.channel", {"id": channel_id, "member_count": len(rows)})
    for member in [row for row in rows if row["id"] not in known][:100]:
        name = str(ask.world.state.partner(member["partner_id"])["name"])
        if (search_term or "").lower() in name.lower():
            ask.world.stores.add_member(ask.store, member)
    return None


def _opened(ask: StoreRequest, channel_id: int) -> Answer:
    ask.world.stores.add_own(ask.store, ask.world.state.channel(channel_id), ask.uid)
    ask.world.stores.add_members(ask.store, ask.world.state.channel(channel_id))
    return {"channel": channel_id}


def _chat(ask: StoreRequest, partners_to: Any) -> Answer:
    if len({*id_list(partners_to), ask.me}) > 2:
        raise OdooError("user", "A chat should not be created with more than 2 persons. Create a group instead.")
    made = ask.world.channels.chat(ask.uid, id_list(partners_to))
    _hidden(ask)
    return _opened(ask, made)


def _create(ask: StoreRequest, name: str, group_id: Any, is_readonly: bool) -> Answer:
    made = ask.world.channels.create(ask.uid, str(name), announce=True)
    if not group_id:  # applied only after members have been notified
        ask.world.state.channels.change(made, public="public")
    return _opened(ask, made)


def _group(ask: StoreRequest, *, users_to: Any, default_display_mode: Any = False, name: str = "") -> Answer:
    known = {row["id"]: row["partner_id"] for row in ask.world.state.accounts.users()}
    partners = [known[uid] for uid in id_list(users_to) if uid in known]
    return _opened(ask, ask.world.channels.create(ask.uid, str(name), "group", partners=partners))


def _invite(
    ask: StoreRequest, channel_id: Any, partner_ids: Any = None, user_ids: Any = None, guest_ids: Any = None,
    emails: Any = None, invite_to_rtc_call: bool = False, post_joined_message: bool = True,
) -> Answer:  # fmt: skip
    if ask.readable(channel_id) is not None:
        known = {row["id"]: row["partner_id"] for row in ask.world.state.accounts.users()}
        people = [*id_list(partner_ids or []), *(known[u] for u in id_list(user_ids or []) if u in known)]
        ask.world.channels.invite(ask.uid, channel_id, people)
    return None


def _pin(ask: StoreRequest, channel_id: Any, pinned: bool) -> Answer:
    if ask.membership(channel_id) is not None:
        ask.world.members.pin(ask.uid, channel_id, on=bool(pinned))
    return _hidden(ask)


def _favorite(ask: StoreRequest, channel_id: Any, is_favorite: bool) -> Answer:
    member = ask.membership(channel_id)
    if member is not None and ask.world.state.members.favor(member["id"], on=bool(is_favorite)):
        ask.world.notifier.send("favored", member)
    return None


# messages


def _messages(ask: StoreRequest, channel_id: Any, fetch_params: Any = None) -> Answer:
    if ask.readable(channel_id) is None:
        return None
    messages, page = ask.world.state.messages, ask.page(fetch_params)
    answer = _page(ask, lambda **one: messages.page(channel_id, **one), page)
    ask.world.messages.done(ask.uid, answer["messages"])
    return answer


def _page(ask: StoreRequest, fetch: Fetch, page: dict[str, Any]) -> dict[str, Any]:
    rows = fetch(**page)
    for row in rows:
        ask.world.stores.add_message(ask.store, row, ask.uid)
    answer: dict[str, Any] = {"messages": [row["id"] for row in rows]}
    if page.get("term") or "notification" in page:
        every = {name: page[name] for name in ("term", "notification") if name in page}
        answer["count"] = len(fetch(**every, limit=None))
    return answer


def _thread_messages(
    ask: StoreRequest, thread_model: str, thread_id: Any, fetch_params: Any = None, access_params: Any = None
) -> Answer:
    return _messages(ask, thread_id, fetch_params) if thread_model == ask.world.state.channel_model else None


def _menu(
    ask: StoreRequest,
    tab_id: str,
    limit: int,
    filter_id: Any = None,
    exclude_ids: Any = None,
    search_term: Any = None,
) -> Answer:
    messages, me, shown = ask.world.state.messages, ask.me, set(id_list(exclude_ids or []))

    def fetch(limit: int | None, **page: Any) -> list[Row]:
        if tab_id == "bookmark":
            rows = messages.starred(me, limit=None, **page)
        else:
            rows = messages.inbox(me, limit=None, **page)
            if filter_id != "notification_unread":
                rows += messages.inbox(me, read=True, limit=None, **page)
            # Messages in a channel are represented by the channel.
            rows = [row for row in rows if row["model"] != ask.world.state.channel_model]
        left = [row for row in rows if row["id"] not in shown]
        return sorted(left, key=lambda row: -int(row["id"]))[:limit]

    if tab_id not in ("bookmark", "notification"):
        raise OdooError("value", f"Unknown messaging menu tab {tab_id}")
    answer = _page(ask, fetch, ask.page({"search_term": search_term, "limit": limit}))
    return {**answer, "is_fully_loaded": len(answer["messages"]) < limit}


def _bookmark(ask: StoreRequest, message_id: Any) -> Answer:
    return _marked(ask, message_id, on=True)


def _unbookmark(ask: StoreRequest, message_id: Any) -> Answer:
    return _marked(ask, message_id, on=False)


def _unbookmark_all(ask: StoreRequest) -> Answer:
    ids = ask.world.state.marks.unstar_all(ask.me)
    return _notify_marks(ask, ids, on=False)


def _marked(ask: StoreRequest, message_id: Any, *, on: bool) -> Answer:
    state = ask.world.state
    row = state.messages.get(message_id) if isinstance(message_id, int) else None
    if row is None or not ask.world.messages.readable(ask.uid, [row]):
        return None
    if (ask.me in state.marks.stars(message_id)) != on:
        state.marks.star(message_id, ask.me)
    return _notify_marks(ask, [message_id], on=on)


def _notify_marks(ask: StoreRequest, message_ids: list[int], *, on: bool) -> Answer:
    for message_id in message_ids:
        ask.store.add("mail.message", {"id": message_id, "is_bookmarked": on})
    ask.world.notifier.send("starred", message_ids, ask.me, on=on)
    return None


def _votes(ask: StoreRequest, poll_option_id: Any) -> Answer:
    polls = ask.world.state.polls
    option = polls.option(poll_option_id)
    poll = polls.get(option["poll_id"]) if option is not None else None
    start = ask.world.state.messages.get(poll["start_message_id"]) if poll is not None else None
    if start is not None and ask.readable(start["res_id"]) is not None:
        for vote in polls.votes(poll_option_id):
            add_vote(ask.world.notifier.sender, ask.store, vote)
    return None


# people


def _partner(ask: StoreRequest, id: Any) -> Answer:
    if isinstance(id, int) and ask.world.state.accounts.partner(id) is not None:
        ask.world.stores.add_person(ask.store, id)
    return None


def _user(ask: StoreRequest, id: Any) -> Answer:
    user = ask.world.state.accounts.user(id) if isinstance(id, int) else None
    return _partner(ask, user["partner_id"]) if user is not None else None


def _nothing(ask: StoreRequest, *_: Any, **__: Any) -> Answer:
    return None


HANDLERS: dict[str, Callable[..., Answer]] = {
    "init_messaging": _boot,
    "channels_as_member": _mine,
    "has_hidden_channels": _hidden,
    "discuss.channel": _channels,
    "/discuss/channel/members": _members,
    "/discuss/channel/messages": _messages,
    "/discuss/channel/favorite": _favorite,
    "/discuss/channel/pin": _pin,
    "/discuss/channel/add_members": _invite,
    "/discuss/get_or_create_chat": _chat,
    "/discuss/create_channel": _create,
    "/discuss/create_group": _group,
    "/mail/thread/messages": _thread_messages,
    "/mail/messaging_menu/mail.message/load_more": _menu,
    "/mail/poll_option/votes": _votes,
    "add_bookmark": _bookmark,
    "remove_bookmark": _unbookmark,
    "remove_all_bookmarks": _unbookmark_all,
    "res.partner": _partner,
    "res.users": _user,
    "failures": _nothing,
    "mail.canned.response": _nothing,
    "systray_get_activities": _nothing,
}
