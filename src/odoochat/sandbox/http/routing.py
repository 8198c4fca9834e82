"""Routing: maps each path to its handler and the versions that have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

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
from odoochat.sandbox.http.jsonrpc import Handler, WebHandler, json_route
from odoochat.sandbox.http.site import SITE, html
from odoochat.sandbox.versions.capabilities import Span

EVERY = Span()


class JsonRoute(NamedTuple):
    """A JSON route.

    Attributes:
        path: the route's path.
        handler: called with the visitor and the request parameters.
        versions: versions that have the route.
        auth: ``user`` if the route requires a login, otherwise ``public``.
        cuttable: the call's name for `Faults.cut_answer`.
    """

    path: str
    handler: Handler
    versions: Span = EVERY
    auth: str = "public"
    cuttable: Callable[[Any], str] | None = None


class PageRoute(NamedTuple):
    """Paths that are not JSON routes.

    Attributes:
        paths: the paths to register.
        handler: called with the request.
        versions: versions that have these paths.
        methods: HTTP methods.
    """

    paths: tuple[str, ...]
    handler: WebHandler
    versions: Span = EVERY
    methods: tuple[str, ...] = ("GET",)


JSON_ROUTES = (
    JsonRoute("/web/session/authenticate", login.authenticate),
    JsonRoute("/web/session/get_session_info", login.get_session_info, auth="user"),
    JsonRoute("/web/session/check", login.check, auth="user"),
    JsonRoute("/web/session/destroy", login.destroy, auth="user"),
    JsonRoute("/web/session/modules", login.modules, auth="user"),
    JsonRoute("/web/webclient/version_info", login.webclient_version),
    JsonRoute("/web/database/list", login.database_list),
    # boot and history
    JsonRoute("/mail/init_messaging", discuss.init_messaging, Span(14, 18)),
    JsonRoute("/mail/data", discuss.mail_data, Span(18, 20)),
    JsonRoute("/mail/action", discuss.mail_data, Span(18, 20)),
    JsonRoute("/mail/store", discuss20.mail_store, Span(20)),
    JsonRoute("/mail/channel/messages", discuss.messages, Span(15, 17)),
    JsonRoute("/discuss/channel/messages", discuss.messages, Span(17, 20)),
    JsonRoute("/discuss/channel/members", discuss.members, Span(17, 20)),
    JsonRoute("/discuss/channel/info", discuss.channel_info, Span(17, 19)),
    JsonRoute("/discuss/channel/pinned_messages", discuss.pinned_messages, Span(17, 20)),
    JsonRoute("/mail/inbox/messages", paging.inbox_messages, Span(15, 20), auth="user"),
    JsonRoute("/mail/starred/messages", paging.starred_messages, Span(15, 20), auth="user"),
    JsonRoute("/mail/history/messages", paging.history_messages, Span(15, 20), auth="user"),
    JsonRoute("/mail/thread/messages", records.thread_messages, Span(15, 20), auth="user"),
    JsonRoute("/mail/thread/data", records.thread_data, Span(15, 19), auth="user"),
    JsonRoute("/mail/read_followers", records.read_followers, Span(14, 15), auth="user"),
    # messages
    JsonRoute("/mail/message/post", discuss.message_post, Span(15), cuttable=lambda _: "message_post"),
    JsonRoute("/mail/message/update_content", discuss.update_content, Span(15)),
    JsonRoute("/mail/message/reaction", discuss.reaction, Span(17)),
    JsonRoute("/mail/message/add_reaction", discuss.add_reaction, Span(15, 17)),
    JsonRoute("/mail/message/remove_reaction", discuss.remove_reaction, Span(15, 17)),
    JsonRoute("/mail/link_preview", discuss.link_preview, Span(16)),
    JsonRoute("/mail/attachment/delete", uploads.delete_attachment, Span(15)),
    JsonRoute("/discuss/channel/attachments", uploads.channel_files, Span(17)),
    # attention
    JsonRoute("/mail/channel/notify_typing", attention.notify_typing, Span(16, 17)),
    JsonRoute("/discuss/channel/notify_typing", attention.notify_typing, Span(17)),
    JsonRoute("/mail/channel/set_last_seen_message", attention.set_last_seen_message, Span(15, 17)),
    JsonRoute("/discuss/channel/set_last_seen_message", attention.mark_as_read, Span(17, 18)),
    JsonRoute("/discuss/channel/mark_as_read", attention.mark_as_read, Span(18)),
    JsonRoute("/discuss/channel/mark_as_unread", attention.mark_as_unread, Span(18, 19)),
    JsonRoute("/discuss/channel/set_new_message_separator", attention.mark_as_unread, Span(19)),
    JsonRoute("/discuss/channel/mute", attention.mute, Span(17, 18), auth="user"),
    JsonRoute("/discuss/settings/mute", attention.mute, Span(18), auth="user"),
    JsonRoute(
        "/discuss/channel/update_custom_notifications", attention.custom_notifications, Span(17, 18), auth="user"
    ),
    JsonRoute("/discuss/settings/custom_notifications", attention.custom_notifications, Span(18), auth="user"),
    JsonRoute("/mail/set_manual_im_status", attention.set_manual_im_status, Span(19), auth="user"),
    JsonRoute("/mail/guest/update_name", guests.update_name, Span(15)),
    # channels
    JsonRoute("/mail/channel/add_guest_as_member", guests.add_guest_as_member, Span(15, 17)),
    JsonRoute("/discuss/channel/join", membership.join, Span(18, 20)),
    JsonRoute("/discuss/channel/sub_channel/create", membership.create_thread, Span(18)),
    JsonRoute("/discuss/channel/sub_channel/fetch", membership.fetch_threads, Span(18)),
    JsonRoute("/discuss/channel/sub_channel/delete", membership.delete_thread, Span(19), auth="user"),
    JsonRoute("/discuss/channel/remove_member", discuss20.remove_member, Span(20)),
    # polls
    JsonRoute("/mail/poll/create", discuss20.poll_create, Span(20), auth="user"),
    JsonRoute("/mail/poll/vote", discuss20.poll_vote, Span(20)),
    JsonRoute("/mail/poll/remove_vote", discuss20.poll_remove_vote, Span(20)),
    JsonRoute("/mail/poll/end", discuss20.poll_end, Span(20), auth="user"),
    JsonRoute("/mail/poll/delete", discuss20.poll_delete, Span(20), auth="user"),
    # model methods
    JsonRoute("/web/dataset/call_kw", rpc.call_kw, auth="user", cuttable=rpc.method_of),
    JsonRoute("/web/dataset/call_kw/{path:.*}", rpc.call_kw, auth="user", cuttable=rpc.method_of),
    # the bus
    JsonRoute("/websocket/peek_notifications", websocket.peek_notifications, Span(16)),
    JsonRoute("/websocket/update_bus_presence", websocket.update_bus_presence, Span(16)),
    JsonRoute("/websocket/on_closed", websocket.on_closed, Span(17)),
    JsonRoute("/bus/has_missed_notifications", websocket.has_missed_notifications, Span(18, 20)),
    JsonRoute("/longpolling/poll", longpoll.poll, Span(14, 16)),
    JsonRoute("/longpolling/send", longpoll.send, Span(14, 15)),
    JsonRoute("/longpolling/im_status", longpoll.im_status, Span(14, 16), auth="user"),
)


_ID = r"/{id:\d+}"
_READ = ("GET", "HEAD")
PAGES = (
    PageRoute(("/xmlrpc/2/{service}", "/xmlrpc/{service}"), rpc.xmlrpc_route, methods=("POST",)),
    PageRoute(("/jsonrpc",), rpc.jsonrpc_route, methods=("POST",)),
    PageRoute(("/json/2/{model}/{method}",), rpc.json2_route, Span(19), methods=("POST",)),
    PageRoute(("/web/version",), login.web_version, Span(19)),
    PageRoute(("/web/health", "/websocket/health"), websocket.health, Span(16)),
    PageRoute(("/longpolling/health",), websocket.health, Span(15, 16)),
    PageRoute(("/websocket",), websocket.websocket, Span(16)),
    PageRoute(("/web/session/logout",), login.logout_page, methods=("GET", "POST")),
    PageRoute(("/web/login",), login.login_page, methods=("GET", "POST")),
    PageRoute(("/web/login/totp",), login.totp_page, methods=("GET", "POST")),
    PageRoute(("/web/login_successful",), login.login_successful_page, Span(15)),
    PageRoute(("/web", "/odoo"), login.web_page),
    PageRoute((r"/chat/{id:\d+}/{uuid}",), guests.invitation, Span(15)),
    PageRoute((r"/discuss/channel/{id:\d+}",), guests.channel_page, Span(15)),
    PageRoute((f"/web/content{_ID}", f"/web/image{_ID}"), downloads.content, methods=_READ),
    PageRoute((rf"/mail/channel/{{channel:\d+}}/attachment{_ID}",), downloads.content, Span(15, 17), _READ),
    # Odoo 19 no longer has this route and responds with 404 (observed on a live server).
    PageRoute((rf"/discuss/channel/{{channel:\d+}}/attachment{_ID}",), downloads.content, Span(17, 19), _READ),
    PageRoute((rf"/web/image/{{model}}{_ID}/{{field}}",), downloads.image, methods=_READ),
    PageRoute(("/mail/attachment/upload",), uploads.upload, Span(15), ("POST",)),
    PageRoute(("/web/binary/upload_attachment",), uploads.binary_upload, methods=("POST",)),
)


def add_routes(router: web.UrlDispatcher) -> None:
    """Register all routes.

    Args:
        router: the router to register them with.
    """
    for route in JSON_ROUTES:
        handler = json_route(route.handler, auth=route.auth, cuttable=route.cuttable)
        router.add_route("POST", route.path, _only(route.versions, handler))
    for page in PAGES:
        for path in page.paths:
            for method in page.methods:
                router.add_route(method, path, _only(page.versions, page.handler))


def _only(versions: Span, handler: WebHandler) -> WebHandler:
    """Restrict a handler to the given versions; all others respond with 404."""

    async def route(request: web.Request) -> web.StreamResponse:
        there = versions.has(request.app[SITE].main.version)
        return await handler(request) if there else html(404, "Not Found")

    return handler if versions == EVERY else route
