"""Routing: which path has which handler, and in which versions."""

from __future__ import annotations

from typing import NamedTuple

from aiohttp import web

from odoochat.sandbox.http import attention, guests, longpoll, paging, rpc, websocket
from odoochat.sandbox.http import discuss as routes
from odoochat.sandbox.http import discuss20 as routes20
from odoochat.sandbox.http import downloads as download
from odoochat.sandbox.http import login as websession
from odoochat.sandbox.http import membership as places
from odoochat.sandbox.http import records as threads
from odoochat.sandbox.http import uploads as binary
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
    JsonRoute("/web/session/authenticate", websession.authenticate),
    JsonRoute("/web/session/get_session_info", websession.get_session_info, auth="user"),
    JsonRoute("/web/session/check", websession.check, auth="user"),
    JsonRoute("/web/session/destroy", websession.destroy, auth="user"),
    JsonRoute("/web/session/modules", websession.modules, auth="user"),
    JsonRoute("/web/webclient/version_info", websession.webclient_version),
    JsonRoute("/web/database/list", websession.database_list),
    # boot and history
    JsonRoute("/mail/init_messaging", routes.init_messaging, until=18),
    JsonRoute("/mail/data", routes.mail_data, since=18, until=20),
    JsonRoute("/mail/action", routes.mail_data, since=18, until=20),
    JsonRoute("/mail/store", routes20.mail_store, since=20),
    JsonRoute("/mail/channel/messages", routes.messages, since=15, until=17),
    JsonRoute("/discuss/channel/messages", routes.messages, since=17, until=20),
    JsonRoute("/discuss/channel/members", routes.members, since=17, until=20),
    JsonRoute("/discuss/channel/info", routes.channel_info, since=17, until=19),
    JsonRoute("/discuss/channel/pinned_messages", routes.pinned_messages, since=17, until=20),
    JsonRoute("/mail/inbox/messages", paging.inbox_messages, since=15, until=20, auth="user"),
    JsonRoute("/mail/starred/messages", paging.starred_messages, since=15, until=20, auth="user"),
    JsonRoute("/mail/history/messages", paging.history_messages, since=15, until=20, auth="user"),
    JsonRoute("/mail/thread/messages", threads.thread_messages, since=15, until=20, auth="user"),
    JsonRoute("/mail/thread/data", threads.thread_data, since=15, until=19, auth="user"),
    JsonRoute("/mail/read_followers", threads.read_followers, until=15, auth="user"),
    # messages
    JsonRoute("/mail/message/update_content", routes.update_content, since=15),
    JsonRoute("/mail/message/reaction", routes.reaction, since=17),
    JsonRoute("/mail/message/add_reaction", routes.add_reaction, since=15, until=17),
    JsonRoute("/mail/message/remove_reaction", routes.remove_reaction, since=15, until=17),
    JsonRoute("/mail/link_preview", routes.link_preview, since=16),
    JsonRoute("/mail/attachment/delete", binary.delete_attachment, since=15),
    JsonRoute("/discuss/channel/attachments", binary.channel_files, since=17),
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
    JsonRoute("/discuss/channel/join", places.join, since=18, until=20),
    JsonRoute("/discuss/channel/sub_channel/create", places.create_thread, since=18),
    JsonRoute("/discuss/channel/sub_channel/fetch", places.fetch_threads, since=18),
    JsonRoute("/discuss/channel/sub_channel/delete", places.delete_thread, since=19, auth="user"),
    JsonRoute("/discuss/channel/remove_member", routes20.remove_member, since=20),
    # polls
    JsonRoute("/mail/poll/create", routes20.poll_create, since=20, auth="user"),
    JsonRoute("/mail/poll/vote", routes20.poll_vote, since=20),
    JsonRoute("/mail/poll/remove_vote", routes20.poll_remove_vote, since=20),
    JsonRoute("/mail/poll/end", routes20.poll_end, since=20, auth="user"),
    JsonRoute("/mail/poll/delete", routes20.poll_delete, since=20, auth="user"),
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
    """Put every path in place."""
    add = router.add_route
    for route in JSON_ROUTES:
        handler = json_route(route.handler, auth=route.auth, since=route.since, until=route.until)
        add("POST", route.path, handler)
    post = json_route(routes.message_post, auth="public", since=15, cuttable=lambda _: "message_post")
    add("POST", "/mail/message/post", post)
    kw = json_route(rpc.call_kw, cuttable=lambda params: str(params.get("method")))
    add("POST", "/web/dataset/call_kw", kw)
    add("POST", "/web/dataset/call_kw/{path:.*}", kw)
    add("POST", "/xmlrpc/2/{service}", rpc.xmlrpc_route)
    add("POST", "/xmlrpc/{service}", rpc.xmlrpc_route)
    add("POST", "/jsonrpc", rpc.jsonrpc_route)
    add("POST", "/json/2/{model}/{method}", rpc.json2_route)
    add("GET", "/web/version", websession.web_version)
    add("GET", "/web/health", websocket.health)
    add("GET", "/longpolling/health", longpoll.health)
    add("GET", "/websocket/health", websocket.health)
    add("GET", "/websocket", websocket.websocket)
    for method in ("GET", "POST"):
        add(method, "/web/session/logout", websession.logout_page)
    for method in ("GET", "POST"):
        add(method, "/web/login", websession.login_page)
        add(method, "/web/login/totp", websession.totp_page)
    add("GET", r"/chat/{id:\d+}/{uuid}", guests.invitation)
    add("GET", r"/discuss/channel/{id:\d+}", guests.channel_page)
    add("GET", "/web/login_successful", websession.login_successful_page)
    add("GET", "/web", websession.web_page)
    add("GET", "/odoo", websession.web_page)
    for path in ("/web/content", "/web/image", r"/discuss/channel/{channel:\d+}/attachment",
                 r"/mail/channel/{channel:\d+}/attachment"):  # fmt: skip
        for method in ("GET", "HEAD"):
            add(method, path + r"/{id:\d+}", download.content)
    for method in ("GET", "HEAD"):
        add(method, r"/web/image/{model}/{id:\d+}/{field}", download.image)
    add("POST", "/mail/attachment/upload", binary.upload)
    add("POST", "/web/binary/upload_attachment", binary.binary_upload)
