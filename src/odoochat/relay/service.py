"""Runs a relay process, which publishes account events to a broker and runs commands from it."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import socket
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any, Protocol

from odoochat.client.client import Client
from odoochat.core.backoff import backoff
from odoochat.errors import ConfigError, NotFound, OdooChatError, names
from odoochat.pool.pool import Pool
from odoochat.relay.account_relay import AccountRelay
from odoochat.relay.brokers.broker import Broker, BrokerDown, KeyValueStore
from odoochat.relay.brokers.folder_store import FolderStore
from odoochat.relay.claims import Claim, store_key
from odoochat.relay.command_worker import CommandWorker
from odoochat.relay.coordinator import Coordinator
from odoochat.relay.peers import Peers
from odoochat.relay.publisher import EventPublisher
from odoochat.relay.relay_metrics import RelayMetrics
from odoochat.relay.settings import BrokerSettings, RelaySettings, publishable

__all__ = ["RelayService", "make_broker"]

log = logging.getLogger("odoochat")

COMMANDS = "commands"
"""Key of the item whose process runs the commands for all accounts."""


def make_broker(settings: BrokerSettings) -> Broker:
    """Create the client for a broker.

    Args:
        settings: the broker's settings.

    Raises:
        ImportError: the broker's extra is not installed.
    """
    match settings.kind:
        case "redis":
            from odoochat.relay.brokers.redis import RedisEvents

            return RedisEvents(settings)
        case "nats":
            from odoochat.relay.brokers.nats import NatsEvents

            return NatsEvents(settings)
        case "rabbitmq":
            from odoochat.relay.brokers.rabbit import RabbitEvents

            return RabbitEvents(settings)
        case "kafka":
            from odoochat.relay.brokers.kafka import KafkaEvents

            return KafkaEvents(settings)


class _Opened(Protocol):
    async def open(self) -> None: ...

    async def close(self) -> None: ...


class RelayService:
    """A relay process.

    Args:
        settings: the settings for the accounts and the broker.
        broker: the broker client; created from the settings by default.

    Attributes:
        metrics: the relay's metrics.
        process: id of this process among those that share the accounts.
    """

    def __init__(self, settings: RelaySettings, broker: Broker | None = None) -> None:
        self._settings = settings
        self._broker = broker if broker is not None else make_broker(settings.broker)
        self.process = f"{socket.gethostname()[:40]}-{secrets.token_hex(6)}"
        self.metrics = RelayMetrics(self._gauges)
        self._publisher = EventPublisher(self._broker, self.metrics)
        self._accounts: dict[str, AccountRelay] = {}
        self._senders: dict[str, asyncio.Task[Client]] = {}
        self._pool: Pool | None = None
        self._coordinator: Coordinator | None = None
        self._runner: CommandWorker | None = None

    async def run(self) -> None:
        """Run the relay until cancelled.

        Raises:
            ConfigError: the broker refuses the login, or it has no store and the settings do not specify one.
        """
        settings = self._settings
        store, opened = self._make_store()
        async with AsyncExitStack() as stack:
            for each in opened:
                stack.push_async_callback(each.close)
                await _open(each)
            pool = self._pool = await stack.enter_async_context(Pool(metrics=self.metrics.clients))
            types = tuple(publishable()[name] for name in settings.events)
            for name, account in settings.accounts.items():
                served = AccountRelay(account, pool, self._publisher, types, save=settings.save)
                self._accounts[store_key("account", name)] = served
            self._runner = CommandWorker(self._broker, store, self._client_of, self.metrics)
            peers = Peers(self.process, lease=settings.lease)
            self._coordinator = Coordinator(
                store,
                peers,
                [COMMANDS, *self._accounts],
                self._serve,
                self.metrics,
                every=min(1.0, settings.lease / 5),
                lease=settings.lease,
            )
            publishing = asyncio.create_task(self._publisher.run(), name="odoochat relay publisher")
            stack.push_async_callback(_cancelled, publishing)
            coordinating = asyncio.create_task(self._coordinator.run(), name="odoochat relay coordinator")
            # cancelled first, because it drains the events being published
            stack.push_async_callback(_cancelled, coordinating)
            await asyncio.wait({publishing, coordinating}, return_when=asyncio.FIRST_COMPLETED)
            for task in (publishing, coordinating):
                if task.done():
                    task.result()

    def _make_store(self) -> tuple[KeyValueStore, list[_Opened]]:
        match self._settings.store:
            case BrokerSettings() as other:
                keeper = make_broker(other)
                assert keeper.store is not None
                return keeper.store, [keeper, self._broker]
            case None:
                if self._broker.store is None:
                    raise ConfigError(
                        f"{self._broker.kind} cannot store account positions; add [store] with the url of a Redis or "
                        'NATS server, or with folder = "state" for a single-process relay'
                    )
                return self._broker.store, [self._broker]
            case folder:
                store = FolderStore(folder)
                return store, [store, self._broker]

    async def _serve(self, key: str, claim: Claim) -> None:
        if key == COMMANDS:
            assert self._runner is not None
            await self._runner.run()
        else:
            await self._accounts[key].serve(claim)

    async def _client_of(self, name: str) -> Client:
        """Return an account's client: the one that receives its events in this process, or one that only sends."""
        served = self._accounts.get(store_key("account", name))
        if served is None:
            raise NotFound("account", f"no account {name!r}; accounts: {names(list(self._settings.accounts))}")
        if served.client is not None:
            return served.client
        if (logging_in := self._senders.get(name)) is None:
            logging_in = self._senders[name] = asyncio.create_task(self._log_in(served))
        try:
            return await asyncio.shield(logging_in)
        except OdooChatError:
            self._senders.pop(name, None)
            raise

    async def _log_in(self, served: AccountRelay) -> Client:
        assert self._pool is not None
        settings = served.settings
        account = await self._pool.add(settings.url, name=f"{settings.name} (commands)", live=False, **settings.options)
        return account.client

    # --------------------------------------------------------------------- state

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Return whether the process is healthy, along with details of its work.

        The process is healthy if it has written a heartbeat within the last two leases and the broker is accepting
        events.
        """
        coordinator = self._coordinator
        beat = coordinator.last_beat if coordinator is not None else None
        good = beat is not None and time.monotonic() - beat < 2 * self._settings.lease and self._publisher.down is None
        states = self._states()
        return good, {
            "status": "ok" if good else "failing",
            "process": self.process,
            "broker": self._publisher.down or ("connected" if beat is not None else "connecting"),
            "waiting": len(self._publisher),
            "accounts": {"of": len(self._accounts), "served": states.total(), **states},
            "commands": coordinator is not None and COMMANDS in coordinator.claims,
            "errors": {a.settings.name: a.error for a in self._accounts.values() if a.error is not None},
        }

    def _states(self) -> Counter[str]:
        """Count the accounts that this process serves, by state."""
        states = Counter({"connected": 0, "connecting": 0, "failed": 0})
        claims = self._coordinator.claims if self._coordinator is not None else {}
        for key, account in self._accounts.items():
            if key in claims:
                failed = "failed" if account.error is not None else "connecting"
                states["connected" if account.client is not None else failed] += 1
        return states

    def _gauges(self) -> Mapping[tuple[str, str], float]:
        return {
            ("odoochat_relay_broker_up", ""): float(self._publisher.down is None),
            ("odoochat_relay_waiting", ""): len(self._publisher),
            ("odoochat_relay_processes", ""): self._coordinator.processes if self._coordinator is not None else 1,
            **{("odoochat_relay_accounts", state): count for state, count in self._states().items()},
        }


async def _open(broker: _Opened) -> None:
    """Connect, waiting for the broker if needed, because machines may start in any order."""
    waits = backoff(random.random, base=0.5, cap=5.0)
    while True:
        try:
            await broker.open()
            return
        except BrokerDown as error:
            log.warning("%s; retrying", error, extra={"event": "relay.unreachable", "error": str(error)})
            await broker.close()
            await asyncio.sleep(next(waits))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
