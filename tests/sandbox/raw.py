"""Requests to an Odoo, real or sandbox, with aiohttp only: independent of the client."""

from __future__ import annotations

import json
import xmlrpc.client
from typing import Any, Self

import aiohttp


class Raw:
    """One user of one server, by every protocol that it has."""

    def __init__(self, url: str, db: str, login: str, *, password: str | None = None) -> None:
        self.url, self.db, self.login = url, db, login
        self.password = login if password is None else password
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.uid = 0
        self.session: Any = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()

    async def log_in(self) -> Raw:
        """Open a session."""
        values = {"db": self.db, "login": self.login, "password": self.password}
        self.session = await self.route("/web/session/authenticate", **values)
        self.uid = self.session["uid"]
        return self

    @property
    def sid(self) -> str:
        """The value of the session cookie."""
        return next(one.value for one in self.http.cookie_jar if one.key == "session_id")

    async def answer(self, path: str, **params: Any) -> dict[str, Any]:
        """The whole answer of a JSON route."""
        body = {"jsonrpc": "2.0", "method": "call", "id": 7, "params": params}
        async with self.http.post(self.url + path, json=body) as response:
            assert response.status == 200, (path, response.status, (await response.text())[:200])
            found: dict[str, Any] = await response.json()
            return found

    async def route(self, path: str, **params: Any) -> Any:
        """The result of a JSON route."""
        found = await self.answer(path, **params)
        assert "error" not in found, (path, found["error"]["data"]["name"], found["error"]["data"]["message"])
        return found.get("result")

    async def error(self, path: str, **params: Any) -> dict[str, Any]:
        """The error of a JSON route."""
        found = await self.answer(path, **params)
        error: dict[str, Any] = found["error"]
        return error

    async def kw(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a model method in the session."""
        return await self.route("/web/dataset/call_kw", model=model, method=method, args=list(args), kwargs=kwargs)

    async def xml(self, service: str, method: str, *params: Any) -> Any:
        """Call a method by XML-RPC; raises `xmlrpc.client.Fault`."""
        body = xmlrpc.client.dumps(params, method, allow_none=True).encode()
        async with self.http.post(f"{self.url}/xmlrpc/2/{service}", data=body) as response:
            assert response.status == 200
            return xmlrpc.client.loads(await response.read())[0][0]

    async def x(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a model method by XML-RPC with the password."""
        if not self.uid:
            self.uid = await self.xml("common", "authenticate", self.db, self.login, self.password, {})
        return await self.xml(
            "object", "execute_kw", self.db, self.uid, self.password, model, method, list(args), kwargs
        )

    async def fault(self, model: str, method: str, *args: Any, **kwargs: Any) -> tuple[int, str]:
        """Code and text of the fault that a call raises."""
        try:
            result = await self.x(model, method, *args, **kwargs)
        except xmlrpc.client.Fault as error:
            return error.faultCode, error.faultString
        raise AssertionError(f"no fault but {result!r}")

    async def post(self, channel: int, body: str, *, model: str = "discuss.channel", **options: Any) -> int:
        """Post a comment; return its id."""
        made = await self.x(
            model, "message_post", [channel],
            **{"body": body, "message_type": "comment", "subtype_xmlid": "mail.mt_comment", **options},
        )  # fmt: skip
        return int(made[0] if isinstance(made, list) else made)

    async def socket(self, last: int = 0, *, subscribe: bool = True, **options: Any) -> Listener:
        """Open a WebSocket, and subscribe it."""
        ws = await self.http.ws_connect(self.url + "/websocket", **{"origin": self.url, "autoping": False, **options})
        listener = Listener(ws)
        if subscribe:
            await listener.subscribe(last)
            await listener.ready()
        return listener

    async def poll(self, last: int = 0, channels: Any = (), **options: Any) -> Any:
        """Send a long poll of 14."""
        return await self.route("/longpolling/poll", channels=list(channels), last=last, options=options)


class Listener:
    """Collects the notifications of a WebSocket."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.received: list[dict[str, Any]] = []
        self.frames: list[list[dict[str, Any]]] = []

    async def subscribe(self, last: int = 0, *channels: str) -> None:
        """Subscribe to notifications after `last`."""
        data = {"channels": list(channels), "last": last}
        await self.ws.send_json({"event_name": "subscribe", "data": data})

    async def ready(self) -> None:
        """Wait until the server has read everything that was sent: it answers a ping after that."""
        await self.ws.ping(b"ready")
        while True:
            message = await self.ws.receive(timeout=5)
            if message.type is aiohttp.WSMsgType.PONG and message.data == b"ready":
                return
            self._take(message)

    def _take(self, message: aiohttp.WSMessage) -> None:
        assert message.type is aiohttp.WSMsgType.TEXT, message
        frame = json.loads(message.data)
        self.frames.append(frame)
        self.received.extend(frame)

    async def until(self, kind: str, count: int = 1, *, holding: str | None = None) -> dict[str, Any]:
        """The payload of the next notification of a type, whose payload has the key `holding` if given."""
        while True:
            for position, one in enumerate(self.received):
                payload = one["message"]["payload"]
                if one["message"]["type"] == kind and (holding is None or holding in payload):
                    del self.received[: position + 1]
                    found: dict[str, Any] = payload
                    return found
            self._take(await self.ws.receive(timeout=5))

    async def closed(self) -> tuple[int, str]:
        """Wait for the close frame; return its code and reason."""
        while True:
            message = await self.ws.receive(timeout=5)
            if message.type is aiohttp.WSMsgType.CLOSE:
                return int(message.data), str(message.extra or "")
            if message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
                return int(self.ws.close_code or 1006), ""

    async def silent(self, seconds: float = 0.15) -> bool:
        """Whether nothing arrives for a while."""
        try:
            message = await self.ws.receive(timeout=seconds)
        except TimeoutError:
            return True
        if message.type in (aiohttp.WSMsgType.PONG, aiohttp.WSMsgType.PING):
            return await self.silent(seconds)
        return False
