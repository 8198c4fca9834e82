"""What a version says: on the bus when something happened, and when asked for channels and messages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from odoochat.sandbox.database.bus import Key
from odoochat.sandbox.database.canned_answers import described
from odoochat.sandbox.database.records import CHANNELS
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State

Json = dict[str, Any]


class Speaker:
    """What all versions share: who hears what, and the facts a payload is made of."""

    worker_version: ClassVar[str | None] = None
    error_code: ClassVar[int] = 200  # error.code of an ordinary JSON-RPC error
    session_age: ClassVar[int] = 7 * 86400
    seen_types: ClassVar[tuple[str, ...]] = ("chat", "group")  # channels whose members see who has read

    def __init__(self, state: State) -> None:
        self.state = state

    # who hears what

    def channel_key(self, channel_id: int, *sub: str) -> list[Any]:
        """The bus channel of a conversation."""
        return [self.state.name, self.state.channel_model, channel_id, *sub]

    def partner_key(self, partner_id: int, *sub: str) -> list[Any]:
        """The bus channel of a person."""
        if partner_id < 0:
            return [self.state.name, "mail.guest", -partner_id, *sub]
        return [self.state.name, "res.partner", partner_id, *sub]

    def to_channel(self, channel_id: int, kind: str, payload: Any) -> int:
        """Tell all members."""
        return self.state.bus.send(self.channel_key(channel_id), {"type": kind, "payload": payload})

    def to_partner(self, partner_id: int, kind: str, payload: Any) -> int:
        """Tell one person."""
        return self.state.bus.send(self.partner_key(partner_id), {"type": kind, "payload": payload})

    def to_thread(self, message: Row, kind: str, payload: Any, partner_id: int | None = None) -> int:
        """Tell who sees a message's thread: a channel's members, of a record only the one who acts."""
        if message["model"] in CHANNELS:
            return self.to_channel(message["res_id"], kind, payload)
        return self.to_partner(partner_id or message["author_id"] or 0, kind, payload)

    # shared pieces

    def record_name(self, message: Row) -> str:
        """What the thread of a message is called."""
        return self.state.thread_name(message["model"], message["res_id"]) or ""

    def icon(self, message: Row) -> str:
        """The picture of the application a message belongs to."""
        return f"/{'mail' if message['model'] in CHANNELS else 'base'}/static/description/icon.png"

    def thread_of(self, row: Row) -> Json | None:
        """The thread of a message or file, as relations name it; None for what waits."""
        model = row["model"] if "model" in row else row["res_model"]
        if self.state.thread_name(model, row["res_id"]) is None:
            return None
        return {"id": row["res_id"], "model": model}

    def file_home(self, row: Row) -> Any:
        """The name of the thread a file belongs to, False for what waits."""
        return false(self.state.thread_name(row["res_model"], row["res_id"]))

    def changes(self, message: Row) -> list[Json]:
        """The changes of fields a message tells of, as 15 to 18 show them."""
        return [
            {
                "changedField": row["label"],
                "id": row["id"],
                "fieldName": row["field"],
                "fieldType": "char",
                "newValue": {"currencyId": False, "value": false(row["new"])},
                "oldValue": {"currencyId": False, "value": false(row["old"])},
            }
            for row in self.state.records.tracking(message["id"])
        ]

    def channel(self, channel_id: int) -> Row:
        """A channel that exists."""
        row = self.state.channels.get(channel_id)
        assert row is not None, channel_id
        return row

    def partner(self, partner_id: int) -> Row:
        """A partner that exists."""
        row = self.state.accounts.partner(partner_id)
        assert row is not None, partner_id
        return row

    def im_status(self, partner_id: int) -> str:
        """A partner's status; before the WebSocket it fades when no poll comes."""
        return self.state.accounts.presence(partner_id, polling=self.state.version < 16)


