"""Stored channels."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterable
from typing import TypedDict, Unpack

from odoochat.sandbox.database.accounts import Accounts
from odoochat.sandbox.database.marks import IN_CHANNEL
from odoochat.sandbox.database.members import StoredMembers
from odoochat.sandbox.database.schema import Database, Row, marks


class ChannelOptions(TypedDict, total=False):
    """Settings for a new channel in addition to its name and type.

    Attributes:
        public: who may read the channel: `public`, `groups` or `private`; None for the type's default.
        partners: the members' partner ids.
        description: channel description.
        parent: the parent channel's id, for a thread.
        from_message: id of the message that the thread starts from.
    """

    public: str | None
    partners: Iterable[int]
    description: str | None
    parent: int | None
    from_message: int | None


class Channels:
    """A database's channels; storing them does not notify clients.

    Args:
        db: the database that stores them.
        now: returns the current time in Odoo's format.
        accounts: the users.
        members: the channel members.
        grouped: returns whether members who are not in a channel's authorized group lose access to the channel.
    """

    def __init__(
        self,
        db: Database,
        now: Callable[[], str],
        accounts: Accounts,
        members: StoredMembers,
        *,
        grouped: Callable[[], bool],
    ) -> None:
        self._db = db
        self._now = now
        self._accounts = accounts
        self._members = members
        self._grouped = grouped

    def create(
        self,
        name: str,
        channel_type: str = "channel",
        *,
        creator: int = 1,
        long_uuid: bool = False,
        **options: Unpack[ChannelOptions],
    ) -> int:
        """Create a channel and return its id.

        Args:
            name: channel name.
            channel_type: `channel`, `chat` or `group`.
            creator: the creator's user id.
            long_uuid: whether the invitation token is a UUID.
            **options: other settings; see `ChannelOptions`.
        """
        now = self._now()
        channel_id = self._db.insert(
            "channel", name=name, channel_type=channel_type, create_uid=creator,
            description=options.get("description"),
            public=options.get("public") or ("groups" if channel_type == "channel" else "private"),
            uuid=str(uuid.uuid4()) if long_uuid else secrets.token_urlsafe(8)[:10],
            parent_channel_id=options.get("parent"), from_message_id=options.get("from_message"),
            last_interest_dt=now, create_date=now, write_date=now,
        )  # fmt: skip
        for partner in dict.fromkeys(options.get("partners", ())):
            self._members.add(channel_id, partner)
        return channel_id

    def get(self, channel_id: int) -> Row | None:
        """Return a channel unless it was deleted."""
        return self._db.row("SELECT * FROM channel WHERE id = ? AND active", channel_id)

    def all(self) -> list[Row]:
        """Return every channel."""
        return self._db.rows("SELECT * FROM channel WHERE active ORDER BY id")

    def by_name(self, name: str) -> Row | None:
        """Return the channel with the given name."""
        return self._db.row("SELECT * FROM channel WHERE name = ? AND active", name)

    def change(self, channel_id: int, **values: object) -> None:
        """Update a channel's fields."""
        self._db.update("channel", channel_id, write_date=self._now(), **values)

    def delete(self, channel_id: int) -> None:
        """Delete a channel with its members and messages."""
        self._db.run("DELETE FROM channel WHERE id = ?", channel_id)
        self._db.run("DELETE FROM member WHERE channel_id = ?", channel_id)
        self._db.run(f"DELETE FROM message WHERE res_id = ? AND {IN_CHANNEL}", channel_id)

    def threads(
        self, parent_id: int, *, term: str | None = None, before: int | None = None, limit: int | None = None
    ) -> list[Row]:
        """Return a channel's threads, newest first."""
        return self._db.rows(
            "SELECT * FROM channel WHERE parent_channel_id = ? AND active AND (? IS NULL OR id < ?)"
            " AND (? IS NULL OR found_in(name, ?)) ORDER BY id DESC LIMIT ?",
            parent_id, before, before, term, term or "", -1 if limit is None else limit,
        )  # fmt: skip

    # queries

    def readable(self, uid: int | None, channel: Row | None) -> bool:
        """Return whether a user may read the channel: members may, as may employees if the channel is open to them."""
        if channel is None or uid is None:
            return False
        if self._closed_to(uid, channel):
            return False
        if self._members.find(channel["id"], self._accounts.partner_of(uid)) is not None:
            return True
        open_to_all = channel["channel_type"] == "channel" and channel["public"] != "private"
        return open_to_all and self._accounts.is_internal(uid)

    def _closed_to(self, uid: int, channel: Row) -> bool:
        # A channel with an authorized group is closed to portal users, even if they are members (observed on a live
        # Odoo 19 server).
        grouped = channel["channel_type"] == "channel" and channel["public"] == "groups"
        return grouped and uid > 0 and self._grouped() and not self._accounts.is_internal(uid)

    def readable_ids(self, uid: int) -> set[int]:
        """Return the ids of all channels that a user may read."""
        open_ids: list[int] = []
        if self._accounts.is_internal(uid):
            open_ids = self._db.column(
                "SELECT id FROM channel WHERE active AND channel_type = 'channel' AND public != 'private'"
            )
        mine = self._members.channels_of(self._accounts.partner_of(uid))
        if uid > 0 and self._grouped() and not self._accounts.is_internal(uid):
            mine = [room for room in mine if not self._closed_to(uid, self.get(room) or {})]
        return {*open_ids, *mine}

    def find_chat(self, partners: Iterable[int]) -> int | None:
        """Return the direct chat between exactly these partners."""
        wanted = sorted(set(partners))
        chats = self._db.column("SELECT id FROM channel WHERE channel_type = 'chat' AND active ORDER BY id")
        return next((chat for chat in chats if sorted(self._members.partners(chat)) == wanted), None)

    def chat_name(self, partners: Iterable[int]) -> str:
        """Return the name that Odoo stores for a chat: all members' names, in descending order of id."""
        found = self._db.rows(f"SELECT name FROM partner WHERE id IN ({marks(set(partners))}) ORDER BY name")
        return ", ".join(row["name"] for row in found)

    def last_message_id(self, channel_id: int) -> int | None:
        """Return the id of a channel's newest message."""
        found: int | None = self._db.value(
            f"SELECT MAX(id) FROM seen_message WHERE res_id = ? AND {IN_CHANNEL}", channel_id
        )
        return found
