"""Settings: combines connection settings from options, the environment and a profile."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from odoochat.client.address import base_url
from odoochat.config.fields import (
    CREDENTIALS,
    FILES,
    LOADED,
    NETWORK,
    PREFIX,
    SAVED,
    SECRETS,
    STORED_SECRETS,
    checked,
    setting_name,
)
from odoochat.config.profiles import Profiles
from odoochat.errors import ConfigError

__all__ = ["Settings", "load"]


@dataclass(frozen=True, repr=False)
class Settings:
    """The settings for a connection. The repr hides secrets.

    Attributes:
        url: the server's address.
        db, login, password, api_key, session_id, totp, trusted_device: arguments of `odoochat.connect`.
        webhook_secret: the secret that signs webhooks.
        proxy, ca_file, client_cert, client_key, verify: network settings; arguments of `odoochat.connect`.
        profile: the name of the profile that was used, or None.
        sources: the source of each setting that has a value: ``option``, ``environment NAME`` or ``profile NAME``.
    """

    url: str | None = None
    db: str | None = None
    login: str | None = None
    password: str | None = None
    api_key: str | None = None
    session_id: str | None = None
    totp: str | None = None
    trusted_device: str | None = None
    webhook_secret: str | None = None
    proxy: str | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    verify: bool = True
    profile: str | None = None
    sources: dict[str, str] = field(default_factory=dict[str, str])

    def __repr__(self) -> str:
        shown: list[str] = []
        for each in fields(self):
            value = getattr(self, each.name)
            if value != each.default and each.name != "sources":
                hidden = each.name in STORED_SECRETS or (each.name == "proxy" and "@" in value)
                shown.append(f"{each.name}={'…' if hidden else repr(value)}")
        return f"Settings({', '.join(shown)})"

    @property
    def has_credential(self) -> bool:
        """Whether a password, an API key or a session is set."""
        return any((self.password, self.api_key, self.session_id))

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments for `odoochat.connect`, without the address."""
        wanted = ("db", "login", *SECRETS)
        return {name: value for name in wanted if (value := getattr(self, name)) is not None} | self.network()

    def network(self) -> dict[str, Any]:
        """Return the network settings as keyword arguments for `odoochat.connect`, without defaults."""
        given = {name: value for name in ("proxy", *FILES) if (value := getattr(self, name)) is not None}
        return given if self.verify else {**given, "verify": False}

    def profile_values(self) -> dict[str, str]:
        """Return the settings to save in a profile, for `Profiles.write`."""
        values = {name: value for name in SAVED if isinstance(value := getattr(self, name), str) and value}
        return values if self.verify else {**values, "verify": "false"}


def load(
    options: Mapping[str, str | None],
    environ: Mapping[str, str] | None = None,
    profiles: Profiles | None = None,
    *,
    fresh: bool = False,
) -> Settings:
    """Combine settings. Options override the environment, and the environment overrides the profile.

    A credential from one source hides all credentials from lower-priority sources, so an explicit password takes
    precedence over a profile's session. A profile's secrets apply only to its own server and login and are ignored for
    a different address or login.

    Args:
        options: values from the command line, by setting name.
        environ: the environment variables; those of the process by default.
        profiles: the saved profiles.
        fresh: whether the profile is about to be saved. If so, it need not exist, and its secrets are ignored.

    Returns:
        The settings.

    Raises:
        ConfigError: the specified profile does not exist, the file cannot be read, or a value is invalid.
    """
    environ = os.environ if environ is None else environ
    profiles = profiles or Profiles()
    values: dict[str, str] = {}
    sources: dict[str, str] = {}

    def add(source: str, layer: Mapping[str, str | None]) -> None:
        closed = CREDENTIALS if any(k in values for k in CREDENTIALS) else ()
        for key, value in layer.items():
            if value and key not in values and key not in closed:
                sources[key] = f"environment {PREFIX}{key.upper()}" if source == "environment" else source
                values[key] = checked(key, value, sources[key])

    add("option", {k: options.get(k) for k in LOADED})
    add("environment", {k: environ.get(PREFIX + k.upper()) for k in LOADED})
    name = options.get("profile") or environ.get(PREFIX + "PROFILE") or None
    if name is None and "url" not in values and not fresh:
        name = profiles.default()
    if name is not None and not (fresh and name not in profiles.names()):
        saved = profiles.read(name)
        if fresh or _is_other_user(values, saved):
            saved = {k: v for k, v in saved.items() if k not in STORED_SECRETS}
        if _is_other_server(values, saved):
            # A profile that is about to be saved for another server keeps nothing of the old one.
            saved = {} if fresh else {k: v for k, v in saved.items() if k not in NETWORK}
        add(f"profile {name}", saved)
    verify = _boolean("verify", values.pop("verify", "true"), sources.get("verify", ""))
    return Settings(**values, verify=verify, profile=name, sources=sources)


def _boolean(key: str, value: str, source: str) -> bool:
    match value.strip().lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
        case _:
            pass
    raise ConfigError(f"{setting_name(key, source)} must be true or false, not {value[:20]!r}")


def _is_other_user(values: Mapping[str, str], saved: Mapping[str, str | None]) -> bool:
    """Return whether the values specify a different server or login than a profile."""
    login = values.get("login")
    return bool(login and saved.get("login") not in (None, login)) or _is_other_server(values, saved)


def _is_other_server(values: Mapping[str, str], saved: Mapping[str, str | None]) -> bool:
    url, other = values.get("url"), saved.get("url")
    return bool(url and other) and base_url(url or "") != base_url(other or "")
