"""The pool, which runs many users in one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack, cast, overload

from odoochat.client.connect import connect
from odoochat.client.connection import Connection
from odoochat.errors import ConfigError, UsageError
from odoochat.events import Event
from odoochat.net.shared import SharedNetwork
from odoochat.plural import counted
from odoochat.pool.account import Account
from odoochat.pool.options import AccountOptions
from odoochat.pool.subscription import PoolSubscription
from odoochat.secret import hide_secrets

__all__ = ["Pool"]

E1 = TypeVar("E1", bound=Event)

CLOSED_AT_ONCE = 50


class Pool:
    """Run many users in one process: ``async with odoochat.Pool(url, db=…) as pool``.

    The accounts share connections, TLS settings and resolved names, and connect to each server at a limited rate. Each
    account has its own login, cookies, channels, queues and outbox, so a failure in one does not affect the others.

    Args:
        url: the default server address, which `add` and `start` can override.
        connects_per_second: maximum number of connection attempts per second to one server, including reconnects. Up to
            `connects_at_once` links may open in the same second as later ones, so by default at most 51.
        connects_at_once: maximum number of accounts that log in or reconnect at the same time. Odoo spends about half a
            second of CPU time checking each password, so a higher limit slows the server down for other users.
        retry_cap: maximum delay, in seconds, between attempts while a server cannot be reached, or fails. While it
            cannot be reached, only one account retries at a time; the others follow once the server responds.
        defaults: settings for all accounts, which `add` can override; see `odoochat.connect`.

    Raises:
        ConfigError: a limit is not positive.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        connects_per_second: float = 35.0,
        connects_at_once: int = 16,
        retry_cap: float = 10.0,
        **defaults: Unpack[AccountOptions],
    ) -> None:
        hide_secrets(defaults)
        self._accounts: dict[str, Account] = {}
        self._closed = False
        for name, value in {
            "connects_per_second": connects_per_second,
            "connects_at_once": connects_at_once,
            "retry_cap": retry_cap,
        }.items():
            if not value > 0:
                raise ConfigError(f"{name} must be positive, not {value}")
        self._url = url
        self._defaults = defaults
        self._shared = SharedNetwork(rate=connects_per_second, at_once=connects_at_once, cap=retry_cap)
        self._retry_cap = retry_cap
        self._logins = asyncio.Semaphore(connects_at_once)
        self._subscriptions: list[PoolSubscription[Any]] = []

    def __repr__(self) -> str:
        return f"<Pool of {counted(len(self), 'account')}{' closed' if self._closed else ''}>"

    # ------------------------------------------------------------------ accounts

    async def add(
        self, url: str | None = None, *, name: str | None = None, **options: Unpack[AccountOptions]
    ) -> Account:
        """Log in a user: ``await pool.add(login="bob", password=…)``.

        Args:
            url: the server's address; defaults to the pool's.
            name: the account's name in the pool; defaults to the login.
            options: settings for the account; see `odoochat.connect`.

        Returns:
            The connected account.

        Raises:
            ConfigError: a setting is missing or invalid.
            UsageError: the name is already in use, or the pool is closed.
            LoginError, LinkError, NotFound, ProtocolError: see `odoochat.connect`. In these cases, the account is not
                added.
        """
        hide_secrets(options)
        account = self._new(url, name, options)
        account.begin(patient=False)
        try:
            await account.decided()
        except BaseException:
            await self._drop(account)
            raise
        return account

    def start(self, url: str | None = None, *, name: str | None = None, **options: Unpack[AccountOptions]) -> Account:
        """Log in a user in the background, retrying while the server cannot be reached, or fails.

        An account that cannot log in stays in the pool as ``ended``, and each subscription receives `AccountEnded`.

        Args:
            url: the server's address; defaults to the pool's.
            name: the account's name in the pool; defaults to the login.
            options: settings for the account; see `odoochat.connect`.

        Returns:
            The account; `Account.wait_connected` waits for its login.

        Raises:
            ConfigError: a setting is missing or invalid.
            UsageError: the name is already in use, or the pool is closed.
        """
        hide_secrets(options)
        account = self._new(url, name, options)
        account.begin(patient=True)
        return account

    def _new(self, url: str | None, name: str | None, options: AccountOptions) -> Account:
        if self._closed:
            raise UsageError("the pool is closed")
        url = url if url is not None else self._url
        if url is None:
            raise ConfigError("no server address; pass one to Pool(…) or to add(…)")
        settings = cast("dict[str, Any]", {**self._defaults, **options})
        name = name or settings.get("login")
        if not name:
            raise ConfigError("an account without a login needs a name; pass name=…")
        if name in self._accounts:
            raise UsageError(f"the pool already has an account {name!r}; pass another name=…, or remove it first")
        account = Account(
            name,
            connect(url, **settings),
            self._shared,
            slot=self._slot,
            connected=self._connected,
            ended=self._ended,
            cap=self._retry_cap,
        )
        self._accounts[name] = account
        return account

    @asynccontextmanager
    async def _slot(self) -> AsyncGenerator[None]:
        async with self._logins:
            yield

    def _connected(self, account: Account, connection: Connection) -> None:
        for subscription in self._subscriptions:
            subscription.attach(account, connection)

    def _ended(self, account: Account, error: BaseException) -> None:
        for subscription in self._subscriptions:
            subscription.ended(account, error)

    async def remove(self, account: Account | str) -> None:
        """Close an account and remove it from the pool, dropping its queued events.

        Args:
            account: the account or its name.

        Raises:
            UsageError: the pool has no such account.
            ConfigError: the account's state file could not be written; the account is still closed.
        """
        found = self._accounts.get(account if isinstance(account, str) else account.name)
        if found is None or (isinstance(account, Account) and found is not account):
            raise UsageError(f"the pool has no account {account if isinstance(account, str) else account.name!r}")
        await self._drop(found)

    async def _drop(self, account: Account) -> None:
        if self._accounts.get(account.name) is account:
            del self._accounts[account.name]
        for subscription in tuple(self._subscriptions):
            subscription.detach(account)
        await account.close()

    def __getitem__(self, name: str) -> Account:
        """Return the account with the given name, or raise `KeyError`."""
        return self._accounts[name]

    def __contains__(self, name: object) -> bool:
        return name in self._accounts

    def __iter__(self) -> Iterator[Account]:
        """Iterate over the accounts in the order they were added."""
        return iter(tuple(self._accounts.values()))

    def __len__(self) -> int:
        return len(self._accounts)

    # -------------------------------------------------------------------- events

    @overload
    def events(self, *, maxsize: int = 1000) -> PoolSubscription[Event]: ...
    @overload
    def events(self, kind: type[E1], /, *, maxsize: int = 1000) -> PoolSubscription[E1]: ...
    @overload
    def events(
        self, first: type[Event], second: type[Event], /, *types: type[Event], maxsize: int = 1000
    ) -> PoolSubscription[Event]: ...
    def events(self, *types: type[Event], maxsize: int = 1000) -> PoolSubscription[Any]:
        """Subscribe to new events from all accounts: ``async for account, event in pool.events()``.

        Args:
            types: limit the stream to these event types; all types if omitted. `EventsMissed` and `AccountEnded` are
                always delivered.
            maxsize: maximum number of queued events per account. Events that arrive while the queue is full are dropped
                and counted.

        Returns:
            The events with their accounts, as an async iterator.

        Raises:
            UsageError: `maxsize` is not positive, or the pool is closed.
        """
        if self._closed:
            raise UsageError("the pool is closed")
        if maxsize < 1:
            raise UsageError(f"maxsize must be at least 1, not {maxsize}")
        subscription: PoolSubscription[Any] = PoolSubscription(types, maxsize, self._leave)
        self._subscriptions.append(subscription)
        for account in self:
            if account.connection is not None:
                subscription.attach(account, account.connection)
            elif account.error is not None:
                subscription.ended(account, account.error)
        return subscription

    def _leave(self, subscription: PoolSubscription[Any]) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    # --------------------------------------------------------------------- close

    async def close(self, *, failed: bool = False) -> None:
        """Close all accounts; safe to call twice. ``async with`` calls it for you.

        Args:
            failed: whether a handler failed. The message it was processing then counts as unhandled, and is delivered
                again after a restart with ``state=``.

        Raises:
            ConfigError: a state file could not be written; everything is still closed.
        """
        if self._closed:
            return
        self._closed = True
        slots = asyncio.Semaphore(CLOSED_AT_ONCE)

        async def end(account: Account) -> None:
            async with slots:
                await account.close(failed=failed)

        try:
            accounts, self._accounts = list(self._accounts.values()), {}
            results = await asyncio.gather(*(end(account) for account in accounts), return_exceptions=True)
        finally:
            for subscription in self._subscriptions:
                subscription.end()
            self._subscriptions.clear()
            await self._shared.close()
        errors = [result for result in results if isinstance(result, Exception)]
        if errors:
            for error in errors[1:]:
                errors[0].add_note(f"also: {type(error).__name__}: {error}")
            raise errors[0]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.close(failed=error is not None)
        except Exception:
            if error is None:
                raise  # otherwise the block's own error is raised
