"""Generic methods that create, update and delete records, with their access rules."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from odoochat.sandbox import errors
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.orm.binary_fields import View
from odoochat.sandbox.orm.models import kind_of
from odoochat.sandbox.orm.own_fields import own_model
from odoochat.sandbox.orm.queries import id_list
from odoochat.sandbox.world.bodies import stored_body
from odoochat.sandbox.world.world import World


class RecordWriter:
    """Creates, updates and deletes records on behalf of a user.

    Args:
        world: the world to change.
        uid: user id.
    """

    def __init__(self, world: World, uid: int) -> None:
        self.world = world
        self.state = world.state
        self.uid = uid
        self.view = View(world.state, uid)

    def create(self, model: str, values: Any, context: Any = None) -> Any:
        """Create records and return an id for a single dictionary of values, or a list of ids for a list."""
        if isinstance(values, (list, tuple)):
            return [self._create(model, one) for one in values]
        return self._create(model, values)

    def _create(self, model: str, values: Row) -> int:
        state = self.state
        kind = kind_of(self.state, model)
        if (own := own_model(kind)) is not None:
            return self.world.records.create_own(self.uid, own, self._own_values(own, values))
        if kind == "file":
            return self._create_file(values)
        if kind == "partner":
            return self.world.records.create(self.uid, values)
        if kind == "scheduled":
            return self._create_scheduled(values)
        if kind == "canned":
            made = state.canned.add(
                self.uid, str(values.get("source") or ""), str(values.get("substitution") or ""),
                shared=bool(values.get("is_shared")), description=str(values.get("description") or ""),
            )  # fmt: skip
            self._notify_canned(made)
            return made
        if kind == "channel":
            partners = self._new_partners(values)
            public = values.get("public")
            if "group_public_id" in values and state.capabilities.group_field:
                public = "groups" if values["group_public_id"] else "public"
            return self.world.channels.create(
                self.uid, values.get("name") or "", values.get("channel_type", "channel"), partners=partners,
                description=values.get("description") or None, public=public,
            )  # fmt: skip
        if kind == "member":
            channel, partner = values["channel_id"], values["partner_id"]
            self.world.channels.readable(self.uid, channel)
            return int(self.state.members.add(channel, partner)["id"])
        raise errors.no_right(model, model, "create", self.uid)

    def _notify_canned(self, row_id: int) -> None:
        row = self.state.canned.get(row_id)
        if row is not None:
            self.world.notifier.send("canned_changed", row)

    def _check_canned(self, row_id: int, model: str, operation: str) -> Row:
        row = self.state.canned.get(row_id)
        if row is None:
            raise errors.no_record(model, row_id, self.uid)
        # A shortcode is shared by all users; a canned response belongs to its creator.
        owned = self.state.capabilities.owned_canned and not self.state.accounts.is_admin(self.uid)
        if owned and row["create_uid"] != self.uid:
            raise errors.no_right("Canned Response", model, operation, self.uid)
        return row

    def _create_scheduled(self, values: Row) -> int:
        model, record_id = str(values["model"]), int(values["res_id"])
        if model == self.state.channel_model:
            self.world.channels.readable(self.uid, record_id)
        else:
            self.world.records.check(self.uid, model, record_id)
        return self.state.records.schedule(
            model=model, res_id=record_id, subject=values.get("subject") or None, create_uid=self.uid,
            body=stored_body(self.state.capabilities, str(values.get("body") or ""), is_html=True),
            author_id=values.get("author_id") or self.view.me, is_note=int(bool(values.get("is_note"))),
            scheduled_date=values.get("scheduled_date"),
        )  # fmt: skip

    def _create_file(self, values: Row) -> int:
        if not self.state.accounts.is_internal(self.uid):  # observed on live Odoo 14 and 19 servers
            raise OdooError("access", "Sorry, you are not allowed to access this document.")
        # † Odoo 20 has no `datas` field: it is dropped with a warning in the log, and the file is empty.
        data = (None if self.state.capabilities.binary_objects else values.get("datas")) or values.get("raw") or ""
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
        """Update records; as in Odoo, updating messages does not notify clients."""
        kind = kind_of(self.state, model)
        for record_id in id_list(ids):
            if (own := own_model(kind)) is not None:
                self.world.records.write_own(self.uid, own, record_id, self._own_values(own, values))
            else:
                self._write(kind, record_id, values)
        return True

    def _own_values(self, model: str, values: Row) -> Row:
        for name in values:
            if name not in self.state.own_models.types(model):
                raise OdooError("value", f"Invalid field {name!r} in {model!r}")
        return values

    def _write(self, kind: str, record_id: int, values: Row) -> None:
        state = self.state
        columns = {name: None if value is False else value for name, value in values.items()}
        if kind == "message":
            columns = {name: columns[name] for name in ("body", "subject", "parent_id") if name in columns}
            state.messages.change(record_id, **columns)
        elif kind == "channel":
            fresh = {name: str(columns[name] or "") for name in columns if name in ("name", "description")}
            self.world.channels.change(self.uid, record_id, fresh)
            if "allow_public_upload" in columns and state.capabilities.public_uploads:
                state.channels.change(record_id, allow_public_upload=int(bool(columns["allow_public_upload"])))
            for partner in self._new_partners(values):
                state.members.add(record_id, partner)  # as in Odoo, a plain write does not notify clients
        elif kind == "member":
            self._write_member(record_id, columns)
        elif kind == "file":
            allowed = {"name", "res_model", "res_id", "mimetype"}
            state.files.change(record_id, **{k: v for k, v in columns.items() if k in allowed})
        elif kind == "partner":
            self.world.records.write(self.uid, record_id, columns)
        elif kind == "canned":
            self._check_canned(record_id, "mail.canned.response", "write")
            allowed = {"source", "substitution", "description"}
            state.canned.change(record_id, **{k: v for k, v in columns.items() if k in allowed})
            self._notify_canned(record_id)
        elif kind == "scheduled":
            allowed = {"body", "subject", "scheduled_date", "is_note"}
            state.records.change_scheduled(record_id, **{k: v for k, v in columns.items() if k in allowed})
        elif kind == "user" and "password" in values:
            user = state.accounts.user(record_id)
            if user is None or not state.accounts.is_admin(self.uid):
                raise errors.no_right("User", "res.users", "write", self.uid)
            state.accounts.change_password(user["login"], str(values["password"]))
        elif kind != "settings":
            raise errors.no_right(kind, kind, "write", self.uid)

    def _write_member(self, member_id: int, columns: Row) -> None:
        state = self.state
        member = state.members.get(member_id)
        for name in ("channel_id", "partner_id", "guest_id"):
            if name in columns and state.capabilities.fixed_members:
                raise OdooError("access", f"You can not write on {name}.")
        if member is None:
            raise errors.no_record(state.member_model, member_id, self.uid)
        # Odoo 14 lets every employee change and delete any membership.
        if member["partner_id"] != self.view.me and not self._rules_members():
            raise errors.no_right("Channel Member", state.member_model, "write", self.uid)
        allowed = set(member) - {"id", "channel_id", "partner_id", "create_date", "write_date"}
        self.world.members.write(member, {k: v for k, v in columns.items() if k in allowed})

    def _rules_members(self) -> bool:
        return not self.state.capabilities.guards_members or self.state.accounts.is_admin(self.uid)

    def _unlink_member(self, member_id: int) -> None:
        # `unlink` on a member does not notify clients (observed on live Odoo 14 and 19 servers).
        member = self.state.members.get(member_id)
        # Ordinary members may do this on Odoo 15 and 16 (observed on a live server); Odoo 14 has no rule at all.
        free = self._rules_members() or not self.state.capabilities.guards_removals
        if member is not None and member["partner_id"] != self.view.me and not free:
            raise errors.no_right("Channel Member", self.state.member_model, "unlink", self.uid)
        self.state.members.remove(member_id)

    def unlink(self, model: str, ids: Any, context: Any = None) -> bool:
        """Delete records."""
        kind = kind_of(self.state, model)
        for record_id in id_list(ids):
            if (own := own_model(kind)) is not None:
                self.world.records.delete_own(self.uid, own, record_id)
            elif kind == "message":
                self.world.messages.unlink([record_id], self.uid)
            elif kind == "channel":
                self.world.channels.delete(self.uid, record_id)
            elif kind == "member":
                self._unlink_member(record_id)
            elif kind == "file":
                self.state.files.delete(record_id)
            elif kind == "canned":
                row = self._check_canned(record_id, model, "unlink")
                self.state.canned.delete(record_id)
                self.world.notifier.send("canned_changed", row, deleted=True)
            elif kind == "partner":
                self.world.records.delete(self.uid, record_id)
            elif kind == "scheduled":
                if record_id not in [row["id"] for row in self.state.records.scheduled()]:
                    raise errors.no_record(model, record_id, self.uid)
                self.state.records.unschedule(record_id)
            else:
                raise errors.no_right(kind, model, "unlink", self.uid)
        return True
