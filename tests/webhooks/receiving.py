"""A receiver of webhooks, written with the reference library of Standard Webhooks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook as Reference
from standardwebhooks import WebhookVerificationError

from odoochat.webhooks.signature import new_secret

Answer = Callable[[int], web.Response | None]


class VerifyingReceiver:
    """Accepts signed webhooks; `answer(number of the request)` may refuse one before it is read."""

    def __init__(self, answer: Answer = lambda _: None) -> None:
        self.secret = new_secret()
        self.url = ""
        self.requests = 0
        self.received: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.timestamps: list[str] = []
        self._answer = answer
        self._reference = Reference(self.secret.reveal())

    async def handle(self, request: web.Request) -> web.Response:
        self.requests += 1
        self.timestamps.append(request.headers["webhook-timestamp"])
        if (refusal := self._answer(self.requests)) is not None:
            return refusal
        try:
            value = self._reference.verify(await request.read(), dict(request.headers))
        except WebhookVerificationError:
            return web.Response(status=401)
        if request.headers["webhook-id"] not in self.ids:  # an attempt whose answer was lost
            self.ids.append(request.headers["webhook-id"])
            self.received.append(value)
        return web.Response(status=204)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[VerifyingReceiver]:
        app = web.Application()
        app.router.add_post("/{tail:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
            yield self
        finally:
            await runner.cleanup()


def texts(received: list[dict[str, Any]]) -> list[str]:
    """The texts of messages."""
    return [json.loads(json.dumps(each))["data"]["message"]["text"] for each in received]
