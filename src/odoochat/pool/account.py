"""Pool accounts, one per user."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Literal

from odoochat.client.client import Client
from odoochat.client.connect import connect
from odoochat.client.connection import Connection
from odoochat.core.backoff import backoff
from odoochat.core.link import describe
from odoochat.core.retry import passing
from odoochat.errors import OdooChatError, UsageError
from odoochat.net.flag import Flag
from odoochat.net.shared import SharedNetwork
from odoochat.net.time_limit import time_limit

__all__ = ["Account", "AccountState"]

log = logging.getLogger("odoochat")

AccountState = Literal["connecting", "connected", "waiting", "ended"]
"""``connecting`` until the first login, ``waiting`` while the link is down, ``ended`` once it has closed for good."""

BASE_SECONDS = 1.0


class Account:
    """One user in a pool, created by `Pool.add` and `Pool.start`.

    Args:
        name: the account's name in the pool.
        connecting: the account's connection settings.
        shared: the connections shared by the pool.
        slot: returns a context manager that limits how many accounts log in at once.
        connected: called once, when the connection is open.
        ended: called if the account ends without a connection.
        cap: maximum delay between attempts while the server is unreachable, in seconds.

    Attributes:
        name: the account's name in the pool, which defaults to the login.
        error: why the account ended, or None if it has not.
    """

    def __init__(
        self,
        name: str,
        connecting: connect,
        shared: SharedNetwork,
        *,
        slot: Callable[[], AbstractAsyncContextManager[None]],
        connected: Callable[[Account, Connection], None],
        ended: Callable[[Account, BaseException], None],
        cap: float,
    ) -> None:
        self.name = name
        self._connecting: connect | None = connecting
        self._shared = shared
        self._slot = slot
        self._connected = connected
        self._on_end = ended
        self._cap = cap
        self._connection: Connection | None = None
        self._client: Client | None = None
        self._error: BaseException | None = None
        self._task: asyncio.Task[None] | None = None
        self._decided = Flag()
        self._closed = False
        self._waiting = ""  # why the last attempt failed

    def __repr__(self) -> str:
        return f"<Account {self.name} {self.state}>"

    @property
    def client(self) -> Client:
        """The account's client, for channels, records, people and files.

        Raises:
            UsageError: the account is not connected yet, ended before connecting, or was removed.
        """
        if self._connection is None or self._closed:
            why = "was removed" if self._closed else f"has ended: {describe(self._error)}" if self._error else ""
            raise UsageError(f"account {self.name!r} {why or 'is not connected yet; await account.wait_connected()'}")
        if self._client is None:
            self._client = Client(self._connection)
        return self._client

    @property
    def error(self) -> BaseException | None:
        """Why the account ended, or None if it has not."""
        if self._error is None and self._connection is not None and not self._closed:
            return self._connection.status.error
        return self._error

    @property
    def state(self) -> AccountState:
        """The state of the account's connection."""
        if self._closed or self.error is not None:
            return "ended"
        if self._connection is None:
            return "connecting"
        live = self._connection.live_link is not None
        return "waiting" if live and not self._connection.status.opened.is_set() else "connected"

    async def wait_connected(self, timeout: float | None = None) -> Client:
        """Wait until the account has logged in.

        Args:
            timeout: seconds to wait; None to wait forever.

        Returns:
            The account's client.

        Raises:
            TimedOut: the account did not log in within the timeout.
            LoginError: the server refuses the login. Any other error that ended the account is raised as is.
            UsageError: the account was removed.
        """

        def overdue() -> str:
            why = f": {self._waiting}" if self._waiting else ""
            return f"account {self.name!r} did not connect within {timeout:g} s{why}"

        async with time_limit(timeout, overdue):
            await self.decided()
        return self.client

    # --------------------------------------------------------- used by the pool

    def begin(self, *, patient: bool) -> None:
        """Start logging in.

        Args:
            patient: whether to retry while the server cannot be reached, or fails.
        """
        self._task = asyncio.create_task(self._run(patient), name=f"odoochat pool {self.name}")

    async def _run(self, patient: bool) -> None:
        try:
            await self._connect(patient)
        finally:
            self._connecting = self._task = None  # neither is needed any more

    async def _connect(self, patient: bool) -> None:
        assert self._connecting is not None
        waits = backoff(random.random, base=min(BASE_SECONDS, self._cap), cap=self._cap)
        while True:
            try:
                async with self._slot():
                    connection = await self._connecting.open_connection(self._shared)
            except OdooChatError as error:
                if not patient or not passing(error):
                    self._end(error, reported=patient)  # the caller of `Pool.add` gets the error itself
                    return
                self._waiting = describe(error)
                log.info("account %s: %s", self.name, self._waiting, extra={"event": "account.waiting"})
                await asyncio.sleep(next(waits))
                continue
            except Exception as error:
                log.exception(
                    "account %s: unexpected %s",
                    self.name,
                    type(error).__name__,
                    extra={"event": "account.failed", "error": type(error).__name__},
                )
                self._end(error, reported=patient)
                return
            self._connection, self._waiting = connection, ""
            self._connected(self, connection)
            self._decided.set()
            return

    def _end(self, error: BaseException, *, reported: bool) -> None:
        self._error = error
        self._decided.set()
        if reported:
            self._on_end(self, error)

    async def decided(self) -> None:
        """Wait until the account has logged in.

        Raises:
            LoginError: the server refuses the login. Any other error that ended the account is raised as is.
            UsageError: the account was removed.
        """
        await self._decided.wait()
        if self._closed:
            raise UsageError(f"account {self.name!r} was removed")
        if self._error is not None and self._connection is None:
            raise self._error.with_traceback(None)

    @property
    def connection(self) -> Connection | None:
        """The connection, or None before the first login."""
        return self._connection

    async def close(self, *, failed: bool = False) -> None:
        """Cancel a login in progress and close the connection; safe to call twice.

        Args:
            failed: whether a handler failed. The message it was processing then counts as unhandled.

        Raises:
            ConfigError: the state file could not be written; everything is still closed.
        """
        self._closed = True
        if (task := self._task) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._decided.set()
        if self._connection is not None:
            await self._connection.close(failed=failed)
