"""Whether to try again, and how long to wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

__all__ = ["Verdict", "backoff", "judge", "outcome", "transient"]

Verdict = Literal["again", "now", "slow", "wide", "login", "version"]

_BY_CODE: dict[int, Verdict] = {
    1001: "wide",  # the server stops: everybody comes back at once
    1012: "wide",
    1013: "slow",  # rate limit, or no database connection to be had
    4001: "login",
    4002: "now",  # planned: each socket is renewed every 1 to 1.5 hours
}


def judge(error: BaseException) -> Verdict:
    """What a live link does after an error.

    Codes: addons/bus/websocket.py `CloseCode` of 16 to 19 (PROTOCOL A.2.8).

    Returns:
        ``again`` (with backoff), ``now`` (without), ``slow`` (2 s at least), ``wide`` (large jitter),
        ``login`` (a fresh session first), ``version`` (ask the new version first). None of them ends the link: one
        odd answer must not silence it for good. It ends when no session can be had any more.
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
    """What is known of a call that raised: whether it was carried out.

    An error that Odoo raises on purpose undoes its transaction; a connection that was never made carried nothing, and
    what a proxy refused never reached Odoo.
    All else may have been committed before it went wrong.
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
    """Whether the same request may well be answered on another connection, a moment later.

    So it is with broken connections, and with what a proxy says of a server that is down.
    """
    match error:
        case Unreachable() | TimedOut():
            return True
        case ProtocolError(status=502 | 503 | 504):
            return True
        case _:
            return False


def backoff(
    random: Callable[[], float], *, base: float = 1.0, factor: float = 2.0, cap: float = 60.0
) -> Iterator[float]:
    """Seconds to wait before each next try: full jitter under a growing roof.

    Args:
        random: gives numbers from 0 to 1.
        base: the first roof, in seconds.
        factor: how much the roof grows each time.
        cap: the highest roof, in seconds.
    """
    roof = base
    while True:
        yield random() * roof
        roof = min(cap, roof * factor)
