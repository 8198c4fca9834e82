"""`message_post` over RPC, on channels and records, and the caller of a method."""

from __future__ import annotations

from typing import Any, NamedTuple

from odoochat.sandbox.database.messages import MessageValues
from odoochat.sandbox.database.records import CHANNELS
from odoochat.sandbox.errors import OdooError, for_group
from odoochat.sandbox.orm.queries import id_list
from odoochat.sandbox.world.world import World

_POST_OPTIONS = frozenset(
    ("body", "message_type", "subtype_xmlid", "subtype_id", "parent_id", "partner_ids", "attachment_ids",
     "attachments", "subject", "author_id", "email_from", "message_id", "body_is_html", "special_mentions",
     "silent", "email_layout_xmlid", "record_name", "reply_to", "role_ids", "canned_response_ids")
)  # fmt: skip


class Caller(NamedTuple):
    """The calling user, the call's context, and the model that the method belongs to."""

    world: World
    uid: int
    context: dict[str, Any]
    model: str

    @property
    def me(self) -> int:
        """The caller's partner id."""
        return self.world.state.accounts.partner_of(self.uid)


def one(caller: Caller, ids: list[int], *, model: str | None = None) -> int:
    """Return the single id passed to a method that works on one record."""
    if len(ids) != 1:
        raise OdooError("value", f"Expected singleton: {model or caller.world.state.channel_model}{tuple(ids)!r}")
    return ids[0]


def message_post(caller: Caller, ids: list[int], **options: Any) -> Any:
    """Post in a channel and return the message id (since Odoo 19, in a list)."""
    world, channel_id = caller.world, one(caller, ids)
    values = _values(caller, world.state.channel_model, channel_id, options)
    row_id = world.messages.post(
        caller.uid, channel_id, values, silent=options.get("silent"),
        temporary_id=caller.context.get("temporary_id") if world.state.capabilities.echoes_temporary_id else None,
    )  # fmt: skip
    return [row_id] if world.state.capabilities.posts_in_list else row_id


def mentioned(world: World, uid: int, channel_id: int, data: dict[str, Any]) -> list[int]:
    """Return the partners mentioned in a message posted through a route.

    Since Odoo 18, `special_mentions` can add everyone.
    """
    special = (data.get("special_mentions") or []) if world.state.capabilities.mentions_everyone else []
    me = world.state.accounts.partner_of(uid)
    everyone = [one for one in world.state.members.partners(channel_id) if one != me] if "everyone" in special else []
    return list(dict.fromkeys([*(data.get("partner_ids") or []), *everyone]))


def record_post(caller: Caller, ids: list[int], **options: Any) -> Any:
    """Post on a record and return the message id (since Odoo 19, in a list)."""
    world = caller.world
    if not ids:
        raise OdooError(
            "value", "message_post should only be call to post message on record. Use message_notify instead"
        )
    record_id = one(caller, ids, model=caller.model)
    world.records.check(caller.uid, caller.model, record_id)
    row_id = world.records.post(caller.uid, caller.model, record_id, _values(caller, caller.model, record_id, options))
    return [row_id] if world.state.capabilities.posts_in_list else row_id


def _values(caller: Caller, model: str, record_id: int, options: dict[str, Any]) -> MessageValues:
    """Convert `message_post` options to message values, and raise Odoo's error if any are invalid."""
    capabilities = caller.world.state.capabilities
    if "subtype" in options:
        raise OdooError(
            "value",
            "message_post doesn't support subtype parameter anymore. Please give a valid subtype_id or "
            "subtype_xmlid value instead.",
        )
    unknown = sorted(set(options) - _POST_OPTIONS)
    if unknown and capabilities.escapes_bodies:
        shown = ", ".join(unknown)
        raise OdooError("value", f"Those values are not supported when posting or notifying: {shown}")
    body = str(options.get("body") or "")
    if capabilities.refuses_blanks and body and not body.strip():
        raise OdooError("attribute", "'NoneType' object has no attribute 'xpath'")
    partners = options.get("partner_ids") or []
    if not all(isinstance(partner, int) for partner in partners):
        raise OdooError(
            "value",
            f"message_post partner_ids and channel_ids must be integer list, not commands: {partners!r}",
        )
    _check_files(caller, options)
    return MessageValues(
        body=body,
        is_html=not capabilities.escapes_bodies or bool(options.get("body_is_html")),
        message_type=options.get("message_type", "notification"),
        subtype=options.get("subtype_id") or caller.world.messages.subtype(options.get("subtype_xmlid")),
        author=options["author_id"] or 0 if "author_id" in options else None,
        email_from=options.get("email_from") or None,
        parent=options.get("parent_id") or None,
        partners=[*partners, *(_everyone(caller, record_id, options, partners) if model in CHANNELS else ())],
        attachments=[
            *id_list(options.get("attachment_ids") or []), *_new_files(caller, model, record_id, options)
        ],
        subject=options.get("subject") or None,
        message_id=options.get("message_id") or None,
    )  # fmt: skip


def _check_files(caller: Caller, options: dict[str, Any]) -> None:
    """Reject new files from portal users and, since Odoo 19, any files that the user may not read.

    Observed on live Odoo 14 and 19 servers. A pending upload is not readable: the route /mail/message/post
    accepts it, but RPC does not.
    """
    state = caller.world.state
    if state.accounts.is_internal(caller.uid):
        return
    checked = caller.world.state.capabilities.checks_files
    rows = [state.files.get(file) for file in id_list(options.get("attachment_ids") or [])] if checked else []
    readable = all(row is not None and state.readable(caller.uid, row["res_model"], row["res_id"]) for row in rows)
    if readable and not options.get("attachments"):
        return
    if not checked:
        raise OdooError("access", "Sorry, you are not allowed to access this document.")
    refused = for_group("Attachment", "ir.attachment", "Role / User")
    raise OdooError("access", f"Failed to write field mail.message.attachment_ids\n{refused.message}")


def _everyone(caller: Caller, channel_id: int, options: dict[str, Any], partners: list[int]) -> list[int]:
    """Return the members covered by ``special_mentions`` (Odoo 18 and later)."""
    capabilities = caller.world.state.capabilities
    if not capabilities.mentions_everyone or "everyone" not in (options.get("special_mentions") or ()):
        return []
    if capabilities.everyone_beside_partners and "partner_ids" not in options:
        raise OdooError("key", "'partner_ids'")
    return [p for p in caller.world.state.members.partners(channel_id) if p not in (*partners, caller.me)]


def _new_files(caller: Caller, model: str, record_id: int, options: dict[str, Any]) -> list[int]:
    made: list[int] = []
    for name, content, *_ in options.get("attachments") or []:
        if not isinstance(content, (str, bytes)):
            raise OdooError("argument", f"a bytes-like object is required, not '{type(content).__name__}'")
        raw = content.encode() if isinstance(content, str) else content
        state = caller.world.state
        made.append(state.files.add(name, raw, uid=caller.uid, model=model, res_id=record_id))
    return made