class Notices(Speaker):
    """What is said the same way since the bus has types; a version that says it otherwise, or not, overrides."""

    def message_pinned(self, message: Row) -> None:
        """A message was pinned or unpinned (17 and later)."""

    def member_written(self, member: Row, fresh: Json, names: list[str], *, verb: bool) -> None:
        """A member record changed: `fresh` holds what is new, `names` all that was written, `verb` by a route."""

    def previewed(self, message: Row) -> None:
        """A message got previews of its links (16 and later)."""

    def canned_changed(self, row: Row, *, deleted: bool = False) -> None:
        """A canned answer came, changed or went (18 and later)."""

    def preview_records(self, message: Row) -> list[Json]:
        """A message's previews as 16 and 17 show them."""
        return [
            {**described(row), "id": row["id"], "message": {"id": message["id"]}}
            for row in self.state.extras.previews(message["id"])
        ]

    def shortcodes(self) -> list[Json]:
        """The canned answers in the boot answers until 17."""
        names = ("id", "source", "substitution") + (() if self.state.version >= 17 else ("description",))
        return [{name: false(row[name]) for name in names} for row in reversed(self.state.extras.canned())]

    def guest_renamed(self, person: int, channels: list[int]) -> None:
        """A guest has another name: told to its channels, and to itself."""

    def whose_status(self, person: int) -> Json:
        """Whom a status belongs to."""
        if person < 0:
            return {"guest_id": -person, "partner_id": False}
        return {"guest_id": False, "partner_id": person}

    def presence(self, partner_id: int, shown: str, status: str) -> None:
        """Somebody went on- or offline (late 17 and later)."""

    def settings(self, uid: int) -> Json:
        """A user's settings were written: told to that user only."""
        answer = {"id": uid}
        partner = self.state.accounts.partner_of(uid)
        kind = "res.users.settings" if self.state.version >= 17 else "res.users.settings/insert"
        self.to_partner(partner, kind, answer)
        return answer

    def transient(self, partner_id: int, channel_id: int, body: str) -> None:
        """A line only this person sees."""
        kind = f"{self.state.channel_model}/transient_message"
        who = {"channel_id": channel_id} if self.state.version >= 17 else {"res_id": channel_id}
        self.to_partner(partner_id, kind, {"body": body, **who})

    def file_deleted(self, attachment_id: int, message: Row) -> None:
        """An attachment is gone."""
        where = {"id": message["id"], "write_date": message["write_date"]}
        self.to_thread(message, "ir.attachment/delete", {"id": attachment_id, "message": where})

    def deleted(self, channel_id: int) -> None:
        """A channel is gone."""
        self.to_channel(channel_id, f"{self.state.channel_model}/delete", {"id": channel_id})


class Voice(Notices, ABC):
    """One version's way to tell things; subclasses hold the recorded shapes."""

    @abstractmethod
    def keys(self, uid: int | None, asked: list[str]) -> list[Key]:
        """What a connection of this user listens to."""

    # what happened

    @abstractmethod
    def posted(self, message: Row, inboxes: list[int], *, temporary_id: Any = None, silent: Any = None) -> None:
        """A message is new, and these partners have it in their inbox."""

    @abstractmethod
    def inbox(self, message: Row, partner_id: int) -> None:
        """A message came into somebody's inbox."""

    @abstractmethod
    def edited(self, message: Row) -> None:
        """Body or attachments changed, also to nothing."""

    @abstractmethod
    def unlinked(self, message_ids: list[int], partner_id: int) -> None:
        """Messages somebody was mentioned in are gone."""

    @abstractmethod
    def reacted(self, message: Row, content: str, partner_id: int, *, add: bool) -> Json:
        """A reaction came or went; also the route's answer."""

    @abstractmethod
    def typing(self, member: Row, is_typing: bool) -> None:
        """Somebody writes, or stopped."""

    @abstractmethod
    def seen(self, member: Row) -> None:
        """Somebody has read."""

    @abstractmethod
    def fetched(self, member: Row) -> None:
        """Somebody's device got the messages of a chat."""

    @abstractmethod
    def opened(self, channel: Row, partner_id: int) -> None:
        """A conversation was made, and this person is in it."""

    @abstractmethod
    def joined(self, channel: Row, member: Row, inviter: int | None) -> None:
        """Somebody became a member."""

    @abstractmethod
    def left(self, channel: Row, member: Row) -> None:
        """Somebody is no member any more."""

    @abstractmethod
    def changed(self, channel: Row, *fields: str) -> None:
        """Name or description changed."""

    @abstractmethod
    def pinned(self, channel: Row, member: Row) -> None:
        """A conversation was put into or out of somebody's list."""

    @abstractmethod
    def starred(self, message_ids: list[int], partner_id: int, *, on: bool) -> None:
        """Stars came or went."""

    @abstractmethod
    def done(self, message_ids: list[int], partner_id: int) -> None:
        """Messages left the inbox."""

    def emptied(self, message_ids: list[int], partner_id: int) -> None:
        """The whole inbox was read at once."""
        self.done(message_ids, partner_id)

    def removed(self, channel: Row, member: Row) -> None:
        """Somebody was taken out by another (20)."""
        self.left(channel, member)

    def undone(self, message_ids: list[int], uid: int) -> None:
        """Messages came back into the inbox (20)."""

    # what is answered

    @abstractmethod
    def format(self, messages: list[Row], uid: int | None) -> Any:
        """Messages as the history routes give them."""

    @abstractmethod
    def channel_info(self, channel: Row, uid: int | None) -> Json:
        """A channel as the methods that make or join one answer."""

    @abstractmethod
    def boot(self, uid: int) -> Json:
        """/mail/init_messaging, or the store that comes instead."""


def false(value: Any) -> Any:
    """Odoo writes an empty field as False."""
    return False if value is None else value
