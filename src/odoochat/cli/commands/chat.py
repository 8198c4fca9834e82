"""``chat``: the chat screen."""

from __future__ import annotations

import dataclasses
import gc
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import odoochat
from odoochat.cli.completion import Conversing
from odoochat.cli.connection import Server, file_log, settings_of
from odoochat.cli.exit_codes import DONE, USAGE, say
from odoochat.cli.extras import install_hint
from odoochat.cli.streams import at_terminal
from odoochat.config import Profiles, Settings, load
from odoochat.errors import ConfigError, OdooChatError

__all__ = ["chat", "has_screen", "run_screen", "say_what_is_missing"]

PATIENCE_SECONDS = 86_400.0
"""What is written waits a day for the server, and is on disk meanwhile."""


def chat(channel: Conversing = "", /, *, server: Server | None = None) -> int:
    """Open the chat screen.

    Every profile can be shown in it; F4 switches, F1 shows all keys.

    Parameters
    ----------
    channel
        What to show first: an id, a name or a @person; what was open last when left out.
    """
    given = server or Server()
    if not has_terminal():
        say("odoochat: the chat screen needs a terminal; for scripts there are listen, send and history")
        return USAGE
    if not has_screen():
        say_what_is_missing()
        return USAGE
    from odoochat.cli.exit_codes import complain

    gc.disable()  # what is loaded stays: until the first paint there is nothing to collect (ChatApp.on_ready)
    try:
        from odoochat.tui.app import ChatApp
        from odoochat.tui.settings import state_folder
        from odoochat.tui.storage.screen_folder import ScreenFolder

        if given.verbose:
            file_log(given.verbose, state_folder() / "chat.log")
        settings = settings_of(dataclasses.replace(given, verbose=0))
        own = ScreenFolder(state_folder())
        try:
            return run_screen(
                ChatApp(
                    _profiles(given, settings, own.folder / "outbox"),
                    channel,
                    state=own.folder,
                )
            )
        finally:
            own.close()
    except OdooChatError as error:
        return complain(error)


def has_terminal() -> bool:
    """Whether there is a terminal to draw on, and to type into."""
    return at_terminal() and sys.stdout is not None and sys.stdout.isatty()


def has_screen() -> bool:
    """Whether the chat screen's library is installed."""
    try:
        import textual  # noqa: F401
    except ImportError:
        return False
    return True


def say_what_is_missing() -> None:
    """Says how to install what the chat screen needs."""
    say(f"odoochat: the chat screen (odoochat[tui]) needs Textual: {install_hint('tui')}")


def run_screen(app: Any) -> int:
    """Runs the chat screen to its end; gives the exit code."""
    app.run()
    code: int | None = app.return_code
    return code if code is not None else DONE


def _shows_me() -> bool:
    from odoochat.tui.settings import load as screen_settings
    from odoochat.tui.settings import settings_path

    try:
        return screen_settings(settings_path()).presence
    except ConfigError:
        return True  # the screen tells of it


def _profiles(server: Server, settings: Settings, outbox: Path) -> list[Any]:
    """The profile that was asked for, then all others that there are."""
    from odoochat.tui.app import Profile, place_name

    def made(name: str, found: Settings, opener: Callable[[Any], Any]) -> Profile:
        return Profile(name, place_name(found.url or "", found.db or "", found.login or ""), opener)

    def opener(found: Settings) -> Callable[[Any], Any]:
        def connect(ask: Any) -> Any:
            return odoochat.connect(
                found.url or "",
                **{"totp": ask, **found.arguments()},
                timeout=server.request_timeout,
                outbox=outbox,
                patience=PATIENCE_SECONDS,
                presence="online" if _shows_me() else None,
            )

        return connect

    def later(name: str) -> Callable[[Any], Any]:
        # A profile's secrets are read when it is shown: a keyring may ask for its own password.
        def connect(ask: Any) -> Any:
            return opener(load({"profile": name}, environ={}))(ask)

        return connect

    found = [made(settings.profile or "this server", settings, opener(settings))]
    profiles = Profiles()
    try:
        names = profiles.names()
    except ConfigError as error:
        logging.getLogger("odoochat").warning("%s", error)
        names = []
    for name in names:
        if name != settings.profile:
            values = profiles.addresses().get(name, {})
            kept = Settings(values.get("url"), values.get("db"), values.get("login"), profile=name)
            found.append(made(name, kept, later(name)))
    return found
