"""Connecting: the arguments of ``odoochat.connect`` and ``odoochat.connect_guest``."""

from __future__ import annotations

import asyncio
import math
import os
import re
import sys
import warnings
from collections.abc import Callable, Generator, Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeGuard, Unpack

from msgspec.structs import replace

from odoochat.client.address import base_url
from odoochat.client.options import GuestOptions
from odoochat.client.persistence import StateStore
from odoochat.client.session import Session, Transport
from odoochat.client.timing import Timing
from odoochat.errors import ConfigError, UsageError
from odoochat.metrics import Metrics
from odoochat.net.credentials import Credentials, Totp, check_text
from odoochat.net.http import Http
from odoochat.net.network import Network
from odoochat.net.rpc import Envelope
from odoochat.net.shared import SharedNetwork
from odoochat.secret import Secret

if TYPE_CHECKING:
    from odoochat.client.client import Client
    from odoochat.client.connection import Connection

__all__ = ["connect", "connect_guest"]


ENTER = "write `async with odoochat.connect(…) as odoo:`, or `odoo = await odoochat.connect(…)` and close it"


class NotEntered(UsageError, AttributeError):
    """Raised when `connect(…)` itself is used instead of the client that it returns."""


class connect:
    """Connect to a server: ``async with odoochat.connect(url, login=…, password=…) as odoo``.

    Args:
        url: the server's address; ``https://`` is added if there is no scheme.
        db: the database; optional if the server lists exactly one.
        login: the user's login name.
        password: the user's password, which opens the session that the live link needs.
        api_key: an API key, for servers without password logins; new messages are then received by polling.
        session_id: the session cookie of an open session, e.g. from a browser.
        totp: the two-factor code, or a function that returns it when needed.
        transport: the live link's transport: ``auto`` (the best that works), ``websocket``, ``peek``, ``longpoll`` or
            ``rpc``.
        rpc: the envelope for model calls: ``auto``, ``session``, ``jsonrpc``, ``xmlrpc`` or ``json2``.
        websocket_paths: additional paths on which a proxy may serve the WebSocket.
        state: path of a file that records which messages were delivered, so that missed ones are delivered after a
            restart; or an `odoochat.client.persistence.StateStore`, which keeps the record elsewhere.
        outbox: path of a folder that keeps unsent messages.
        archive: True to archive received messages in a per-account file in the user's data folder, or the path of
            a file to use instead; see `Client.archive`.
        live: whether to open a live link; False for a client that only sends and reads.
        patience: how long `send` retries while the server is unreachable, in seconds; by default 120, or 0 without a
            live link.
        presence: the presence that other users see while the live link is open; None to show none, e.g. for a bot.
            Requires a session.
        timeout: time limit for each HTTP request, in seconds.
        proxy: an HTTP proxy, e.g. ``http://user:password@proxy.example.com:3128``; "" for none. By default, the
            variables ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY`` apply; loopback addresses use no proxy.
        ca_file: file of certificate authorities (PEM) to trust in addition to the system's.
        client_cert: file with the client's certificate (PEM), if the server requires one.
        client_key: file with the certificate's private key (PEM), if it is in a separate file.
        verify: False to accept any certificate, which lets anyone on the network path read and change everything.
        trusted_device: the cookie of a trusted device, which needs no second factor; see `ServerInfo.trusted_device`.
        timing: intervals for the live link and sending, for tests; see `odoochat.client.timing.Timing`.
        metrics: collects this client's metrics; None to collect none.

    Raises:
        ConfigError: an argument is invalid.
        LoginError: the server refused the login; raised on entering.
        LinkError, NotFound, NotOdoo: the network failed, no such database exists, or the server is not Odoo;
            raised on entering.
    """

    def __init__(
        self,
        url: str,
        *,
        db: str | None = None,
        login: str | None = None,
        password: str | Secret | None = None,
        api_key: str | Secret | None = None,
        session_id: str | Secret | None = None,
        totp: Totp = None,
        transport: Transport = "auto",
        rpc: Envelope | Literal["auto"] = "auto",
        websocket_paths: Sequence[str] = (),
        state: str | os.PathLike[str] | StateStore | None = None,
        outbox: str | os.PathLike[str] | None = None,
        archive: bool | str | os.PathLike[str] = False,
        live: bool = True,
        patience: float | None = None,
        presence: Literal["online", "away"] | None = None,
        timeout: float = 30.0,
        proxy: str | Secret | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        client_cert: str | os.PathLike[str] | None = None,
        client_key: str | os.PathLike[str] | None = None,
        verify: bool = True,
        trusted_device: str | Secret | None = None,
        timing: Timing | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        # From here on, no variable holds a plaintext secret, so tools that record variables cannot expose one.
        password, api_key, session_id = _hidden(password), _hidden(api_key), _hidden(session_id)
        trusted_device, proxy = _hidden(trusted_device), _hidden(proxy)
        totp = _hidden(totp) if isinstance(totp, str) else totp
        _check(transport, rpc, presence, timeout, patience)
        self._url = base_url(url)
        check_text("db", db)
        self._credentials = Credentials(login, password, api_key, session_id, totp, trusted_device)
        network = Network.of(proxy, ca_file, client_cert, client_key, verify=verify)
        self._network = replace(network, heartbeat=(timing or Timing()).heartbeat)
        self._settings: dict[str, Any] = {"db": db, "rpc": rpc, "transport": transport}
        self._client: dict[str, Any] = {
            "websocket_paths": websocket_paths,
            "state": state,
            "outbox": outbox,
            "archive": _archive(archive, url, db, login),
            "live": live,
            "patience": patience,
            "presence": presence,
            "timing": timing,
            "metrics": metrics,
        }
        self._timeout = timeout
        self._made: Connection | None = None
        self._entered = False

    async def open(self) -> Client:
        """Connect without ``async with``; the caller closes the client with `Client.close`.

        Returns:
            The connected client.

        Raises:
            ConfigError, LoginError, LinkError, NotFound, ProtocolError: see the class.
        """
        return _client(await self.open_connection())

    async def open_connection(self, shared: SharedNetwork | None = None) -> Connection:
        """Connect and return the underlying connection, for front ends that manage many clients.

        Args:
            shared: the connections that the clients share, or None to open separate ones.

        Raises:
            ConfigError, LoginError, LinkError, NotFound, ProtocolError: see the class.
        """
        self._entered = True
        patience = self._client["patience"]
        http = Http(self._url, timeout=self._timeout, network=self._network, patience=patience, shared=shared)
        session = Session(http, self._credentials, **self._settings)
        login = asyncio.create_task(session.log_in(), name="odoochat login")
        connection: Connection | None = None
        try:
            connection = (await _connection_type())(session, **self._client)
            await connection.open(login)
        except BaseException:
            login.cancel()
            await asyncio.gather(login, return_exceptions=True)
            await (http.close() if connection is None else connection.close())
            raise
        return connection

    if not TYPE_CHECKING:  # type checkers must still report unknown names

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):  # only looked up by Python itself, e.g. for copies and incomplete objects
                raise AttributeError(name)
            raise NotEntered(f"connect(…) has no {name!r}: it is not connected yet; {ENTER}")

    def __enter__(self) -> Any:
        raise NotEntered(f"connect(…) is asynchronous; {ENTER}")

    def __exit__(self, *_: object) -> None:
        """Exists only so that a plain `with` statement raises the error from `__enter__`."""

    def __iter__(self) -> Any:
        raise NotEntered(f"connect(…) is not connected yet; {ENTER}")

    def __del__(self, warn: Callable[..., None] = warnings.warn) -> None:
        if self.__dict__.get("_entered") is False:
            warn(f"connect(…) was never entered, so nothing was connected; {ENTER}", RuntimeWarning, source=self)

    def __await__(self) -> Generator[Any, None, Client]:
        return self.open().__await__()

    async def __aenter__(self) -> Client:
        if self._made is not None:
            raise UsageError("this connect(…) is already in use; call connect() again")
        self._made = await self.open_connection()
        return _client(self._made)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection, self._made = self._made, None
        if connection is None:
            return
        try:
            await connection.close(failed=error is not None)
        except Exception:
            if error is None:
                raise  # otherwise the block's error is raised, and this one is logged


