"""HTTP server for incoming webhooks, which posts each request to its token's channel."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager

from aiohttp import web

from odoochat.errors import (
    AccessDenied,
    Blocked,
    ConfigError,
    LinkError,
    NotFound,
    OdooChatError,
    Rejected,
    TimedOut,
)
from odoochat.model import Message
from odoochat.net.local_server import CannotListen, LocalServer
from odoochat.secret import Secret
from odoochat.webhooks.incoming import BadRequest, HookMessage, parse_incoming
from odoochat.webhooks.rate_limit import PER_MINUTE, RateLimit
from odoochat.webhooks.tokens import Token, TokenStore

__all__ = ["HookServer"]

log = logging.getLogger("odoochat")

LARGEST_BODY = 64 * 1024
LONGEST_KEY = 200
Send = Callable[[int, HookMessage, str | None], Awaitable[Message]]
"""Posts a message to a channel id. The string is an idempotency key, or None."""


class HookServer:
    """Serves ``POST /``: ``Authorization: Bearer TOKEN`` selects the channel and the body is the message.

    Args:
        send: posts a message.
        tokens: the tokens.
        account: the account whose tokens are accepted.
        hosts: host names to accept, in addition to localhost and IP addresses.
        per_minute: maximum number of messages per minute for each token.
        body_timeout: time limit for receiving the whole body, in seconds.
        concurrency: maximum number of requests handled at the same time; any beyond that are rejected.
        clock: returns the time in seconds, counted from an arbitrary point.
    """

    def __init__(
        self,
        send: Send,
        tokens: TokenStore,
        account: str,
        *,
        hosts: Collection[str] = (),
        per_minute: float = PER_MINUTE,
        body_timeout: float = 10.0,
        concurrency: int = 32,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._tokens = tokens
        self._account = account
        self._hosts = hosts
        self._body_timeout = body_timeout
        self._slots = concurrency
        self._messages = RateLimit(per_minute, max(1, round(per_minute / 3)), clock)
        self._failures = RateLimit(30, 10, clock)

    @asynccontextmanager
    async def serve(self, host: str, port: int) -> AsyncGenerator[str]:
        """Serve requests until the block exits.

        Args:
            host: the address to listen on.
            port: the port; 0 for a free one.

        Yields:
            The server's address.

        Raises:
            ConfigError: the address or the port cannot be used.
        """
        server = LocalServer(
            {("POST", "/"): self._answer, ("GET", "/health"): self._health},
            hosts=self._hosts,
            hint="; allow it with --allow-host",
            refuse=lambda reason: _error(403, reason),
            largest_body=LARGEST_BODY,
        )
        try:
            async with server.serve(host, port) as url:
                yield url
        except CannotListen as error:
            raise ConfigError(f"{error}; choose another --host or --port") from None

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            message = await self._handle(request)
        except _Refused as refused:
            return _error(refused.status, str(refused), refused.retry_after)
        except BadRequest as error:
            return _error(error.status, str(error))
        return web.json_response({"id": message.id, "channel": message.channel.id}, status=201)

    async def _handle(self, request: web.Request) -> Message:
        token = self._authorized(request)
        wait = self._messages.take(token.name)
        if wait:
            raise _Refused(429, "too many messages with this token", wait)
        if self._slots <= 0:
            raise _Refused(503, "too many requests at the same time", 1)
        self._slots -= 1
        try:
            incoming = await self._incoming(request)
            return await self._post(token, incoming, _message_key(request, token))
        finally:
            self._slots += 1

    def _authorized(self, request: web.Request) -> Token:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        token = None
        if scheme.lower() == "bearer" and given.strip():
            try:
                token = self._tokens.find(Secret(given.strip()), self._account)
            except ConfigError as error:
                log.warning("tokens cannot be read", extra={"event": "webhook.tokens", "error": str(error)})
                raise _Refused(503, "the tokens cannot be read") from None
        if token is None:
            wait = self._failures.take(request.remote or "")
            if wait:
                raise _Refused(429, "too many requests without a valid token", wait)
            raise _Refused(401, "missing or unknown token; send the header Authorization: Bearer TOKEN")
        return token

    async def _incoming(self, request: web.Request) -> HookMessage:
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise BadRequest("compressed bodies are not accepted", 415)
        try:
            async with asyncio.timeout(self._body_timeout):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise BadRequest(f"the body is larger than {LARGEST_BODY:,} bytes", 413) from None
        except TimeoutError:
            raise BadRequest(f"the body did not arrive within {self._body_timeout:g} s", 408) from None
        kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return parse_incoming(kind, body)

    async def _post(self, token: Token, incoming: HookMessage, key: str | None) -> Message:
        try:
            return await self._send(token.channel, incoming, key)
        except (AccessDenied, NotFound):
            refused = _Refused(403, "the odoochat user cannot post to this channel")
        except Rejected:
            refused = _Refused(422, "Odoo rejected this message")
        except TimedOut:
            refused = _Refused(504, "Odoo did not respond; the message may have been posted")
        except Blocked as error:
            refused = _Refused(503, "Odoo is not accepting requests right now", error.retry_after or 10)
        except LinkError:
            refused = _Refused(503, "Odoo cannot be reached", 10)
        except OdooChatError as error:
            log.warning("webhook failed", extra={"event": "webhook.failed", "error": type(error).__name__})
            refused = _Refused(502, "the message was not posted")
        raise refused


class _Refused(Exception):
    """Raised to answer a request with an error response."""

    def __init__(self, status: int, text: str, retry_after: float = 0.0) -> None:
        super().__init__(text)
        self.status = status
        self.retry_after = retry_after


def _error(status: int, text: str, retry_after: float = 0.0) -> web.Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if retry_after:
        headers["Retry-After"] = str(math.ceil(retry_after))
    text = json.dumps({"error": text}, ensure_ascii=False)
    return web.Response(text=text, content_type="application/json", status=status, headers=headers)


def _message_key(request: web.Request, token: Token) -> str | None:
    """Return the message's idempotency key, which stays the same when the sender retries."""
    given = request.headers.get("Idempotency-Key") or request.headers.get("webhook-id")
    if given is None:
        return None
    if len(given) > LONGEST_KEY:
        raise BadRequest(f"Idempotency-Key is longer than {LONGEST_KEY} characters")
    return hashlib.sha256(
        f"{token.account}|{token.channel}|{token.name}|{given}".encode("utf-8", "replace")
    ).hexdigest()
