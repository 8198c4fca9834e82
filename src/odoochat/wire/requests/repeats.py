"""Determines which calls and routes can safely be executed twice."""

from __future__ import annotations

from odoochat.wire.requests.call import Call, Route
from odoochat.wire.values import is_array

__all__ = ["repeatable"]

_READS = (
    "search", "read", "name_search", "name_get", "fields_get", "context_get", "message_format", "web_read",
    "web_search",
)  # fmt: skip
"""Name prefixes of read-only methods."""

_SETTING = {
    "write", "set_message_done", "mark_all_as_read", "set_message_pin", "channel_seen", "channel_pin", "channel_rename",
    "channel_change_description", "set_res_users_settings", "message_subscribe", "message_unsubscribe", "poll",
    "update_presence", "generate_access_token", "notify_typing",
}  # fmt: skip
"""Methods that set a value, so a second call has no further effect."""

_NOT_TWICE = ("/mail/message/post", "/create", "/mail/poll/", "/mail/attachment/", "/discuss/channel/join")


def repeatable(action: Call | Route) -> bool:
    """Return whether it is safe to resend a request that the server may already have executed.

    Args:
        action: the call or route.

    Returns:
        False for requests that create or toggle something.
    """
    if isinstance(action, Call):
        return action.method.startswith(_READS) or action.method in _SETTING
    if any(part in action.path for part in _NOT_TWICE):
        return False
    if action.path in ("/mail/store", "/mail/action"):
        return all(_fetches(wanted) for wanted in action.params.get("fetch_params") or ())
    return True


def _fetches(wanted: object) -> bool:
    """Return whether a store handler only fetches data or sets values."""
    name = wanted[0] if is_array(wanted) and wanted else wanted
    return isinstance(name, str) and "create" not in name and "add_members" not in name
