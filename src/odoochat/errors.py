"""The tree of everything odoochat raises.

OdooChatError
├ ConfigError                        a setting is missing or wrong
├ UsageError(RuntimeError)           a rule of this library was broken
├ LinkError                          the road to the server
│  ├ Unreachable(OSError)            no connection, no such host, TLS refused
│  ├ TimedOut(TimeoutError)          no answer in time
│  ├ Blocked                         something in front of Odoo refused the request; nothing was done
│  │  └ RateLimited                  too many requests
│  └ LinkClosed                      a live link ended
├ LoginError                         the server does not know us
│  ├ BadCredentials                  wrong login, password or key
│  ├ TotpRequired                    the account wants a second factor
│  ├ SessionExpired                  the session ended and no new one could be had
│  ├ SessionNotKept                  the session's cookie was given in a way that it cannot be kept
│  └ ApiKeyOnly                      the call needs a session, an API key opens none
├ ServerFault                        Odoo said no
│  ├ AccessDenied                    no right
│  ├ NotFound                        no such record, model, method or database
│  └ Rejected                        Odoo refused the values
├ NotSupported                       this version of Odoo cannot do it
└ ProtocolError                      Odoo, or what stands before it, said something unreadable
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "AccessDenied",
    "ApiKeyOnly",
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
    """Raised when a setting is missing or wrong; the text names it and the mend."""


class UsageError(OdooChatError, RuntimeError):
    """Raised when the library is used against its rules, e.g. a closed client."""


class LinkError(OdooChatError):
    """Raised when the road to the server fails."""


class Unreachable(LinkError, OSError):
    """Raised when no connection can be made.

    Attributes:
        sent: whether a part of the request may have reached the server.
        stale: whether an idle connection ended in the moment in which it was used again, without a byte of an answer:
            then the server has most likely not seen the request.
    """

    def __init__(self, text: str, *, sent: bool = False, stale: bool = False) -> None:
        super().__init__(text)
        self.sent = sent
        self.stale = stale


class TimedOut(LinkError, TimeoutError):
    """Raised when the server does not answer in time; what was asked may have been done."""


class Blocked(LinkError):
    """Raised when something in front of Odoo refused a request, which was certainly not carried out.

    A proxy, a firewall, a sign-on page, a maintenance page, or a redirect to another server.

    Attributes:
        status: the HTTP status, None when there was none.
        retry_after: seconds after which the server wants to be asked again, None when it did not say.
    """

    def __init__(self, text: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.retry_after = retry_after


class RateLimited(Blocked):
    """Raised when the server, or a proxy in front of it, takes no more requests for a while (HTTP 429)."""


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
    """Raised when the server does not accept who we say we are."""


class BadCredentials(LoginError):
    """Raised when login, password, key or cookie are refused."""


class TotpRequired(LoginError):
    """Raised when the account has two-factor authentication and no code was given, or a wrong one."""


class SessionExpired(LoginError):
    """Raised when the session ended and no new one could be had."""


class SessionNotKept(LoginError):
    """Raised when the login succeeded, and its session cookie cannot be kept; the text names why."""


class ApiKeyOnly(LoginError):
    """Raised when a call needs a session and only an API key is at hand."""


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
    """Raised when the user has no right to it."""


class NotFound(ServerFault):
    """Raised when a record, model, method, route or database does not exist."""


class Rejected(ServerFault):
    """Raised when Odoo refuses the values it was given."""


class NotSupported(OdooChatError):
    """Raised when the server's version of Odoo cannot do what is asked; the text names the versions that can.

    Attributes:
        feature: what was asked, e.g. ``reactions``.
        since: the first major version that has it.
    """

    def __init__(self, feature: str, text: str, *, since: int) -> None:
        super().__init__(text)
        self.feature = feature
        self.since = since


class ProtocolError(OdooChatError):
    """Raised when an answer cannot be read.

    Attributes:
        excerpt: the first 80 characters of it, control characters escaped.
        status: the HTTP status, when there was one.
    """

    def __init__(self, text: str, raw: str | bytes = "", *, status: int | None = None) -> None:
        super().__init__(text)
        shown = raw[: EXCERPT * 4].decode("utf-8", "replace") if isinstance(raw, bytes) else raw
        self.excerpt = "".join(c if c.isprintable() else " " for c in shown[:EXCERPT]).strip()
        self.status = status

    def __str__(self) -> str:
        return f"{self.args[0]}: {self.excerpt!r}" if self.excerpt else str(self.args[0])


def names(values: Sequence[str], limit: int = 10) -> str:
    """A short list of names for an error's text."""
    shown = ", ".join(values[:limit])
    return shown + (f" and {len(values) - limit} more" if len(values) > limit else "")
