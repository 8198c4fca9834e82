"""The errors of odoochat, as a tree.

OdooChatError
├ ConfigError                        a setting is missing or wrong
├ UsageError(RuntimeError)           the library was used in a wrong way
├ LinkError                          the network failed
│  ├ Unreachable(OSError)            no connection, no such host, TLS refused
│  ├ TimedOut(TimeoutError)          no response in time
│  ├ Blocked                         something in front of Odoo refused the request; nothing was done
│  │  └ RateLimited                  too many requests
│  └ LinkClosed                      a live link ended
├ LoginError                         the server does not accept the login
│  ├ BadCredentials                  wrong login, password or key
│  ├ TotpRequired                    the account wants a second factor
│  ├ SessionExpired                  the session ended and could not be renewed
│  ├ SessionNotKept                  the session's cookie cannot be stored
│  └ ApiKeyOnly                      the call needs a session, and an API key opens none
├ ServerFault                        Odoo answered with an error
│  ├ AccessDenied                    no right
│  ├ NotFound                        no such record, model, method or database
│  └ Rejected                        Odoo refused the values
├ ArchiveError                       the archive on disk cannot be used
├ NotSupported                       this version of Odoo cannot do it
└ ProtocolError                      a response could not be read
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

__all__ = [
    "AccessDenied",
    "ApiKeyOnly",
    "ArchiveError",
    "BadCredentials",
    "Blocked",
    "ConfigError",
    "LinkClosed",
    "LinkError",
    "LoginError",
    "NotFound",
    "NotSupported",
    "OdooChatError",
    "ProtocolError",
    "RateLimited",
    "Rejected",
    "ServerFault",
    "SessionExpired",
    "SessionNotKept",
    "TimedOut",
    "TotpRequired",
    "Unreachable",
    "UsageError",
]

EXCERPT = 80


class OdooChatError(Exception):
    """Base of all errors of this library."""


class ConfigError(OdooChatError):
    """Raised when a setting is missing or wrong; the text names it and the remedy."""


class UsageError(OdooChatError, RuntimeError):
    """Raised when the library is used in a wrong way, e.g. a closed client."""


class LinkError(OdooChatError):
    """Raised when the network, or something on the way to Odoo, fails."""


class Unreachable(LinkError, OSError):
    """Raised when no connection can be made.

    Args:
        text: what failed, on what, and what to do.

    Attributes:
        sent: whether a part of the request may have reached the server.
        stale: whether an idle connection ended just as it was used again, without a byte of a response: the server has
            most likely not seen the request.
    """

    def __init__(self, text: str, *, sent: bool = False, stale: bool = False) -> None:
        super().__init__(text)
        self.sent = sent
        self.stale = stale


class TimedOut(LinkError, TimeoutError):
    """Raised when the server does not answer in time; it may have carried out the request."""


class Blocked(LinkError):
    """Raised when something in front of Odoo refused a request, which was certainly not carried out.

    A proxy, a firewall, a sign-on page, a maintenance page, or a redirect to another server.

    Args:
        text: what refused the request, and what to do.

    Attributes:
        status: the HTTP status, or None if there was none.
        retry_after: seconds to wait before the next request, or None if the server did not say.
    """

    def __init__(self, text: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.retry_after = retry_after


class RateLimited(Blocked):
    """Raised when the server, or a proxy in front of it, accepts no more requests for a while (HTTP 429)."""


class LinkClosed(LinkError):
    """Raised when a live link ended.

    Attributes:
        code: the WebSocket close code, 1006 when the connection just ended.
        reason: the server's text, often empty.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        return f"closed with code {self.code}" + (f" ({self.reason})" if self.reason else "")


class LoginError(OdooChatError):
    """Raised when the server does not accept the login."""


class BadCredentials(LoginError):
    """Raised when the login, password, API key or cookie is refused."""


class TotpRequired(LoginError):
    """Raised when the account has two-factor authentication and no code was given, or a wrong one."""


class SessionExpired(LoginError):
    """Raised when the session ended and could not be renewed."""


class SessionNotKept(LoginError):
    """Raised when the login succeeded, but its session cookie cannot be stored; the text names the reason."""


class ApiKeyOnly(LoginError):
    """Raised when a call needs a session and the login has only an API key."""


class ServerFault(OdooChatError):
    """Raised when Odoo answers with an error.

    Attributes:
        name: the exception's dotted name on the server, e.g. ``odoo.exceptions.UserError``.
        message: the server's text without its traceback.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.name = name
        self.message = message

    def __str__(self) -> str:
        return self.message or self.name


class AccessDenied(ServerFault):
    """Raised when the user has no right to do or see something."""


class NotFound(ServerFault):
    """Raised when a record, model, method, route or database does not exist."""


class Rejected(ServerFault):
    """Raised when Odoo refuses the values of a request."""


class ArchiveError(OdooChatError):
    """Raised when the archive on disk cannot be used: a full disk, a file of a newer odoochat, another account's."""


class NotSupported(OdooChatError):
    """Raised when the server's version of Odoo lacks a feature; the text names the versions that have it.

    Args:
        text: names the feature and the versions.

    Attributes:
        feature: the feature's name in docs/features.md, e.g. ``react``.
        since: the first major version that has it.
    """

    def __init__(self, feature: str, text: str, *, since: int) -> None:
        super().__init__(text)
        self.feature = feature
        self.since = since


class ProtocolError(OdooChatError):
    """Raised when a response cannot be read.

    Args:
        text: what was expected.
        raw: the response as text, bytes or a decoded value, of which `excerpt` is taken.

    Attributes:
        excerpt: its first 80 characters, control characters replaced by blanks.
        status: the HTTP status, or None if there was none.
    """

    def __init__(self, text: str, raw: object = "", *, status: int | None = None) -> None:
        super().__init__(text)
        shown = _beginning(raw)
        self.excerpt = "".join(c if c.isprintable() else " " for c in shown[:EXCERPT]).strip()
        self.status = status

    def __str__(self) -> str:
        return f"{self.args[0]}: {self.excerpt!r}" if self.excerpt else str(self.args[0])


def _beginning(raw: object, room: int = EXCERPT, levels: int = 8) -> str:
    """Return the beginning of a value as text, without going through the whole of a large or deeply nested one."""
    if isinstance(raw, bytes):
        return raw[: room * 4].decode("utf-8", "replace")
    if isinstance(raw, str):
        return raw[:room]
    if not isinstance(raw, dict | list | tuple):
        return repr(raw)[:room]
    pairs = isinstance(raw, dict)
    opening, closing = "{}" if pairs else "[]"
    if levels == 0:
        return f"{opening}…{closing}"
    shown = opening
    for number, item in enumerate(cast("Iterable[object]", raw)):
        if len(shown) > room:
            break
        shown += ", " if number else ""
        shown += _piece(item, room, levels)
        if pairs:
            shown += f": {_piece(cast('dict[object, object]', raw)[item], room, levels)}"
    return shown + closing


def _piece(value: object, room: int, levels: int) -> str:
    return repr(value[:room]) if isinstance(value, str) else _beginning(value, room, levels - 1)


def names(values: Sequence[str], limit: int = 10) -> str:
    """Join names for the text of an error.

    Args:
        values: the names.
        limit: number of names to show; the others are counted.

    Returns:
        For example ``a, b and 3 more``.
    """
    shown = ", ".join(values[:limit])
    return shown + (f" and {len(values) - limit} more" if len(values) > limit else "")
