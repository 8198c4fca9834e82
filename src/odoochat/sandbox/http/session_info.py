"""Session information, which /web/session/authenticate and get_session_info answer, as recorded."""

from __future__ import annotations

from html import escape
from typing import Any

from odoochat.sandbox.database.accounts import ODOOBOT_PARTNER
from odoochat.sandbox.versions.store import RecordStore
from odoochat.sandbox.world.world import World


def session_info(world: World, uid: int | None) -> dict[str, Any]:
    """Return the session information of a user; `uid` None while a second factor is required."""
    if uid is None:
        return {"uid": None} if world.version >= 16 else _early(world, None)
    if world.version < 16:
        return _early(world, uid)
    return _later(world, uid)


def _head(world: World, uid: int) -> dict[str, Any]:
    user = world.state.accounts.user(uid)
    partner = world.state.accounts.partner(user["partner_id"]) if user else None
    assert user is not None
    assert partner is not None
    major = int(world.version)
    return {
        "uid": uid,
        "is_system": bool(user["is_admin"]),
        "is_admin": bool(user["is_admin"]),
        "user_context": {"lang": user["lang"], "tz": False, "uid": uid},
        "db": world.name,
        "server_version": f"{major}.0",
        "server_version_info": [major, 0, 0, "final", 0, ""],
        "name": user["name"],
        "username": user["login"],
        "partner_display_name": partner["display_name"],
        "partner_id": user["partner_id"],
        "web.base.url": world.state.url,
        "active_ids_limit": 20000,
    }


def _early(world: World, uid: int | None) -> dict[str, Any]:
    head = _head(world, uid if uid is not None else 1)
    if uid is None:
        head |= {"uid": None, "partner_id": None, "name": "", "username": None, "partner_display_name": ""}
    return {
        **head,
        "company_id": 1,
        "user_companies": {"current_company": [1, "My Company"], "allowed_companies": [[1, "My Company"]]},
        "currencies": {"2": {"symbol": "$", "position": "before", "digits": [69, 2]}},
        "show_effect": "True",
        "display_switch_company_menu": False,
        "cache_hashes": {"load_menus": "0" * 64, "qweb": "0" * 64, "translations": "0" * 40},
        "user_id": [uid],
        "notification_type": "inbox",
        "odoobot_initialized": False,
        **({"max_file_upload_size": world.state.files.limit} if world.version >= 15 else {}),
    }


def _settings(uid: int, version: float) -> dict[str, Any]:
    return {
        "id": uid,
        "embedded_actions_config_ids": {},
        "is_discuss_sidebar_category_channel_open": True,
        "is_discuss_sidebar_category_chat_open": True,
        "push_to_talk_key": False,
        "use_push_to_talk": False,
        "voice_active_duration": 200,
        "channel_notifications": False,
        "user_id": {"id": uid},
        "volumes": [["ADD", []]],
    }


def _later(world: World, uid: int) -> dict[str, Any]:
    head = _head(world, uid)
    company = {
        "id": 1,
        "name": "My Company",
        "sequence": 0,
        "child_ids": [],
        "parent_id": False,
        "currency_id": 1,
    }
    info: dict[str, Any] = {
        **head,
        "support_url": "https://www.odoo.com/buy",
        "profile_session": None,
        "profile_collectors": None,
        "profile_params": None,
        "max_file_upload_size": world.state.files.limit,
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
    if world.version < 17:
        info |= {"notification_type": "inbox", "odoobot_initialized": True, "user_id": [uid]}
        return info
    info |= {
        "is_public": False,
        "is_internal_user": world.state.accounts.is_internal(uid),
        "user_settings": _settings(uid, world.version),
        **bus_info(world),
    }
    if world.version >= 19:
        info |= _nineteen(world, uid)
    else:
        info |= {"notification_type": "inbox"}
    return info


def bus_info(world: World) -> dict[str, Any]:
    """Return the part of the session information that a client opens the WebSocket with.

    † 20 returns it together with the bus's last id. Source: addons/bus/models/ir_http.py (19.5).
    """
    worker = world.state.capabilities.worker_version
    if world.version < 20:
        return {"websocket_worker_version": worker}
    return {
        "bus_info": {"last_id": world.state.bus.last_id(), "worker_version": world.state.capabilities.worker_version}
    }


def _nineteen(world: World, uid: int) -> dict[str, Any]:
    store = RecordStore()
    partner = world.state.accounts.partner(world.state.accounts.partner_of(uid))
    assert partner is not None
    for person in (ODOOBOT_PARTNER, partner["id"]):
        world.stores.add_person(store, person)
    for record in store.records("res.partner"):
        record.pop("mention_token", None)
    user = world.state.accounts.user(uid)
    assert user is not None
    store.add(
        "res.users",
        {
            "id": uid,
            "is_admin": bool(user["is_admin"]),
            "notification_type": user["notification_type"],
            "signature": ["markup", f"<div>{escape(user['name'])}</div>"],
        },
    )
    # 20 names the user, and leaves the partner to the user's record.
    me = {"self_user": uid} if world.version >= 20 else {"self_partner": partner["id"]}
    store.put(
        "Store",
        {
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
            "settings": _settings(uid, world.version),
        },
    )
    return {
        "registry_hash": "f" * 64,
        "quick_login": True,
        "partner_write_date": partner["write_date"],
        "test_mode": False,
        "view_info": {"list": {"display_name": "List", "icon": "oi oi-view-list", "multi_record": True}},
        "groups": {"base.group_allow_export": False},
        "current_tour": None,
        "storeData": store.data(),
    }
