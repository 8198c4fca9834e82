"""Incoming webhooks: a token per channel, limits, and refusals."""

from __future__ import annotations

import asyncio
import json
import stat
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from odoochat.errors import AccessDenied, Blocked, ConfigError, OdooChatError, Rejected, TimedOut, Unreachable
from odoochat.model import Author, ChannelRef, Message
from odoochat.webhooks.hook_server import HookServer
from odoochat.webhooks.incoming import HookMessage
from odoochat.webhooks.rate_limit import RateLimit
from odoochat.webhooks.tokens import TokenStore

ACCOUNT = "http://odoo.test db 7"


class Channels:
    """Where the messages go."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, HookMessage, str | None]] = []
        self.error: OdooChatError | None = None

    async def send(self, channel: int, incoming: HookMessage, key: str | None) -> Message:
        if self.error is not None:
            raise self.error
        self.sent.append((channel, incoming, key))
        return Message(
            len(self.sent), ChannelRef(channel), Author(3, "partner", "Ann"), incoming.text, "", datetime.now(UTC)
        )


class World:
    """A running server with two tokens."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "private" / "tokens.json"
        self.store = TokenStore(self.path)
        self.ci = self.store.add("ci", ACCOUNT, 5, "general", 0).reveal()
        self.other = self.store.add("other", "http://odoo.test db 8", 6, "support", 0).reveal()
        self.channels = Channels()
        self.now = 1000.0
        self.server = HookServer(
            self.channels.send, TokenStore(self.path), ACCOUNT, hosts=["hooks.example.com"], per_minute=60,
            body_timeout=0.5, clock=lambda: self.now,
        )  # fmt: skip
        self.url = ""
        self.http: aiohttp.ClientSession

    async def post(self, data: Any = b"Build 7 failed", token: str | None = None, **headers: str) -> tuple[int, Any]:
        named = {"Authorization": f"Bearer {self.ci if token is None else token}", "Content-Type": "text/plain"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.post(self.url, data=data, headers=named) as response:
            self.retry_after = response.headers.get("Retry-After")
            return response.status, await response.json()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    async with made.server.serve("127.0.0.1", 0) as made.url, aiohttp.ClientSession() as made.http:
        yield made


@pytest.mark.parametrize(
    ("kind", "body", "wanted"),
    [
        ("text/plain", "Grüße\nzwei\n", HookMessage("Grüße\nzwei")),
        ("text/plain; charset=utf-8", "a", HookMessage("a")),
        (
            "application/json",
            '{"text": "**b**", "markup": "markdown", "username": "x"}',
            HookMessage("**b**", "markdown"),
        ),
        ("application/x-www-form-urlencoded", "text=a+b%26c", HookMessage("a b&c")),
    ],
)
async def test_a_token_writes_to_its_channel(world: World, kind: str, body: str, wanted: HookMessage) -> None:
    assert await world.post(body.encode(), Content_Type=kind) == (201, {"id": 1, "channel": 5})
    assert world.channels.sent == [(5, wanted, None)]


@pytest.mark.parametrize(
    ("kind", "body", "status", "error"),
    [
        ("text/plain", b"  \n", 400, "the text is empty"),
        ("text/plain", b"\xff", 400, "not valid UTF-8"),
        ("text/plain", b"a" * 20_001, 413, "longer than 20,000 characters"),
        ("text/plain", b"a" * 70_000, 413, "larger than 65,536 bytes"),
        ("application/json", b"[1]", 400, '"text" must be a string'),
        ("application/json", b"{", 400, "not valid JSON"),
        ("application/json", b"[" * 60_000, 400, "not valid JSON"),
        ("application/json", b'{"text": "a", "markup": "html"}', 400, '"markup" must be'),
        ("application/x-www-form-urlencoded", b"Build failed", 400, "no field `text`"),
        ("application/x-www-form-urlencoded", b"a=1&" * 30, 400, "too many fields"),
        ("image/png", b"a", 415, "must be text/plain"),
    ],
)
async def test_what_cannot_be_read_is_explained(world: World, kind: str, body: bytes, status: int, error: str) -> None:
    got, answer = await world.post(body, Content_Type=kind)
    assert (got, error in answer["error"]) == (status, True), answer
    assert world.channels.sent == []


async def test_compressed_bodies_are_refused(world: World) -> None:
    async with world.http.post(
        world.url, data=b"a" * 1000, headers={"Authorization": f"Bearer {world.ci}"}, compress="gzip"
    ) as response:
        assert response.status == 415


@pytest.mark.parametrize("token", ["", "x", "odoochat_x", "other", "hash", "\u00e4"])
async def test_unknown_tokens_are_refused(world: World, token: str) -> None:
    given = {"other": world.other, "hash": world.store.all()[0].sha256}.get(token, token)
    status, answer = await world.post(token=given)
    assert status == 401
    assert "Authorization: Bearer TOKEN" in answer["error"]
    assert world.channels.sent == []


async def test_a_removed_token_is_refused_at_once(world: World) -> None:
    assert (await world.post())[0] == 201
    world.store.remove("ci")
    assert (await world.post())[0] == 401
    world.path.unlink()
    assert (await world.post())[0] == 401
    world.path.write_text("{")
    assert (await world.post())[0] == 503


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Host": "evil.example"},
        {"Host": "hooks.example.com.evil.example"},
        {"Host": "[::1"},
    ],
)
async def test_web_pages_are_refused(world: World, headers: dict[str, str]) -> None:
    assert (await world.post(**headers))[0] in (400, 403)
    assert world.channels.sent == []


