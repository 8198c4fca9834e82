"""Settings, where each value came from, and profiles that keep them."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from platformdirs import user_config_dir

from odoochat.client.address import base_url
from odoochat.errors import ConfigError, names
from odoochat.private_file import write_private

__all__ = ["Profiles", "Settings", "load"]

PREFIX = "ODOOCHAT_"
CREDENTIALS = ("password", "api_key", "session_id")
SECRETS = (*CREDENTIALS, "totp", "trusted_device")
FILES = ("ca_file", "client_cert", "client_key")
NETWORK = ("proxy", *FILES, "verify")
"""How the server is reached; of a profile they hold for its own server only."""
GIVEN = ("url", "db", "login", *SECRETS, *NETWORK)
KEPT = ("url", "db", "login", *CREDENTIALS, "trusted_device", *NETWORK)
KEYRING = (*CREDENTIALS, "trusted_device", "proxy")
"""What a keyring may hold of a profile."""
SERVICE = "odoochat"
NO_DEFAULT = "no default"
"""Stands in the file when the default was dropped and others remain; no profile can be called so."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, repr=False)
class Settings:
    """What a connection needs.

    Attributes:
        url, db, login, password, api_key, session_id, totp, trusted_device: as `odoochat.connect` takes them.
        proxy, ca_file, client_cert, client_key, verify: how the server is reached, as `odoochat.connect` takes them.
        profile: the profile that some of them came from.
        sources: for each value that is set, where it came from, in words.
    """

    url: str | None = None
    db: str | None = None
    login: str | None = None
    password: str | None = None
    api_key: str | None = None
    session_id: str | None = None
    totp: str | None = None
    trusted_device: str | None = None
    proxy: str | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    verify: bool = True
    profile: str | None = None
    sources: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        shown = []
        for each in fields(self):
            value = getattr(self, each.name)
            if value != each.default and each.name != "sources":
                hidden = each.name in SECRETS or (each.name == "proxy" and "@" in value)
                shown.append(f"{each.name}={'…' if hidden else repr(value)}")
        return f"Settings({', '.join(shown)})"

    @property
    def has_credential(self) -> bool:
        """Whether there is something to log in with."""
        return any((self.password, self.api_key, self.session_id))

    def arguments(self) -> dict[str, Any]:
        """As keyword arguments of `odoochat.connect`, without the address."""
        wanted = ("db", "login", *SECRETS)
        return {name: value for name in wanted if (value := getattr(self, name)) is not None} | self.network()

    def network(self) -> dict[str, Any]:
        """How the server is reached, as keyword arguments of `odoochat.connect`; what is as usual is left out."""
        given = {name: value for name in ("proxy", *FILES) if (value := getattr(self, name)) is not None}
        return given if self.verify else {**given, "verify": False}

    def kept(self) -> dict[str, str]:
        """What a profile keeps of them, as `Profiles.write` takes it."""
        values = {name: value for name in KEPT if isinstance(value := getattr(self, name), str) and value}
        return values if self.verify else {**values, "verify": "false"}


def load(
    options: Mapping[str, str | None],
    environ: Mapping[str, str] | None = None,
    profiles: Profiles | None = None,
    *,
    fresh: bool = False,
) -> Settings:
    """The settings: an option wins over the environment, and that over the profile.

    A credential of one source hides those of the sources behind it: whoever gives another password on purpose
    does not mean the session kept in the profile. And a profile's secrets are for its own server and login:
    with another address or login given, they stay where they are.

    Args:
        options: values of the command line, by field.
        environ: the environment; the process's own by default.
        profiles: where profiles are kept.
        fresh: the profile is about to be made: it need not be there, and its secrets are left alone.

    Raises:
        ConfigError: a profile that is named does not exist, its file cannot be read, or a value cannot be right.
    """
    environ = os.environ if environ is None else environ
    profiles = profiles or Profiles()
    values: dict[str, str] = {}
    sources: dict[str, str] = {}

    def take(source: str, layer: Mapping[str, str | None]) -> None:
        closed = CREDENTIALS if any(k in values for k in CREDENTIALS) else ()
        for key, value in layer.items():
            if value and key not in values and key not in closed:
                sources[key] = f"environment {PREFIX}{key.upper()}" if source == "environment" else source
                values[key] = _checked(key, value, sources[key])

    take("option", {k: options.get(k) for k in GIVEN})
    take("environment", {k: environ.get(PREFIX + k.upper()) for k in GIVEN})
    name = options.get("profile") or environ.get(PREFIX + "PROFILE") or None
    if name is None and "url" not in values and not fresh:
        name = profiles.default()
    if name is not None and not (fresh and name not in profiles.names()):
        kept = profiles.read(name)
        if fresh or _is_other(values, kept):
            kept = {k: v for k, v in kept.items() if k not in SECRETS}
        if _is_other_server(values, kept):
            kept = {k: v for k, v in kept.items() if k not in NETWORK}
        take(f"profile {name}", kept)
    verify = _is_on(values.pop("verify", "true"), sources.get("verify", ""))
    return Settings(**values, verify=verify, profile=name, sources=sources)


