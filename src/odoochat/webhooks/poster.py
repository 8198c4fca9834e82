"""Posts webhooks to a URL, retrying failed attempts."""

from __future__ import annotations

import asyncio
import ipaddress
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from odoochat.core.backoff import backoff
from odoochat.errors import ConfigError
from odoochat.net.failures import FOREIGN, translate
from odoochat.net.http import USER_AGENT
from odoochat.net.network import Network
from odoochat.webhooks.report import guarded
from odoochat.webhooks.signature import SigningKey
from odoochat.webhooks.webhook import Webhook

__all__ = ["DeliveryFailed", "RetryPolicy", "WebhookPoster", "check_url"]

GONE = 410
REPORTED_ATTEMPT = 3
"""Number of the failed attempt that is reported. One or two failures are common and are left out."""


@dataclass(frozen=True)
class RetryPolicy:
    """Controls how often and when a webhook is retried.

    Attributes:
        attempts: maximum number of attempts.
        base: upper limit for the first delay, in seconds; the limit doubles after each attempt. Each delay is random,
            up to the current limit.
        cap: maximum value of that limit, in seconds.
        longest_retry_after: maximum delay, in seconds, that a receiver can request with ``Retry-After``; longer ones
            are capped.
        timeout: time limit for one attempt, in seconds.
    """

    attempts: int = 10
    base: float = 1.0
    cap: float = 300.0
    longest_retry_after: float = 3600.0
    timeout: float = 20.0


class DeliveryFailed(Exception):
    """Raised when a webhook could not be delivered.

    Attributes:
        reason: why the last attempt failed, in one line.
        attempts: number of attempts made.
    """

    def __init__(self, reason: str, attempts: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.attempts = attempts


@dataclass(frozen=True)
class _Failure:
    """The reason for a failed attempt."""

    reason: str
    final: bool = False
    retry_after: float = 0.0


def check_url(url: str) -> str | None:
    """Check a receiver's address.

    Args:
        url: the address.

    Returns:
        A one-sentence warning, or None.

    Raises:
        ConfigError: webhooks cannot be posted to the address.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigError("--post is not a valid address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError("--post must be an address that begins with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            "--post contains credentials, which every user on this machine can see in the process list; "
            "the signature already authenticates the sender"
        )
    if any(c.isspace() or not c.isprintable() for c in url) or parts.fragment:
        raise ConfigError("--post contains a space or a fragment (#…); remove it")
    if parts.scheme == "http" and not _is_loopback(host):
        return f"webhooks to {host} are not encrypted: anyone on the network path can read the messages; use https://"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class WebhookPoster:
    """Posts webhooks to a single address, without following redirects or keeping cookies.

    ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` apply as they do for the connection to Odoo.

    Use it as an async context manager.

    Args:
        url: the address; see `check_url`.
        key: signs each attempt.
        policy: controls retries.
        report: called with a sentence when the attempts of a webhook fail repeatedly, and when the address accepts
            webhooks again; its errors are ignored.
        clock: returns the current time, as a Unix timestamp.
        sleep: sleeps for the given number of seconds.
        random_number: returns a random number from 0 to 1.

    Raises:
        ConfigError: the address, or the proxy address from the environment, cannot be used.
    """

    def __init__(
        self,
        url: str,
        key: SigningKey,
        policy: RetryPolicy | None = None,
        *,
        report: Callable[[str], None] = lambda text: None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        random_number: Callable[[], float] = random.random,
    ) -> None:
        check_url(url)
        self.url = url
        self._origin = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
        self._proxy = Network().proxy_for(URL(url))
        self._key = key
        self._policy = policy or RetryPolicy()
        self._report = guarded(report)
        self._failing = False
        self._clock = clock
        self._sleep = sleep
        self._random = random_number
        self._stack = AsyncExitStack()
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._policy.timeout),
            headers={"User-Agent": USER_AGENT, "Content-Type": "application/json"},
        )
        self._http = await self._stack.enter_async_context(session)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def deliver(self, webhook: Webhook) -> None:
        """Post a webhook, retrying until the receiver responds with a 2xx status.

        Args:
            webhook: the webhook.

        Raises:
            DeliveryFailed: all attempts failed, or the receiver responded with a redirect or 410 Gone.
        """
        policy = self._policy
        waits = backoff(self._random, base=policy.base, cap=policy.cap)
        for attempt in range(1, policy.attempts + 1):
            failure = await self._attempt(webhook)
            if failure is None:
                if self._failing:
                    self._report("webhooks are accepted again")
                self._failing = False
                return
            if failure.final or attempt == policy.attempts:
                raise DeliveryFailed(failure.reason, attempt)
            if attempt == REPORTED_ATTEMPT and not self._failing:
                self._report(f"webhooks are not accepted ({failure.reason}); trying again")
                self._failing = True
            await self._sleep(max(next(waits), failure.retry_after))

    async def _attempt(self, webhook: Webhook) -> _Failure | None:
        assert self._http is not None, "use `async with`"
        headers = self._key.headers(webhook.id, webhook.body, self._clock())
        try:
            async with self._http.post(
                self.url, data=webhook.body, headers=headers, allow_redirects=False, proxy=self._proxy
            ) as response:  # the response body is not read
                status, retry_after = response.status, response.headers.get("Retry-After")
        except TimeoutError:
            return _Failure(f"no response within {self._policy.timeout:g} s")
        except FOREIGN as error:  # the exceptions' own messages may contain the address, whose path may be a secret
            return _Failure(str(translate(error, self._origin)))
        if 200 <= status < 300:
            return None
        if 300 <= status < 400:
            return _Failure(
                f"HTTP {status}: the receiver redirects, which is not supported; use its final address", True
            )
        if status == GONE:
            return _Failure(f"HTTP {status}: the receiver no longer accepts webhooks", True)
        return _Failure(f"HTTP {status}", retry_after=self._seconds(retry_after))

    def _seconds(self, retry_after: str | None) -> float:
        """Return the delay in ``Retry-After`` (a number or a date) in seconds, or 0 if there is none."""
        text = (retry_after or "").strip()
        if text.isascii() and text.isdigit():
            seconds = float(text[:9])
        else:
            try:
                seconds = parsedate_to_datetime(text).timestamp() - self._clock()
            except (ValueError, OverflowError):
                return 0.0
        return min(max(seconds, 0.0), self._policy.longest_retry_after)
