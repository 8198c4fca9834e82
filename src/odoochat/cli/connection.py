"""Options that all commands share, and the connection made from them."""

from __future__ import annotations

import asyncio
import getpass
import logging
import math
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

import odoochat
from odoochat.cli.completion import keep
from odoochat.cli.exit_codes import DONE, INTERRUPTED, complain, say
from odoochat.cli.streams import OutputFailed, at_terminal, check_output, drop_output
from odoochat.client.address import base_url
from odoochat.config import Profiles, Settings, load
from odoochat.errors import ConfigError, OdooChatError, names
from odoochat.private_file import write_private

__all__ = [
    "CREDENTIALS_MEND",
    "Server",
    "act",
    "ask_totp",
    "connected",
    "file_log",
    "finish",
    "settings_of",
    "start_log",
]

if TYPE_CHECKING:
    from odoochat.client.client import Client  # loads the network: the chat screen paints before

CREDENTIALS = "set ODOOCHAT_PASSWORD, ODOOCHAT_API_KEY or ODOOCHAT_SESSION_ID, or use --password-stdin"
CREDENTIALS_MEND = f"{CREDENTIALS}, or make a profile with `odoochat login`"


@Parameter(name="*", group=Group("Server", sort_key=1))
@dataclass(frozen=True)
class Server:
    """Which server, and who on it.

    Attributes:
        url: The server's address, e.g. https://odoo.example.com (ODOOCHAT_URL).
        db: The database; may be left out when the server has one (ODOOCHAT_DB).
        login: Your login name (ODOOCHAT_LOGIN). The password is asked for, or comes from ODOOCHAT_PASSWORD.
        profile: A profile made by `odoochat login` (ODOOCHAT_PROFILE).
        password_stdin: Reads the password from standard input.
        request_timeout: Seconds to wait for one answer of the server.
        proxy: An HTTP proxy, e.g. http://proxy.example.com:3128 (ODOOCHAT_PROXY, which may hold its login; without it
            HTTP_PROXY, HTTPS_PROXY and NO_PROXY count).
        ca_file: Certificate authorities to trust besides the system's, a PEM file (ODOOCHAT_CA_FILE).
        client_cert: Your certificate, a PEM file, where the server asks for one (ODOOCHAT_CLIENT_CERT).
        client_key: Its private key, a PEM file, when it is in another one (ODOOCHAT_CLIENT_KEY).
        insecure: Does not verify the server's certificate: whoever is in between can read and change everything
            (ODOOCHAT_VERIFY=false).
        verbose: Tells on stderr what is done; twice for more.
    """

    url: str | None = None
    db: str | None = None
    login: str | None = None
    profile: str | None = None
    password_stdin: Annotated[bool, Parameter(negative="")] = False
    request_timeout: float = 30.0
    proxy: str | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    insecure: Annotated[bool, Parameter(negative="")] = False
    verbose: Annotated[int, Parameter(alias="-v", count=True, negative="")] = 0


def start_log(verbose: int) -> None:
    """Tells the story of the logger ``odoochat`` on stderr."""
    if not verbose:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_SafeFormatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log = logging.getLogger("odoochat")
    log.handlers = [h for h in log.handlers if not isinstance(h.formatter, _SafeFormatter)] + [handler]
    log.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    log.propagate = False


def file_log(verbose: int, path: Path) -> None:
    """Tells the story of the logger ``odoochat`` in a file: the terminal belongs to a screen."""
    if not path.exists():
        write_private(path, b"")
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(_SafeFormatter("%(asctime)s %(message)s"))
    log = logging.getLogger("odoochat")
    log.addHandler(handler)
    log.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    log.propagate = False


class _SafeFormatter(logging.Formatter):
    """Lines that a hostile server cannot make into terminal commands."""

    def format(self, record: logging.LogRecord) -> str:
        from odoochat.wire.content.body import safe_text

        return safe_text(super().format(record))


