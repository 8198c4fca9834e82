"""The bot, its settings, and its life cycle from connecting to stopping."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
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
        login: the bot's login name.
        password: the password for the login.
        api_key: an API key, instead of the password.
        session_id: an open session's cookie value.
        totp: the two-factor code, or a function that returns it.
        transport: the transport for the live link.
        websocket_paths: additional paths at which a proxy may serve the WebSocket.
        outbox: path of a folder for unsent messages.
        patience: how long to retry a reply while the server is unreachable, in seconds; one day by default.
        presence: the presence shown to other users.
        timeout: time limit for one HTTP request, in seconds.
        proxy: an HTTP proxy.
        ca_file: file with CA certificates.
        client_cert: file with the client certificate.
        client_key: file with the certificate's private key.
        verify: whether to verify certificates; False accepts any certificate.
        trusted_device: the cookie value of a device that is exempt from two-factor authentication.
        timing: timing intervals, for tests.
        rpc: the RPC envelope for model calls.
        archive: True to store received messages on disk, or the path of the archive file.
        metrics: collects counts and timings.
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
    """A bot: the outermost router, which also manages the connection.

    ```python
    bot = Bot()

    @bot.command
    async def roll(sides: int = 6) -> str:
        "Roll a die."
        return f"You rolled {random.randint(1, sides)}."

    bot.run("https://odoo.example.com", login="bot", password=secret)
    ```

    Args:
        name: the bot's name, which distinguishes bots that share an account and a server.
        prefix: the command prefix, as in ``/roll`` or ``!roll``; None for a bot without commands. A mention of the bot
            also works as a prefix: ``@Bot roll``.
        tz: time zone for schedules and dates; UTC by default.
        concurrency: maximum number of conversations whose handlers run at the same time.
        grace: how long handlers may keep running when the bot stops, in seconds.
        where: a filter applied to all events.

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
            raise ConfigError(
                f"prefix must be a string such as '/', not {prefix!r}; use None for a bot without commands"
            )
        if concurrency < 1:
            raise ConfigError(f"concurrency must be at least 1, not {concurrency}")
        self._options = RunnerOptions(name, prefixes, zone(tz, UTC), concurrency, grace)

    def runner(
        self, odoo: Client, *, state: BotState | None = None, clock: Clock | None = None, resumed: bool = False
    ) -> Runner:
        """Create a runner for this bot on a connected client; `start` does this for you.

        Args:
            odoo: the client.
            state: the bot's persistent state, already open.
            clock: the clock to use.
            resumed: whether the client resumes from state that an earlier process saved.

        Raises:
            ConfigError: a handler is invalid.
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
        """Connect and run until `stop` is set or the link fails permanently.

        Args:
            url: the server's address. If omitted, the address and login are read from the environment
                (``ODOOCHAT_URL``…) or a profile, as on the command line.
            state: path of a folder for persistent state: handled messages, stored values and job runs. Without it, the
                bot starts from scratch each time.
            stop: an event that stops the bot when set.
            options: connection options; see `odoochat.connect`.

        Raises:
            ConfigError: an argument or a handler is invalid, or another process is using `state`.
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
            stop = stop or asyncio.Event()
            async with AsyncExitStack() as stack:
                async with _unless_stopped(stop):
                    odoo = await stack.enter_async_context(connect(address, state=kept.delivered, **settings))
                if not stop.is_set():
                    await self.runner(odoo, state=kept, resumed=resumed).run(stop)
        finally:
            kept.close()

    def run(
        self,
        url: str | None = None,
        *,
        state: str | os.PathLike[str] | None = None,
        **options: Unpack[ConnectOptions],
    ) -> None:
        """Connect and run until Ctrl-C or SIGTERM, letting running handlers finish first.

        Args:
            url: see `start`.
            state: see `start`.
            options: connection options; see `odoochat.connect`.

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
    """Connect a bot and run it until Ctrl-C or SIGTERM, letting running handlers finish first.

    Args:
        bot: the bot.
        url: see `Bot.start`.
        state: see `Bot.start`.
        options: connection options; see `odoochat.connect`.

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
    """Connect a bot and run it until SIGINT or SIGTERM; a second signal stops it without waiting for handlers.

    Args:
        bot: the bot.
        url: see `Bot.start`.
        state: see `Bot.start`.
        options: connection options; see `odoochat.connect`.

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


@asynccontextmanager
async def _unless_stopped(stop: asyncio.Event) -> AsyncGenerator[None]:
    """Cancel the block when the event is set, and leave it without an error."""
    limit = asyncio.timeout(None)

    async def expire() -> None:
        await stop.wait()
        limit.reschedule(asyncio.get_running_loop().time())

    waiting = asyncio.create_task(expire())
    try:
        async with limit:
            yield
    except TimeoutError:
        if not limit.expired():  # the block's own timeout
            raise
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


def _login(url: str | None) -> tuple[str, dict[str, Any]]:
    """Return the address and login, reading them from the environment or a profile if no address is given."""
    if url is not None:
        return url, {}
    from odoochat.config import load

    settings = load({})
    if not settings.url:
        raise ConfigError("no server; pass its address, set ODOOCHAT_URL, or create a profile with `odoochat login`")
    if not settings.has_credential:
        raise ConfigError("no credentials; set ODOOCHAT_PASSWORD or ODOOCHAT_API_KEY, or pass a password")
    return settings.url, settings.arguments()
