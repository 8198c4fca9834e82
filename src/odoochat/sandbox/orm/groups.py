"""User groups: employees, portal users and administrators, with their external ids.

Source: live Odoo 14 and 19, asked by an employee. Versions in between are like 14, and 20 is like 19 (†).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.orm.domain import matches
from odoochat.sandbox.orm.posting import Caller
from odoochat.sandbox.world.world import World

__all__ = ["check_object_reference", "check_object_reference19", "fields", "fields19", "search_read", "search_read19"]

Groups = dict[str, int]

GROUPS: Groups = {"base.group_user": 1, "base.group_system": 3, "base.group_portal": 9}
GROUPS19: Groups = {"base.group_user": 1, "base.group_system": 4, "base.group_portal": 10}
_NAMES = {"base.group_user": "User", "base.group_system": "Administrator", "base.group_portal": "Portal"}
_MEMBERSHIP = {
    "base.group_user": ("share", False),
    "base.group_system": ("is_admin", True),
    "base.group_portal": ("share", True),
}
"""The column of a user that makes it a member, and its value."""

_TYPES = {"id": "integer", "display_name": "char", "name": "char", "full_name": "char"}
_MEMBERS, _MEMBERS19 = ("users",), ("user_ids", "all_user_ids")


def check_object_reference(caller: Caller, module: str, xml_id: str, raise_on_access_error: bool = False) -> list[Any]:
    """Return the model and the id of an external id."""
    return _reference(GROUPS, module, xml_id)


def check_object_reference19(
    caller: Caller, module: str, xml_id: str, raise_on_access_error: bool = False
) -> list[Any]:
    """Return the model and the id of an external id (Odoo 19 and later)."""
    return _reference(GROUPS19, module, xml_id)


def _reference(groups: Groups, module: str, xml_id: str) -> list[Any]:
    name = f"{module}.{xml_id}"
    if name not in groups:
        raise OdooError("value", f"External ID not found in the system: {name}")
    return ["res.groups", groups[name]]


def fields(caller: Caller, allfields: Any = None, attributes: Any = None) -> dict[str, Any]:
    """Describe the fields of a group."""
    return _described(_MEMBERS, allfields)


def fields19(caller: Caller, allfields: Any = None, attributes: Any = None) -> dict[str, Any]:
    """Describe the fields of a group (Odoo 19 and later)."""
    return _described(_MEMBERS19, allfields)


def _described(members: Iterable[str], allfields: Any) -> dict[str, Any]:
    types = _TYPES | dict.fromkeys(members, "many2many")
    return {name: {"type": kind} for name, kind in types.items() if not allfields or name in allfields}


def search_read(
    caller: Caller, domain: Any = (), fields: Any = None, offset: int = 0, limit: int | None = None, order: Any = None
) -> list[dict[str, Any]]:
    """Return the groups that match a domain."""
    return _found(caller.world, GROUPS, _MEMBERS, domain, fields)[offset:][:limit]


def search_read19(
    caller: Caller, domain: Any = (), fields: Any = None, offset: int = 0, limit: int | None = None, order: Any = None
) -> list[dict[str, Any]]:
    """Return the groups that match a domain (Odoo 19 and later)."""
    return _found(caller.world, GROUPS19, _MEMBERS19, domain, fields)[offset:][:limit]


def _found(world: World, groups: Groups, members: Iterable[str], domain: Any, fields: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for external, number in groups.items():
        label, users = _NAMES[external], _users(world, external)
        row = {"id": number, "display_name": label, "name": label, "full_name": label} | dict.fromkeys(members, users)
        if matches(domain or [], _getter(row)):
            wanted = {"id", *(fields or row)}
            found.append({name: value for name, value in row.items() if name in wanted})
    return found


def _users(world: World, external: str) -> list[int]:
    column, value = _MEMBERSHIP[external]
    users = world.state.accounts.users()
    return [user["id"] for user in users if bool(user[column]) is value]


def _getter(row: dict[str, Any]) -> Callable[[str], Any]:
    def get(name: str) -> Any:
        if name not in row:
            raise OdooError("value", f"Invalid field res.groups.{name} in condition")
        return row[name]

    return get
