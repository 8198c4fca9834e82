"""Sends notifications on a version's bus channels."""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.fields import Facts, in_channel
from odoochat.sandbox.versions.payloads import FlatPayloads
from odoochat.sandbox.versions.store import Json, RecordStore
from odoochat.sandbox.versions.store_payloads import StorePayloads

INSERT = "mail.record/insert"


class BusSender:
    """Sends notifications to channels, partners and users.

    Args:
        payloads: the version's payloads.
    """

    def __init__(self, payloads: FlatPayloads | StorePayloads) -> None:
        self.facts: Facts = payloads.facts
        self.state = payloads.facts.state
        self.capabilities = payloads.capabilities
        self.payloads = payloads

    @property
    def flat(self) -> FlatPayloads:
        """The payloads for Odoo 14 to 17."""
        assert isinstance(self.payloads, FlatPayloads)
        return self.payloads

    @property
    def stores(self) -> StorePayloads:
        """The payloads for Odoo 18 and later."""
        assert isinstance(self.payloads, StorePayloads)
        return self.payloads

    def channel_key(self, channel_id: int, *sub: str) -> list[Any]:
        """Return a channel's bus channel."""
        return [self.state.name, self.state.channel_model, channel_id, *sub]

    def partner_key(self, partner_id: int, *sub: str) -> list[Any]:
        """Return the bus channel for a partner or guest (negative id)."""
        if partner_id < 0:
            return [self.state.name, "mail.guest", -partner_id, *sub]
        return [self.state.name, "res.partner", partner_id, *sub]

    def user_key(self, uid: int, *sub: str) -> list[Any]:
        """Return a user's bus channel (Odoo 20)."""
        return [self.state.name, "res.users", uid, *sub]

    def send(self, key: list[Any] | str, kind: str, payload: Any) -> int:
        """Send a typed notification and return the id of its bus row."""
        return self.state.bus.send(key, {"type": kind, "payload": self._versioned(kind, payload)})

    def to_channel(self, channel_id: int, kind: str, payload: Any) -> int:
        """Send a notification to all members of a channel."""
        return self.send(self.channel_key(channel_id), kind, payload)

    def to_partner(self, partner_id: int, kind: str, payload: Any) -> int:
        """Send a notification to one person."""
        uid = self.state.accounts.user_of(partner_id) if self.capabilities.user_keys and partner_id > 0 else None
        return self.send(self.user_key(uid) if uid else self.partner_key(partner_id), kind, payload)

    def to_thread(self, message: Row, kind: str, payload: Any, partner_id: int | None = None) -> int:
        """Send a notification to a message's readers: a channel's members, or only the acting user for a record."""
        if in_channel(message):
            return self.to_channel(message["res_id"], kind, payload)
        return self.to_partner(partner_id or message["author_id"] or 0, kind, payload)

    def insert(self, channel_id: int, store: RecordStore | Json) -> None:
        """Send records to all members of a channel (Odoo 17 and later)."""
        self.to_channel(channel_id, INSERT, store.data() if isinstance(store, RecordStore) else store)

    def insert_for(self, partner_id: int, store: RecordStore | Json) -> None:
        """Send records to one person (Odoo 17 and later)."""
        self.to_partner(partner_id, INSERT, store.data() if isinstance(store, RecordStore) else store)

    def member_count(self, channel: Row) -> int:
        """Return the number of members in a channel."""
        return len(self.state.members.of_channel(channel["id"]))

    def _versioned(self, kind: str, payload: Any) -> Any:
        if not self.capabilities.snapshots:
            return payload
        if kind == INSERT:
            return self.stores.versioned(payload)
        if isinstance(payload, dict) and "store_data" in payload:
            return {**payload, "store_data": self.stores.versioned(payload["store_data"])}
        return payload
