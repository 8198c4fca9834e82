"""A folder for each of several chat screens that run at once; the next one takes over what closed ones left."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path
from typing import IO, Any

import msgspec

from odoochat.private_file import FILE_MODE, make_private_folder, read_private, write_private
from odoochat.tui.storage.drafts import Drafts

try:
    import fcntl
except ImportError:  # on Windows: a second screen shares the folder of the first one there
    fcntl = None  # type: ignore[assignment]

__all__ = ["ScreenFolder"]

log = logging.getLogger("odoochat")

MAX_SCREENS = 20
LOCK = "screen.lock"
_LOCK_FLAGS = (
    os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
)
"""Neither follow a link that another user placed there, nor wait for the other end of a pipe."""


class ScreenFolder:
    """A folder that no other running screen writes to; the lock ends with the process, however that ends.

    Two screens in one folder would overwrite each other's drafts, and both would send what waits.

    Args:
        state: the folder of the first screen; those of others are in it.

    Attributes:
        folder: the folder of this screen.
    """

    def __init__(self, state: Path) -> None:
        self.folder = state
        self._lock: IO[bytes] | None = None
        folders = [state, *(state / f"screen-{number}" for number in range(2, MAX_SCREENS))]
        for folder in folders:
            try:
                self._lock = _locked(folder)
            except OSError as error:  # a disk that is full or read-only: nothing is kept on it, or shared
                log.warning(
                    "%s: %s", folder, error, extra={"event": "folder.unusable", "folder": folder, "error": str(error)}
                )
                return
            if self._lock is not None:
                self.folder = folder
                break
        self._inherit([folder for folder in folders if folder != self.folder])

    def _inherit(self, others: list[Path]) -> None:
        for folder in others:
            if not folder.is_dir():
                continue
            try:
                lock = _locked(folder)
                if lock is None:
                    continue
                with lock:
                    for path in folder.glob("*.json"):
                        _take_drafts(path, self.folder / path.name)
                    for path in (folder / "outbox").glob("*.json"):
                        _take_list(path, self.folder / "outbox" / path.name)
            except OSError as error:
                log.warning(
                    "what another screen left in %s stays there: %s",
                    folder,
                    error,
                    extra={"event": "folder.left", "folder": folder, "error": str(error)},
                )

    def close(self) -> None:
        """Release the folder."""
        if self._lock is not None:
            self._lock.close()


def _locked(folder: Path) -> IO[bytes] | None:
    """Return the lock of a folder, which is created when missing; None if another screen has it."""
    make_private_folder(folder)
    handle = os.open(folder / LOCK, _LOCK_FLAGS, FILE_MODE)
    file = os.fdopen(handle, "rb")
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            file.close()
            raise OSError(f"{folder / LOCK} is not a regular file")
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _take_drafts(path: Path, mine: Path) -> None:
    theirs, ours = Drafts(path), Drafts(mine)
    if theirs.error is None and ours.error is None:
        ours.take_over(theirs)
        if ours.save():
            path.unlink()


def _take_list(path: Path, mine: Path) -> None:
    try:
        left: Any = msgspec.json.decode(read_private(path))
        ours: Any = msgspec.json.decode(read_private(mine)) if mine.exists() else []
    except msgspec.MsgspecError:
        return  # a damaged file is left to be looked at
    if isinstance(left, list) and isinstance(ours, list):
        write_private(mine, msgspec.json.encode([*left, *ours]))
        path.unlink()
