"""``chat``: opens the chat screen."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import odoochat
from odoochat.cli.connection import resolve_settings
from odoochat.cli.error_report import report_error
from odoochat.cli.exit_codes import DONE, USAGE
from odoochat.cli.extras import install_hint
from odoochat.cli.log import log_to_file
from odoochat.cli.options import ChannelArgument, ServerOptions
from odoochat.cli.signals import exit_on_signal, on_signal
from odoochat.cli.streams import is_interactive, print_note
from odoochat.config import Profiles, Settings, load
from odoochat.errors import ConfigError, OdooChatError

if TYPE_CHECKING:
    from odoochat.tui.profiles import ServerUser

__all__ = ["chat", "has_terminal", "has_textual", "print_textual_hint", "run_screen"]

PATIENCE_SECONDS = 86_400.0
"""Maximum time in seconds that an unsent message is kept on disk while waiting for the server."""


_STREAMS = "a terminal as standard input, output and error"


def chat(channel: ChannelArgument = "", /, *, server: ServerOptions | None = None) -> int:
    """Open the chat screen.

    F4 switches between profiles, and F1 lists all keys.

    Parameters
    ----------
    channel
        Channel to open: id, name or @person; the last open channel if omitted.
    """
    options = server or ServerOptions()
    if not has_terminal():
        needed = "a terminal that can move the cursor, and TERM is dumb" if _is_dumb() else _STREAMS
        print_note(f"odoochat: the chat screen needs {needed}; use listen, send and history instead")
        return USAGE
    if not has_textual():
        print_textual_hint()
        return USAGE
    gc.disable()  # there is little garbage before the first paint; ChatApp.on_ready enables gc again
    try:
        from odoochat.tui.app import ChatApp
        from odoochat.tui.settings import state_folder
        from odoochat.tui.storage.screen_folder import ScreenFolder

        if options.verbose:
            log_to_file(options.verbose, state_folder() / "chat.log")
        settings = resolve_settings(dataclasses.replace(options, verbose=0))
        own = ScreenFolder(state_folder())
        try:
            profiles = _screen_profiles(options, settings, own.folder / "outbox")
            return asyncio.run(_run_and_exit(ChatApp(profiles, channel, state=own.folder)))
        finally:
            own.close()
    except OdooChatError as error:
        return report_error(error)
    except KeyboardInterrupt:  # before the screen is shown
        return DONE


def has_terminal() -> bool:
    """Return whether input, output and error, on which Textual draws, are a terminal that can show the screen."""
    streams = (sys.stdout, sys.stderr)
    return is_interactive() and all(each is not None and each.isatty() for each in streams) and not _is_dumb()


def _is_dumb() -> bool:
    """Return whether the terminal understands no escape sequences, as in a shell within Emacs."""
    return os.environ.get("TERM") == "dumb"


def has_textual() -> bool:
    """Return whether Textual, which the chat screen needs, is installed."""
    try:
        import textual  # noqa: F401 # pyright: ignore[reportUnusedImport]
    except ImportError:
        return False
    return True


def print_textual_hint() -> None:
    """Print how to install the chat screen's dependencies."""
    print_note(f"odoochat: the chat screen (odoochat[tui]) needs Textual: {install_hint('tui')}")


async def run_screen(app: Any) -> int:
    """Run the chat screen until the user closes it, or a signal ends it.

    Args:
        app: the Textual app.

    Returns:
        The exit code.
    """
    on_signal(lambda _: app.exit())  # otherwise, the terminal would keep the screen and the mouse reports
    await app.run_async()
    from odoochat.wire.content.sanitize import safe_text

    for line in app.unsaved:  # the last chance to copy them
        print_note(safe_text(line))
    code: int | None = app.return_code
    return code if code is not None else DONE


async def _run_and_exit(app: Any) -> int:
    code = await run_screen(app)
    exit_on_signal(code)
    return code


def _shows_presence() -> bool:
    from odoochat.tui.settings import load as load_screen_settings
    from odoochat.tui.settings import settings_path

    try:
        return load_screen_settings(settings_path()).presence
    except ConfigError:
        return True  # the screen reports the error itself


def _screen_profiles(options: ServerOptions, settings: Settings, outbox: Path) -> list[Any]:
    """Return the selected profile and those of other users, each with a function that connects to its server."""
    from odoochat.archive.location import place_name
    from odoochat.tui.profiles import Profile

    def profile(name: str, found: Settings, connector: Callable[[Any], Any]) -> Profile:
        # Without a login, only the profile's name distinguishes the files of two users.
        owner = found.login or (f"profile {found.profile}" if found.profile else "")
        return Profile(name, place_name(found.url or "", found.db or "", owner), connector, _user(found))

    def connector(found: Settings) -> Callable[[Any], Any]:
        def connect(totp: Any) -> Any:
            return odoochat.connect(
                found.url or "",
                **{"totp": totp, **found.arguments()},
                timeout=options.request_timeout,
                outbox=outbox,
                patience=PATIENCE_SECONDS,
                presence="online" if _shows_presence() else None,
            )

        return connect

    def lazy_connector(name: str) -> Callable[[Any], Any]:
        # Secrets are read only when the profile is shown, because a keyring may prompt for its password.
        def connect(totp: Any) -> Any:
            return connector(load({"profile": name}, environ={}))(totp)

        return connect

    host = urlsplit(settings.url or "").netloc.rpartition("@")[2]
    found = [profile(settings.profile or host or "odoochat", settings, connector(settings))]
    try:
        addresses = Profiles().addresses()
    except ConfigError as error:
        logging.getLogger("odoochat").warning("%s", error)
        addresses = {}
    listed = [_user(settings)]
    for name, address in sorted(addresses.items()):
        saved = Settings(address.get("url"), address.get("db"), address.get("login"), profile=name)
        # A second session of the same user could not use the drafts and the outbox of the first.
        user = _user(saved)
        if name != settings.profile and not any(user.is_same_user(other) for other in listed):
            listed.append(user)
            found.append(profile(name, saved, lazy_connector(name)))
    return found


def _user(settings: Settings) -> ServerUser:
    from odoochat.tui.profiles import ServerUser

    return ServerUser(_server(settings), settings.db or "", settings.login or "")


def _server(settings: Settings) -> str:
    from odoochat.client.address import base_url

    try:
        return base_url(settings.url or "")
    except ConfigError:  # connecting reports it
        return settings.url or ""
