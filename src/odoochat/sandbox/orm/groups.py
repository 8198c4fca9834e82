"""User groups: employees, portal users and administrators, with their external ids.

Source: live Odoo 14 and 19, asked by an employee. Versions in between are like 14, and 20 is like 19 (†).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.orm.domain import matches
from odoochat.sandbox.orm.posting import Caller
from odoochat.sandbox.world.world import World

__all__ = ["GROUPS", "GROUPS19", "UserGroups"]

_NAMES = {"base.group_user": "User", "base.group_system": "Administrator", "base.group_portal": "Portal"}
_MEMBERSHIP = {
    "base.group_user": ("share", False),
    "base.group_system": ("is_admin", True),
    "base.group_portal": ("share", True),
}
"""The column of a user that makes it a member, and its value."""

_TYPES = {"id": "integer", "display_name": "char", "name": "char", "full_name": "char"}


class UserGroups:
    """The groups of some versions, with the methods of ``res.groups`` and ``ir.model.data``.

    Args:
        ids: the groups' ids by their external ids.
        members: the fields that contain a group's users.
    """

    def __init__(self, ids: dict[str, int], members: Sequence[str]) -> None:
        self._ids = ids
        self._members = members

    def check_object_reference(
        self, caller: Caller, module: str, xml_id: str, raise_on_access_error: bool = False
    ) -> list[Any]:
        """Return the model and the id of an external id."""
        name = f"{module}.{xml_id}"
        if name not in self._ids:
            raise OdooError("value", f"External ID not found in the system: {name}")
        return ["res.groups", self._ids[name]]

    def fields_get(self, caller: Caller, allfields: Any = None, attributes: Any = None) -> dict[str, Any]:
        """Describe the fields of a group."""
        types = _TYPES | dict.fromkeys(self._members, "many2many")
        return {name: {"type": kind} for name, kind in types.items() if not allfields or name in allfields}

    def search_read(
        self,
        caller: Caller,
        domain: Any = (),
        fields: Any = None,
        offset: int = 0,
        limit: int | None = None,
        order: Any = None,
    ) -> list[dict[str, Any]]:
        """Return the groups that match a domain."""
        found: list[dict[str, Any]] = []
        for external, number in self._ids.items():
            label, users = _NAMES[external], _users(caller.world, external)
            row = {"id": number, "display_name": label, "name": label, "full_name": label}
            row |= dict.fromkeys(self._members, users)
            if matches(domain or [], _getter(row)):
                wanted = {"id", *(fields or row)}
                found.append({name: value for name, value in row.items() if name in wanted})
        return found[offset:][:limit]


GROUPS = UserGroups({"base.group_user": 1, "base.group_system": 3, "base.group_portal": 9}, ("users",))
GROUPS19 = UserGroups(
    {"base.group_user": 1, "base.group_system": 4, "base.group_portal": 10}, ("user_ids", "all_user_ids")
)


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
