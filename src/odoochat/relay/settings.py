"""Reads relay settings from a TOML file."""

from __future__ import annotations

import math
import os
import re
import stat
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field

import odoochat.events
from odoochat.errors import ConfigError, names
from odoochat.events import Event
from odoochat.render import event_kind
from odoochat.secret import Secret

__all__ = ["AccountSettings", "BrokerSettings", "Kind", "RelaySettings", "load_relay_settings", "publishable"]

Kind = Literal["redis", "nats", "rabbitmq", "kafka"]

SCHEMES: dict[str, Kind] = {
    "redis": "redis", "rediss": "redis", "nats": "nats", "tls": "nats", "amqp": "rabbitmq", "amqps": "rabbitmq",
    "kafka": "kafka",
}  # fmt: skip

DEFAULT_EVENTS = (
    "message.posted", "message.edited", "message.deleted", "reaction.changed", "pin.changed", "poll.changed",
    "channel.joined", "channel.left", "member.joined", "member.left",
)  # fmt: skip

NOT_PUBLISHED = ("EventsMissed", "LinkChanged", "MessagePending", "MessageFailed")
"""Events about the relay itself rather than about what happens on the server."""

NETWORK = ("proxy", "ca_file", "client_cert", "client_key", "verify", "transport", "timeout")


def publishable() -> dict[str, type[Event]]:
    """Return the classes of publishable events, by type name."""
    kinds = (getattr(odoochat.events, name) for name in odoochat.events.__all__ if name not in NOT_PUBLISHED)
    found = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event]
    return {event_kind(kind): kind for kind in found}


class BrokerSettings(Struct, frozen=True):
    """The broker's address and stream names.

    Attributes:
        kind: the type of broker.
        url: the broker's address, which may contain a password.
        name: prefix for the names of all streams, subjects, queues, topics and keys. Processes with the same broker and
            name share the accounts.
        max_length: maximum number of events that a stream keeps; None for no limit.
    """

    kind: Kind
    url: Secret
    name: str = "odoochat"
    max_length: int | None = None

    @property
    def place(self) -> str:
        """The address without its password."""
        parts = urlsplit(self.url.reveal())
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class AccountSettings(Struct, frozen=True):
    """The settings for an account.

    Attributes:
        name: the account's name in commands and events.
        url: the server's address.
        options: arguments for `odoochat.connect`.
    """

    name: str
    url: str
    options: dict[str, Any]


class RelaySettings(Struct, frozen=True, kw_only=True):
    """The settings of a relay.

    Attributes:
        broker: the broker settings.
        store: where to store leases and positions: ``broker``, the path of a folder, or the address of a Redis or NATS
            server.
        events: names of the event types to publish.
        host: address of the health and metrics server.
        port: port of that server; None to disable it.
        lease: seconds without a heartbeat after which a process is considered dead.
        save: seconds between saves of an account's position.
        accounts: the accounts, by name.
    """

    broker: BrokerSettings
    store: BrokerSettings | Path | None = None
    events: tuple[str, ...] = DEFAULT_EVENTS
    host: str = "127.0.0.1"
    port: int | None = None
    lease: float = 3.0
    save: float = 1.0
    accounts: dict[str, AccountSettings]


# ------------------------------------------------------------------------------------ the file


class _Broker(Struct, forbid_unknown_fields=True):
    url: Secret | None = None
    url_env: str | None = None
    url_file: str | None = None
    name: str = "odoochat"
    max_length: int | None = None


class _Store(Struct, forbid_unknown_fields=True):
    url: Secret | None = None
    url_env: str | None = None
    url_file: str | None = None
    folder: str | None = None


class _Http(Struct, forbid_unknown_fields=True):
    host: str = "127.0.0.1"
    port: int = 8066


class _Account(Struct, forbid_unknown_fields=True):
    name: str | None = None
    profile: str | None = None
    url: str | None = None
    db: str | None = None
    login: str | None = None
    password: Secret | None = None
    password_env: str | None = None
    password_file: str | None = None
    api_key: Secret | None = None
    api_key_env: str | None = None
    api_key_file: str | None = None


