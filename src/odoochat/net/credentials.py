"""Credentials: holds a login's passwords, keys and cookies, validated before any request is sent."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from odoochat.errors import ConfigError, TotpRequired
from odoochat.secret import Secret

__all__ = ["Credentials", "Totp", "check_cookie", "check_text"]

Totp = str | Secret | Callable[[], Awaitable[str] | str] | None

_LINE_BREAKS = ("\r", "\n", "\0")


class Credentials:
    """The credentials for one login. The repr hides secrets.

    Args:
        login: the user's login name.
        password: the password, used to open a session.
        api_key: the API key, for model calls only; no version of Odoo can open a session with an API key.
        session_id: the cookie of an open session.
        totp: the two-factor code, or a function that returns it when needed.
        trusted_device: a trusted device's cookie, which removes the need for a second factor.

    Raises:
        ConfigError: a value contains a line break or a null character.
    """

    def __init__(
        self,
        login: str | None = None,
        password: str | Secret | None = None,
        api_key: str | Secret | None = None,
        session_id: str | Secret | None = None,
        totp: Totp = None,
        trusted_device: str | Secret | None = None,
    ) -> None:
        self.login = login
        self.password = Secret(password) if password else None
        self.api_key = Secret(api_key) if api_key else None
        self.session_id = Secret(session_id) if session_id else None
        self.trusted_device = Secret(trusted_device) if trusted_device else None
        self._totp = Secret(totp) if isinstance(totp, str) else totp
        check_text("login", login)
        check_text("password", self.password)
        check_text("api_key", self.api_key)
        check_cookie("session_id", self.session_id)
        check_cookie("trusted_device", self.trusted_device)

    def __repr__(self) -> str:
        given = [n for n in ("password", "api_key", "session_id") if getattr(self, n) is not None]
        return f"<Credentials {self.login or ''} {', '.join(given)}>"

    def again(self) -> Credentials:
        """Return the credentials for a fresh login, omitting the session that ended."""
        fresh = Credentials(self.login, self.password, self.api_key, None, None, self.trusted_device)
        fresh._totp = self._totp
        return fresh

    async def totp(self) -> Secret:
        """Return the two-factor code.

        Raises:
            TotpRequired: no code was given, or the code has already been used.
        """
        given, self._totp = self._totp, (None if isinstance(self._totp, Secret) else self._totp)
        if callable(given):
            code = given()
            given = Secret("".join((await code if inspect.isawaitable(code) else code) or ""))
        if given is None or not given.reveal().strip():
            raise TotpRequired(
                "the account uses two-factor authentication; pass the six-digit code (ODOOCHAT_TOTP), "
                "an API key for polling, or a session cookie"
            )
        return Secret("".join(given.reveal().split()))


def check_text(name: str, value: str | Secret | None) -> None:
    """Reject text that could be used to inject headers into a request.

    Raises:
        ConfigError: `value` contains a line break or a null character.
    """
    if value is not None and any(c in (value.reveal() if isinstance(value, Secret) else value) for c in _LINE_BREAKS):
        raise ConfigError(f"{name} contains a line break or a null character; remove it")


def check_cookie(name: str, value: Secret | None) -> None:
    """Reject text that cannot be a cookie value.

    Raises:
        ConfigError: `value` contains characters that RFC 6265 does not allow.
    """
    check_text(name, value)
    if value is not None and not all("!" <= c <= "~" and c not in '",;\\' for c in value.reveal()):
        raise ConfigError(
            f"{name} contains characters not allowed in a cookie; copy only the value, without name and semicolon"
        )
