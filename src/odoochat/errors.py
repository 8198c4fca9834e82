"""Errors: the exception hierarchy of odoochat.

OdooChatError
├ ConfigError                        a setting is missing or wrong
├ UsageError(RuntimeError)           the library was used incorrectly
├ LinkError                          the network failed
│  ├ Unreachable(OSError)            no connection, no such host, TLS failure
│  ├ TimedOut(TimeoutError)          no response in time
│  ├ Blocked                         something in front of Odoo refused the request; nothing was done
│  │  └ RateLimited                  too many requests
│  └ LinkClosed                      a live link ended
├ LoginError                         the server rejects the login
│  ├ BadCredentials                  wrong login, password or key
│  ├ TotpRequired                    the account requires a second factor
│  ├ SessionExpired                  the session ended and could not be renewed
│  ├ SessionNotKept                  the session cookie cannot be stored
│  └ ApiKeyOnly                      the call needs a session, which an API key cannot open
├ ServerFault                        Odoo responded with an error
│  ├ AccessDenied                    missing permission
│  ├ NotFound                        no such record, model, method or database
│  └ Rejected                        Odoo refused the values
├ ArchiveError                       the archive on disk cannot be used
├ NotSupported                       this version of Odoo cannot do it
└ ProtocolError                      a response could not be read
   └ NotOdoo                         there is no Odoo server at the address
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Literal, cast

__all__ = [
    "AccessDenied",
    "ApiKeyOnly",
    "ArchiveError",
    "BadCredentials",
    "Blocked",
    "BlockedCause",
    "ConfigError",
    "LinkClosed",
    "LinkError",
    "LoginError",
    "NotFound",
    "NotOdoo",
    "NotOdooCause",
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
    "UnreachableCause",
    "UsageError",
]

EXCERPT = 80
LONGEST_NAME = 64

UnreachableCause = Literal[
    "connection", "file limit", "proxy", "plain http", "https", "maybe https", "authority", "client certificate", "tls"
]
"""Why there is no connection: none can be opened or it was lost; no more files can be opened; the proxy does not
respond; the port speaks plain HTTP, or https, or closes plain connections; the certificate has an unknown authority;
the server may require a client certificate; the secure connection failed for another reason."""

BlockedCause = Literal["refused", "proxy login", "unavailable"]
"""Why a request was refused: for any reason not listed here; the proxy requires a login; the server is being maintained
or restarted."""

NotOdooCause = Literal["other", "https", "elsewhere", "unencrypted"]
"""What is at the address: something other than Odoo; a server that speaks https; a redirect to another server; a
redirect to unencrypted http."""


class OdooChatError(Exception):
    """Base class of all odoochat errors."""


class ConfigError(OdooChatError):
    """Raised when a setting is missing or invalid. The message says which one, and how to fix it."""


class UsageError(OdooChatError, RuntimeError):
    """Raised when the library is used incorrectly, e.g. by calling a method on a closed client."""


class LinkError(OdooChatError):
    """Raised when the network, or anything else between the client and Odoo, fails."""


class Unreachable(LinkError, OSError):
    """Raised when no connection can be established.

    Args:
        text: what failed, for which server, and what to do.

    Attributes:
        sent: whether any part of the request may have reached the server.
        stale: whether a reused idle connection ended before the first byte of a response. In that case, the server has
            most likely not seen the request.
        cause: why there is no connection.
    """

    def __init__(
        self, text: str, *, sent: bool = False, stale: bool = False, cause: UnreachableCause = "connection"
    ) -> None:
        super().__init__(text)
        self.cause: UnreachableCause = cause
        self.sent = sent
        self.stale = stale


class TimedOut(LinkError, TimeoutError):
    """Raised when the server does not respond in time; the request may still have been carried out."""


class Blocked(LinkError):
    """Raised when something in front of Odoo refuses a request. The request was definitely not carried out.

    This may be a proxy, a firewall, a sign-on page, a maintenance page, or a redirect to another server.

    Args:
        text: what refused the request, and what to do.

    Attributes:
        status: the HTTP status, or None if there was none.
        retry_after: seconds to wait before the next request, or None if the server did not send it.
        cause: why the request was refused.
    """

    def __init__(
        self,
        text: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        cause: BlockedCause = "refused",
    ) -> None:
        super().__init__(text)
        self.cause: BlockedCause = cause
        self.status = status
        self.retry_after = retry_after


class RateLimited(Blocked):
    """Raised when the server, or a proxy in front of it, temporarily refuses further requests (HTTP 429)."""


class LinkClosed(LinkError):
    """Raised when a live link ends.

    Attributes:
        code: the WebSocket close code; 1006 if the connection ended without one.
        reason: the server's reason, often empty.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        return f"closed with code {self.code}" + (f" ({self.reason})" if self.reason else "")


