"""Tables of fields: which fields a payload has in one version, and how the value of each is found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Self, TypeVar

from odoochat.sandbox.database.records import CHANNELS
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.versions.store import Json

T = TypeVar("T")
ABSENT: Any = object()  # the value of a field that this record does not have


class Facts(NamedTuple):
    """The context on which the value of a field depends, besides the row itself.

    Attributes:
        state: the database.
        uid: id of the user who reads the payload, negative for a guest; None when all members receive it.
        partner_id: id of the partner who reads it, negative for a guest.
        nested: whether the record is shown inside another one, as the message that another one answers is.
    """

    state: State
    uid: int | None = None
    partner_id: int | None = None
    nested: bool = False

    @property
    def version(self) -> int:
        """Major version of Odoo."""
        return int(self.state.version)

    @property
    def me(self) -> int:
        """Partner id of the reader, 0 when there is none."""
        return self.partner_id or 0

    def read_by(self, uid: int | None) -> Facts:
        """Return the facts as this user reads them."""
        partner_id = None if uid is None else self.state.accounts.partner_of(uid)
        return Facts(self.state, uid, partner_id)

    def read_by_partner(self, partner_id: int) -> Facts:
        """Return the facts as the user of this partner reads them."""
        return Facts(self.state, self.state.accounts.user_of(partner_id), partner_id)

    def channel(self, channel_id: int) -> Row:
        """Return the row of a channel that exists."""
        return self.state.channel(channel_id)

    def partner(self, partner_id: int) -> Row:
        """Return the row of a partner, or of a guest (negative), that exists."""
        return self.state.partner(partner_id)

    def im_status(self, partner_id: int) -> str:
        """Status of a person; before the WebSocket it becomes offline when no poll arrives."""
        return self.state.im_status(partner_id)

    def own_member(self, channel: Row) -> Row | None:
        """Return the reader's membership of a channel."""
        return None if self.partner_id is None else self.state.members.find(channel["id"], self.partner_id)

    def parent(self, message: Row) -> Row | None:
        """Return the message that another one answers, where it is shown with it."""
        return self.state.messages.get(message["parent_id"]) if message["parent_id"] and not self.nested else None

    def thread(self, row: Row) -> Json | None:
        """Return the thread of a message or file as relations name it; None for an upload without a message."""
        model = row["model"] if "model" in row else row["res_model"]
        if self.state.thread_name(model, row["res_id"]) is None:
            return None
        return {"id": row["res_id"], "model": model}


Get = Callable[[Facts, Row], Any]


class Table(dict[str, T]):
    """Entries by name: `table - {"a"} | {"b": …}` is the table of the next version."""

    def __or__(self, other: Mapping[str, T]) -> Self:  # type: ignore[override]
        return type(self)({**self, **other})

    def __sub__(self, names: Iterable[str]) -> Self:
        gone = set(names)
        assert gone <= set(self), gone - set(self)
        return type(self)({name: entry for name, entry in self.items() if name not in gone})

    def __and__(self, names: Iterable[str]) -> Self:
        return type(self)({name: self[name] for name in names})


def newest(tables: Mapping[int, T], version: float) -> T:
    """Return the table of a version: that of the latest version up to it which has one of its own.

    Args:
        tables: by the version that introduced them.
        version: the major version of Odoo.
    """
    return tables[max(since for since in tables if since <= version)]


class Fields(Table[Get]):
    """The fields of a payload by name."""

    def of(self, facts: Facts, row: Row) -> Json:
        """Return the payload of one row, without the fields that are absent."""
        found = {name: get(facts, row) for name, get in self.items()}
        return {name: value for name, value in found.items() if value is not ABSENT}


def false(value: Any) -> Any:
    """Return a value as Odoo sends it: an empty one as False."""
    return False if value is None else value


def column(name: str) -> Get:
    """Return the value of a column, False when it is empty."""
    return lambda _, row: false(row[name])


def flag(name: str) -> Get:
    """Return a column that is true or false."""
    return lambda _, row: bool(row[name])


def const(value: Any) -> Get:
    """Return the same value for every record; lists are copied, because payloads may be changed."""
    return (lambda _, __: list(value)) if isinstance(value, list) else lambda _, __: value


def columns(*names: str) -> Fields:
    """Fields with the values of the columns of the same name."""
    return Fields({name: column(name) for name in names})


def in_channel(row: Row) -> bool:
    """Return whether a message is in a channel, and not on a record."""
    return row["model"] in CHANNELS
