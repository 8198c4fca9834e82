"""The generic methods of every model: search, read, create, write, unlink, with the rules of who may."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from odoochat.sandbox import trouble
from odoochat.sandbox.domain import matches
from odoochat.sandbox.fields import HISTORY, KINDS, Fields, View, kind_of, label
from odoochat.sandbox.schema import Row
from odoochat.sandbox.trouble import OdooError
from odoochat.sandbox.world import World

_DEFAULT_ORDER = {"message": "id desc", "file": "id desc", "partner": "display_name", "user": "name, login"}
_DOCUMENTS = {"channel": "Discussion Channel", "message": "Message", "file": "Attachment"}


def id_list(value: Any) -> list[int]:
    """Ids as RPC gives them: a list, or one number."""
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, int):
        return [value]
    if isinstance(value, (list, tuple)) and all(isinstance(one, int) for one in value):
        return [int(one) for one in value]
    raise OdooError("argument", f"unhashable or wrong ids: {value!r}")


class Orm:
    """The generic methods for one user."""

    def __init__(self, world: World, uid: int) -> None:
        self.world = world
        self.state = world.state
        self.uid = uid
        self.view = View(world.state, uid)

    # finding

    def _rows(self, kind: str, domain: Sequence[Any] = ()) -> list[Row]:
        state = self.state
        if kind == "message":
            ids, above = _bounds(domain)
            return self.world.talk.readable(self.uid, state.messages.all(above=above, ids=ids))
        if kind == "channel":
            rooms = state.channels.readable_ids(self.uid)
            return [row for row in state.channels.all() if row["id"] in rooms]
        if kind == "member":
            rooms = state.channels.readable_ids(self.uid)
            return [row for row in state.channels.all_members() if row["channel_id"] in rooms]
        if kind == "partner":
            ids = state.db.column("SELECT id FROM partner ORDER BY id")
            return [row for row in map(state.accounts.partner, ids) if row is not None]
        if kind == "file":
            return [row for row in state.files.all() if self._file_visible(row)]
        only = "" if kind == "user" else f" WHERE id = {self.uid}"  # one's own settings
        ids = state.db.column(f"SELECT id FROM user{only} ORDER BY id")
        return [row for row in map(state.accounts.user, ids) if row is not None]

    def _file_visible(self, row: Row) -> bool:
        if row["create_uid"] == self.uid:
            return True
        channel = self.state.channels.get(row["res_id"] or 0)
        return row["res_model"] == self.state.channel_model and self.state.channels.readable(self.uid, channel)

    def _fields(self, kind: str) -> Fields:
        return KINDS[kind](self.state.version)

    def _find(self, model: str, domain: Any, active_test: bool = True) -> list[Row]:
        kind = kind_of(self.state, model)
        fields, view = self._fields(kind), self.view
        terms = list(domain or [])
        self._check_domain(model, fields, terms)
        terms = [_history(term) for term in terms] if kind == "message" else terms
        if active_test and kind in ("partner", "user") and "active" not in str(terms):
            terms = ["&", ["active", "=", True], *_joined(terms)]
        return [
            row
            for row in self._rows(kind, terms)
            if matches(terms, lambda name, row=row: fields[name].get(view, row))  # type: ignore[misc]
        ]

    def _check_domain(self, model: str, fields: Fields, domain: Sequence[Any]) -> None:
        for term in domain:
            leaf = isinstance(term, (list, tuple)) and len(term) == 3 and isinstance(term[0], str)
            if leaf and term[0] not in fields:
                shown = tuple(term)
                raise OdooError("value", f"Invalid field {model}.{term[0]} in condition {shown!r}")

    def _sorted(self, model: str, rows: list[Row], order: str | None) -> list[Row]:
        kind = kind_of(self.state, model)
        fields = self._fields(kind)
        for part in reversed((order or _DEFAULT_ORDER.get(kind, "id")).split(",")):
            name, _, direction = part.strip().partition(" ")
            if name not in fields:
                raise OdooError("value", f"Invalid field {name!r} on {model!r}")
            getter = fields[name].get
            rows.sort(
                key=lambda row, get=getter: _sort_key(get(self.view, row)),  # type: ignore[misc]
                reverse=direction.strip().lower().startswith("desc"),
            )
        return rows

    # the methods

    def search(
        self,
        model: str,
        domain: Any = (),
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        count: bool = False,
        context: Any = None,
    ) -> Any:
        """The ids in a domain."""
        rows = self._page(model, domain, offset, limit, order, context)
        return len(rows) if count else [row["id"] for row in rows]

    def _page(
        self, model: str, domain: Any, offset: int, limit: int | None, order: str | None, context: Any
    ) -> list[Row]:
        active_test = (context or {}).get("active_test", True)
        rows = self._sorted(model, self._find(model, domain, active_test), order)
        return rows[int(offset or 0) :][: int(limit) if limit else None]

    def search_count(self, model: str, domain: Any = (), limit: int | None = None, context: Any = None) -> int:
        """How many are in a domain."""
        return len(self._page(model, domain, 0, limit, None, context))

    def search_read(
        self,
        model: str,
        domain: Any = None,
        fields: Any = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        load: Any = "",
        context: Any = None,
    ) -> list[Row]:
        """The records in a domain."""
        wanted = self._wanted(model, fields)
        return [self._record(model, row, wanted) for row in self._page(model, domain, offset, limit, order, context)]

    def read(self, model: str, ids: Any, fields: Any = None, load: Any = "", context: Any = None) -> list[Row]:
        """Records by id; those that are gone are left out, those one may not see are an error."""
        wanted = self._wanted(model, fields)
        kind = kind_of(self.state, model)
        asked = id_list(ids)
        rows = {row["id"]: row for row in self._rows(kind, [["id", "in", asked]])}
        for record_id in asked:
            if record_id not in rows and self._exists(kind, record_id):
                raise trouble.no_right(_DOCUMENTS.get(kind, kind), model, "read", self.uid)
        return [self._record(model, rows[one], wanted) for one in asked if one in rows]

    def _exists(self, kind: str, record_id: int) -> bool:
        finders: dict[str, Any] = {
            "message": self.state.messages.get,
            "channel": self.state.channels.get,
            "member": self.state.channels.member_by_id,
            "file": self.state.files.get,
        }
        return kind in finders and finders[kind](record_id) is not None

    def _wanted(self, model: str, fields: Any) -> list[str]:
        known = self._fields(kind_of(self.state, model))
        if not fields:
            return [name for name in known if "." not in name]
        for name in fields:
            if name == "reaction_ids" and model == "mail.message":
                raise OdooError(
                    "access",
                    'You do not have enough rights to access the field "reaction_ids" on Message '
                    "(mail.message). Please contact your system administrator.\n\nOperation: read",
                )
            if name not in known:
                raise OdooError("value", f"Invalid field {name!r} on {model!r}")
        return ["id", *(name for name in fields if name != "id")]

    def _record(self, model: str, row: Row, wanted: list[str]) -> Row:
        fields = self._fields(kind_of(self.state, model))
        return {name: self._shown(fields, name, row) for name in wanted}

    def _shown(self, fields: Fields, name: str, row: Row) -> Any:
        field = fields[name]
        value = field.get(self.view, row)
        if field.to and value:
            kind = field.to if field.to == "mail.message.subtype" else kind_of(self.state, field.to)
            return [value, label(self.view, kind, value)]
        return False if value is None else value

    def create(self, model: str, values: Any, context: Any = None) -> Any:
        """New records: an id for one set of values, a list of ids for several."""
        if isinstance(values, (list, tuple)):
            return [self._create(model, one) for one in values]
        return self._create(model, values)

    def _create(self, model: str, values: Row) -> int:
        kind = kind_of(self.state, model)
        if kind == "file":
            return self._create_file(values)
        if kind == "channel":
            partners = self._new_partners(values)
            public = values.get("public")
            return self.world.rooms.create(
                self.uid, values.get("name") or "", values.get("channel_type", "channel"), partners=partners,
                description=values.get("description") or None, public=public,
            )  # fmt: skip
        if kind == "member":
            channel, partner = values["channel_id"], values["partner_id"]
            self.world.rooms.readable(self.uid, channel)
            return int(self.state.channels.add(channel, partner)["id"])
        raise trouble.no_right(model, model, "create", self.uid)

    def _create_file(self, values: Row) -> int:
        if "datas" in values and self.state.version >= 20:
            raise OdooError("value", "Invalid field 'datas' on 'ir.attachment'")
        data = values.get("datas") or values.get("raw") or ""
        try:
            raw = base64.b64decode(data) if isinstance(data, str) else bytes(data)
        except (binascii.Error, ValueError):
            raise OdooError("value", "Incorrect padding") from None
        return self.state.files.add(
            values.get("name") or "", raw, uid=self.uid, mimetype=values.get("mimetype"),
            model=values.get("res_model") or None, res_id=values.get("res_id") or 0,
        )  # fmt: skip

    def _new_partners(self, values: Row) -> list[int]:
        partners: list[int] = [
            command[2]["partner_id"]
            for command in values.get("channel_member_ids") or []
            if command[0] == 0 and command[2].get("partner_id")
        ]
        for command in values.get("channel_partner_ids") or []:
            if command[0] == 4:
                partners.append(command[1])
            elif command[0] == 6:
                partners.extend(command[2])
        return partners

    def write(self, model: str, ids: Any, values: Row, context: Any = None) -> bool:
        """Change records; of messages and members nobody is told, as in Odoo."""
        kind = kind_of(self.state, model)
        for record_id in id_list(ids):
            self._write(kind, record_id, values)
        return True

    def _write(self, kind: str, record_id: int, values: Row) -> None:
        state = self.state
        columns = {name: None if value is False else value for name, value in values.items()}
        if kind == "message":
            columns = {name: columns[name] for name in ("body", "subject", "parent_id") if name in columns}
            state.messages.change(record_id, **columns)
        elif kind == "channel":
            fresh = {name: str(columns[name] or "") for name in columns if name in ("name", "description")}
            self.world.rooms.change(self.uid, record_id, fresh)
            for partner in self._new_partners(values):
                state.channels.add(record_id, partner)  # quietly: no header, as a plain write does
        elif kind == "member":
            member = state.channels.member_by_id(record_id)
            if member is None or member["partner_id"] != self.view.me:
                raise trouble.no_right("Channel Member", state.member_model, "write", self.uid)
            allowed = set(member) - {"id", "channel_id", "partner_id", "create_date", "write_date"}
            state.channels.change_member(record_id, **{k: v for k, v in columns.items() if k in allowed})
        elif kind == "file":
            allowed = {"name", "res_model", "res_id", "mimetype"}
            state.files.change(record_id, **{k: v for k, v in columns.items() if k in allowed})
        elif kind == "user" and "password" in values:
            user = state.accounts.user(record_id)
            if user is None or not state.accounts.is_admin(self.uid):
                raise trouble.no_right("User", "res.users", "write", self.uid)
            state.accounts.change_password(user["login"], str(values["password"]))
        elif kind != "settings":
            raise trouble.no_right(kind, kind, "write", self.uid)

    def unlink(self, model: str, ids: Any, context: Any = None) -> bool:
        """Delete records."""
        kind = kind_of(self.state, model)
        for record_id in id_list(ids):
            if kind == "message":
                self.world.talk.unlink(self.uid, [record_id])
            elif kind == "channel":
                self.world.rooms.delete(self.uid, record_id)
            elif kind == "member":
                self.state.channels.remove(record_id)
            elif kind == "file":
                self.state.files.delete(record_id)
            else:
                raise trouble.no_right(kind, model, "unlink", self.uid)
        return True


def _bounds(domain: Sequence[Any]) -> tuple[list[int] | None, int]:
    # Only narrows what is looked at; the domain itself decides. Safe when all terms are joined by "and".
    if any(term in ("|", "!") for term in domain if isinstance(term, str)):
        return None, 0
    ids, above = None, 0
    for term in domain:
        if isinstance(term, (list, tuple)) and len(term) == 3 and term[0] == "id":
            if term[1] == "in" and isinstance(term[2], (list, tuple)):
                ids = [one for one in term[2] if isinstance(one, int)]
            elif term[1] == ">" and isinstance(term[2], int):
                above = max(above, term[2])
    return ids, above


def _history(term: Any) -> Any:
    # Odoo looks for a notification that is read, so "not needaction" means the history, not all the rest.
    if isinstance(term, (list, tuple)) and len(term) == 3 and term[0] == "needaction":
        wanted = bool(term[2]) == (term[1] == "=")
        return term if wanted else [HISTORY, "=", True]
    return term


def _joined(domain: list[Any]) -> list[Any]:
    return domain or [[1, "=", 1]]


def _sort_key(value: Any) -> tuple[int, Any]:
    return (0, "") if value in (None, False) else (1, value)