def settings_of(server: Server, *, fresh: bool = False, required: bool = True) -> Settings:
    """The settings, with the password asked for when there is a terminal.

    Args:
        fresh: see `odoochat.config.load`.
        required: whether nothing to log in with is an error.

    Raises:
        ConfigError: no address, or nothing to log in with.
    """
    start_log(server.verbose)
    if not (server.request_timeout > 0 and math.isfinite(server.request_timeout)):
        raise ConfigError(f"--request-timeout {server.request_timeout:g}: give seconds above 0")
    options: dict[str, str | None] = {
        "url": server.url,
        "db": server.db,
        "login": server.login,
        "profile": server.profile,
        **{name: getattr(server, name) for name in ("proxy", "ca_file", "client_cert", "client_key")},
        "verify": "false" if server.insecure else None,
    }
    settings = load(options, fresh=fresh)
    base_url(_address(settings))  # before anybody is asked for a password
    if server.password_stdin:
        options["password"] = _password_line()
        settings = load(options, fresh=fresh)
    if not settings.has_credential and at_terminal():
        login = options["login"] = settings.login or ask("Login: ")
        options["password"] = ask(f"Password (or API key) of {login}: ", secret=True)
        settings = load(options, fresh=fresh)
    if not settings.verify:
        say("odoochat: WARNING: the server's certificate is not verified: anybody in between can read your password")
    if required and not settings.has_credential:
        raise ConfigError(f"nothing to log in with: {CREDENTIALS if fresh else CREDENTIALS_MEND}")
    if required and settings.password and not settings.session_id and not settings.login:
        raise ConfigError("no login name: give --login or ODOOCHAT_LOGIN")
    return settings


def _address(settings: Settings) -> str:
    if settings.url:
        return settings.url
    if there := Profiles().names():
        raise ConfigError(f"no server: give --url or ODOOCHAT_URL, or choose a profile by --profile: {names(there)}")
    raise ConfigError("no server: give --url or ODOOCHAT_URL, or make a profile with `odoochat login --url …`")


def _password_line() -> str:
    line = sys.stdin.readline().rstrip("\r\n") if sys.stdin is not None else ""
    if not line:
        raise ConfigError("--password-stdin: the first line of standard input is empty")
    return line


def ask(prompt: str, *, secret: bool = False) -> str:
    """Asks on the terminal, beside the results; "" when nothing is answered."""
    with _interruptible():
        try:
            if secret:
                return getpass.getpass(prompt)
            print(prompt, end="", file=sys.stderr, flush=True)
            return input().strip()
        except EOFError:
            say("")
            return ""


@contextmanager
def _interruptible() -> Iterator[None]:
    """Lets Ctrl-C end a prompt: the event loop's own handler would only take note of it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, kept)


def ask_totp() -> str:
    """The code of the second factor, "" without a terminal."""
    return ask("Code of your second factor: ") if at_terminal() else ""


@asynccontextmanager
async def connected(server: Server, settings: Settings | None = None, **more: Any) -> AsyncIterator[Client]:
    """A connection by the settings; to be entered.

    Args:
        more: further arguments of `odoochat.connect`.
    """
    settings = settings or settings_of(server)
    url = settings.url or ""
    # No variable holds the secrets: tools that record those of a traceback show none.
    options = {"timeout": server.request_timeout, **more}
    async with odoochat.connect(url, **{"totp": ask_totp, **settings.arguments(), **options}) as odoo:
        try:
            yield odoo
        finally:
            keep(url, settings.login or "", settings.db or "", (channel.info for channel in odoo.channels()))


def act(server: Server | None, work: Callable[[Client], Awaitable[int]]) -> int:
    """Connects without a live link, does a command's work, and gives its exit code."""
    given = server or Server()

    async def job() -> int:
        async with connected(given, live=False) as odoo:
            return await work(odoo)

    return finish(job)


def finish(job: Callable[[], Coroutine[Any, Any, int]] | Callable[[], Awaitable[int]]) -> int:
    """Runs a command to its exit code; no traceback reaches the user, unless he asked for more with -vv."""

    async def run() -> int:
        return await job()

    try:
        check_output()
        return asyncio.run(run())
    except OdooChatError as error:
        return complain(error)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us went away, as `head` does: that is how pipes end, and no failure.
        drop_output()
        return DONE
    except OutputFailed as error:
        drop_output()
        return complain(error)
    except Exception as error:
        logging.getLogger("odoochat").debug("the defect", exc_info=error)
        return complain(error)
