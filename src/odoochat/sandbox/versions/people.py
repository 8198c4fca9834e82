"""The representation of people in each version: partners, users and guests."""

from __future__ import annotations

from typing import NamedTuple

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.fields import Facts, Fields, Get, column, columns, const, flag
from odoochat.sandbox.versions.store import Json, token


def persona(person: int) -> Json:
    """Return a reference to a person (Odoo 17 and 18); guests have a negative id in the database."""
    return {"id": abs(person), "type": "partner" if person > 0 else "guest"}


def named_persona(facts: Facts, person: int) -> Json:
    """Return a person with their name (Odoo 17)."""
    return {**persona(person), "name": facts.partner(person)["name"]}


def named(facts: Facts, people: list[int]) -> list[Json]:
    """Return people with their names (Odoo 15 and 16)."""
    return [{"id": abs(one), "name": facts.partner(one)["name"]} for one in people]


def _status(facts: Facts, row: Row) -> str:
    return facts.im_status(row["id"])


def _internal(_: Facts, row: Row) -> bool:
    return not row["share"]


def _user_command(_: Facts, row: Row) -> Json | list[object]:
    if not row["user_id"]:
        return [["clear"]]
    return [["insert", {"id": row["user_id"], "isInternalUser": not row["share"]}]]


def _access_token(purpose: str, name: str = "id") -> Get:
    return lambda _, row: token(purpose, row[name])


# 14 to 17: the same format for all partners.
PARTNER: dict[int, Fields] = {}
PARTNER[14] = columns("id", "display_name", "name") | {"active": flag("active"), "im_status": _status}
PARTNER[15] = PARTNER[14] | {
    "email": column("email"),
    "user_id": column("user_id"),
    "is_internal_user": _internal,
}
PARTNER[16] = PARTNER[15] - {"display_name", "user_id", "is_internal_user"} | {"user": _user_command}
PARTNER[17] = PARTNER[16] - {"user"} | {
    "is_company": const(False),
    "type": const("partner"),
    "isInternalUser": _internal,
    "userId": column("user_id"),
    "write_date": column("write_date"),
}
CHAT_MEMBER = columns("id", "name", "email") | {"im_status": _status}  # 14


class Role(NamedTuple):
    """The store fields for a person in a particular role (Odoo 18 and later).

    Attributes:
        partner: fields of the res.partner record.
        user: fields of the res.users record; empty to omit the record.
        status: whether guests in this role have a status.
    """

    partner: Fields
    user: Fields = Fields()
    status: bool = False


_NAME18 = columns("id", "name", "write_date")
_AUTHOR18 = _NAME18 | {"isInternalUser": _internal, "is_company": const(False), "userId": column("user_id")}
_MEMBER18 = _AUTHOR18 | {"active": flag("active"), "email": column("email"), "im_status": _status}
_NAME19 = _NAME18 | {"avatar_128_access_token": _access_token("avatar")}
_AUTHOR19 = _NAME19 | {"is_company": const(False), "main_user_id": column("user_id")}
_STATUS19 = {
    "im_status": _status,
    "im_status_access_token": _access_token("im_status"),
    "mention_token": _access_token("mention"),
}
_USER19 = Fields({"id": column("user_id"), "share": flag("share")})
# † In 20 a status belongs to the user, not the partner.
_READER20 = _NAME19 | {
    "mention_token": _access_token("mention"),
    "user_ids": lambda _, row: [row["user_id"]] if row["user_id"] else [],
}
_USER20 = _USER19 | {"partner_id": column("id")}
_READING_USER20 = Fields(
    {
        "id": column("user_id"),
        "im_status": _status,
        "im_status_access_token": _access_token("im_status", "user_id"),
        "partner_id": column("id"),
    }
)

NAME, AUTHOR, READER, MEMBER = "name", "author", "reader", "member"
ROLES: dict[int, dict[str, Role]] = {
    18: {
        NAME: Role(_NAME18),
        AUTHOR: Role(_AUTHOR18),
        READER: Role(columns("id", "name") | {"im_status": _status}, status=True),
        MEMBER: Role(_MEMBER18, status=True),
    },
    19: {
        NAME: Role(_NAME19),
        AUTHOR: Role(_AUTHOR19, _USER19),
        READER: Role(_NAME19 | _STATUS19, status=True),
        MEMBER: Role(
            _AUTHOR19 | _STATUS19 | {"active": flag("active"), "email": column("email")}, _USER19, status=True
        ),
    },
}
ROLES[20] = {
    NAME: ROLES[19][NAME],
    AUTHOR: Role(_AUTHOR19, _USER20),
    READER: Role(_READER20, _READING_USER20, status=True),
    MEMBER: Role(
        _READER20
        | _AUTHOR19
        | {
            "active": flag("active"),
            "email": column("email"),
            "partner_share": flag("share"),
            "tz": const(False),
        },
        _READING_USER20 | _USER20 | {"active": const(True)},
        status=True,
    ),
}

# A guest's row contains the negated id.
GUEST: dict[int, Fields] = {}
GUEST[18] = columns("name", "write_date") | {"id": lambda _, row: -row["id"]}
GUEST[19] = GUEST[18] | {"avatar_128_access_token": _access_token("avatar")}
GUEST[20] = GUEST[19]
GUEST_STATUS: dict[int, Fields] = {18: Fields({"im_status": _status})}
GUEST_STATUS[19] = GUEST_STATUS[18] | {"im_status_access_token": _access_token("im_status")}
GUEST_STATUS[20] = GUEST_STATUS[19]


def follower_person(facts: Facts, partner_id: int) -> Json:
    """Return the follower field that references the partner (Odoo 18 and later)."""
    return {"partner_id": partner_id} if facts.version >= 19 else {"partner": persona(partner_id)}


def member_persona(facts: Facts, person: int) -> Json:
    """Return a channel member (Odoo 16 and 17)."""
    if facts.version >= 17:
        if person > 0:
            return PARTNER[17].of(facts, facts.partner(person))
        row = facts.partner(person)
        return {**named_persona(facts, person), "im_status": facts.im_status(person), "write_date": row["write_date"]}
    if person > 0:
        return {"partner": PARTNER[16].of(facts, facts.partner(person))}
    return {"guest": {"id": -person, "name": facts.partner(person)["name"], "im_status": facts.im_status(person)}}
