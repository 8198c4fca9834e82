"""Channel actions: create, join, invite, leave, rename, pin. Also handles user presence."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Unpack

from odoochat.sandbox import errors
from odoochat.sandbox.database.accounts import ADMINISTRATOR
from odoochat.sandbox.database.channels import ChannelOptions
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.database.statuses import AWAY_AFTER
from odoochat.sandbox.versions.capabilities import Capabilities
from odoochat.sandbox.versions.notifier import EventNotifier
from odoochat.sandbox.world.members import MemberActions
from odoochat.sandbox.world.messages import MessageActions


class ChannelActions:
    """Creates and updates channels and their members."""

    def __init__(self, state: State, notifier: EventNotifier, messages: MessageActions, members: MemberActions) -> None:
        self.state = state
        self.notifier = notifier
        self.messages = messages
        self.members = members
        self.racing: set[int] = set()  # users whose next presence update over RPC collides with the WebSocket's

    @property
    def _rules(self) -> Capabilities:
        return self.state.capabilities

    def readable(self, uid: int | None, channel_id: int) -> Row:
        """Return a channel if the user may read it, or raise the routes' 404 error."""
        channel = self.state.channels.get(channel_id)
        if channel is None or not self.state.channels.readable(uid, channel):
            raise errors.not_found()
        return channel

    def create(
        self,
        uid: int,
        name: str,
        channel_type: str = "channel",
        *,
        announce: bool = False,
        **options: Unpack[ChannelOptions],
    ) -> int:
        """Create a channel with the user as a member, and notify all members.

        Args:
            uid: the creating user's id.
            name: channel name.
            channel_type: `channel`, `chat` or `group`.
            announce: whether to post the system message "created …", as the web client's methods do; a plain create
                does not.
            **options: other settings; see `ChannelOptions`.

        Returns:
            The channel id.
        """
        self._check_maker(uid)
        me = self.state.accounts.partner_of(uid)
        everyone = list(dict.fromkeys([me, *options.get("partners", ())]))
        if (
            self._rules.permanent_chats
            and channel_type == "chat"
            and self.state.channels.find_chat(everyone) is not None
        ):
            raise errors.duplicate("discuss_channel_chat_member_indices_unique", "member_indices", "…")  # †
        options["partners"] = everyone
        channel_id = self.state.channels.create(
            name, channel_type, creator=uid, long_uuid=self._rules.long_uuid, **options
        )
        line = f"created {self._link(channel_id, name)}"
        if announce and self._rules.announces_first:
            self._line(uid, channel_id, line)
        for partner in everyone:
            self.notifier.send("opened", self.state.channel(channel_id), partner)
        if announce and not self._rules.announces_first:
            self._line(uid, channel_id, line)
        return channel_id

    def _check_maker(self, uid: int) -> None:
        # Portal users cannot create channels (observed on live Odoo 14 and 19 servers). Guests can create threads
        # through the route.
        if uid > 0 and not self.state.accounts.is_internal(uid):
            raise errors.for_group("Discussion Channel", self.state.channel_model, "Role / User", "create")

    def chat(self, uid: int, partners: Iterable[int], *, pin: bool = True) -> int:
        """Find or create the direct chat with these partners; a new chat is pinned only for its creator."""
        me = self.state.accounts.partner_of(uid)
        everyone = list(dict.fromkeys([me, *partners]))
        found = self.state.channels.find_chat(everyone)
        if found is not None:
            self._pin_existing(found, me, pin=pin)
            return found
        self._check_maker(uid)
        name = self.state.channels.chat_name(everyone)
        channel_id = self.state.channels.create(
            name, "chat", creator=uid, long_uuid=self._rules.long_uuid, partners=everyone
        )
        now = self.state.now()
        for partner in everyone[1:]:
            member = self.state.members.find(channel_id, partner)
            if member is not None:
                self.state.members.change(member["id"], is_pinned=0, unpin_dt=now)
        for partner in everyone:
            self.notifier.send("opened", self.state.channel(channel_id), partner)
        return channel_id

    def _pin_existing(self, channel_id: int, partner_id: int, *, pin: bool) -> None:
        member = self.state.members.find(channel_id, partner_id)
        if pin and member is not None and not member["is_pinned"]:
            self.state.members.change(member["id"], is_pinned=1, unpin_dt=None)
        self.notifier.send("opened", self.state.channel(channel_id), partner_id)

    def invite(self, uid: int, channel_id: int, partners: Iterable[int]) -> list[int]:
        """Add members and return the ids of the new member records."""
        partners = list(partners)
        channel = self.readable(uid, channel_id)
        if channel["channel_type"] == "chat":
            raise errors.OdooError("user", "Adding members is not possible in a direct chat.")
        if self._rules.group_members_only and channel["public"] == "groups" and not self._all_internal(partners):
            # Only users in the channel's group can be invited (observed on a live Odoo 14 server).
            raise errors.OdooError("user", "This user can not be added in this channel")
        made: list[int] = []
        for partner in partners:
            if self.state.members.find(channel_id, partner) is not None:
                continue
            member = self.state.members.add(channel_id, partner)
            made.append(member["id"])
            name = self.state.partner(partner)["name"]
            if self._rules.named_lines:
                text = f"{self.state.accounts.name(uid)} invited {name} to {self._link(channel_id, channel['name'])}"
                self._line(uid, channel_id, text, author=partner)
            self.notifier.send("joined", self.state.channel(channel_id), member, uid)
            if channel["channel_type"] in self._rules.invite_lines:
                self._line(uid, channel_id, f"invited {name} to the channel")
        return made

    def _all_internal(self, partners: Iterable[int]) -> bool:
        accounts = self.state.accounts
        return all(accounts.is_internal(accounts.user_of(one)) for one in partners)

    def join(self, uid: int, channel_id: int) -> Row:
        """Join a channel that the user may read."""
        channel = self.state.channels.get(channel_id)
        if channel is None:
            raise errors.no_record(self.state.channel_model, channel_id, uid)
        if not self.state.channels.readable(uid, channel):
            raise errors.no_right("Discussion Channel", self.state.channel_model, "read", uid)
        me = self.state.accounts.partner_of(uid)
        if self.state.members.find(channel_id, me) is None:
            member = self.state.members.add(channel_id, me)
            if self._rules.named_lines:
                self._line(uid, channel_id, f"joined {self._link(channel_id, channel['name'])}")
            self.notifier.send("joined", channel, member, None)
            if channel["channel_type"] in self._rules.join_lines:
                self._line(uid, channel_id, "joined the channel")
        return channel

    def enter(self, uid: int, channel: Row) -> None:
        """Join through an invitation, which does not require read access."""
        if self.state.members.find(channel["id"], self.state.accounts.partner_of(uid)) is not None:
            return
        member = self.state.members.add(channel["id"], self.state.accounts.partner_of(uid))
        self.notifier.send("joined", channel, member, None)
        if channel["channel_type"] in self._rules.join_lines:
            self._line(uid, channel["id"], "joined the channel")
        elif channel["channel_type"] in self._rules.enter_lines:
            line = '<div class="o_mail_notification" data-oe-type="channel-joined">joined the channel</div>'
            self.messages.note(uid, channel["id"], line)

    def leave(self, uid: int, channel_id: int) -> None:
        """Leave a channel."""
        channel = self.state.channels.get(channel_id)
        me = self.state.accounts.partner_of(uid)
        member = self.state.members.find(channel_id, me)
        if channel is None or member is None:
            return
        if self._rules.permanent_chats and channel["channel_type"] == "chat":
            self.members.pin(uid, channel_id, on=False)  # † in 20 users cannot leave a direct chat
            return
        self.state.members.remove(member["id"])
        self.notifier.send("left", channel, member)
        if self._rules.named_lines:
            text = f"left {self._link(channel_id, channel['name'])}"
            self._line(self._someone(channel_id, uid), channel_id, text, author=me)
        elif channel["channel_type"] in self._rules.leave_lines:
            self._line(self._someone(channel_id, uid), channel_id, "left the channel", author=me)

    def remove(self, channel: Row, member: Row) -> None:
        """Remove a member and notify the channel, without posting a system message (Odoo 20)."""
        self.state.members.remove(member["id"])
        self.notifier.send("removed", channel, member)

    def _line(self, uid: int, channel_id: int, text: str, *, author: int | None = None) -> None:
        self.messages.note(uid, channel_id, f'<div class="o_mail_notification">{text}</div>', author=author)

    def _someone(self, channel_id: int, uid: int) -> int:
        # A former member cannot post in a private channel, so an administrator posts the system message.
        return uid if self.state.channels.readable(uid, self.state.channels.get(channel_id)) else ADMINISTRATOR

    def change(self, uid: int, channel_id: int, values: dict[str, str], *, announce: bool = False) -> None:
        """Change a channel's name or description; renaming through the rename method also posts a system message."""
        channel = self.readable(uid, channel_id)
        fresh = [name for name, value in values.items() if channel[name] != value]
        if not fresh:
            return
        self.state.channels.change(channel_id, **values)
        self.notifier.send("changed", self.state.channel(channel_id), *fresh)
        if announce and "name" in fresh and self._rules.rename_line:
            text = escape(values["name"])
            self.messages.note(
                uid, channel_id,
                f'<div data-oe-type="channel_rename" class="o_mail_notification">{text}</div>',
            )  # fmt: skip

    def thread(self, uid: int, parent_id: int, name: str, from_message: int | None = None) -> int:
        """Create a thread (Odoo 18 and later); the author of the message that it starts from becomes a member."""
        parent = self.readable(uid, parent_id)
        if from_message and any(one["from_message_id"] == from_message for one in self.state.channels.all()):
            raise errors.OdooError("validation", "Messages can only be linked to one sub-channel")
        made = self.create(
            uid, name, parent["channel_type"], public=parent["public"], parent=parent_id, from_message=from_message
        )
        source = self.state.messages.get(from_message) if from_message else None
        if source is not None and source["author_id"] and self.state.members.find(made, source["author_id"]) is None:
            member = self.state.members.add(made, source["author_id"])
            self.notifier.send("joined", self.state.channel(made), member, uid)
        self.messages.note(
            uid, parent_id,
            f'<div class="o_mail_notification">{self.state.accounts.name(uid)} started a thread: <a href="#" '
            f'class="o_channel_redirect" data-oe-id="{made}" data-oe-model="discuss.channel">'
            f"{escape(name)}</a>.</div>",
        )  # fmt: skip
        return made

    def delete_thread(self, uid: int, channel: Row) -> None:
        """Delete a thread, and post a system message in its parent channel."""
        text = f'<div class="o_mail_notification" data-oe-type="thread_deletion">{escape(channel["name"])}</div>'
        self.messages.note(uid, channel["parent_channel_id"], text)
        self.notifier.send("deleted", channel["id"])
        self.state.channels.delete(channel["id"])

    def delete(self, uid: int, channel_id: int) -> None:
        """Delete a channel; administrators only."""
        if not self.state.accounts.is_admin(uid) and self._rules.protects_channels:
            raise errors.no_right("Discussion Channel", self.state.channel_model, "unlink", uid)
        for thread in self.state.channels.threads(channel_id):
            self.notifier.send("deleted", thread["id"])
            self.state.channels.delete(thread["id"])
        self.notifier.send("deleted", channel_id)
        self.state.channels.delete(channel_id)

    def presence(self, uid: int, inactivity: float) -> None:
        """Update a user's status from the time since their last activity on a device, in milliseconds."""
        status = "away" if inactivity > AWAY_AFTER else "online"
        self._set_presence(uid, status)

    def offline(self, uid: int) -> None:
        """Set the user offline because a device disconnected."""
        self._set_presence(uid, "offline")

    def _set_presence(self, uid: int, status: str) -> None:
        me = self.state.accounts.partner_of(uid)
        if self.state.statuses.set(me, status):
            self.notifier.send("presence", me, self.state.statuses.shown(me), status)

    @staticmethod
    def _link(channel_id: int, name: str) -> str:
        return f'<a href="#" class="o_channel_redirect" data-oe-id="{channel_id}">#{escape(name)}</a>'