class LoginError(OdooChatError):
    """Raised when the server rejects the login."""


class BadCredentials(LoginError):
    """Raised when the login, password, API key or cookie is refused."""


class TotpRequired(LoginError):
    """Raised when the account uses two-factor authentication and the code is missing or wrong."""


class SessionExpired(LoginError):
    """Raised when the session has ended and cannot be renewed."""


class SessionNotKept(LoginError):
    """Raised when the login succeeds but its session cookie cannot be stored. The message gives the reason."""


class ApiKeyOnly(LoginError):
    """Raised when a call needs a session but the login has only an API key."""


class ServerFault(OdooChatError):
    """Raised when Odoo responds with an error.

    Attributes:
        name: the exception's dotted name on the server, e.g. ``odoo.exceptions.UserError``.
        message: the server's error message without the traceback; a clearer one if the server sends only the name of
            what is missing.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.name = name
        self.message = message

    def __str__(self) -> str:
        return self.message or self.name


class AccessDenied(ServerFault):
    """Raised when the user lacks permission to read or do something."""


class NotFound(ServerFault):
    """Raised when a record, model, method, route or database does not exist."""


class Rejected(ServerFault):
    """Raised when Odoo refuses the values of a request."""


class ArchiveError(OdooChatError):
    """Raised when the archive cannot be used, e.g. because the disk is full or the file belongs to another account."""


class NotSupported(OdooChatError):
    """Raised when the server's Odoo version lacks a feature. The message lists the versions that have it.

    Args:
        text: a message naming the feature and the versions that have it.

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
        raw: the response as text, bytes or a decoded value; the source of `excerpt`.

    Attributes:
        excerpt: the first 80 characters of the response, with control characters replaced by spaces.
        status: the HTTP status, or None if there was none.
    """

    def __init__(self, text: str, raw: object = "", *, status: int | None = None) -> None:
        super().__init__(text)
        shown = _beginning(raw)
        self.excerpt = "".join(c if c.isprintable() else " " for c in shown[:EXCERPT]).strip()
        self.status = status

    def __str__(self) -> str:
        return f"{self.args[0]}: {self.excerpt!r}" if self.excerpt else str(self.args[0])


class NotOdoo(ProtocolError):
    """Raised when there is no Odoo server at the address: something else responds, or redirects in a loop.

    Args:
        text: what was found.
        raw: see `ProtocolError`.
        status: see `ProtocolError`.
        advice: what to do; a part of the message.

    Attributes:
        cause: what is at the address.
        found: the message without advice and without an excerpt of the response.
    """

    def __init__(
        self, text: str, raw: object = "", *, status: int | None = None, cause: NotOdooCause = "other", advice: str = ""
    ) -> None:
        super().__init__(f"{text}: {advice}" if advice else text, raw, status=status)
        self.cause: NotOdooCause = cause
        self.found = text


def _beginning(raw: object, room: int = EXCERPT, levels: int = 8) -> str:
    """Return the start of a value as text, without traversing all of a large or deeply nested one."""
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
    """Join names for an error message.

    Args:
        values: the names.
        limit: maximum number of names to show; the rest are only counted.

    Returns:
        The joined names, for example ``a, b and 3 more``. The end of a long name is replaced with ``…``.
    """
    shown = ", ".join(name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…" for name in values[:limit])
    return shown + (f" and {len(values) - limit} more" if len(values) > limit else "")


def unusable_port(port: int, error: OSError | OverflowError) -> ConfigError:
    """Return the error for a ``--port`` on which a server cannot listen.

    Args:
        port: the port.
        error: the reason; the messages of sockets and of asyncio would repeat the address.
    """
    reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
    return ConfigError(f"cannot use port {port}: {reason}; choose another --port, or 0 for any")
