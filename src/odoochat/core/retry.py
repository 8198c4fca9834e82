"""Retry: whether and how to retry after an error."""

from __future__ import annotations

from typing import Literal

from odoochat.errors import (
    Blocked,
    ConfigError,
    LinkClosed,
    LinkError,
    LoginError,
    NotFound,
    NotOdoo,
    OdooChatError,
    ProtocolError,
    Rejected,
    ServerFault,
    SessionExpired,
    TimedOut,
    Unreachable,
    UsageError,
)

__all__ = ["CloseVerdict", "judge", "outcome", "passing", "transient"]

CloseVerdict = Literal["again", "now", "slow", "wide", "login", "version"]

_BY_CODE: dict[int, CloseVerdict] = {
    1001: "wide",  # the server is shutting down: all clients reconnect at once
    1012: "wide",
    1013: "slow",  # rate limit, or no database connection available
    4001: "login",
    4002: "now",  # routine: the server renews each socket every 1 to 1.5 hours
}


_NOT_IMPLEMENTED = (501, 505)
"""Statuses of a server that can never process the request, which is not Odoo."""


def judge(error: BaseException) -> CloseVerdict:
    """Decide what a live link should do after an error.

    Source: `CloseCode` in addons/bus/websocket.py (Odoo 16 to 19).

    Args:
        error: why the link ended or could not be opened.

    Returns:
        ``again`` (retry with backoff), ``now`` (retry without backoff), ``slow`` (after at least 2 s), ``wide`` (with
        large jitter), ``login`` (after getting a fresh session) or ``version`` (after fetching the new version). None
        of these ends the link, because a single unexpected response must not end it permanently. The link ends only
        when no session can be opened.
    """
    match error:
        case LinkClosed(code=1000, reason="OUTDATED_VERSION"):
            return "version"
        case LinkClosed():
            return _BY_CODE.get(error.code, "again")
        case LoginError():
            return "login"
        case _:
            return "again"


def outcome(error: OdooChatError) -> Literal["not done", "unclear", "refused"]:
    """Determine whether a call that raised an error was carried out.

    If Odoo raises the error deliberately, it rolls back the transaction. A request never reached Odoo if its connection
    could not be opened or a proxy refused it. After any other error, the transaction may have been committed.

    Args:
        error: the error that the call raised.

    Returns:
        ``not done``, ``refused`` (not done, and a retry would be refused too) or ``unclear``.
    """
    match error:
        case Unreachable(sent=False) | Blocked():
            return "not done"
        case SessionExpired():
            return "not done"
        case LoginError() | NotFound() | Rejected() | UsageError() | ConfigError():
            return "refused"
        case ServerFault(name="odoo.exceptions.AccessError" | "AccessError"):
            return "refused"
        case Unreachable() | TimedOut() | ProtocolError() | LinkClosed():
            return "unclear"
        case ServerFault():
            return "refused" if type(error) is not ServerFault else "unclear"
        case _:
            return "unclear"


def passing(error: OdooChatError) -> bool:
    """Return whether a login that raised an error may succeed later with the same settings.

    This is true while the server cannot be reached, or fails without saying anything about the login: a plain HTTP 500,
    which an overloaded Odoo sends (observed on Odoo 14), a gateway's or CDN's status, or an exception that is not one
    of those that Odoo raises deliberately. A refused login, a missing right and an unknown database are final.

    Args:
        error: the error that the login raised.
    """
    match error:
        case ConfigError():
            return False
        case LinkError():
            return True
        case NotOdoo() if error.cause != "other":
            return False
        case ProtocolError(status=int(status)):
            return status >= 500 and status not in _NOT_IMPLEMENTED
        case ServerFault():
            return type(error) is ServerFault
        case _:
            return False


def transient(error: BaseException) -> bool:
    """Return whether the same request is likely to succeed on another connection a moment later.

    This is true for broken connections, and for proxy responses saying that the server is down.

    Args:
        error: the error that the request raised.
    """
    match error:
        case Unreachable() | TimedOut():
            return True
        case ProtocolError(status=502 | 503 | 504):
            return True
        case _:
            return False
