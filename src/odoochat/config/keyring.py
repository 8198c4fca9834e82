"""Keyring: stores the profiles' secrets in the system's keyring."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

__all__ = ["SecretStore", "system_keyring"]

SERVICE = "odoochat"


def system_keyring() -> Any:
    """Return the ``keyring`` module, or None if it is not installed or has no usable backend."""
    try:
        import keyring
        from keyring.backends import fail
    except ImportError:
        return None
    try:
        backend = keyring.get_keyring()
    except Exception:  # noqa: BLE001 - backends raise errors of any class
        return None
    return None if isinstance(backend, fail.Keyring) else keyring


class SecretStore:
    """Stores secrets in a keyring. Without a working keyring, nothing is stored or found.

    Args:
        find: a function that returns an object with the same functions as the ``keyring`` module, or None. It is called
            on each use, because importing a keyring takes time and may prompt the user. Defaults to the system's
            keyring.
    """

    def __init__(self, find: Callable[[], Any] | None = None) -> None:
        self._find = find

    def _keyring(self) -> Any:
        return self._find() if self._find is not None else system_keyring()

    def get(self, key: str) -> str | None:
        """Return a secret.

        Args:
            key: ``PROFILE/FIELD``.

        Returns:
            The secret, or None if it is not stored.
        """
        keyring = self._keyring()
        try:
            return keyring.get_password(SERVICE, key) if keyring is not None else None
        except Exception:  # noqa: BLE001
            return None

    def set(self, key: str, value: str) -> bool:
        """Store a secret.

        Args:
            key: ``PROFILE/FIELD``.
            value: the secret.

        Returns:
            Whether the keyring stored the secret.
        """
        keyring = self._keyring()
        if keyring is None:
            return False
        try:
            keyring.set_password(SERVICE, key, value)
            return bool(keyring.get_password(SERVICE, key) == value)  # some backends silently discard values
        except Exception:  # noqa: BLE001
            return False

    def delete(self, key: str) -> None:
        """Delete a secret if it exists.

        Args:
            key: ``PROFILE/FIELD``.
        """
        keyring = self._keyring()
        with suppress(Exception):
            if keyring is not None:
                keyring.delete_password(SERVICE, key)
