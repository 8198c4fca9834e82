"""What the tests of the chat screen share: no blinking, one time zone, folders of their own."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from odoochat.sandbox import Sandbox
from odoochat.tui.screens.dialogs import Chooser
from odoochat.tui.widgets.composer import Composer

from .chat_pilot import ChatPilot, handled, opened, profile


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr("textual.app.wait_for_idle", handled)
    monkeypatch.setattr("textual.pilot.wait_for_idle", handled)
    monkeypatch.setattr(Composer, "blinks", False)
    monkeypatch.setattr(Chooser, "blinks", False)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("NO_COLOR", "EDITOR", "VISUAL", "DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    """A sandbox with its small company."""
    async with Sandbox(19) as sandbox:
        yield sandbox


@pytest.fixture
async def alice(box: Sandbox, tmp_path: Path) -> AsyncIterator[ChatPilot]:
    """Alice's screen, connected, on #general."""
    async with opened(profile(box.url, "alice", "alice"), folder=tmp_path) as stand:
        await stand.connected()
        yield stand
