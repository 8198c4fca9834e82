"""Routing: maps each path to its handler, with the versions that have it."""

from __future__ import annotations

from typing import NamedTuple

from aiohttp import web

from odoochat.sandbox.http import (
    attention,
    discuss,
    discuss20,
    downloads,
    guests,
    login,
    longpoll,
    membership,
    paging,
    records,
    rpc,
    uploads,
    websocket,
)
from odoochat.sandbox.http.jsonrpc import Handler, json_route

LATEST = 99.0


class JsonRoute(NamedTuple):
    """A JSON route and the versions that have it."""

    path: str
    handler: Handler
    since: float = 14
    until: float = LATEST
    auth: str = "public"


JSON_ROUTES = (
    JsonRoute("/web/session/authenticate", login.authenticate),
    JsonRoute("/web/session/get_session_info", login.get_session_info, auth="user"),
    JsonRoute("/web/session/check", login.check, auth="user"),
    JsonRoute("/web/session/destroy", login.destroy, auth="user"),
    JsonRoute("/web/session/modules", login.modules, auth="user"),
    JsonRoute("/web/webclient/version_info", login.webclient_version),
    JsonRoute("/web/database/list", login.database_list),
    # boot and history
    JsonRoute("/mail/init_messaging", discuss.init_messaging, until=18),
    JsonRoute("/mail/data", discuss.mail_data, since=18, until=20),
    JsonRoute("/mail/action", discuss.mail_data, since=18, until=20),
    JsonRoute("/mail/store", discuss20.mail_store, since=20),
    JsonRoute("/mail/channel/messages", discuss.messages, since=15, until=17),
    JsonRoute("/discuss/channel/messages", discuss.messages, since=17, until=20),
    JsonRoute("/discuss/channel/members", discuss.members, since=17, until=20),
    JsonRoute("/discuss/channel/info", discuss.channel_info, since=17, until=19),
    JsonRoute("/discuss/channel/pinned_messages", discuss.pinned_messages, since=17, until=20),
    JsonRoute("/mail/inbox/messages", paging.inbox_messages, since=15, until=20, auth="user"),
    JsonRoute("/mail/starred/messages", paging.starred_messages, since=15, until=20, auth="user"),
    JsonRoute("/mail/history/messages", paging.history_messages, since=15, until=20, auth="user"),
    JsonRoute("/mail/thread/messages", records.thread_messages, since=15, until=20, auth="user"),
    JsonRoute("/mail/thread/data", records.thread_data, since=15, until=19, auth="user"),
    JsonRoute("/mail/read_followers", records.read_followers, until=15, auth="user"),
    # messages
    JsonRoute("/mail/message/update_content", discuss.update_content, since=15),
    JsonRoute("/mail/message/reaction", discuss.reaction, since=17),
    JsonRoute("/mail/message/add_reaction", discuss.add_reaction, since=15, until=17),
    JsonRoute("/mail/message/remove_reaction", discuss.remove_reaction, since=15, until=17),
    JsonRoute("/mail/link_preview", discuss.link_preview, since=16),
    JsonRoute("/mail/attachment/delete", uploads.delete_attachment, since=15),
    JsonRoute("/discuss/channel/attachments", uploads.channel_files, since=17),
    # attention
    JsonRoute("/mail/channel/notify_typing", attention.notify_typing, since=16, until=17),
    JsonRoute("/discuss/channel/notify_typing", attention.notify_typing, since=17),
    JsonRoute("/mail/channel/set_last_seen_message", attention.set_last_seen_message, since=15, until=17),
    JsonRoute("/discuss/channel/set_last_seen_message", attention.set_last_seen_message, since=17, until=18),
    JsonRoute("/discuss/channel/mark_as_read", attention.mark_as_read, since=18),
    JsonRoute("/discuss/channel/mark_as_unread", attention.mark_as_unread, since=18, until=19),
    JsonRoute("/discuss/channel/set_new_message_separator", attention.mark_as_unread, since=19),
    JsonRoute("/discuss/channel/mute", attention.mute, since=17, until=18, auth="user"),
    JsonRoute("/discuss/settings/mute", attention.mute, since=18, auth="user"),
    JsonRoute(
        "/discuss/channel/update_custom_notifications", attention.custom_notifications, since=17, until=18, auth="user"
    ),
    JsonRoute("/discuss/settings/custom_notifications", attention.custom_notifications, since=18, auth="user"),
    JsonRoute("/mail/set_manual_im_status", attention.set_manual_im_status, since=19, auth="user"),
    JsonRoute("/mail/guest/update_name", guests.update_name, since=15),
    # conversations
    JsonRoute("/mail/channel/add_guest_as_member", guests.add_guest_as_member, since=15, until=17),
    JsonRoute("/discuss/channel/join", membership.join, since=18, until=20),
    JsonRoute("/discuss/channel/sub_channel/create", membership.create_thread, since=18),
    JsonRoute("/discuss/channel/sub_channel/fetch", membership.fetch_threads, since=18),
    JsonRoute("/discuss/channel/sub_channel/delete", membership.delete_thread, since=19, auth="user"),
    JsonRoute("/discuss/channel/remove_member", discuss20.remove_member, since=20),
    # polls
    JsonRoute("/mail/poll/create", discuss20.poll_create, since=20, auth="user"),
    JsonRoute("/mail/poll/vote", discuss20.poll_vote, since=20),
    JsonRoute("/mail/poll/remove_vote", discuss20.poll_remove_vote, since=20),
    JsonRoute("/mail/poll/end", discuss20.poll_end, since=20, auth="user"),
    JsonRoute("/mail/poll/delete", discuss20.poll_delete, since=20, auth="user"),
    # the bus
    JsonRoute("/websocket/peek_notifications", websocket.peek_notifications, since=16),
    JsonRoute("/websocket/update_bus_presence", websocket.update_bus_presence, since=16),
    JsonRoute("/websocket/on_closed", websocket.on_closed, since=17),
    JsonRoute("/bus/has_missed_notifications", websocket.has_missed_notifications, since=18, until=20),
    JsonRoute("/longpolling/poll", longpoll.poll, until=16),
    JsonRoute("/longpolling/send", longpoll.send, until=15),
    JsonRoute("/longpolling/im_status", longpoll.im_status, until=16, auth="user"),
)


