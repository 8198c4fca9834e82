"""The bot: its settings, and its life from the connection to the stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, timedelta, tzinfo
from typing import Any, Literal, TypedDict, Unpack

from odoochat.bot.clock import Clock, SystemClock
from odoochat.bot.filters import Filter
from odoochat.bot.router import Router
from odoochat.bot.runner import Runner, RunnerOptions
from odoochat.bot.schedule import zone
from odoochat.bot.state import BotState
from odoochat.client.client import Client
from odoochat.client.connect import connect
from odoochat.client.session import Transport
from odoochat.client.timing import Timing
from odoochat.errors import ConfigError
from odoochat.metrics import Metrics
from odoochat.net.credentials import Totp
from odoochat.net.rpc import Envelope
from odoochat.secret import Secret, hide_secrets

__all__ = ["Bot", "ConnectOptions", "run", "start_until_signal"]

log = logging.getLogger("odoochat")

PATIENCE = timedelta(days=1).total_seconds()


class ConnectOptions(TypedDict, total=False):
    """Options of `Bot.run` and `Bot.start`; see `odoochat.connect`.

    Attributes:
        db: the database.
        login: the login name of the bot.
        password: its password.
        api_key: its API key.
        session_id: the cookie of an open session.
        totp: the code of the second factor, or a function that returns it.
        transport: transport of the live link.
        websocket_paths: more paths where a proxy may serve the WebSocket.
        outbox: path of a folder that keeps unsent messages.
        patience: seconds for which a reply is retried while the server is unreachable; one day when omitted.
        presence: the presence that other users see.
        timeout: seconds for one HTTP request.
        proxy: an HTTP proxy.
        ca_file: file of certificate authorities.
        client_cert: file with the client's certificate.
        client_key: file with its private key.
        verify: False accepts any certificate.
        trusted_device: the cookie of a device that needs no second factor.
        timing: intervals, for tests.
        rpc: the envelope for model calls.
        archive: whether to keep what the bot receives on disk, or the path of a file.
        metrics: counts and timings.
    """

    db: str | None
    login: str | None
    password: str | Secret | None
    api_key: str | Secret | None
    session_id: str | Secret | None
    totp: Totp
    transport: Transport
    websocket_paths: Sequence[str]
    outbox: str | os.PathLike[str] | None
    patience: float | None
    presence: Literal["online", "away"] | None
    timeout: float
    proxy: str | Secret | None
    ca_file: str | os.PathLike[str] | None
    client_cert: str | os.PathLike[str] | None
    client_key: str | os.PathLike[str] | None
    verify: bool
    trusted_device: str | Secret | None
    timing: Timing | None
    rpc: Envelope | Literal["auto"]
    archive: bool | str | os.PathLike[str]
    metrics: Metrics | None


class Bot(Router):
    """A bot: a router that runs.

    ```python
    bot = Bot()

    @bot.command
    async def roll(sides: int = 6) -> str:
        "Roll a die."
        return f"You rolled {random.randint(1, sides)}."

    bot.run("https://odoo.example.com", login="bot", password=secret)
    ```

    Args:
        name: its name; distinguishes bots that share an account and a server.
        prefix: what stands before a command: ``/roll`` or ``!roll``. None for a bot without commands. A mention of the
            bot works as well: ``@Bot roll``.
        tz: time zone of schedules and dates; UTC when omitted.
        concurrency: number of conversations whose handlers run at the same time.
        grace: seconds that handlers have to end when the bot stops.
        where: a filter that all events must pass.

    Raises:
        ConfigError: an argument is invalid.
    """

    def __init__(
        self,
        name: str = "bot",
        *,
        prefix: str | Sequence[str] | None = ("/", "!"),
        tz: str | tzinfo | None = None,
        concurrency: int = 50,
        grace: float = 10.0,
        where: Filter | None = None,
    ) -> None:
        super().__init__("", where=where)
        self.name = name
        prefixes = (prefix,) if isinstance(prefix, str) else tuple(prefix or ())
        if any(not each or each[0].isspace() for each in prefixes):
            raise ConfigError(f"prefix must be a text such as '/', not {prefix!r}; use None for a bot without commands")
        if concurrency < 1:
            raise ConfigError(f"concurrency must be at least 1, not {concurrency}")
        self._options = RunnerOptions(name, prefixes, zone(tz, UTC), concurrency, grace)

    def runner(
        self, odoo: Client, *, state: BotState | None = None, clock: Clock | None = None, resumed: bool = False
    ) -> Runner:
        """Make the runner of this bot on a connected client; `start` does it for you.

        Args:
            odoo: the client.
            state: what survives a restart; open.
            clock: the time.
            resumed: whether the client continues the record of an earlier process.

        Raises:
            ConfigError: a handler cannot be used.
        """
        return Runner(
            self,
            odoo,
            state=state or BotState(),
            clock=clock or SystemClock(),
            options=self._options,
            resumed=resumed,
        )

    async def start(
        self,
        url: str | None = None,
        *,
        state: str | os.PathLike[str] | None = None,
        stop: asyncio.Event | None = None,
        **options: Unpack[ConnectOptions],
    ) -> None:
        """Connect and run until `stop` is set, or the link ends for good.

        Args:
            url: the server's address. When it is omitted, address and login come from the environment
                (``ODOOCHAT_URL``…) or a profile, as for the command line.
            state: path of a folder that keeps what survives a restart: which messages were handled, stored values,
                and when jobs ran. Without it, the bot begins anew each time.
            stop: ends the bot when it is set.
            options: see `odoochat.connect`.

        Raises:
            ConfigError: an argument is invalid, a handler cannot be used, or another process uses `state`.
            LoginError, LinkError, NotFound, ProtocolError: see `odoochat.connect`.
        """
        hide_secrets(options)
        kept = BotState(state)
        kept.open()
        try:
            resumed = kept.delivered is not None and kept.delivered.exists()
            address, login = _login(url)
            settings: dict[str, Any] = {"patience": PATIENCE, **login, **options}
            hide_secrets(settings)
            del login
            async with connect(address, state=kept.delivered, **settings) as odoo:
                await self.runner(odoo, state=kept, resumed=resumed).run(stop or asyncio.Event())
        finally:
            kept.close()

    def run(
        self,
        url: str | None = None,
        *,
        state: str | os.PathLike[str] | None = None,
        **options: Unpack[ConnectOptions],
    ) -> None:
        """Connect and run until Ctrl-C or SIGTERM; running handlers may end first.

        Args:
            url: see `start`.
            state: see `start`.
            options: see `odoochat.connect`.

        Raises:
            ConfigError, LoginError, LinkError, NotFound, ProtocolError: see `start`.
        """
        run(self, url, state=state, **options)


def run(
    bot: Bot,
    url: str | None = None,
    *,
    state: str | os.PathLike[str] | None = None,
    **options: Unpack[ConnectOptions],
) -> None:
    """Connect a bot and run it until Ctrl-C or SIGTERM; running handlers may end first.

    Args:
        bot: the bot.
        url: see `Bot.start`.
        state: see `Bot.start`.
        options: see `odoochat.connect`.

    Raises:
        ConfigError, LoginError, LinkError, NotFound, ProtocolError: see `Bot.start`.
    """

    hide_secrets(options)
    if not logging.getLogger().handlers and not log.handlers:
        logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
        log.setLevel(logging.INFO)
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(start_until_signal(bot, url, state=state, **options))


async def start_until_signal(
    bot: Bot,
    url: str | None = None,
    *,
    state: str | os.PathLike[str] | None = None,
    **options: Unpack[ConnectOptions],
) -> None:
    """Connect a bot and run it until SIGINT or SIGTERM; the second one does not wait for handlers.

    Args:
        bot: the bot.
        url: see `Bot.start`.
        state: see `Bot.start`.
        options: see `odoochat.connect`.

    Raises:
        ConfigError, LoginError, LinkError, NotFound, ProtocolError: see `Bot.start`.
    """
    hide_secrets(options)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    me = asyncio.current_task()

    def ask_to_stop() -> None:
        if stop.is_set() and me is not None:
            me.cancel()
        stop.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt
            loop.add_signal_handler(name, ask_to_stop)
    await bot.start(url, state=state, stop=stop, **options)


def _login(url: str | None) -> tuple[str, dict[str, Any]]:
    """Return the address, and the login from the environment or a profile unless the address is given."""
    if url is not None:
        return url, {}
    from odoochat.config import load

    settings = load({})
    if not settings.url:
        raise ConfigError("no server; pass its address, set ODOOCHAT_URL, or create a profile with `odoochat login`")
    if not settings.has_credential:
        raise ConfigError("nothing to log in with; set ODOOCHAT_PASSWORD or ODOOCHAT_API_KEY, or pass a password")
    return settings.url, settings.arguments()
