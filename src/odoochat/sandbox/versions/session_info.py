"""Session information as returned by /web/session/authenticate and get_session_info, recorded from live servers."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from odoochat.sandbox.database.accounts import ODOOBOT_PARTNER
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.versions.sender import BusSender
from odoochat.sandbox.versions.store import Json, RecordStore

Part = Callable[[BusSender, Row], Json]


def session_info(sender: BusSender, uid: int | None) -> Json:
    """Return a user's session information.

    Args:
        sender: the version's sender.
        uid: user id; None while a second factor is required.
    """
    if uid is None and sender.facts.version >= 16:
        return {"uid": None}
    user = sender.state.accounts.user(uid or 1)
    assert user is not None
    info = {name: value for part in _PARTS[sender.facts.version] for name, value in part(sender, user).items()}
    if uid is None:
        unknown = ("uid", "partner_id", "username")
        info |= {**dict.fromkeys(unknown), "user_id": [None], "name": "", "partner_display_name": ""}
    return info


def version_info(state: State) -> Json:
    """Return the response for common.version().

    Args:
        state: the stored data.
    """
    return {**_release(state), "server_serie": f"{int(state.version)}.0", "protocol_version": 1}


def _release(state: State) -> Json:
    major = int(state.version)
    return {"server_version": f"{major}.0", "server_version_info": [major, 0, 0, "final", 0, ""]}


def bus_info(state: State) -> Json:
    """Return the part of the session information that a client needs to open the WebSocket.

    † Odoo 20 returns these details along with the last bus id. Source: addons/bus/models/ir_http.py (19.5).

    Args:
        state: the stored data.
    """
    worker = state.capabilities.worker_version
    if state.capabilities.bus_info:
        return {"bus_info": {"last_id": state.bus.last_id(), "worker_version": worker}}
    return {"websocket_worker_version": worker}


def _user(sender: BusSender, user: Row) -> Json:
    state = sender.state
    return {
        "uid": user["id"],
        "is_system": bool(user["is_admin"]),
        "is_admin": bool(user["is_admin"]),
        "user_context": {"lang": user["lang"], "tz": False, "uid": user["id"]},
        "db": state.name,
        **_release(state),
        "name": user["name"],
        "username": user["login"],
        "partner_display_name": state.partner(user["partner_id"])["display_name"],
        "partner_id": user["partner_id"],
        "web.base.url": state.url,
        "active_ids_limit": 20000,
    }


def _company14(sender: BusSender, user: Row) -> Json:
    return {
        "company_id": 1,
        "user_companies": {"current_company": [1, "My Company"], "allowed_companies": [[1, "My Company"]]},
        "currencies": {"2": {"symbol": "$", "position": "before", "digits": [69, 2]}},
        "show_effect": "True",
        "display_switch_company_menu": False,
        "cache_hashes": {"load_menus": "0" * 64, "qweb": "0" * 64, "translations": "0" * 40},
        "user_id": [user["id"]],
        "notification_type": "inbox",
        "odoobot_initialized": False,
    }


def _upload_limit(sender: BusSender, user: Row) -> Json:
    return {"max_file_upload_size": sender.state.files.limit}


def _support16(sender: BusSender, user: Row) -> Json:
    return {
        "support_url": "https://www.odoo.com/buy",
        "profile_session": None,
        "profile_collectors": None,
        "profile_params": None,
    }


def _company16(sender: BusSender, user: Row) -> Json:
    company = {"id": 1, "name": "My Company", "sequence": 0, "child_ids": [], "parent_id": False, "currency_id": 1}
    return {
        "home_action_id": False,
        "currencies": {"1": {"name": "USD", "symbol": "$", "position": "before", "digits": [69, 2]}},
        "bundle_params": {"lang": "en_US"},
        "user_companies": {
            "current_company": 1,
            "allowed_companies": {"1": company},
            "disallowed_ancestor_companies": {},
        },
        "show_effect": True,
        "tour_enabled": False,
    }


def _notified16(sender: BusSender, user: Row) -> Json:
    return {"notification_type": "inbox", "odoobot_initialized": True, "user_id": [user["id"]]}


def _notified17(sender: BusSender, user: Row) -> Json:
    return {"notification_type": "inbox"}


def _settings17(sender: BusSender, user: Row) -> Json:
    return {
        "is_public": False,
        "is_internal_user": sender.state.accounts.is_internal(user["id"]),
        "user_settings": _settings(user),
        **bus_info(sender.state),
    }


def _settings(user: Row) -> Json:
    return {
        "id": user["id"],
        "embedded_actions_config_ids": {},
        "is_discuss_sidebar_category_channel_open": True,
        "is_discuss_sidebar_category_chat_open": True,
        "push_to_talk_key": False,
        "use_push_to_talk": False,
        "voice_active_duration": 200,
        "channel_notifications": False,
        "user_id": {"id": user["id"]},
        "volumes": [["ADD", []]],
    }


def _store19(sender: BusSender, user: Row) -> Json:
    store = RecordStore()
    for person in (ODOOBOT_PARTNER, user["partner_id"]):
        sender.stores.add_person(store, person)
    for record in store.records("res.partner"):
        record.pop("mention_token", None)
    shown = {
        "id": user["id"],
        "is_admin": bool(user["is_admin"]),
        "notification_type": user["notification_type"],
        "signature": ["markup", f"<div>{escape(user['name'])}</div>"],
    }
    store.add("res.users", shown)
    # 20 references the user; the partner is in the user's record.
    me = {"self_user": user["id"]} if sender.facts.version >= 20 else {"self_partner": user["partner_id"]}
    facts = {
        "action_discuss_id": 109,
        "channel_types_with_seen_infos": ["chat", "group"],
        "hasCannedResponses": True,
        "hasGifPickerFeature": False,
        "hasLinkPreviewFeature": True,
        "hasMessageTranslationFeature": False,
        "internalUserGroupId": 1,
        "mt_comment": 1,
        "mt_note": 2,
        "odoobot": 2,
        **me,
        "settings": _settings(user),
    }
    return {
        "registry_hash": "f" * 64,
        "quick_login": True,
        "partner_write_date": sender.state.partner(user["partner_id"])["write_date"],
        "test_mode": False,
        "view_info": {"list": {"display_name": "List", "icon": "oi oi-view-list", "multi_record": True}},
        "groups": {"base.group_allow_export": False},
        "current_tour": None,
        "storeData": store.put("Store", facts).data(),
    }


_PARTS: dict[int, tuple[Part, ...]] = {
    14: (_user, _company14),
    15: (_user, _company14, _upload_limit),
    16: (_user, _support16, _upload_limit, _company16, _notified16),
    17: (_user, _support16, _upload_limit, _company16, _settings17, _notified17),
    19: (_user, _support16, _upload_limit, _company16, _settings17, _store19),
}
_PARTS[18] = _PARTS[17]
_PARTS[20] = _PARTS[19]
