"""Generic methods that search and read records, with their access rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from odoochat.sandbox import errors
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.orm.binary_fields import View
from odoochat.sandbox.orm.descriptions import described_fields, model_rows
from odoochat.sandbox.orm.domain import matches
from odoochat.sandbox.orm.fields import Field
from odoochat.sandbox.orm.models import HISTORY, fields_of, kind_of, label
from odoochat.sandbox.orm.own_fields import own_model
from odoochat.sandbox.versions.fields import Table
from odoochat.sandbox.world.world import World

_DEFAULT_ORDER = {"message": "id desc", "file": "id desc", "partner": "display_name", "user": "name, login"}
_NAMED = "_classic_read"  # the default for `load`; otherwise many2one fields are plain ids
PLAIN = ("mail.message.subtype", "res.groups")  # only referenced by other models, never requested
_SEARCH_LIMIT = 10_000  # limit for message searches without a model. Source: mail_message.py (20.0 †)
_DOCUMENTS = {"channel": "Discussion Channel", "message": "Message", "file": "Attachment"}


def id_list(value: Any) -> list[int]:
    """Return the ids passed over RPC, either as a list or as a single number."""
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, int):
        return [value]
    if isinstance(value, (list, tuple)) and all(isinstance(one, int) for one in value):
        return [int(one) for one in value]
    raise OdooError("argument", f"unhashable or wrong ids: {value!r}")


class Queries:
    """Searches and reads records on behalf of a user."""

    def __init__(self, world: World, uid: int) -> None:
        self.world = world
        self.state = world.state
        self.uid = uid
        self.view = View(world.state, uid)

    # finding

    def _rows(self, kind: str, domain: Sequence[Any] = ()) -> list[Row]:
        state = self.state
        if kind == "message":
            bounds = _bounds(domain)
            return state.messages.all(above=bounds.above, ids=bounds.ids, records=bounds.records)
        if kind == "channel":
            rooms = state.channels.readable_ids(self.uid)
            return [row for row in state.channels.all() if row["id"] in rooms]
        if kind == "member":
            rooms = state.channels.readable_ids(self.uid)
            return [row for row in state.members.all() if row["channel_id"] in rooms]
        if kind == "partner":
            return [row for row in state.accounts.partners() if self._knows(row)]
        if kind == "file":
            return [row for row in state.files.all() if self._file_visible(row)]
        if kind == "canned":
            return state.canned.all(self.uid if state.capabilities.owned_canned else None)
        if kind == "settings" and not state.accounts.is_internal(self.uid):
            raise errors.for_group("User Settings", "res.users.settings", "Role / User")
        if kind == "preview":
            if not state.accounts.is_admin(self.uid):
                raise errors.for_group("Store link preview data", "mail.link.preview", "Access Rights")
            return state.previews.all()
        if (own := own_model(kind)) is not None:
            if not state.accounts.is_internal(self.uid):
                raise errors.no_right(own, own, "read", self.uid)
            return state.own_models.rows(own)
        if kind == "model":
            return model_rows(state, self.uid)
        if kind == "guest":
            return state.guests.all()
        if kind == "follower":
            return state.records.all_followers()
        if kind == "scheduled":  # only the user's own records
            mine = state.accounts.is_admin(self.uid)
            return [row for row in state.records.scheduled() if mine or row["create_uid"] == self.uid]
        only = "" if kind == "user" else f" WHERE id = {self.uid}"  # only the user's own settings
        ids = state.db.column(f"SELECT id FROM user{only} ORDER BY id")
        return [row for row in map(state.accounts.user, ids) if row is not None and self._knows(row, row["id"])]

    def _knows(self, partner: Row, user: int | None = None) -> bool:
        # Portal users can read only their own partner and company (observed on live Odoo 14 and 19 servers).
        if self.state.accounts.is_internal(self.uid):
            return True
        if user is not None:
            return user == self.uid
        mine = self.state.accounts.partner(self.view.me) or {}
        return partner["id"] in (self.view.me, mine.get("parent_id"))

    def _file_visible(self, row: Row) -> bool:
        return row["create_uid"] == self.uid or self.state.readable(self.uid, row["res_model"], row["res_id"])

    def _fields(self, kind: str) -> Table[Field]:
        return fields_of(self.state, kind)

    def _find(self, model: str, domain: Any, active_test: bool = True) -> list[Row]:
        kind = kind_of(self.state, model)
        fields, view = self._fields(kind), self.view
        terms = list(domain or [])
        terms = [self._followed(model, fields, term) for term in terms]
        self._check_domain(model, fields, terms)
        terms = [_history(term) for term in terms] if kind == "message" else terms
        if kind == "channel" and self.state.capabilities.ignores_is_member:
            # The field is not searchable in these versions, and the term is ignored (observed on live servers).
            terms = [[1, "=", 1] if _is_leaf(term) and term[0] == "is_member" else term for term in terms]
        if active_test and kind in ("partner", "user") and "active" not in str(terms):
            terms = ["&", ["active", "=", True], *_joined(terms)]
        return [
            row
            for row in self._rows(kind, terms)
            if matches(terms, lambda name, row=row: fields[name].get(view, row))  # type: ignore[misc]
        ]

    def _followed(self, model: str, fields: Table[Field], term: Any) -> Any:
        # A path through a many2one matches records whose target matches the rest of the path and is readable by the
        # user, even if archived; an empty field never matches (observed on live Odoo 14 and 19 servers).
        if not _is_leaf(term) or not isinstance(term[0], str) or term[0] in fields or "." not in term[0]:
            return term
        name, _, rest = term[0].partition(".")
        if name not in fields:
            return term  # `_check_domain` reports it
        if name == "message_ids":
            # Unlike other paths, this one ignores the access rules of its target (observed on live Odoo 14 and 19
            # servers). Source: addons/mail/models/mail_thread.py, `auto_join` (14.0), `bypass_search_access` (19.0).
            mine = [["model", "=", model], ["message_type", "!=", "user_notification"]]
            rows = self._find("mail.message", [[rest, *term[1:]], *mine], active_test=False)
            return ["id", "in", frozenset(row["res_id"] for row in rows)]
        to = fields[name].to
        if not to:
            raise OdooError("value", f"Invalid field property {rest!r} on {model}.{name}")
        rows = self._find(to, [[rest, *term[1:]]], active_test=False)
        if kind_of(self.state, to) == "message":
            rows = self._readable(rows)
        identity = self._fields(kind_of(self.state, to))["id"].get
        return [name, "in", frozenset(identity(self.view, row) for row in rows)]

    def _check_domain(self, model: str, fields: Table[Field], domain: Sequence[Any]) -> None:
        for term in domain:
            leaf = isinstance(term, (list, tuple)) and len(term) == 3 and isinstance(term[0], str)
            if leaf and term[0] not in fields:
                shown = tuple(term)
                raise OdooError("value", f"Invalid field {model}.{term[0].partition('.')[0]} in condition {shown!r}")

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

    def fields_get(self, model: str, allfields: Any = None, attributes: Any = None, context: Any = None) -> Any:
        """Describe a model's fields."""
        return described_fields(self.state, model, allfields, attributes)

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
        """Return the ids of the records that match a domain."""
        rows = self._page(model, domain, offset, limit, order, context)
        identity = self._fields(kind_of(self.state, model))["id"].get
        return len(rows) if count else [identity(self.view, row) for row in rows]

    def _page(
        self, model: str, domain: Any, offset: int, limit: int | None, order: str | None, context: Any
    ) -> list[Row]:
        active_test = (context or {}).get("active_test", True)
        rows = self._find(model, domain, active_test)
        if kind_of(self.state, model) != "message":
            return _slice(self._sorted(model, rows, order), offset, limit)
        if self.state.capabilities.filters_after_limit:
            # Odoo 14 to 19 drop messages that the user may not read after fetching the page, so any page can be short
            # or empty (observed on live servers). Source: addons/mail/models/mail_message.py, `_search` (19.0).
            return self._readable(_slice(self._sorted(model, rows, order), offset, limit))
        if len(rows) >= _SEARCH_LIMIT and not _names_model(domain):
            raise OdooError("value", "Cannot search, too many messages")
        return _slice(self._sorted(model, self._readable(rows), order), offset, limit)

    def _readable(self, rows: list[Row]) -> list[Row]:
        return self.world.messages.readable(self.uid, rows)

    def search_count(self, model: str, domain: Any = (), limit: int | None = None, context: Any = None) -> int:
        """Return the number of records that match a domain."""
        # Without an order, rows are counted in storage order, oldest first (observed on a live Odoo 19 server).
        return len(self._page(model, domain, 0, limit, "id", context))

    def search_read(
        self,
        model: str,
        domain: Any = None,
        fields: Any = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        load: Any = _NAMED,
        context: Any = None,
    ) -> list[Row]:
        """Return the records that match a domain."""
        self._see(context)
        wanted = self._wanted(model, fields)
        rows = self._page(model, domain, offset, limit, order, context)
        return [self._record(model, row, wanted, named=load == _NAMED) for row in rows]

    def read(self, model: str, ids: Any, fields: Any = None, load: Any = _NAMED, context: Any = None) -> list[Row]:
        """Return records by id; deleted records are skipped, and records that the user may not read raise an error."""
        self._see(context)
        wanted = self._wanted(model, fields)
        kind = kind_of(self.state, model)
        asked = id_list(ids)
        identity = self._fields(kind)["id"].get
        found = self._rows(kind, [["id", "in", asked]])
        rows = {identity(self.view, row): row for row in (self._readable(found) if kind == "message" else found)}
        for record_id in asked:
            if record_id not in rows and self._exists(kind, record_id):
                raise errors.no_right(_DOCUMENTS.get(kind, kind), model, "read", self.uid)
        return [self._record(model, rows[one], wanted, named=load == _NAMED) for one in asked if one in rows]

    def _see(self, context: Any) -> None:
        full = bool((context or {}).get("include_binary_content"))
        self.view = self.view._replace(whole_files=full)

    def _exists(self, kind: str, record_id: int) -> bool:
        finders: dict[str, Any] = {
            "message": self.state.messages.get,
            "channel": self.state.channels.get,
            "member": self.state.members.get,
            "file": self.state.files.get,
            "partner": self.state.accounts.partner,
            "user": self.state.accounts.user,
        }
        return kind in finders and finders[kind](record_id) is not None

    def _wanted(self, model: str, fields: Any) -> list[str]:
        known = self._fields(kind_of(self.state, model))
        if not fields:
            return [name for name in known if "." not in name and not name.startswith(("avatar_", "image_"))]
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

    def _record(self, model: str, row: Row, wanted: list[str], *, named: bool) -> Row:
        fields = self._fields(kind_of(self.state, model))
        return {name: self._shown(fields, name, row, named=named) for name in wanted}

    def _shown(self, fields: Table[Field], name: str, row: Row, *, named: bool) -> Any:
        field = fields[name]
        value = field.get(self.view, row)
        if field.to and value and named:
            kind = field.to if field.to in PLAIN else kind_of(self.state, field.to)
            return [value, label(self.view, kind, value)]
        return False if value is None else value


