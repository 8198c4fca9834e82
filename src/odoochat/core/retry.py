"""Retry: what an error says about another try."""

from __future__ import annotations

from typing import Literal

from odoochat.errors import (
    Blocked,
    ConfigError,
    LinkClosed,
    LoginError,
    NotFound,
    OdooChatError,
    ProtocolError,
    Rejected,
    ServerFault,
    SessionExpired,
    TimedOut,
    Unreachable,
    UsageError,
)

__all__ = ["CloseVerdict", "judge", "outcome", "transient"]

CloseVerdict = Literal["again", "now", "slow", "wide", "login", "version"]

_BY_CODE: dict[int, CloseVerdict] = {
    1001: "wide",  # the server stops: all clients reconnect at once
    1012: "wide",
    1013: "slow",  # rate limit, or no database connection to be had
    4001: "login",
    4002: "now",  # planned: each socket is renewed every 1 to 1.5 hours
}


def judge(error: BaseException) -> CloseVerdict:
    """Decide what a live link does after an error.

    Source: `CloseCode` in addons/bus/websocket.py (16 to 19).

    Args:
        error: why the link ended, or could not be opened.

    Returns:
        ``again`` (with backoff), ``now`` (without), ``slow`` (2 s at least), ``wide`` (large jitter),
        ``login`` (a fresh session first), ``version`` (ask the new version first). None of them ends the link: one
        unexpected answer must not end it for good. It ends when no session can be opened any more.
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
    """Decide whether a call that raised was carried out.

    An error that Odoo raises on purpose rolls back its transaction. A request whose connection was never opened, and
    one that a proxy refused, never reached Odoo. Everything else may have been committed before the error.

    Args:
        error: what the call raised.

    Returns:
        ``not done``, ``refused`` (not done, and another try is refused too), or ``unclear``.
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


def transient(error: BaseException) -> bool:
    """Return whether the same request is likely to succeed on another connection, a moment later.

    This holds for broken connections, and for a proxy's answers about a server that is down.

    Args:
        error: what the request raised.
    """
    match error:
        case Unreachable() | TimedOut():
            return True
        case ProtocolError(status=502 | 503 | 504):
            return True
        case _:
            return False
