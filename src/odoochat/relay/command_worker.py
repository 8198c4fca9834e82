"""Runs each command once, in order within a channel, and turns rejected ones into dead letters."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec

from odoochat.client.channel import Channel
from odoochat.client.client import Client
from odoochat.core.backoff import backoff
from odoochat.core.link import describe
from odoochat.core.retry import transient
from odoochat.errors import LinkError, NotFound, OdooChatError, UsageError
from odoochat.relay.brokers.broker import Broker, BrokerDown, KeyValueStore, TakenCommand
from odoochat.relay.commands import Command, EditMessage, MarkRead, React, SendMessage, Unreact, decode_command
from odoochat.relay.relay_metrics import RelayMetrics
from odoochat.wire.content.body import safe_line

__all__ = ["CommandWorker"]

log = logging.getLogger("odoochat")

ATTEMPTS = 8
KEEP_SECONDS = 5.0


class CommandWorker:
    """Runs the commands from a broker.

    Args:
        broker: receives rejected commands as dead letters.
        store: records which commands have been run.
        client_of: returns an account's connected client; raises `NotFound` if there is no such account.
        metrics: counts commands.
        at_once: maximum number of commands run at the same time.
        waiting: maximum number of commands fetched but not yet finished.
    """

    def __init__(
        self,
        broker: Broker,
        store: KeyValueStore,
        client_of: Callable[[str], Awaitable[Client]],
        metrics: RelayMetrics,
        *,
        at_once: int = 8,
        waiting: int = 200,
    ) -> None:
        self._broker = broker
        self._store = store
        self._client_of = client_of
        self._metrics = metrics
        self._slots = asyncio.Semaphore(at_once)
        self._room = asyncio.Semaphore(waiting)
        self._lanes: dict[str, deque[TakenCommand]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Fetch and run commands until cancelled."""
        waits = backoff(random.random, base=0.5, cap=5.0)
        try:
            while True:
                try:
                    async with self._broker.commands(self.take):
                        await asyncio.Event().wait()
                except BrokerDown as error:
                    log.debug("cannot fetch commands: %s", error)
                    await asyncio.sleep(next(waits))
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def take(self, taken: TakenCommand) -> None:
        """Queue a command behind earlier ones for the same account and channel.

        Args:
            taken: the command, which is acknowledged once it has run or become a dead letter.
        """
        await self._room.acquire()
        lane = _lane(taken.body)
        if (waiting := self._lanes.get(lane)) is not None:
            waiting.append(taken)
            return
        self._lanes[lane] = deque([taken])
        task = asyncio.create_task(self._drain(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self, lane: str) -> None:
        waiting = self._lanes[lane]
        try:
            while waiting:
                async with self._slots:
                    await self._handle(waiting[0])
                waiting.popleft()
                self._room.release()
        finally:
            del self._lanes[lane]
            for taken in waiting:  # cancelled
                self._room.release()
                await taken.give_back()

    async def _handle(self, taken: TakenCommand) -> None:
        keeping = asyncio.create_task(_keep(taken))
        try:
            outcome = await self._carry_out(taken.body)
        finally:
            keeping.cancel()
        self._metrics.commands[outcome] += 1
        await taken.ack()

    async def _carry_out(self, body: bytes) -> str:
        try:
            command = decode_command(body)
        except UsageError as error:
            return await self._bury(body, str(error))
        waits = backoff(random.random, base=0.5, cap=30.0)
        key = f"done.{hashlib.sha256(command.id.encode('utf-8', 'replace')).hexdigest()[:40]}"
        attempt = 0
        while True:
            attempt += 1
            odoo = None
            try:
                if await self._store.recall(key) is not None:
                    return "repeated"
                odoo = await self._client_of(command.account)
                await _do(odoo, command)
                await self._store.remember(key, b"done")
                return "done"
            except BrokerDown:
                await asyncio.sleep(next(waits))
            except OdooChatError as error:
                # A proxy may also respond for a server that is down.
                passes = isinstance(error, LinkError) or transient(error)
                if isinstance(error, UsageError) and odoo is not None:
                    passes = await self._is_replaced(odoo, command.account)
                if not passes or attempt >= ATTEMPTS:
                    return await self._bury(body, describe(error), command.id)
                await asyncio.sleep(next(waits))
            except Exception as error:
                log.exception("command %s failed", safe_line(command.id), extra={"event": "relay.command_failed"})
                return await self._bury(body, f"internal error: {type(error).__name__}", command.id)

    async def _bury(self, body: bytes, reason: str, command: str = "") -> str:
        dead = {"event": "relay.dead", "command": command, "reason": reason}
        named = f" {safe_line(command, 100)}" if command else ""
        log.warning("command%s rejected: %s", named, safe_line(reason, 500), extra=dead)
        waits = backoff(random.random, base=0.5, cap=10.0)
        while True:
            try:
                await self._broker.bury(body, safe_line(reason, 500))
                return "dead"
            except BrokerDown:
                await asyncio.sleep(next(waits))

    async def _is_replaced(self, odoo: Client, account: str) -> bool:
        """Return whether an account's client was closed, because another process or another client serves it now."""
        try:
            return await self._client_of(account) is not odoo
        except OdooChatError:
            return True  # the next attempt reports it


async def _do(odoo: Client, command: Command) -> None:
    match command:
        case SendMessage():
            place = await _channel(odoo, command.channel)
            # Odoo's Message-Id is derived from the key. A message that another process posted without acknowledging
            # the command is found by that id and is not posted again.
            await place.send(
                command.text,
                markup=command.markup,
                reply_to=await odoo.fetch_message(command.reply_to) if command.reply_to is not None else None,
                key=f"relay:{command.id}",
                retry=True,
            )
        case EditMessage():
            message = await odoo.fetch_message(command.message_id)
            await odoo.conversation(message).edit(message, command.text, markup=command.markup)
        case React():
            await odoo.react(await odoo.fetch_message(command.message_id), command.emoji)
        case Unreact():
            message = await odoo.fetch_message(command.message_id)
            await odoo.conversation(message).unreact(message, command.emoji)
        case MarkRead():
            await (await _channel(odoo, command.channel)).mark_read(command.message_id)


async def _channel(odoo: Client, ref: int | str) -> Channel:
    """Find a channel, including one that the user joined after the client loaded its channels."""
    try:
        return await odoo.resolve(ref)
    except NotFound:
        await odoo.refresh()
        return await odoo.resolve(ref)


async def _keep(taken: TakenCommand) -> None:
    while True:
        await asyncio.sleep(KEEP_SECONDS)
        try:
            await taken.keep()
        except ConnectionError as error:
            log.debug("the broker may deliver a command again: %s", error)


def _lane(body: bytes) -> str:
    """Return the key of the lane in which commands run in order: the account and, if given, the channel."""
    try:
        found = msgspec.json.decode(body)
        return f"{found['account']}\0{found.get('channel', '')}"
    except (msgspec.DecodeError, UnicodeError, RecursionError, TypeError, KeyError, AttributeError):
        return ""