@pytest.mark.parametrize(
    "host", ["localhost:8068", "127.0.0.1", "[::1]:80", "hooks.example.com", "Hooks.Example.Com:80"]
)
async def test_own_names_are_answered(world: World, host: str) -> None:
    assert (await world.post(Host=host))[0] == 201


async def test_rates_are_limited_per_token_and_for_failures(world: World) -> None:
    statuses = [(await world.post())[0] for _ in range(22)]
    assert statuses == [201] * 20 + [429] * 2
    assert world.retry_after == "1"
    world.now += 1
    assert (await world.post())[0] == 201
    failures = [(await world.post(token="wrong"))[0] for _ in range(12)]
    assert failures == [401] * 10 + [429] * 2
    world.now += 1
    assert (await world.post())[0] == 201, "failures of others do not lock a valid token out"


async def test_the_same_key_is_the_same_message(world: World) -> None:
    for key in ("a", "a", "b"):
        await world.post(Idempotency_Key=key)
    first, again, other = (key for _, _, key in world.channels.sent)
    assert first == again != other
    assert (await world.post(Idempotency_Key="k" * 201))[0] == 400


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (AccessDenied("x", "secret detail"), 403, None),
        (Rejected("x", "secret detail"), 422, None),
        (TimedOut("secret detail"), 504, None),
        (Unreachable("secret detail"), 503, "10"),
        (Blocked("secret detail", retry_after=3), 503, "3"),
        (ConfigError("secret detail"), 502, None),
    ],
)
async def test_errors_of_odoo(world: World, error: OdooChatError, status: int, retry_after: str | None) -> None:
    world.channels.error = error
    got, answer = await world.post()
    assert (got, world.retry_after) == (status, retry_after)
    assert "secret" not in json.dumps(answer)


async def test_a_body_that_never_ends_is_given_up(world: World) -> None:
    host, port = world.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST / HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {world.ci}\r\nContent-Length: 99\r\n\r\nhalf".encode()
    )
    async with asyncio.timeout(20):
        assert b" 408 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


def test_only_hashes_are_stored(tmp_path: Path) -> None:
    world = World(tmp_path)
    written = world.path.read_text()
    assert world.ci not in written
    assert world.ci.removeprefix("odoochat_") not in written
    if sys.platform != "win32":
        assert stat.S_IMODE(world.path.stat().st_mode) == 0o600
    with pytest.raises(ConfigError, match="a token named 'ci' already exists"):
        world.store.add("ci", ACCOUNT, 5, "general", 0)
    with pytest.raises(ConfigError, match="is not a valid token name"):
        world.store.add("a b", ACCOUNT, 5, "general", 0)
    with pytest.raises(ConfigError, match="no token named 'x'; the tokens are: ci, other"):
        world.store.remove("x")


def test_tokens_that_are_added_at_once_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"

    def add(number: int) -> None:
        store = TokenStore(path)
        store.add(f"t{number}", ACCOUNT, number, "general", 0)
        if number % 3 == 0:
            store.remove(f"t{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(24)))
    assert {token.name for token in TokenStore(path).all()} == {f"t{number}" for number in range(24) if number % 3}


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"tokens":[{"name":"\xff"}]}', b'{"tokens":' + b"[" * 100_000]
)
def test_a_damaged_file_of_tokens_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tokens.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"cannot read tokens from .*tokens\.json"):
        TokenStore(tmp_path / "tokens.json").all()


def test_buckets_of_many_keys_are_bounded() -> None:
    now = 0.0
    limit = RateLimit(60, 1, lambda: now)
    assert limit.take("a") == 0
    assert 0 < limit.take("a") <= 1
    for number in range(20_000):
        limit.take(str(number))
    assert limit.take("a") == 0, "the oldest key is forgotten"
