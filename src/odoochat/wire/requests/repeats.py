"""Which calls and routes may be carried out twice without harm, as reading may."""

from __future__ import annotations

from odoochat.wire.requests.call import Call, Route

__all__ = ["repeatable"]

_READS = (
    "search", "read", "name_search", "name_get", "fields_get", "context_get", "message_format", "web_read",
    "web_search",
)  # fmt: skip
"""Beginnings of the names of methods that only read."""

_SETTING = {
    "write", "set_message_done", "mark_all_as_read", "set_message_pin", "channel_seen", "channel_pin", "channel_rename",
    "channel_change_description", "set_res_users_settings", "message_subscribe", "message_unsubscribe", "poll",
    "update_presence", "generate_access_token", "notify_typing",
}  # fmt: skip
"""Methods that set something to a value: a second time it is the same value."""

_NOT_TWICE = ("/mail/message/post", "/create", "/mail/poll/", "/mail/attachment/", "/discuss/channel/join")


def repeatable(action: Call | Route) -> bool:
    """Whether an action that may have been carried out already can be carried out again.

    Args:
        action: the call or route.

    Returns:
        False for whatever makes something new, or turns something over.
    """
    if isinstance(action, Call):
        return action.method.startswith(_READS) or action.method in _SETTING
    if any(part in action.path for part in _NOT_TWICE):
        return False
    if action.path in ("/mail/store", "/mail/action"):
        return all(_fetches(wanted) for wanted in action.params.get("fetch_params") or ())
    return True


def _fetches(wanted: object) -> bool:
    """Whether a handler of ``/mail/store`` (20) only fetches or sets."""
    name = wanted[0] if isinstance(wanted, list) and wanted else wanted
    return isinstance(name, str) and "create" not in name and "add_members" not in name
