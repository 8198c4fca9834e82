"""`chat` without a terminal, and without its library."""

from __future__ import annotations

import sys

import pytest

from odoochat.cli import chat, main
from odoochat.cli.exits import USAGE


def test_without_a_terminal_it_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "has_terminal", lambda: False)
    assert main(["chat"]) == USAGE
    assert "needs a terminal" in capsys.readouterr().err


def test_without_its_library_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "has_terminal", lambda: True)
    monkeypatch.setitem(sys.modules, "textual", None)
    assert main(["chat", "general"]) == USAGE
    assert "odoochat[tui]" in capsys.readouterr().err


def test_without_a_server_it_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "has_terminal", lambda: True)
    for name in ("URL", "PROFILE", "LOGIN", "PASSWORD"):
        monkeypatch.delenv(f"ODOOCHAT_{name}", raising=False)
    assert main(["chat"]) == USAGE
    assert "no server" in capsys.readouterr().err