class _SettingsFile(Struct, forbid_unknown_fields=True):
    broker: _Broker
    accounts: list[_Account]
    url: str | None = None
    db: str | None = None
    events: list[str] = field(default_factory=lambda: list(DEFAULT_EVENTS))
    store: _Store | None = None
    http: _Http | None = None
    lease: float = 3.0
    save: float = 1.0
    proxy: Secret | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    verify: bool = True
    transport: Literal["auto", "websocket", "peek", "longpoll", "rpc"] = "auto"
    timeout: float = 30.0


def load_relay_settings(path: Path, environ: Mapping[str, str] = os.environ) -> RelaySettings:
    """Read relay settings.

    Args:
        path: the TOML file.
        environ: the environment variables, for ``password_env`` and similar settings.

    Returns:
        The settings.

    Raises:
        ConfigError: the file cannot be read, or a setting is unknown, missing or invalid. The message says which one.
    """
    try:
        given = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _SettingsFile, dec_hook=_secret)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8; convert it") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_readable(str(error))}") from None
    reader = _SettingsReader(path, environ)
    if not given.lease >= 1:
        raise ConfigError(f"{path}: lease must be at least 1 second, not {given.lease:g}")
    if not 0 < given.timeout < math.inf:
        raise ConfigError(f"{path}: timeout must be more than 0 seconds, not {given.timeout:g}")
    if not given.save > 0:
        raise ConfigError(f"{path}: save must be more than 0 seconds, not {given.save:g}")
    return RelaySettings(
        broker=reader.broker(given.broker, "broker"),
        store=reader.store(given.store, given.broker.name),
        events=reader.events(given.events),
        host=given.http.host if given.http else "127.0.0.1",
        port=given.http.port if given.http else None,
        lease=given.lease,
        save=given.save,
        accounts=reader.accounts(given),
    )


def _secret(kind: type, value: object) -> Secret:
    """Wrap a setting that may be a secret, so that decoded tables do not reveal it."""
    if kind is not Secret or not isinstance(value, str):
        raise msgspec.ValidationError(f"Expected `str`, got `{type(value).__name__}`")
    return Secret(value)


