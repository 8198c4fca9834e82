"""What all tests share."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Tests assert no absolute times: on a busy machine a single example may take a second.
settings.register_profile("odoochat", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("odoochat")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--odoo` is what `make test-odoo` gives: then a real server that is missing is a failure."""
    parser.addoption("--odoo", action="store_true", help="run what needs real Odoo servers")


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on which nothing listens; it stays reserved, so that no other process gets it meanwhile."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


@pytest.fixture(autouse=True)
def library_log() -> Iterator[None]:
    """The library's logger is as before after each test.

    Commands with `-v` and examples of the documentation add a handler; its stream is that of one test, so a line that a
    later test logs would make logging print an error.
    """
    log = logging.getLogger("odoochat")
    before = list(log.handlers), log.level, log.propagate
    yield
    for handler in log.handlers:
        if handler not in before[0]:
            handler.close()
    log.handlers, level, log.propagate = before
    log.setLevel(level)
