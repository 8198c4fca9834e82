"""Field tables: the fields of a payload in one version, and how each value is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Self, TypeVar

from odoochat.sandbox.database.records import CHANNELS
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.versions.store import Json

T = TypeVar("T")
ABSENT: Any = object()  # marks a field that a record does not have


class Facts(NamedTuple):
    """The context that a field's value depends on, in addition to the row itself.

    Attributes:
        state: the stored data.
        uid: id of the user reading the payload, negative for a guest; None if all members receive it.
        partner_id: id of the partner reading the payload, negative for a guest.
        nested: whether the record is nested in another one, like the parent of a reply.
    """

    state: State
    uid: int | None = None
    partner_id: int | None = None
    nested: bool = False

    @property
    def version(self) -> int:
        """The major Odoo version."""
        return int(self.state.version)

    @property
    def me(self) -> int:
        """The reader's partner id, or 0 if there is no reader."""
        return self.partner_id or 0

    def read_by(self, uid: int | None) -> Facts:
        """Return this context with a different user as the reader."""
        partner_id = None if uid is None else self.state.accounts.partner_of(uid)
        return Facts(self.state, uid, partner_id)

    def read_by_partner(self, partner_id: int) -> Facts:
        """Return this context with a different partner as the reader."""
        return Facts(self.state, self.state.accounts.user_of(partner_id), partner_id)

    def channel(self, channel_id: int) -> Row:
        """Return an existing channel's row."""
        return self.state.channel(channel_id)

    def partner(self, partner_id: int) -> Row:
        """Return an existing partner's row, or a guest's for a negative id."""
        return self.state.partner(partner_id)

    def im_status(self, partner_id: int) -> str:
        """Return a person's status; in versions without a WebSocket, people without a recent poll are offline."""
        return self.state.im_status(partner_id)

    def own_member(self, channel: Row) -> Row | None:
        """Return the reader's membership in a channel."""
        return None if self.partner_id is None else self.state.members.find(channel["id"], self.partner_id)

    def parent(self, message: Row) -> Row | None:
        """Return a reply's parent, if it is sent along with the reply."""
        return self.state.messages.get(message["parent_id"]) if message["parent_id"] and not self.nested else None

    def thread(self, row: Row) -> Json | None:
        """Return a message's or file's thread as referenced in relations, or None for an upload without a message."""
        model = row["model"] if "model" in row else row["res_model"]
        if self.state.thread_name(model, row["res_id"]) is None:
            return None
        return {"id": row["res_id"], "model": model}


Get = Callable[[Facts, Row], Any]


class Table(dict[str, T]):
    """Entries by name: `table - {"a"} | {"b": …}` is the table for the next version."""

    def __or__(self, other: Mapping[str, T]) -> Self:  # type: ignore[override]
        return type(self)({**self, **other})

    def __sub__(self, names: Iterable[str]) -> Self:
        gone = set(names)
        assert gone <= set(self), gone - set(self)
        return type(self)({name: entry for name, entry in self.items() if name not in gone})

    def __and__(self, names: Iterable[str]) -> Self:
        return type(self)({name: self[name] for name in names})


def newest(tables: Mapping[int, T], version: float) -> T:
    """Return the table for a version: the newest table introduced in that version or earlier.

    Args:
        tables: tables by the version that introduced them.
        version: the major Odoo version.
    """
    return tables[max(since for since in tables if since <= version)]


class Fields(Table[Get]):
    """A payload's fields by name."""

    def of(self, facts: Facts, row: Row) -> Json:
        """Return the payload for a row, omitting absent fields."""
        found = {name: get(facts, row) for name, get in self.items()}
        return {name: value for name, value in found.items() if value is not ABSENT}


def false(value: Any) -> Any:
    """Return a value as Odoo sends it, with False in place of an empty value."""
    return False if value is None else value


def column(name: str) -> Get:
    """Return a field with a column's value, or False if it is empty."""
    return lambda _, row: false(row[name])


def flag(name: str) -> Get:
    """Return a boolean field from a column."""
    return lambda _, row: bool(row[name])


def const(value: Any) -> Get:
    """Return a field with a constant value; lists are copied, because payloads may be modified."""
    return (lambda _, __: list(value)) if isinstance(value, list) else lambda _, __: value


def columns(*names: str) -> Fields:
    """Return fields with the values of the columns of the same names."""
    return Fields({name: column(name) for name in names})


def in_channel(row: Row) -> bool:
    """Return whether a message is in a channel rather than on a record."""
    return row["model"] in CHANNELS
