"""Foreign errors become ours at one border."""

from __future__ import annotations

import contextlib
import inspect
import ssl

import aiohttp
import pytest

from odoochat import errors
from odoochat.net.http import translate


def foreign() -> list[type[BaseException]]:
    """All error classes that aiohttp's client shows to the world."""
    return [
        c
        for _, c in inspect.getmembers(aiohttp, inspect.isclass)
        if issubclass(c, Exception) and c.__module__.startswith("aiohttp.client")
    ]


@pytest.mark.parametrize("kind", foreign(), ids=lambda k: k.__name__)
def test_every_error_of_the_http_library_has_a_place(kind, monkeypatch):
    error = kind.__new__(kind)
    error.args = ("text",)
    for name, value in {"status": 502, "message": "", "headers": None, "request_info": None, "_os_error": OSError(1, "x"),
                        "_conn_key": None, "_certificate_error": ssl.SSLError("x")}.items():  # fmt: skip
        with contextlib.suppress(AttributeError):
            setattr(error, name, value)
    try:
        str(error)
    except Exception:
        monkeypatch.setattr(kind, "__str__", lambda self: "text")
    ours = translate(error, "https://x")
    assert isinstance(ours, errors.OdooChatError)
    assert type(ours) is not errors.LinkError, f"{kind.__name__} is not mapped"


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (TimeoutError(), errors.TimedOut),
        (ConnectionResetError("x"), errors.Unreachable),
        (ssl.SSLError("x"), errors.Unreachable),
        (EOFError(), errors.Unreachable),
        (aiohttp.ServerDisconnectedError(), errors.Unreachable),
    ],
)
def test_errors_of_the_system(error, ours):
    assert type(translate(error, "http://x")) is ours


def test_our_own_pass_through():
    error = errors.ConfigError("x")
    assert translate(error, "x") is error


def test_whether_something_was_sent_is_known():
    reset = translate(ConnectionResetError(), "x")
    assert isinstance(reset, errors.Unreachable)
    assert reset.sent
