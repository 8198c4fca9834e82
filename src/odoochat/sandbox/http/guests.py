"""Guests: the invitation page, and changing a guest's name."""

from __future__ import annotations

import json
from email.utils import formatdate
from html import escape
from typing import Any

from aiohttp import web

from odoochat.sandbox.database.accounts import PUBLIC_USER
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.errors import OdooError, not_found
from odoochat.sandbox.http.paging import user
from odoochat.sandbox.http.site import Visitor, html
from odoochat.sandbox.versions.session_info import bus_info, version_info

_YEAR = 365 * 86400


async def invitation(request: web.Request) -> web.StreamResponse:
    """GET /chat/<channel>/<uuid>: joins the channel, as a guest (cookie `dgid`) if there is no session."""
    visitor = Visitor(request)
    state = visitor.world.state
    channel = state.channels.get(int(request.match_info["id"]))
    if channel is None or channel["uuid"] != request.match_info["uuid"]:
        return html(404, "Not Found")
    member = visitor.uid is not None and state.channels.readable(visitor.uid, channel)
    if channel["channel_type"] == "chat" and not member:
        return html(404, "Not Found")
    # The channel's authorized group takes precedence over the token.
    if channel["channel_type"] == "channel" and channel["public"] != "public" and not visitor.is_user:
        return html(404, "Not Found")
    fresh: str | None = None
    if visitor.uid is None:
        visitor.uid, secret = state.guests.add("Guest")
        fresh = f"{-visitor.uid}|{secret}"
    if (
        visitor.is_user or visitor.capabilities.page_enters
    ):  # earlier versions add the guest as a member through a route (observed on a live Odoo 16 server)
        visitor.world.channels.enter(visitor.uid, channel)
    extra = {"isChannelTokenSecret": True, **({"is_welcome_page_displayed": True} if fresh else {})}
    return _page(visitor, channel, extra, fresh)


async def add_guest_as_member(visitor: Visitor, channel_id: int, channel_uuid: str) -> Any:
    """POST /mail/channel/add_guest_as_member, Odoo 15 and 16; sent by the button on the welcome page."""
    channel = visitor.world.state.channels.get(int(channel_id))
    if channel is None or channel["uuid"] != channel_uuid or channel["channel_type"] == "chat":
        raise not_found()
    if visitor.is_user or visitor.uid is None:
        raise not_found()
    visitor.world.channels.enter(visitor.uid, channel)
    return visitor.world.payloads.channel_info(channel, visitor.uid)


async def channel_page(request: web.Request) -> web.StreamResponse:
    """GET /discuss/channel/<id>; requires read access to the channel."""
    visitor = Visitor(request)
    channel = visitor.world.state.channels.get(int(request.match_info["id"]))
    if channel is None or not visitor.world.state.channels.readable(visitor.uid, channel):
        return html(404, "Not Found")
    return _page(visitor, channel, {}, None)


def _page(visitor: Visitor, channel: Row, extra: dict[str, Any], fresh: str | None) -> web.Response:
    world, uid = visitor.world, visitor.uid
    assert uid is not None
    sessions = world.state.sessions
    if sessions.get(visitor.sid) is None:
        visitor.cookie = sessions.open()
    row = sessions.get(visitor.cookie or visitor.sid) or {"csrf": ""}
    data = world.payloads.channel_info(channel, uid)
    if visitor.capabilities.store:
        data["DiscussApp"] = {"thread": {"id": channel["id"], "model": "discuss.channel"}}
        data["Store"] = {"companyName": "My Company", "inPublicPage": True, **extra}
    info = _session_info(visitor, uid)
    text = (
        f"<!DOCTYPE html>\n<html><head><title>{escape(channel['name'] or '')}</title><script>\n"
        f'var odoo = {{\n    csrf_token: "{row["csrf"]}",\n    debug: "",\n'
        f"    __session_info__: {_script(info)},\n    discuss_data: {_script(data)}\n}};\n</script></head>"
        "<body></body></html>"
    )
    response = web.Response(text=text, content_type="text/html", headers={"X-Content-Type-Options": "nosniff"})
    if fresh is not None:
        expires = formatdate(world.state.clock() + _YEAR, usegmt=True)
        response.headers.add("Set-Cookie", f"dgid={fresh}; Expires={expires}; HttpOnly; Path=/")
    visitor.set_cookie(response)
    return response


def _script(value: Any) -> str:
    return json.dumps(value).replace("<", "\\u003c")


def _session_info(visitor: Visitor, uid: int) -> dict[str, Any]:
    world = visitor.world
    known = version_info(world.state)
    info: dict[str, Any] = {
        "uid": uid if uid > 0 else None,
        "is_system": False,
        "is_admin": False,
        "is_public": uid < 0,
        "is_internal_user": world.state.accounts.is_internal(uid),
        "user_context": {"lang": "en_US"},
        "db": world.name,
        "server_version": known["server_version"],
        "server_version_info": known["server_version_info"],
        "username": "public" if uid < 0 else "",
        "user_id": PUBLIC_USER if uid < 0 else uid,
        "web.base.url": world.state.url,
        "max_file_upload_size": world.state.files.limit,
        **bus_info(world.state),
    }
    if visitor.capabilities.session_store:
        info["storeData"] = {"Store": {"self_guest": -uid} if uid < 0 else {"self_partner": uid}}
    return info


async def update_name(visitor: Visitor, guest_id: int, name: str) -> None:
    """POST /mail/guest/update_name; allowed for the guest and for administrators."""
    uid, world = user(visitor), visitor.world
    if world.state.accounts.partner(-int(guest_id)) is None or not (
        uid == -int(guest_id) or world.state.accounts.is_admin(uid)
    ):
        raise not_found()
    fresh = str(name).strip()
    if not fresh:
        raise OdooError("user", "Guest's name cannot be empty.")
    if len(fresh) > 512:
        raise OdooError("user", "Guest's name is too long.")
    world.state.guests.rename(-int(guest_id), fresh)
    world.notifier.send("guest_renamed", -int(guest_id), world.state.members.channels_of(-int(guest_id)))