_FORBIDDEN = {
    "\r": "a carriage return (files made on Windows have them)",
    "\n": "a line break",
    "\0": "a NUL character",
}


def _checked(key: str, value: str, source: str) -> str:
    """The value, if it is fit: none holds a line break, which would end a header, or what no text can hold.

    Raises:
        ConfigError: it cannot; the text names where it comes from, and does not show it.
    """
    for character, words in _FORBIDDEN.items():
        # Odoo itself takes a password with a line break; one that was kept logged in once.
        if character in value and not (key == "password" and source.startswith("profile")):
            raise ConfigError(f"{_named(key, source)} holds {words}: remove it")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{_named(key, source)} holds a byte that is no UTF-8: convert it") from None
    if key == "proxy" and source == "option" and "@" in value:
        raise ConfigError(
            "--proxy holds a login, which everybody on this machine could read in the list of processes: "
            f"set {PREFIX}PROXY, or keep it in a profile"
        )
    return value


def _named(key: str, source: str) -> str:
    match source.partition(" ")[0]:
        case "option":
            return f"--{key.replace('_', '-')}" if key not in SECRETS else f"the {key.replace('_', ' ')}"
        case "environment":
            return source.partition(" ")[2]
        case _:
            return f"{key} of {source}"


def _is_on(value: str, source: str) -> bool:
    match value.strip().lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
    raise ConfigError(f"{_named('verify', source)} is {value[:20]!r}: give true or false")


def _is_other(values: Mapping[str, str], kept: Mapping[str, str | None]) -> bool:
    """Whether another server or login is meant than the profile's."""
    login = values.get("login")
    return bool(login and kept.get("login") not in (None, login)) or _is_other_server(values, kept)


def _is_other_server(values: Mapping[str, str], kept: Mapping[str, str | None]) -> bool:
    url, there = values.get("url"), kept.get("url")
    return bool(url and there) and base_url(url or "") != base_url(there or "")


