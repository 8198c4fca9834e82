"""Options that all commands share, and the connection made from them."""

from __future__ import annotations

import asyncio
import getpass
import logging
import math
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

import odoochat
from odoochat.cli.exits import FAILED, INTERRUPTED, complain, say
from odoochat.config import Settings, load
from odoochat.errors import ConfigError, OdooChatError

__all__ = ["Server", "ask_totp", "connected", "file_log", "finish", "out", "settings_of", "start_log"]


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
    log.handlers = [h for h in log.handlers if not isinstance(h.formatter, _SafeFormatter)] + [handler]
    log.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    log.propagate = False


def file_log(verbose: int, path: Path) -> None:
    """Tells the story of the logger ``odoochat`` in a file: the terminal belongs to a screen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(_SafeFormatter("%(asctime)s %(message)s"))
    log = logging.getLogger("odoochat")
    log.addHandler(handler)
    log.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    log.propagate = False


class _SafeFormatter(logging.Formatter):
    """Lines that a hostile server cannot make into terminal commands."""

    def format(self, record: logging.LogRecord) -> str:
        from odoochat.wire.body import safe_text

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
    }
    if server.password_stdin:
        options["password"] = sys.stdin.readline().rstrip("\r\n")
        if not options["password"]:
            raise ConfigError("--password-stdin: the first line of standard input is empty")
    settings = load(options, fresh=fresh)
    if not settings.url:
        raise ConfigError("no server: give --url, ODOOCHAT_URL, or make a profile with `odoochat login`")
    if settings.has_credential:
        return settings
    if sys.stdin.isatty():
        login = options["login"] = settings.login or ask("Login: ")
        options["password"] = ask(f"Password (or API key) of {login}: ", secret=True)
        settings = load(options, fresh=fresh)
    if required and not settings.has_credential:
        raise ConfigError(
            "nothing to log in with: set ODOOCHAT_PASSWORD, ODOOCHAT_API_KEY or ODOOCHAT_SESSION_ID, "
            "use --password-stdin, or make a profile with `odoochat login`"
        )
    return settings


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
    return ask("Code of your second factor: ") if sys.stdin.isatty() else ""


def connected(server: Server, settings: Settings | None = None, **more: Any) -> Any:
    """A connection by the settings; to be entered.

    Args:
        more: further arguments of `odoochat.connect`.
    """
    settings = settings or settings_of(server)
    arguments = settings.arguments()
    arguments.setdefault("totp", ask_totp)
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
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        logging.getLogger("odoochat").debug("the defect", exc_info=error)
        return complain(error)


def out(line: str) -> None:
    """Writes a result, at once."""
    try:
        print(line, flush=True)
    except UnicodeEncodeError:
        print(line.encode("ascii", "backslashreplace").decode(), flush=True)
