"""What follows an error: when a link or a request is tried again, and whether a post was carried out."""

from __future__ import annotations

from itertools import islice

import pytest

from odoochat.core.backoff import backoff
from odoochat.core.retry import judge, outcome, passing, transient
from odoochat.errors import (
    AccessDenied,
    BadCredentials,
    Blocked,
    ConfigError,
    LinkClosed,
    LoginError,
    NotFound,
    NotOdoo,
    NotSupported,
    OdooChatError,
    ProtocolError,
    Rejected,
    ServerFault,
    SessionExpired,
    TimedOut,
    Unreachable,
    UsageError,
)
from odoochat.net.failures import FileLimit


def test_waits_grow_to_the_longest() -> None:
    assert list(islice(backoff(lambda: 1.0, base=1.0, factor=2.0, cap=10.0), 6)) == [1, 2, 4, 8, 10, 10]
    assert list(islice(backoff(lambda: 0.5), 8)) == [0.5, 1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (LinkClosed(1000, "OUTDATED_VERSION"), "version"),
        (LinkClosed(1000, ""), "again"),
        (LinkClosed(1001, "OUTDATED_VERSION"), "wide"),
        (LinkClosed(1001, ""), "wide"),
        (LinkClosed(1012, ""), "wide"),
        (LinkClosed(1013, ""), "slow"),
        (LinkClosed(4001, ""), "login"),
        (LinkClosed(4002, ""), "now"),
        (LinkClosed(1006, ""), "again"),
        (SessionExpired(), "login"),
        (LoginError("x"), "login"),
        (TimedOut("x"), "again"),
        (ValueError("x"), "again"),
    ],
    ids=repr,
)
def test_what_a_link_does_after_an_error(error: BaseException, expected: str) -> None:
    assert judge(error) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unreachable("x", sent=False), "not done"),
        (Unreachable("x", sent=True), "unclear"),
        (Blocked("x", status=429), "not done"),
        (SessionExpired(), "not done"),
        (LoginError("x"), "refused"),
        (NotFound("x", "y"), "refused"),
        (Rejected("x", "y"), "refused"),
        (UsageError("x"), "refused"),
        (ConfigError("x"), "refused"),
        (AccessDenied("x", "y"), "refused"),
        (ServerFault("odoo.exceptions.AccessError", "y"), "refused"),
        (ServerFault("AccessError", "y"), "refused"),
        (ServerFault("psycopg2.errors.SerializationFailure", "y"), "unclear"),
        (TimedOut("x"), "unclear"),
        (ProtocolError("x"), "unclear"),
        (LinkClosed(1006, ""), "unclear"),
        (NotSupported("pins", "x", since=17), "unclear"),
        (OdooChatError("x"), "unclear"),
    ],
    ids=repr,
)
def test_whether_a_call_that_failed_was_carried_out(error: OdooChatError, expected: str) -> None:
    assert outcome(error) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unreachable("x"), True),
        (TimedOut("x"), True),
        (ProtocolError("x", status=502), True),
        (ProtocolError("x", status=503), True),
        (ProtocolError("x", status=504), True),
        (ProtocolError("x", status=500), False),
        (ProtocolError("x"), False),
        (Blocked("x", status=503), False),
        (Rejected("x", "y"), False),
        (ValueError("x"), False),
    ],
    ids=repr,
)
def test_whether_another_connection_may_answer(error: BaseException, expected: bool) -> None:
    assert transient(error) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unreachable("x"), True),
        (TimedOut("x"), True),
        (Blocked("x", status=503), True),
        (ProtocolError("x", status=500), True),
        (ProtocolError("x", status=502), True),
        (ProtocolError("x", status=520), True),
        (NotOdoo("x", status=500), True),
        (ServerFault("psycopg2.OperationalError", "the database system is starting up"), True),
        (FileLimit("x", cause="file limit"), False),
        (ProtocolError("x"), False),
        (ProtocolError("x", status=200), False),
        (ProtocolError("x", status=404), False),
        (ProtocolError("x", status=501), False),
        (NotOdoo("x", status=404), False),
        (NotOdoo("x", status=500, cause="https"), False),
        (BadCredentials("x"), False),
        (AccessDenied("x", "y"), False),
        (NotFound("database", "x"), False),
        (Rejected("x", "y"), False),
        (ConfigError("x"), False),
        (UsageError("x"), False),
    ],
    ids=repr,
)
def test_whether_a_login_may_succeed_later(error: OdooChatError, expected: bool) -> None:
    assert passing(error) is expected
