"""Redis broker, with streams for events and commands, and the shared store."""

# pyright: standard
# The broker clients are only partly typed.

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from faststream import AckPolicy
from faststream.redis import RedisBroker, StreamSub
from faststream.redis.message import RedisStreamMessage
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from odoochat.errors import ConfigError
from odoochat.relay.brokers.broker import BrokerDown, Conflict, Entry, TakenCommand
from odoochat.relay.brokers.message_command import undecoded
from odoochat.relay.outgoing import OutgoingEvent
from odoochat.relay.settings import BrokerSettings

__all__ = ["RedisEvents", "RedisStore"]

log = logging.getLogger("odoochat")

GROUP = "odoochat"
CONSUMER = "relay"
"""Consumer name for commands. Only one process receives commands at a time, and sharing the name lets it find those
that another process left unfinished."""

DAY = 86_400
SECONDS = 5.0

APPEND = """
local limit = tonumber(ARGV[1])
for i = 2, #ARGV, 3 do
  if limit > 0 then
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', limit, '*', 'key', ARGV[i], 'type', ARGV[i + 1], 'data', ARGV[i + 2])
  else
    redis.call('XADD', KEYS[1], '*', 'key', ARGV[i], 'type', ARGV[i + 1], 'data', ARGV[i + 2])
  end
end
"""
COMPARE_AND_SET = """
local now = tonumber(redis.call('HGET', KEYS[1], 'revision') or '0')
if ARGV[2] ~= '' and tonumber(ARGV[2]) ~= now then return -1 end
redis.call('HSET', KEYS[1], 'value', ARGV[1], 'revision', now + 1)
return now + 1
"""


class RedisStore:
    """Stores each entry as a Redis hash.

    Args:
        client: returns the connection.
        name: prefix for all keys.
    """

    def __init__(self, client: Callable[[], Redis], name: str) -> None:
        self._client = client
        self._name = name

    async def read(self, key: str) -> Entry | None:
        """See `KeyValueStore.read`."""
        (entry,) = await self.read_many([key])
        return entry

    async def read_many(self, keys: Sequence[str]) -> list[Entry | None]:
        """See `KeyValueStore.read_many`."""
        async with self._client().pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hmget(self._key(key), ["value", "revision"])
            found = await _answer(pipe.execute())
        return [Entry(value, int(revision)) if value is not None else None for value, revision in found]

    async def write(self, key: str, value: bytes, revision: int | None) -> int:
        """See `KeyValueStore.write`."""
        expected = "" if revision is None else str(revision)
        made: int = await _answer(self._client().eval(COMPARE_AND_SET, 1, self._key(key), value, expected))
        if made < 0:
            raise Conflict(key)
        return made

    async def delete(self, key: str) -> None:
        """See `KeyValueStore.delete`."""
        await _answer(self._client().delete(self._key(key)))

    async def remember(self, key: str, value: bytes) -> None:
        """See `KeyValueStore.remember`."""
        await _answer(self._client().set(self._key(key), value, ex=DAY))

    async def recall(self, key: str) -> bytes | None:
        """See `KeyValueStore.recall`."""
        value: bytes | None = await _answer(self._client().get(self._key(key)))
        return value

    def _key(self, key: str) -> str:
        return f"{self._name}:store:{key}"


class RedisCommand:
    """A command from the stream."""

    def __init__(self, client: Redis, stream: str, number: bytes, body: bytes) -> None:
        self._client = client
        self._stream = stream
        self._number = number
        self.body = body

    async def ack(self) -> None:
        with suppress(RedisError, OSError):
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.xack(self._stream, GROUP, self._number)
                pipe.xdel(self._stream, self._number)
                await pipe.execute()

    async def give_back(self) -> None:
        """Do nothing, because the next process that receives commands looks for pending ones."""

    async def keep(self) -> None:
        """Do nothing, because a command stays pending until the next process looks for it."""


