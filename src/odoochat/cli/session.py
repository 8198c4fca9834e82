"""Options that all commands share, and the connection made from them."""

from __future__ import annotations

import asyncio
import getpass
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter

import odoochat
from odoochat.cli.exits import FAILED, INTERRUPTED, complain, say
from odoochat.client.client import connect
from odoochat.config import Settings, load
from odoochat.errors import ConfigError, OdooChatError

__all__ = ["Server", "connected", "finish", "settings_of"]


@Parameter(name="*")
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
        verbose: Tells on stderr what is done; twice for more.
    """

    url: str | None = None
    db: str | None = None
    login: str | None = None
    profile: str | None = None
    password_stdin: Annotated[bool, Parameter(negative="")] = False
    request_timeout: float = 30.0
    verbose: Annotated[int, Parameter(alias="-v", count=True, negative="")] = 0


def start_log(verbose: int) -> None:
    """Tells the story of the logger ``odoochat`` on stderr."""
    if not verbose:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_SafeFormatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log = logging.getLogger("odoochat")
    log.addHandler(handler)
    log.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    log.propagate = False


class _SafeFormatter(logging.Formatter):
    """Lines that a hostile server cannot make into terminal commands."""

    def format(self, record: logging.LogRecord) -> str:
        from odoochat.wire.body import safe_text

        return safe_text(super().format(record))


def settings_of(server: Server) -> Settings:
    """The settings, with the password asked for when there is a terminal.

    Raises:
        ConfigError: no address, or nothing to log in with.
    """
    start_log(server.verbose)
    options: dict[str, str | None] = {
        "url": server.url,
        "db": server.db,
        "login": server.login,
        "profile": server.profile,
    }
    if server.password_stdin:
        options["password"] = sys.stdin.readline().rstrip("\r\n")
    settings = load(options)
    if not settings.url:
        raise ConfigError("no server: give --url, ODOOCHAT_URL, or make a profile with `odoochat login`")
    if not settings.has_credential:
        if not sys.stdin.isatty():
            raise ConfigError(
                "nothing to log in with: set ODOOCHAT_PASSWORD, ODOOCHAT_API_KEY or ODOOCHAT_SESSION_ID, "
                "use --password-stdin, or make a profile with `odoochat login`"
            )
        login = options["login"] = settings.login or input("Login: ").strip()
        options["password"] = getpass.getpass(f"Password (or API key) of {login}: ")
        settings = load(options)
    return settings


async def _ask_totp() -> str:
    if not sys.stdin.isatty():
        return ""
    return await asyncio.to_thread(input, "Code of your second factor: ")


def connected(server: Server, settings: Settings | None = None, **more: Any) -> connect:
    """A connection by the settings; to be entered.

    Args:
        more: further arguments of `odoochat.connect`.
    """
    settings = settings or settings_of(server)
    arguments = settings.arguments()
    arguments.setdefault("totp", _ask_totp)
    return odoochat.connect(settings.url or "", **arguments, timeout=server.request_timeout, **more)


def finish(job: Callable[[], Coroutine[Any, Any, int]] | Callable[[], Awaitable[int]]) -> int:
    """Runs a command to its exit code; no traceback reaches the user, unless he asked for more with -vv."""

    async def run() -> int:
        return await job()

    try:
        return asyncio.run(run())
    except OdooChatError as error:
        return complain(error)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us went away: that is how pipes end. Python must not complain while it shuts down.
        sys.stdout = open("/dev/null", "w") if sys.platform != "win32" else sys.stdout  # noqa: PTH123, SIM115
        return FAILED
    except Exception as error:  # noqa: BLE001 - the last place to catch it
        logging.getLogger("odoochat").debug("the defect", exc_info=error)
        return complain(error)


def out(line: str) -> None:
    """Writes a result, at once."""
    try:
        print(line, flush=True)
    except UnicodeEncodeError:
        print(line.encode("ascii", "backslashreplace").decode(), flush=True)


__all__ += ["out", "say"]
