"""The echo: a request by which the server sends a notification to the current user alone, and changes nothing."""

from __future__ import annotations

from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.requests.call import Call

__all__ = ["echo", "fetch_settings", "is_echo"]


def fetch_settings(uid: int) -> Call:
    """Fetch the id of a user's settings, which `echo` needs.

    Args:
        uid: id of the user.
    """
    query = {"domain": [["user_id", "=", uid]], "fields": ["id"], "limit": 1}
    return Call("res.users.settings", "search_read", None, query)


def echo(settings_id: int) -> Call:
    """Request a notification for the current user alone; nothing changes.

    Seen on 19: ``set_res_users_settings({})`` sends ``res.users.settings`` with the record's id alone
    (addons/mail/models/res_users_settings.py).

    Args:
        settings_id: id of the user's settings.
    """
    return Call("res.users.settings", "set_res_users_settings", (settings_id,), {"new_settings": {}})


def is_echo(notification: Notification) -> bool:
    """Return whether a notification is the answer to `echo`.

    Args:
        notification: as received.
    """
    return notification.type.startswith("res.users.settings")