def _slice(rows: list[Row], offset: int, limit: int | None) -> list[Row]:
    return rows[int(offset or 0) :][: int(limit) if limit else None]


def _is_leaf(term: Any) -> bool:
    return isinstance(term, (list, tuple)) and len(term) == 3


def _names_model(domain: Any) -> bool:
    return any(_is_leaf(term) and term[0] == "model" for term in domain or ())


class _Bounds(NamedTuple):
    """Limits on the messages that can match a domain: their ids, the id they must exceed, their record ids."""

    ids: list[int] | None = None
    above: int = 0
    records: list[int] | None = None


def _bounds(domain: Sequence[Any]) -> _Bounds:
    # This only narrows the candidates, like a database index; the domain is still evaluated in full.
    bounds = _Bounds()
    for term in _required(domain):
        match term:
            case ["id", "in", list() | tuple() as some]:
                bounds = bounds._replace(ids=[one for one in some if isinstance(one, int)])
            case ["id", ">", int() as above]:
                bounds = bounds._replace(above=max(bounds.above, above))
            case ["res_id", "in", list() | tuple() as some] if all(type(one) is int for one in some):
                bounds = bounds._replace(records=list(some))
            case _:
                pass
    return bounds


def _required(domain: Sequence[Any]) -> Iterator[Any]:
    """Yield the terms that every matching record must satisfy: those joined by "and" at the top level."""
    wanted = 0  # operands still expected by an "or" or a "not"
    for item in domain:
        if wanted:
            wanted += {"|": 1, "&": 1, "!": 0}.get(item, -1) if isinstance(item, str) else -1
        elif item in ("|", "!"):
            wanted = 2 if item == "|" else 1
        elif item != "&":
            yield item


def _history(term: Any) -> Any:
    # Odoo searches for a read notification, so "not needaction" means the history, not all remaining messages.
    if isinstance(term, (list, tuple)) and len(term) == 3 and term[0] == "needaction":
        wanted = bool(term[2]) == (term[1] == "=")
        return term if wanted else [HISTORY, "=", True]
    return term


def _joined(domain: list[Any]) -> list[Any]:
    return domain or [[1, "=", 1]]


def _sort_key(value: Any) -> tuple[int, Any]:
    return (0, "") if value in (None, False) else (1, value)
