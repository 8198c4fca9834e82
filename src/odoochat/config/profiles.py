"""Profiles: saved settings, one set for each server and user."""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from platformdirs import user_config_dir

from odoochat.config.fields import ADDRESS, FILES, KEYRING_FIELDS, SAVED, STORED_SECRETS, checked
from odoochat.config.keyring import SecretStore
from odoochat.config.toml_file import read_toml
from odoochat.errors import ConfigError, names
from odoochat.private_file import locked, write_private
from odoochat.wire.values import is_object

__all__ = ["Profiles"]

NO_DEFAULT = "no default"
"""Key in the file that marks the default profile as deleted while others remain; not valid as a profile name."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")


class Profiles:
    """Profiles in a TOML file. Their secrets are stored in the keyring, or in the same file if there is no keyring.

    Args:
        folder: the folder that contains the file; the user's configuration folder by default.
        secrets: the store for secrets; the system's keyring by default.

    Attributes:
        path: the file.
    """

    def __init__(self, folder: Path | None = None, secrets: SecretStore | None = None) -> None:
        self.path = (folder or Path(user_config_dir("odoochat", appauthor=False))) / "profiles.toml"
        self._secrets = secrets or SecretStore()

    def names(self) -> list[str]:
        """Return the names of all profiles, sorted.

        Raises:
            ConfigError: the file cannot be read.
        """
        return sorted(self._all())

    def addresses(self) -> dict[str, dict[str, str]]:
        """Return each profile's url, db and login by profile name, without using the keyring.

        Raises:
            ConfigError: the file cannot be read.
        """
        return {name: {k: v for k, v in values.items() if k in ADDRESS} for name, values in self._all().items()}

    def address(self, name: str) -> dict[str, str]:
        """Return a profile's url, db and login, without using the keyring.

        Args:
            name: the profile.

        Returns:
            Whichever of the three settings have a value; empty if there is no such profile.

        Raises:
            ConfigError: the file cannot be read.
        """
        return self.addresses().get(name, {})

    def default(self) -> str | None:
        """Return the profile to use if none is specified: ``default``, or the only existing profile.

        If only one profile remains after the default was deleted, it is not used as the default, because the user never
        chose it.

        Raises:
            ConfigError: the file cannot be read.
        """
        existing = self.names()
        if "default" in existing:
            return "default"
        return existing[0] if len(existing) == 1 and self._data().get(NO_DEFAULT) is not True else None

    def read(self, name: str) -> dict[str, str | None]:
        """Return a profile's values, including secrets.

        Args:
            name: the profile.

        Returns:
            The values by setting name.

        Raises:
            ConfigError: the profile does not exist, or the file cannot be read.
        """
        existing = self._all()
        self._check_exists(name, existing, "create it with `odoochat login`")
        values: dict[str, str | None] = {k: v for k, v in existing[name].items() if k in SAVED}
        if existing[name].get("secrets") == "keyring":
            for key in KEYRING_FIELDS:
                if secret := self._secrets.get(f"{name}/{key}"):
                    values[key] = secret
        return values

    def _check_exists(self, name: str, existing: Collection[str], if_none: str) -> None:
        if name not in existing:
            hint = f"your profiles: {names(sorted(existing))}" if existing else if_none
            raise ConfigError(f"no profile {name!r}; {hint}")

    def check_name(self, name: str) -> None:
        """Check that a name is a valid profile name.

        Args:
            name: the name.

        Raises:
            ConfigError: the name is invalid.
        """
        if not _NAME.fullmatch(name):
            raise ConfigError(f"invalid profile name {name!r}; use letters a to z, digits, - and _")

    def write(self, name: str, values: Mapping[str, str]) -> str:
        """Save a profile, replacing any profile with the same name.

        Args:
            name: the profile.
            values: the values by setting name; settings not in `SAVED` are ignored.

        Returns:
            A description of where the secrets are stored.

        Raises:
            ConfigError: the name or a value is invalid, or the file cannot be written.
        """
        self.check_name(name)
        with self._changing():
            return self._save(name, values)

    def _save(self, name: str, values: Mapping[str, str]) -> str:
        existing = self._all()
        no_default = bool(existing) and self._data().get(NO_DEFAULT) is True
        saved = {k: checked(k, v, f"profile {name}") for k, v in values.items() if k in SAVED}
        saved.update({k: str(Path(saved[k]).expanduser().absolute()) for k in FILES if k in saved})
        secrets = {k: v for k, v in saved.items() if k in STORED_SECRETS or (k == "proxy" and "@" in v)}
        where = f"in {self.path}, which only you can read"
        self._delete_secrets(name, existing)
        if secrets and all(self._secrets.set(f"{name}/{k}", v) for k, v in secrets.items()):
            saved = {k: v for k, v in saved.items() if k not in secrets} | {"secrets": "keyring"}
            where = "in the system's keyring"
        existing[name] = saved
        self._write(existing, no_default=no_default)
        return where

    def remove(self, name: str) -> None:
        """Delete a profile and its secrets.

        Args:
            name: the profile.

        Raises:
            ConfigError: the profile does not exist, or the file cannot be written.
        """
        self._check_exists(name, self._all(), "there is none (see `odoochat profiles`)")
        with self._changing():
            existing = self._all()
            no_default = self._data().get(NO_DEFAULT) is True or name == self.default()
            self._delete_secrets(name, existing)
            existing.pop(name, None)
            self._write(existing, no_default=no_default and bool(existing))

    def _delete_secrets(self, name: str, existing: Mapping[str, Mapping[str, str]]) -> None:
        """Delete a profile's secrets from the keyring."""
        if existing.get(name, {}).get("secrets") == "keyring":
            for key in KEYRING_FIELDS:
                self._secrets.delete(f"{name}/{key}")

    def _all(self) -> dict[str, dict[str, str]]:
        data: dict[str, Any] = self._data()
        return {
            name: {
                k: str(v).lower() if isinstance(v, bool) else v for k, v in values.items() if isinstance(v, str | bool)
            }
            for name, values in data.items()
            if is_object(values)
        }

    def _data(self) -> dict[str, Any]:
        return read_toml(self.path)

    @contextmanager
    def _changing(self) -> Generator[None]:
        """Keep other processes from changing the file."""
        try:
            with locked(self.path):
                yield
        except OSError as error:
            raise ConfigError(f"cannot write {self.path}: {error.strerror or error}") from None

    def _write(self, profiles: dict[str, dict[str, str]], *, no_default: bool) -> None:
        text = f'"{NO_DEFAULT}" = true\n\n' if no_default and "default" not in profiles else ""
        text += "\n".join(
            line for name, values in sorted(profiles.items()) for line in (f"[{name}]", *_toml(values), "")
        )
        write_private(self.path, text)


def _toml(values: Mapping[str, str]) -> Iterator[str]:
    for key, value in values.items():
        escaped = "".join(f"\\{c}" if c in '"\\' else c if c.isprintable() else f"\\U{ord(c):08x}" for c in value)
        yield f'{key} = "{escaped}"'
