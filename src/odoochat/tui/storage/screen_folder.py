"""Gives each running chat screen its own folder. A new screen takes over the files of closed screens."""

from __future__ import annotations

import logging
import os
from itertools import chain, count
from pathlib import Path
from typing import Any

import msgspec

from odoochat.private_file import lock_private, read_private, write_private
from odoochat.tui.storage.drafts import Drafts

__all__ = ["ScreenFolder"]

log = logging.getLogger("odoochat")

LOCK = "screen.lock"


class ScreenFolder:
    """A folder that is locked for one running screen. The lock is released even if the process crashes.

    Two screens sharing a folder would overwrite each other's drafts and send every unsent message twice.

    Args:
        state: the first screen's folder, which contains the other screens' folders.

    Attributes:
        folder: this screen's folder.
    """

    def __init__(self, state: Path) -> None:
        self.folder = state
        self._lock: int | None = None
        for folder in chain([state], (state / f"screen-{number}" for number in count(2))):
            try:
                self._lock = _locked(folder)
            except OSError as error:  # the disk is full or read-only, so nothing is stored or shared
                log.warning(
                    "%s: %s", folder, error, extra={"event": "folder.unusable", "folder": folder, "error": str(error)}
                )
                return
            if self._lock is not None:
                self.folder = folder
                break
        folders = [state, *sorted(state.glob("screen-*"))]
        self._inherit([folder for folder in folders if folder != self.folder])

    def _inherit(self, others: list[Path]) -> None:
        for folder in others:
            if not folder.is_dir():
                continue
            try:
                lock = _locked(folder)
                if lock is None:
                    continue
                try:
                    for path in folder.glob("*.json"):
                        _take_drafts(path, self.folder / path.name)
                    for path in (folder / "outbox").glob("*.json"):
                        _take_list(path, self.folder / "outbox" / path.name)
                finally:
                    os.close(lock)
            except OSError as error:
                log.warning(
                    "cannot take over another screen's files in %s: %s",
                    folder,
                    error,
                    extra={"event": "folder.left", "folder": folder, "error": str(error)},
                )

    def close(self) -> None:
        """Release the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _locked(folder: Path) -> int | None:
    """Lock a folder, creating it if missing. Return None if another screen holds the lock."""
    try:
        return lock_private(folder / LOCK)
    except BlockingIOError:
        return None


def _take_drafts(path: Path, mine: Path) -> None:
    theirs, ours = Drafts(path), Drafts(mine)
    if "" != theirs.owner != ours.owner != "":  # another account's
        ours = Drafts(ours.beside(theirs.owner))
    if theirs.error is None and ours.error is None:
        ours.take_over(theirs)
        if ours.save():
            path.unlink()


def _take_list(path: Path, mine: Path) -> None:
    try:
        left: Any = msgspec.json.decode(read_private(path))
        ours: Any = msgspec.json.decode(read_private(mine)) if mine.exists() else []
    except msgspec.MsgspecError:
        return  # keep a damaged file for inspection
    if isinstance(left, list) and isinstance(ours, list):
        write_private(mine, msgspec.json.encode([*left, *ours]))
        path.unlink()
