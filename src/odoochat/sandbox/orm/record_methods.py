"""Methods for contacts, scheduled messages and models."""

from __future__ import annotations

from typing import Any

from odoochat.sandbox import errors
from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.orm.descriptions import available_models
from odoochat.sandbox.orm.posting import Caller
from odoochat.sandbox.orm.queries import id_list


def message_subscribe(caller: Caller, ids: list[int], partner_ids: Any = None, subtype_ids: Any = None) -> bool:
    """Add partners as followers of records."""
    for record in ids:
        caller.world.records.subscribe(caller.uid, caller.model, record, id_list(partner_ids or []))
    return True


def message_unsubscribe(caller: Caller, ids: list[int], partner_ids: Any = None) -> None:
    """Remove followers from records."""
    for record in ids:
        caller.world.records.unsubscribe(caller.uid, caller.model, record, id_list(partner_ids or []))


def message_unsubscribe14(caller: Caller, ids: list[int], partner_ids: Any = None) -> bool:
    """Remove followers from records (Odoo 14)."""
    message_unsubscribe(caller, ids, partner_ids)
    return True


def channel_subscribe14(caller: Caller, ids: list[int], partner_ids: Any = None, subtype_ids: Any = None) -> bool:
    """Accept followers for a channel; the sandbox ignores them (Odoo 14)."""
    return True


def channel_subscribe(caller: Caller, ids: list[int], partner_ids: Any = None, subtype_ids: Any = None) -> bool:
    """Reject followers, because channels have members instead."""
    if partner_ids:
        raise OdooError("user", "Adding followers on channels is not possible. Consider adding members instead.")
    return True


def get_available_models(caller: Caller) -> list[dict[str, str]]:
    """Return the models that the user may read, sorted by name."""
    return available_models(caller.world.state)


def post_message(caller: Caller, ids: list[int]) -> None:
    """Send scheduled messages immediately."""
    rows = {row["id"]: row for row in caller.world.state.records.scheduled()}
    for one in ids:
        if one not in rows:
            raise errors.no_record("mail.scheduled.message", one, caller.uid)
        caller.world.records.send_scheduled(caller.uid, rows[one])
