"""Log lines on stderr."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from odoochat.cli.log import log_to_stderr


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    log = logging.getLogger("odoochat")
    before = list(log.handlers), log.level, log.propagate
    yield
    log.handlers, log.level, log.propagate = before


@pytest.mark.parametrize(("verbose", "shown"), [(0, "w"), (1, "iw"), (2, "diw")])
def test_what_is_logged(verbose: int, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(verbose, warnings=True)
    log = logging.getLogger("odoochat")
    log.debug("d\x1b[31m")
    log.info("i\x1b[31m")
    log.warning("w\x1b[31m of %s", "\x1b]0;owned\x07 a server")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" ", 1)[1][0] for line in lines] == list(shown)
    assert not any("\x1b" in line or "\x07" in line for line in lines)


def test_nothing_is_logged_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    before = list(logging.getLogger("odoochat").handlers)
    log_to_stderr(0)
    assert logging.getLogger("odoochat").handlers == before