class RedisEvents:
    """The Redis broker.

    Args:
        settings: the broker's address and stream names.

    Attributes:
        kind: ``redis``.
        store: the store.
    """

    def __init__(self, settings: BrokerSettings) -> None:
        self.kind = "redis"
        self._settings = settings
        self._events = f"{settings.name}:events"
        self._commands = f"{settings.name}:commands"
        self._dead = f"{settings.name}:commands:dead"
        self._broker = RedisBroker(
            settings.url.reveal(),
            logger=None,  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            apply_types=False,
            socket_connect_timeout=SECONDS,
            health_check_interval=10,
        )
        self._redis: Redis | None = None
        self.store = RedisStore(self._client, settings.name)

    def _client(self) -> Redis:
        if self._redis is None:
            raise BrokerDown("not connected to Redis")
        return self._redis

    async def open(self) -> None:
        """See `Broker.open`."""
        self._redis = await self._broker.connect()
        await _answer(self._redis.ping())
        with suppress(ConfigError, BrokerDown):  # a managed Redis may forbid this command
            persistent = await _answer(self._redis.config_get("appendonly"))
            if persistent.get("appendonly") == "no":
                log.warning(
                    "Redis has no append-only file and loses acknowledged events if killed; set appendonly yes",
                    extra={"event": "relay.volatile"},
                )
        await self._broker.start()

    async def close(self) -> None:
        """See `Broker.close`."""
        self._redis = None
        await self._broker.stop()

    async def publish(self, events: Sequence[OutgoingEvent], acked: Callable[[OutgoingEvent], None]) -> None:
        """Publish all events with one script, so that no event is stored without those before it."""
        fields = [part for event in events for part in (event.key, event.type, event.body)]
        await _answer(self._client().eval(APPEND, 1, self._events, self._settings.max_length or 0, *fields))
        for event in events:
            acked(event)

    @asynccontextmanager
    async def commands(self, handle: Callable[[TakenCommand], Awaitable[None]]) -> AsyncGenerator[None]:
        """Receive commands while the block runs; see `Broker.commands`."""
        client = self._client()
        try:
            await _answer(client.xgroup_create(self._commands, GROUP, id="0", mkstream=True))
        except ConfigError as error:
            if "BUSYGROUP" not in str(error):
                raise
        await self._take_pending(client, handle)
        subscriber = self._broker.subscriber(
            stream=StreamSub(
                self._commands, group=GROUP, consumer=CONSUMER, polling_interval=1000, max_records=50, last_id=">"
            ),
            ack_policy=AckPolicy.MANUAL,
            decoder=undecoded,
        )

        async def take(message: RedisStreamMessage) -> None:
            (number,) = message.raw_message["message_ids"]
            await handle(RedisCommand(client, self._commands, number, message.body))

        subscriber(take)
        await subscriber.start()
        try:
            yield
        finally:
            await subscriber.stop()

    async def _take_pending(self, client: Redis, handle: Callable[[TakenCommand], Awaitable[None]]) -> None:
        last = "0"
        while True:
            found = await _answer(client.xreadgroup(GROUP, CONSUMER, {self._commands: last}, count=100))
            entries = found[0][1] if found else []
            if not entries:
                return
            for number, fields in entries:
                await handle(RedisCommand(client, self._commands, number, _body(fields)))
                last = number

    async def bury(self, body: bytes, reason: str) -> None:
        """See `Broker.bury`."""
        await _answer(self._client().xadd(self._dead, {"data": body, "reason": reason}))


def _body(fields: dict[bytes, bytes] | None) -> bytes:
    """Return the body of a pending entry in any supported format."""
    from faststream.redis.parser import BinaryMessageFormatV1

    fields = fields or {}  # deleted in the meantime
    return BinaryMessageFormatV1.parse(fields[b"__data__"])[0] if b"__data__" in fields else fields.get(b"data", b"")


async def _answer(waiting: Any) -> Any:
    """Wait for a response from Redis and translate its errors."""
    try:
        async with asyncio.timeout(SECONDS):
            return await waiting
    except (AuthenticationError, NoPermissionError) as error:
        raise ConfigError(f"Redis rejected the login: {error}") from None
    except ResponseError as error:
        text = str(error)
        # Redis is loading its data, is out of memory or disk space, or has become a replica. All of these are
        # temporary.
        if text.startswith(
            ("LOADING", "OOM", "MISCONF", "READONLY", "EXECABORT", "BUSY ", "MASTERDOWN", "CLUSTERDOWN")
        ):
            raise BrokerDown(f"Redis: {text}") from None
        raise ConfigError(f"Redis: {text}") from None
    except (RedisError, OSError, TimeoutError) as error:
        raise BrokerDown(f"Redis: {error or type(error).__name__}") from None