def add_routes(router: web.UrlDispatcher) -> None:
    """Register all paths."""
    add = router.add_route
    for route in JSON_ROUTES:
        handler = json_route(route.handler, auth=route.auth, since=route.since, until=route.until)
        add("POST", route.path, handler)
    post = json_route(discuss.message_post, auth="public", since=15, cuttable=lambda _: "message_post")
    add("POST", "/mail/message/post", post)
    kw = json_route(rpc.call_kw, cuttable=lambda params: str(params.get("method")))
    add("POST", "/web/dataset/call_kw", kw)
    add("POST", "/web/dataset/call_kw/{path:.*}", kw)
    add("POST", "/xmlrpc/2/{service}", rpc.xmlrpc_route)
    add("POST", "/xmlrpc/{service}", rpc.xmlrpc_route)
    add("POST", "/jsonrpc", rpc.jsonrpc_route)
    add("POST", "/json/2/{model}/{method}", rpc.json2_route)
    add("GET", "/web/version", login.web_version)
    add("GET", "/web/health", websocket.health)
    add("GET", "/longpolling/health", longpoll.health)
    add("GET", "/websocket/health", websocket.health)
    add("GET", "/websocket", websocket.websocket)
    for method in ("GET", "POST"):
        add(method, "/web/session/logout", login.logout_page)
    for method in ("GET", "POST"):
        add(method, "/web/login", login.login_page)
        add(method, "/web/login/totp", login.totp_page)
    add("GET", r"/chat/{id:\d+}/{uuid}", guests.invitation)
    add("GET", r"/discuss/channel/{id:\d+}", guests.channel_page)
    add("GET", "/web/login_successful", login.login_successful_page)
    add("GET", "/web", login.web_page)
    add("GET", "/odoo", login.web_page)
    for path in ("/web/content", "/web/image", r"/discuss/channel/{channel:\d+}/attachment",
                 r"/mail/channel/{channel:\d+}/attachment"):  # fmt: skip
        for method in ("GET", "HEAD"):
            add(method, path + r"/{id:\d+}", downloads.content)
    for method in ("GET", "HEAD"):
        add(method, r"/web/image/{model}/{id:\d+}/{field}", downloads.image)
    add("POST", "/mail/attachment/upload", uploads.upload)
    add("POST", "/web/binary/upload_attachment", uploads.binary_upload)
