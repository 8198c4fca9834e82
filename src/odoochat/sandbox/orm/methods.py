"""Methods that can be called over RPC, with their models and versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.orm import chat_methods as chat
from odoochat.sandbox.orm import posting, record_methods
from odoochat.sandbox.orm.groups import GROUPS, GROUPS19
from odoochat.sandbox.orm.models import kind_of
from odoochat.sandbox.orm.own_fields import own_model
from odoochat.sandbox.orm.posting import Caller
from odoochat.sandbox.orm.queries import Queries, id_list
from odoochat.sandbox.orm.writes import RecordWriter
from odoochat.sandbox.versions.capabilities import Span
from odoochat.sandbox.world.world import World

_EVERY = Span()
READS = ("search", "search_read", "search_count", "read", "fields_get")
WRITES = ("create", "write", "unlink")
ON_RECORDS = ("read", "write", "unlink")
SPECIAL = {"bus.bus": "bus", "bus.presence": "presence", "res.groups": "group", "ir.model.data": "reference"}
"""Models whose records cannot be searched or changed in general."""


class Method(NamedTuple):
    """A method callable over RPC.

    Attributes:
        run: called with the caller, the ids unless `on_model`, and the arguments.
        versions: versions that have the method.
        on_model: whether the method is called on the model, without ids.
    """

    run: Callable[..., Any]
    versions: Span = _EVERY
    on_model: bool = False


# A name that is defined differently across versions has several methods.
METHODS: dict[str, dict[str, Method | tuple[Method, ...]]] = {
    "channel": {
        "message_post": Method(posting.message_post),
        "message_subscribe": (
            Method(record_methods.channel_subscribe14, Span(14, 15)),
            Method(record_methods.channel_subscribe, Span(15)),
        ),
        "notify_typing": Method(chat.notify_typing, Span(14, 16)),
        "channel_seen": Method(chat.channel_seen, Span(14, 15)),
        "channel_fetched": Method(chat.channel_fetched, Span(14, 20)),
        "channel_info": Method(chat.channel_info, Span(14, 17)),
        "channel_get": Method(chat.channel_get, Span(14, 19), on_model=True),
        "channel_create": (
            Method(chat.channel_create14, Span(14, 15), on_model=True),
            Method(chat.channel_create15, Span(15, 16), on_model=True),
            Method(chat.channel_create, Span(16, 19), on_model=True),
        ),
        "create_group": Method(chat.create_group, Span(15, 19), on_model=True),
        "add_members": (Method(chat.add_members, Span(15, 18)), Method(chat.add_members18, Span(18, 20))),
        "channel_invite": Method(chat.channel_invite, Span(14, 15)),
        "channel_search_to_join": Method(chat.channel_search_to_join, Span(14, 16), on_model=True),
        "channel_join": Method(chat.channel_join, Span(15)),
        "channel_join_and_get_info": Method(chat.channel_join_and_get_info, Span(14, 15)),
        "action_follow": Method(chat.channel_join, Span(14, 15)),
        "action_unfollow": (Method(chat.action_unfollow14, Span(14, 16)), Method(chat.action_unfollow, Span(16))),
        "channel_rename": Method(chat.channel_rename, Span(15)),
        "channel_change_description": Method(chat.channel_change_description, Span(15)),
        "channel_set_custom_name": Method(chat.channel_set_custom_name, Span(14, 20)),
        "channel_pin": (
            Method(chat.channel_pin_by_uuid, Span(14, 16), on_model=True),
            Method(chat.channel_pin, Span(16, 20)),
        ),
        "channel_fetch_message": Method(chat.channel_fetch_message, Span(14, 15)),
        "channel_fetch_preview": Method(chat.channel_fetch_preview, Span(14, 18)),
        "set_message_pin": Method(chat.set_message_pin, Span(17)),
        "execute_command_help": Method(chat.execute_command_help, Span(15)),
        "get_mention_suggestions": (
            Method(chat.get_mention_suggestions, Span(14, 18), on_model=True),
            Method(chat.get_mention_suggestions18, Span(18, 20), on_model=True),
        ),
    },
    "message": {
        "set_message_done": Method(chat.set_message_done),
        "mark_as_unread": Method(chat.mark_as_unread, Span(20)),
        "toggle_message_starred": (
            Method(chat.toggle_message_starred, Span(14, 18)),
            Method(chat.toggle_message_starred18, Span(18, 20)),
        ),
        "mark_all_as_read": (
            Method(chat.mark_all_as_read14, Span(14, 15), on_model=True),
            Method(chat.mark_all_as_read, Span(15), on_model=True),
        ),
        "unstar_all": Method(chat.unstar_all, Span(14, 20), on_model=True),
        "message_fetch": Method(chat.message_fetch, Span(14, 15), on_model=True),
        "message_format": Method(chat.message_format, Span(14, 18)),
    },
    "partner": {
        "message_post": Method(posting.record_post),
        "message_subscribe": Method(record_methods.message_subscribe),
        "message_unsubscribe": (
            Method(record_methods.message_unsubscribe14, Span(14, 15)),
            Method(record_methods.message_unsubscribe, Span(15)),
        ),
    },
    "model": {
        "get_available_models": Method(record_methods.get_available_models, Span(15), on_model=True)
    },  # † 15 to 18
    "scheduled": {"post_message": Method(record_methods.post_message, Span(18))},
    "user": {
        "context_get": (
            Method(chat.context_get14, Span(14, 16), on_model=True),
            Method(chat.context_get, Span(16), on_model=True),
        ),
        "change_password": Method(chat.change_password, on_model=True),
    },
    "file": {
        "generate_access_token": Method(chat.generate_access_token),
        "copy": (Method(chat.copy_file, Span(14, 18)), Method(chat.copy_files, Span(18))),
    },
    "settings": {"set_res_users_settings": Method(chat.set_res_users_settings, Span(16))},
    "reference": {
        "check_object_reference": (
            Method(GROUPS.check_object_reference, Span(14, 19), on_model=True),
            Method(GROUPS19.check_object_reference, Span(19), on_model=True),
        ),
    },
    "group": {
        "fields_get": (
            Method(GROUPS.fields_get, Span(14, 19), on_model=True),
            Method(GROUPS19.fields_get, Span(19), on_model=True),
        ),
        "search_read": (
            Method(GROUPS.search_read, Span(14, 19), on_model=True),
            Method(GROUPS19.search_read, Span(19), on_model=True),
        ),
    },
    "bus": {"poll": Method(chat.bus_poll, Span(14, 15), on_model=True)},
    "presence": {
        "update": Method(chat.presence_update, Span(14, 17), on_model=True),
        "update_presence": Method(chat.presence_update, Span(17, 19), on_model=True),
    },
}


def find_method(version: float, kind: str, name: str) -> Method | None:
    """Return a method for a kind of record, or None if the version does not have it.

    Args:
        version: the major Odoo version.
        kind: the kind of record.
        name: method name.
    """
    found = METHODS.get(kind, {}).get(name, ())
    several = (found,) if isinstance(found, Method) else found
    return next((one for one in several if one.versions.has(version)), None)


def call(world: World, uid: int, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Call a method like execute_kw, raising OdooError where Odoo raises an error."""
    kind = _kind(world, uid, model)
    if method.startswith("_"):
        shown = f"'{model}.{method}'" if world.state.capabilities.quotes_methods else method
        raise OdooError("access", f"Private methods (such as {shown}) cannot be called remotely.")
    if method in (*READS, *WRITES) and kind not in SPECIAL.values():
        # As in Odoo, the argument is named vals_list for `create` and vals for `write`.
        named = {"values" if k in ("vals", "vals_list") else k: v for k, v in kwargs.items()}
        generic = Queries(world, uid) if method in READS else RecordWriter(world, uid)
        return _bind(getattr(generic, method), [model, *args], named, method)
    found = find_method(world.version, "partner" if own_model(kind) is not None else kind, method)
    if found is None:
        if world.state.capabilities.quotes_methods:
            raise OdooError("attribute", f"The method '{model}.{method}' does not exist")
        raise OdooError("attribute", f"type object '{model}' has no attribute '{method}'")
    context = kwargs.get("context")
    caller = Caller(world, uid, context if isinstance(context, dict) else {}, model)
    rest = {name: value for name, value in kwargs.items() if name != "context"}
    if found.on_model:
        return _bind(found.run, [caller, *args], rest, method)
    ids = args[0] if args else rest.pop("ids", None)
    if not args and ids is None:
        raise OdooError("exception", "list index out of range")
    return _bind(found.run, [caller, id_list(ids), *args[1:]], rest, method)


def _kind(world: World, uid: int, model: str) -> str:
    if model in SPECIAL and (not model.startswith("bus.") or world.state.capabilities.bus_models):
        return SPECIAL[model]
    if model == "ir.config_parameter":
        raise OdooError(
            "access",
            "You are not allowed to access 'System Parameter' (ir.config_parameter) records.\n\nThis "
            "operation is allowed for the following groups:\n\t- Role / Administrator\n\nContact your "
            "administrator to request access if necessary.",
        )
    return kind_of(world.state, model)


def _bind(run: Callable[..., Any], args: list[Any], kwargs: dict[str, Any], name: str) -> Any:
    try:
        return run(*args, **kwargs)
    except TypeError as error:
        # Only an error in the call itself is the caller's fault; a deeper one is a bug in the sandbox and must
        # propagate.
        if error.__traceback__ is not None and error.__traceback__.tb_next is None:
            text = str(error).rpartition(f"{name}()")[2] or str(error)
            raise OdooError("argument", f"{name}(){text}") from None
        raise
