"""The WebSocket in Odoo 16 and later, and the routes for peeking, health checks and missed notifications."""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from odoochat.sandbox.database.bus import key
from odoochat.sandbox.errors import OdooError, expired
from odoochat.sandbox.http.delivery import BusDelivery, TopicDelivery, polled
from odoochat.sandbox.http.site import Site, Visitor, cut, html
from odoochat.sandbox.versions.capabilities import Capabilities
from odoochat.sandbox.world.world import World

EXPIRED, OUTDATED = 4001, "OUTDATED_VERSION"
RATE_WINDOW = 2.0
MESSAGE_LIMIT = 2**20

# User-Agent keywords that Odoo uses to recognize a browser.
_BROWSER = re.compile(
    r"googlebot|msnbot|yahoo|ask jeeves|aol|opera|edge|chrome|crios|seamonkey|firefox|galeon|safari|version|"
    r"webkit|camino|konqueror|k-meleon|netscape|msie|lynx|links|baiduspider|bingbot|mozilla",
    re.IGNORECASE,
)


class Socket:
    """An open WebSocket."""

    def __init__(self, site: Site, visitor: Visitor, ws: web.WebSocketResponse) -> None:
        self.world: World = visitor.world
        self._site = site
        self._ws = ws
        self._request = visitor.request
        self._sid = visitor.cookie or visitor.sid
        self._uid = None if site.ledger.silent else visitor.uid
        kind = TopicDelivery if visitor.capabilities.topics else BusDelivery
        # Odoo 16 selects ids above the last one sent (observed on a live server), so rows with lower ids that are
        # committed later are never sent.
        window = site.options.commit_window if visitor.capabilities.late_rows else 0.0
        self._delivery = kind(visitor.world, site.ledger, window)
        self._news = asyncio.Event()
        self._frames: deque[float] = deque()
        self._muted = False
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def _capabilities(self) -> Capabilities:
        return self.world.state.capabilities

    # the `Line` interface

    def listens(self, keys: AbstractSet[str]) -> bool:
        """Return whether the connection is subscribed to one of these channels."""
        return self._delivery.listens(keys)

    def wake(self) -> None:
        """Check for notifications to send."""
        self._news.set()

    def end(self, code: int, reason: str = "") -> None:
        """Close with a code; 1006 drops the connection."""
        if code == WSCloseCode.ABNORMAL_CLOSURE:
            cut(self._request)
            return
        self._keep(asyncio.ensure_future(self._close(code, reason)))

    def mute(self) -> None:
        """Ignore incoming frames and send none."""
        self._muted = True

    def become_public(self) -> None:
        """Continue as a connection without a user."""
        self._uid = None
        self._delivery.public()

    def forget(self, ids: list[int]) -> None:
        """Never deliver the rows with these ids."""
        self._delivery.forget(ids)

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _close(self, code: int, reason: str = "") -> None:
        await self._ws.close(code=code, message=reason.encode(), drain=False)

    # lifecycle

    async def run(self) -> None:
        """Serve the connection until either side closes it."""
        self._site.lines.add(self)
        sender = asyncio.ensure_future(self._send_news())
        try:
            async for message in self._ws:
                if not self._muted:
                    await self._received(message)
        finally:
            self._site.lines.discard(self)
            sender.cancel()
            for task in tuple(self._tasks):
                task.cancel()
            if self._uid is not None and self._capabilities.offline_when_closed:
                self.world.channels.offline(self._uid)

    async def _received(self, message: Any) -> None:
        now = self.world.state.clock()
        while self._frames and now - self._frames[0] > RATE_WINDOW:
            self._frames.popleft()
        if len(self._frames) >= self._site.ledger.frame_limit:
            await self._close(WSCloseCode.TRY_AGAIN_LATER)
            return
        self._frames.append(now)
        if message.type is WSMsgType.PING:
            await self._ws.pong(message.data)
        elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            if self._session_died():
                await self._close(EXPIRED)
                return
            self._served(message.data)

    def _served(self, data: str | bytes) -> None:
        # As in Odoo, an invalid message is only logged: there is no response, and the connection stays open.
        if data == b"\x00":
            return
        try:
            request = json.loads(data)
            name, values = request["event_name"], request.get("data")
            if name == "subscribe":
                check = bool(values["check_outdated"]) if self._capabilities.topics else False
                self._subscribe(values["channels"], values["last"], check_outdated=check)
            elif name == "update_presence" and self._uid is not None:
                self._presence(**values)
        except (ValueError, TypeError, KeyError, AttributeError):
            return

    def _subscribe(self, channels: Any, last: Any, *, check_outdated: bool) -> None:
        if not isinstance(channels, list) or not all(isinstance(one, str) for one in channels):
            raise ValueError("bus.Bus only string channels are allowed.")
        if isinstance(last, str):
            raise TypeError("last")
        bus = self.world.state.bus
        if check_outdated and not bus.has(last):
            self._internal("bus/subscription_outdated", None)
        if self._capabilities.topics and last > bus.last_id():
            self._internal("bus/last_id_reset", bus.last_id())
        keys = self.world.notifier.keys(self._uid, channels)
        self._delivery.subscribe([key(one) for one in keys], last)
        self.wake()

    def _internal(self, kind: str, payload: Any) -> None:
        # † A control message to the web client, without id and message. Source: addons/bus/websocket.py (20).
        frame = json.dumps([{"type": kind, "internal": True, "payload": payload}])
        self._keep(asyncio.ensure_future(self._say(frame)))

    async def _say(self, frame: str) -> None:
        with suppress(ConnectionError, RuntimeError):
            await self._ws.send_str(frame)

    def _presence(self, inactivity_period: float, im_status_ids_by_model: Any = None) -> None:
        assert self._uid is not None
        if self._capabilities.presence_wants_ids != (im_status_ids_by_model is not None):
            raise TypeError("wrong arguments")
        self.world.channels.presence(self._uid, inactivity_period)
        if self._capabilities.answers_statuses and im_status_ids_by_model:
            partners = im_status_ids_by_model.get("res.partner", [])
            found = [{"id": one, "im_status": self.world.state.statuses.shown(one)} for one in partners]
            me = self.world.state.accounts.partner_of(self._uid)
            self.world.notifier.sender.to_partner(me, "bus/im_status", {"partners": found, "guests": []})

    def _session_died(self) -> bool:
        if self._uid is None or self._uid < 0 or self._sid is None:
            return False
        sessions = self.world.state.sessions
        self._sid = sessions.follow(self._sid)
        return sessions.uid(self._sid) != self._uid

    async def _send_news(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            if self._muted:
                continue
            rows = self._delivery.take()
            if rows and self._session_died():
                await self._close(EXPIRED)
                return
            for frame in self._delivery.frames(rows):
                if not self._muted and not self._ws.closed:
                    try:
                        await self._ws.send_str(json.dumps(frame))
                    except (ConnectionError, RuntimeError):
                        return


async def websocket(request: web.Request) -> web.StreamResponse:
    """GET /websocket."""
    visitor = Visitor(request)
    site = visitor.site
    refusal = site.ledger.take_refusal()
    if refusal is not None:
        return html(refusal, "Bad Gateway" if refusal == 502 else "Not Found")
    if request.headers.get("Upgrade", "").lower() != "websocket" or "Origin" not in request.headers:
        return html(400, "Bad Request")
    if visitor.sid is None or visitor.world.state.sessions.get(visitor.sid) is None:
        visitor.cookie = visitor.world.state.sessions.open()  # the public user's
    elif visitor.cookie is None and visitor.capabilities.renews_cookie:
        visitor.cookie = visitor.sid
    ws = web.WebSocketResponse(
        autoping=False, compress=False, max_msg_size=MESSAGE_LIMIT, heartbeat=site.options.ping_after
    )
    visitor.set_cookie(ws)
    await ws.prepare(request)
    if _outdated(request, visitor):
        await ws.close(code=WSCloseCode.OK, message=OUTDATED.encode())
        return ws
    await Socket(site, visitor, ws).run()
    return ws


def _outdated(request: web.Request, visitor: Visitor) -> bool:
    wanted = visitor.capabilities.worker_version
    browser = _BROWSER.search(request.headers.get("User-Agent", "")) is not None
    return wanted is not None and browser and request.query.get("version") != wanted


async def health(request: web.Request) -> web.StreamResponse:
    """GET /web/health, /websocket/health (Odoo 16 and later), /longpolling/health (15)."""
    return web.json_response({"status": "pass"}, headers={"Cache-Control": "no-store"})


# JSON routes


async def peek_notifications(visitor: Visitor, channels: Any, last: Any, is_first_poll: bool = False) -> dict[str, Any]:
    """POST /websocket/peek_notifications: the bus over plain HTTP."""
    state = visitor.world.state
    if not isinstance(channels, list) or not all(isinstance(one, str) for one in channels):
        raise OdooError("value", "bus.Bus only string channels are allowed.")
    row = state.sessions.get(visitor.sid)
    if is_first_poll:
        if row is None:
            visitor.cookie = state.sessions.open()
        state.sessions.polled(visitor.cookie or visitor.sid or "")
    elif row is None or not row["polled"]:
        raise expired()
    # Guests receive nothing from their channels on this route (observed on a live Odoo 19 server); Odoo 16 reads the
    # cookie itself.
    listener = visitor.uid if visitor.is_user or visitor.capabilities.peeks_for_guests else None
    keys = visitor.world.notifier.keys(listener, channels)
    delivery = BusDelivery(visitor.world, visitor.site.ledger)
    delivery.subscribe([key(one) for one in keys], last)
    rows = delivery.take()
    return {
        "channels": [list(one) if isinstance(one, tuple) else one for one in keys],
        "notifications": [polled(visitor.world, row) for row in rows],
    }


async def update_bus_presence(
    visitor: Visitor, inactivity_period: float, im_status_ids_by_model: Any = None
) -> dict[str, Any]:
    """POST /websocket/update_bus_presence."""
    if visitor.uid is not None:
        visitor.world.channels.presence(visitor.uid, inactivity_period)
    return {}


async def on_closed(visitor: Visitor) -> None:
    """POST /websocket/on_closed."""
    if visitor.uid is not None:
        visitor.world.channels.offline(visitor.uid)


async def has_missed_notifications(visitor: Visitor, last_notification_id: int) -> bool:
    """POST /bus/has_missed_notifications: returns whether the row with the given id has been removed."""
    return not visitor.world.state.bus.has(last_notification_id)