class _SettingsReader:
    """Converts the tables in a file to settings.

    Args:
        path: the file, for error messages.
        environ: the environment variables.
    """

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self._path = path
        self._environ = environ

    def broker(self, given: _Broker | _Store, where: str) -> BrokerSettings:
        url = self._secret(given, "url", where)
        if url is None:
            raise ConfigError(f'{self._path}: [{where}] has no url; add one, e.g. url = "redis://127.0.0.1:6379"')
        scheme = urlsplit(url.reveal()).scheme
        if scheme not in SCHEMES:
            raise ConfigError(f"{self._path}: [{where}] url must begin with {names(list(SCHEMES))}://, not {scheme!r}")
        name = given.name if isinstance(given, _Broker) else "odoochat"
        if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            raise ConfigError(f"{self._path}: [{where}] name must consist of letters, digits, - and _, not {name!r}")
        longest = given.max_length if isinstance(given, _Broker) else None
        if longest is not None and longest < 1:
            raise ConfigError(f"{self._path}: [{where}] max_length must be 1 or more, not {longest}")
        return BrokerSettings(SCHEMES[scheme], url, name, longest)

    def store(self, given: _Store | None, name: str) -> BrokerSettings | Path | None:
        if given is None:
            return None
        if given.folder is not None:
            return self._path.parent / given.folder
        found = msgspec.structs.replace(self.broker(given, "store"), name=name)
        if found.kind not in ("redis", "nats"):
            raise ConfigError(
                f"{self._path}: [store] needs the url of a Redis or NATS server, or a folder for a single-process relay"
            )
        return found

    def events(self, given: list[str]) -> tuple[str, ...]:
        known = publishable()
        for name in given:
            if name not in known:
                raise ConfigError(f"{self._path}: no event {name!r}; the events are {names(list(known), 40)}")
        if not given:
            raise ConfigError(f"{self._path}: events is empty; remove the line to use the defaults")
        return tuple(given)

    def accounts(self, given: _SettingsFile) -> dict[str, AccountSettings]:
        found: dict[str, AccountSettings] = {}
        shared = {name: value for name in NETWORK if (value := getattr(given, name)) not in (None, "auto")}
        for number, account in enumerate(given.accounts, 1):
            one = self._account(account, f"account {account.name or account.login or number}", given, shared)
            if one.name in found:
                raise ConfigError(f"{self._path}: two accounts are named {one.name!r}; add name = … to one of them")
            found[one.name] = one
        if not found:
            raise ConfigError(f"{self._path}: no accounts; add [[accounts]] with a login and a password_file")
        return found

    def _account(self, given: _Account, where: str, file: _SettingsFile, shared: Mapping[str, Any]) -> AccountSettings:
        options: dict[str, Any] = dict(shared)
        url = given.url or file.url
        if given.profile is not None:
            from odoochat.config import load

            saved = load({"profile": given.profile}, {})
            url = given.url or saved.url or file.url
            options |= saved.arguments()
        for name, value in (("db", given.db or file.db), ("login", given.login)):
            if value is not None:
                options[name] = value
        for name in ("password", "api_key"):
            if (secret := self._secret(given, name, where)) is not None:
                options[name] = secret
        if url is None:
            raise ConfigError(f'{self._path}: {where} has no server; set url = "https://…" at the top of the file')
        if not any(name in options for name in ("password", "api_key", "session_id")):
            raise ConfigError(f"{self._path}: {where} has no password; set password_file, password_env or profile")
        if "password" in options and not options.get("login"):
            raise ConfigError(f"{self._path}: {where} has a password, but no login")
        called: str | None = given.name or options.get("login")
        if not called:
            raise ConfigError(f"{self._path}: {where} needs a name or a login")
        return AccountSettings(called, url, options)

    def _secret(self, given: object, name: str, where: str) -> Secret | None:
        """Return a secret given directly, in an environment variable, or in a file."""
        plain: Secret | None = getattr(given, name)
        variable, file = getattr(given, f"{name}_env"), getattr(given, f"{name}_file")
        if sum(each is not None for each in (plain, variable, file)) > 1:
            raise ConfigError(f"{self._path}: {where} has {name} more than once; keep one of them")
        if variable is not None:
            if not self._environ.get(variable):
                raise ConfigError(f"{self._path}: {where}: the environment variable {variable} is not set")
            return Secret(self._environ[variable])
        if file is not None:
            place = self._path.parent / file
            try:
                text = place.read_text("utf-8").strip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"cannot read {place}: {getattr(error, 'strerror', None) or error}") from None
            if not text:
                raise ConfigError(f"{place} is empty; it must contain the {name} for {where}")
            return Secret(text)
        if plain is not None and (name != "url" or "@" in plain.reveal()):
            self._check_private(name, where)
        return plain

    def _check_private(self, name: str, where: str) -> None:
        if sys.platform != "win32" and stat.S_IMODE(self._path.stat().st_mode) & 0o077:
            raise ConfigError(
                f"{self._path} contains the {name} for {where} but other users can read it; run chmod 600 {self._path} "
                f"or write {name}_file or {name}_env"
            )


def _readable(text: str) -> str:
    """Reword a validation error in TOML terms."""
    what, _, where = text.partition(" - at `$")
    words = {"str": "a string", "int": "a whole number", "float": "a number", "bool": "true or false"}
    words |= {"object": "a table", "array": "a list"}
    what = re.sub(r"`(\w+)(?: \| null)?`", lambda found: words.get(found[1], found[0]), what)
    what = what.replace("Object", "it").replace("Expected", "expected", 1)
    place = where.rstrip("`").lstrip(".")
    return f"{place}: {what}" if place else what