async def _connection_type() -> type[Connection]:
    """Import the rest of the library in a thread, while the server checks the password."""
    name = "odoochat.client.client"
    if name not in sys.modules:
        await asyncio.to_thread(import_module, name)
    from odoochat.client.connection import Connection

    return Connection


def _client(connection: Connection) -> Client:
    from odoochat.client.client import Client

    return Client(connection)


def _archive(given: bool | str | os.PathLike[str], url: str, db: str | None, login: str | None) -> Path | None:
    if not given:
        return None
    if given is not True:
        return Path(given)
    from odoochat.archive.location import archive_path

    return archive_path(url, db or "", login or "")


def _check(transport: object, rpc: object, presence: object, timeout: object, patience: object) -> None:
    """Check arguments that would otherwise fail, or wait for ever, only later."""
    if transport not in ("auto", "websocket", "peek", "longpoll", "rpc"):
        raise ConfigError(f"transport must be auto, websocket, peek, longpoll or rpc, not {transport!r}")
    if rpc not in ("auto", "session", "jsonrpc", "xmlrpc", "json2"):
        raise ConfigError(f"rpc must be auto, session, jsonrpc, xmlrpc or json2, not {rpc!r}")
    if presence not in ("online", "away", None):
        raise ConfigError(f"presence must be online, away or None, not {presence!r}; see also people.set_status")
    if not (_is_number(timeout) and 0 < timeout < math.inf):
        raise ConfigError(f"timeout must be a number of seconds above 0, not {timeout!r}")
    if patience is not None and not (_is_number(patience) and patience >= 0):
        raise ConfigError(f"patience must be a number of seconds, 0 or more, or None, not {patience!r}")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _hidden(value: str | Secret | None) -> Secret | None:
    return Secret(value) if value is not None else None


class connect_guest(connect):
    """Join a channel with an invitation link, without an account (Odoo 16 and later).

    Example: ``async with connect_guest(link, name=…) as odoo``. The client is limited to that one channel, where it can
    receive, read, send and edit messages, add reactions, and send typing notifications.

    Args:
        invitation: the link, as returned by `ChannelSettings.invitation`.
        name: the guest's display name.
        more: `connect` options that are unrelated to the login, for example ``transport``, ``live``, ``patience``,
            ``timeout`` and ``proxy``.

    Raises:
        ConfigError: `invitation` is not an invitation link.
        NotSupported: before Odoo 16.
        NotFound: the invitation is invalid, or the channel does not allow guests; raised on entering.
    """

    def __init__(self, invitation: str, *, name: str = "", **more: Unpack[GuestOptions]) -> None:
        found = re.search(r"/chat/\d+/[\w-]+", invitation)
        if found is None:
            raise ConfigError(
                f"{invitation[:100]!r} is not an invitation link; use one like https://…/chat/7/abcdefghij"
            )
        super().__init__(invitation[: found.start()], **more)
        self._settings["invitation"] = (found[0], name.strip())
        self._client["guest"] = True
