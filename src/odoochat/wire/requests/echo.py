"""The echo: a request whose only effect is a notification to the current user."""

from __future__ import annotations

from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.requests.call import Call

__all__ = ["echo", "fetch_settings", "is_echo"]


def fetch_settings(uid: int) -> Call:
    """Fetch the id of a user's settings, which `echo` needs.

    Args:
        uid: user id.
    """
    query = {"domain": [["user_id", "=", uid]], "fields": ["id"], "limit": 1}
    return Call("res.users.settings", "search_read", None, query)


def echo(settings_id: int) -> Call:
    """Request a notification to the current user only, without changing anything.

    ``set_res_users_settings({})`` sends ``res.users.settings`` with only the record's id (observed on a live Odoo 19
    server; addons/mail/models/res_users_settings.py).

    Args:
        settings_id: id of the user's settings record.
    """
    return Call("res.users.settings", "set_res_users_settings", (settings_id,), {"new_settings": {}})


def is_echo(notification: Notification) -> bool:
    """Return whether a notification was triggered by `echo`.

    Args:
        notification: the notification as received.
    """
    return notification.type.startswith("res.users.settings")
