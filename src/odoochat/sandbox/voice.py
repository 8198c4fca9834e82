"""What a version says: on the bus when something happened, and when asked for channels and messages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from odoochat.sandbox.bus import Key
from odoochat.sandbox.schema import Row
from odoochat.sandbox.state import State

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
        return [self.state.name, "res.partner", partner_id, *sub]

    def to_channel(self, channel_id: int, kind: str, payload: Any) -> int:
        """Tell all members."""
        return self.state.bus.send(self.channel_key(channel_id), {"type": kind, "payload": payload})

    def to_partner(self, partner_id: int, kind: str, payload: Any) -> int:
        """Tell one person."""
        return self.state.bus.send(self.partner_key(partner_id), {"type": kind, "payload": payload})

    # shared pieces

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


class Voice(Speaker, ABC):
    """One version's way to tell things; subclasses hold the recorded shapes."""

    @abstractmethod
    def keys(self, uid: int | None, asked: list[str]) -> list[Key]:
        """What a connection of this user listens to."""

    # what happened

    @abstractmethod
    def posted(self, message: Row, inboxes: list[int], *, temporary_id: Any = None, silent: Any = None) -> None:
        """A message is new, and these partners have it in their inbox."""

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

    # the same since the bus has types

    def removed(self, channel: Row, member: Row) -> None:
        """Somebody was taken out by another (20)."""
        self.left(channel, member)

    def undone(self, message_ids: list[int], uid: int) -> None:
        """Messages came back into the inbox (20)."""

    def message_pinned(self, message: Row) -> None:
        """A message was pinned or unpinned (17 and later)."""

    def presence(self, partner_id: int, status: str) -> None:
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
        self.to_channel(message["res_id"], "ir.attachment/delete", {"id": attachment_id, "message": where})

    def deleted(self, channel_id: int) -> None:
        """A channel is gone."""
        self.to_channel(channel_id, f"{self.state.channel_model}/delete", {"id": channel_id})


def false(value: Any) -> Any:
    """Odoo writes an empty field as False."""
    return False if value is None else value
