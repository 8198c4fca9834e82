"""Connects a command to the server: settings, credentials and a connected client."""

from __future__ import annotations

import math
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import odoochat
from odoochat.cli.completion import save_names
from odoochat.cli.loading import finish_loading
from odoochat.cli.log import log_to_stderr, without_log_line
from odoochat.cli.options import ServerOptions
from odoochat.cli.prompts import prompt, prompt_totp
from odoochat.cli.streams import check_input, is_interactive, print_note
from odoochat.client.address import base_url
from odoochat.config import Profiles, Settings, load
from odoochat.errors import ConfigError, names

if TYPE_CHECKING:
    from odoochat.client.client import Client  # importing it would load aiohttp

__all__ = ["CREDENTIALS_HINT", "connected", "load_settings", "resolve_settings"]

_ENVIRONMENT_HINT = "set ODOOCHAT_PASSWORD, ODOOCHAT_API_KEY or ODOOCHAT_SESSION_ID, or use --password-stdin"
CREDENTIALS_HINT = f"{_ENVIRONMENT_HINT}, or create a profile with `odoochat login`"


def resolve_settings(
    options: ServerOptions, *, fresh: bool = False, required: bool = True, offline: bool = False
) -> Settings:
    """Combine options, environment and profile, and prompt for the password on a terminal.

    Args:
        options: the command-line options.
        fresh: whether the profile is about to be overwritten; see `odoochat.config.load`.
        required: whether a missing credential is an error, and an unverified certificate is warned about.
        offline: True if the command does not contact the server and so needs no password.

    Returns:
        The settings, with a valid address.

    Raises:
        ConfigError: the address or the credential is missing, or a value is invalid.
    """
    log_to_stderr(options.verbose)
    if not (options.request_timeout > 0 and math.isfinite(options.request_timeout)):
        raise ConfigError(f"--request-timeout must be more than 0 seconds, not {options.request_timeout:g}")
    given = _given(options)
    settings = load(given, fresh=fresh)
    base_url(_address(settings))  # fails before the user is asked for a password
    if offline:
        return settings
    if options.password_stdin:
        given["password"] = _password_line()
        settings = load(given, fresh=fresh)
    if not settings.has_credential and is_interactive():
        login = given["login"] = settings.login or prompt("Login: ")
        given["password"] = prompt(f"Password (or API key) of {login}: ", secret=True)
        settings = load(given, fresh=fresh)
    if required and not settings.verify:
        print_note("odoochat: WARNING: certificate not verified: anyone on the network path can read your password")
    if required and not settings.has_credential:
        raise ConfigError(f"no credentials; {_ENVIRONMENT_HINT if fresh else CREDENTIALS_HINT}")
    if required and settings.password and not settings.session_id and not settings.login:
        raise ConfigError("no login name; use --login or set ODOOCHAT_LOGIN")
    return settings


def load_settings(options: ServerOptions, *, fresh: bool = False) -> Settings:
    """Combine options, environment and profile without prompts and without requiring anything.

    Args:
        options: the command-line options.
        fresh: whether the profile is about to be overwritten; see `odoochat.config.load`.

    Raises:
        ConfigError: a value is invalid, or the profile does not exist.
    """
    return load(_given(options), fresh=fresh)


def _given(options: ServerOptions) -> dict[str, str | None]:
    given: dict[str, str | None] = {
        name: getattr(options, name)
        for name in ("url", "db", "login", "profile", "proxy", "ca_file", "client_cert", "client_key")
    }
    given["verify"] = "false" if options.insecure else None
    return given


def _address(settings: Settings) -> str:
    if settings.url:
        return settings.url
    if existing := Profiles().names():
        raise ConfigError(
            f"no server; use --url, set ODOOCHAT_URL, or choose a profile with --profile: {names(existing)}"
        )
    raise ConfigError("no server; use --url, set ODOOCHAT_URL, or create a profile with `odoochat login`")


def _password_line() -> str:
    check_input()
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise ConfigError("--password-stdin: the first line of standard input is empty")
    return line


@asynccontextmanager
async def connected(
    options: ServerOptions, settings: Settings | None = None, **arguments: Any
) -> AsyncGenerator[Client]:
    """Connect a client, and save the channel names for shell completion on exit.

    Args:
        options: the command-line options.
        settings: the settings, if already resolved; None to resolve them from the options.
        arguments: additional arguments for `odoochat.connect`.

    Yields:
        The connected client.
    """
    settings = settings or resolve_settings(options)
    url = settings.url or ""
    # Secrets are kept out of local variables, because error trackers record the locals in a traceback.
    common = {"timeout": options.request_timeout, **arguments}
    everything: dict[str, Any] = {"totp": prompt_totp, **settings.arguments(), **common}
    with without_log_line("tls.unverified"):  # `resolve_settings` has printed a warning
        async with odoochat.connect(url, **everything) as odoo:
            finish_loading()
            try:
                yield odoo
            finally:
                save_names(url, settings.login or "", settings.db or "", (channel.info for channel in odoo.channels()))
