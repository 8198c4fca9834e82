"""Secrets: keeps passwords and keys out of logs, tracebacks and debuggers."""

from __future__ import annotations

from typing import Any

__all__ = ["SECRET_OPTIONS", "Payload", "Secret", "hide_secrets"]

SECRET_OPTIONS = ("password", "api_key", "session_id", "totp", "proxy", "trusted_device")
"""The options of `odoochat.connect` that contain secrets."""


class Secret:
    """A password, key or cookie. Only `reveal` returns the text; everything else shows ``<secret>``.

    Tools that record the local variables of a traceback (Sentry, rich) call ``repr``, so they never see a secret.

    Args:
        value: the text, or an existing `Secret`.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str | Secret) -> None:
        self._value: str = value._value if isinstance(value, Secret) else value

    def reveal(self) -> str:
        """Return the plain text."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "<secret>"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be pickled")


class Payload:
    """The bytes of a request, which may contain a secret.

    Args:
        data: the bytes.
    """

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def reveal(self) -> bytes:
        """Return the bytes."""
        return self._data

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"<{len(self._data)} bytes>"


def hide_secrets(options: Any) -> None:
    """Replace the secrets in options, so that tools that record variables do not show them.

    Args:
        options: a dictionary of `odoochat.connect` options.
    """
    for name in SECRET_OPTIONS:
        if isinstance(options.get(name), str):
            options[name] = Secret(options[name])
