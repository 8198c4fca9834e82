"""Fields of models declared by tests."""

from __future__ import annotations

from odoochat.sandbox.database.state import State
from odoochat.sandbox.orm.fields import Field, column, columns, link
from odoochat.sandbox.versions.fields import Table

__all__ = ["OWN", "own_fields", "own_model"]

OWN = "own "
"""Prefix for the kind of record of a declared model."""


def own_model(kind: str) -> str | None:
    """Return the declared model for a kind of record, or None for Odoo's own kinds."""
    return kind.removeprefix(OWN) if kind.startswith(OWN) else None


def own_fields(state: State, model: str) -> Table[Field]:
    """Return a declared model's fields."""
    own = {name: Field(column(name).get, to) for name, (_, to) in state.own_models.types(model).items()}
    records = state.records
    return columns("id", "create_date", "write_date") | own | {
        "display_name": column("display_name"),
        "create_uid": link("create_uid", "res.users"),
        "message_ids": Field(lambda v, r: [m["id"] for m in v.state.messages.page(r["id"], model=model, limit=None)]),
        "message_follower_ids": Field(lambda _, r: [one["id"] for one in records.followers(model, r["id"])]),
        "message_partner_ids": Field(lambda _, r: records.partners(model, r["id"])),
        "message_is_follower": Field(lambda v, r: v.me in records.partners(model, r["id"])),
        "message_needaction": Field(lambda v, r: v.state.marks.needaction_on(model, r["id"], v.me) > 0),
        "message_needaction_counter": Field(lambda v, r: v.state.marks.needaction_on(model, r["id"], v.me)),
    }  # fmt: skip