class Profiles:
    """Profiles in one TOML file; secrets in the system's keyring, else in the file, its owner's alone.

    Args:
        folder: where the file stands; the user's configuration folder by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or Path(user_config_dir("odoochat", appauthor=False))) / "profiles.toml"

    def _all(self) -> dict[str, dict[str, str]]:
        return {
            name: {
                k: str(v).lower() if isinstance(v, bool) else v for k, v in values.items() if isinstance(v, str | bool)
            }
            for name, values in self._data().items()
            if isinstance(values, dict)
        }

    def _data(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot read {self.path}: {error}") from None
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{self.path} is no TOML: {error}") from None

    def names(self) -> list[str]:
        """The profiles there are."""
        return sorted(self._all())

    def addresses(self) -> dict[str, dict[str, str]]:
        """Address, database and login of each profile; no secrets, and no keyring is asked."""
        wanted = ("url", "db", "login")
        return {name: {k: v for k, v in values.items() if k in wanted} for name, values in self._all().items()}

    def default(self) -> str | None:
        """The profile that is meant when none is named: ``default``, or the only one.

        Not one that is the only one since the default was dropped: nobody chose it.
        """
        there = self.names()
        if "default" in there:
            return "default"
        return there[0] if len(there) == 1 and self._data().get(NO_DEFAULT) is not True else None

    def facts(self, name: str) -> dict[str, str]:
        """The address, database and login of a profile, without its secrets; empty when there is none."""
        return {k: v for k, v in self._all().get(name, {}).items() if k in ("url", "db", "login")}

    def read(self, name: str) -> dict[str, str | None]:
        """The values of a profile, with its secrets.

        Raises:
            ConfigError: there is no such profile.
        """
        there = self._all()
        if name not in there:
            known = f": there are {names(sorted(there))}" if there else "; `odoochat login` makes one"
            raise ConfigError(f"there is no profile {name!r}{known}")
        values: dict[str, str | None] = {k: v for k, v in there[name].items() if k in KEPT}
        if there[name].get("secrets") == "keyring":
            for key in KEYRING:
                if secret := _from_keyring(f"{name}/{key}"):
                    values[key] = secret
        return values

    def check(self, name: str) -> None:
        """Raises ConfigError for a name that no profile can have."""
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{name!r} is no name for a profile: use letters a to z, digits, - and _")

    def write(self, name: str, values: Mapping[str, str]) -> str:
        """Keeps a profile.

        Returns:
            Where the secrets went, in words.

        Raises:
            ConfigError: a name that is none, or a file that cannot be written.
        """
        self.check(name)
        there = self._all()
        no_default = bool(there) and self._data().get(NO_DEFAULT) is True
        kept = {k: _checked(k, v, f"profile {name}") for k, v in values.items() if k in KEPT}
        kept.update({k: str(Path(kept[k]).expanduser().absolute()) for k in FILES if k in kept})
        secrets = {k: v for k, v in kept.items() if k in SECRETS or (k == "proxy" and "@" in v)}
        where = f"in {self.path}, which only you may read"
        self._forget(name, there)
        if secrets and all(_to_keyring(f"{name}/{k}", v) for k, v in secrets.items()):
            kept = {k: v for k, v in kept.items() if k not in secrets} | {"secrets": "keyring"}
            where = "in the system's keyring"
        there[name] = kept
        self._write(there, no_default=no_default)
        return where

    def remove(self, name: str) -> None:
        """Drops a profile and its secrets.

        Raises:
            ConfigError: there is no such profile.
        """
        self.read(name)
        there = self._all()
        no_default = self._data().get(NO_DEFAULT) is True or name == self.default()
        self._forget(name, there)
        del there[name]
        self._write(there, no_default=no_default and bool(there))

    def _forget(self, name: str, there: Mapping[str, Mapping[str, str]]) -> None:
        """Drops what the keyring holds of a profile."""
        if there.get(name, {}).get("secrets") == "keyring":
            for key in KEYRING:
                _drop_keyring(f"{name}/{key}")

    def _write(self, profiles: dict[str, dict[str, str]], *, no_default: bool) -> None:
        text = f'"{NO_DEFAULT}" = true\n\n' if no_default and "default" not in profiles else ""
        text += "\n".join(
            line for name, values in sorted(profiles.items()) for line in (f"[{name}]", *_toml(values), "")
        )
        try:
            write_private(self.path, text)
        except OSError as error:
            raise ConfigError(f"cannot write {self.path}: {error.strerror or error}") from None


def _toml(values: Mapping[str, str]) -> Iterator[str]:
    for key, value in values.items():
        escaped = "".join(f"\\{c}" if c in '"\\' else c if c.isprintable() else f"\\U{ord(c):08x}" for c in value)
        yield f'{key} = "{escaped}"'


def _keyring() -> Any:
    """The keyring when it is installed and has a real backend."""
    try:
        import keyring
        from keyring.backends import fail
    except ImportError:
        return None
    try:
        backend = keyring.get_keyring()
    except Exception:  # noqa: BLE001 - backends raise what they like, and then there is none
        return None
    return None if isinstance(backend, fail.Keyring) else keyring


def _from_keyring(key: str) -> str | None:
    ring = _keyring()
    try:
        return ring.get_password(SERVICE, key) if ring is not None else None
    except Exception:  # noqa: BLE001
        return None


def _to_keyring(key: str, value: str) -> bool:
    ring = _keyring()
    if ring is None:
        return False
    try:
        ring.set_password(SERVICE, key, value)
        return bool(ring.get_password(SERVICE, key) == value)  # some backends keep nothing, and say nothing
    except Exception:  # noqa: BLE001
        return False


def _drop_keyring(key: str) -> None:
    ring = _keyring()
    with suppress(Exception):  # not there is as good as dropped
        if ring is not None:
            ring.delete_password(SERVICE, key)
