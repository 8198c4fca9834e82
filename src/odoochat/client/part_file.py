"""Part files: store incomplete downloads, so that a later call can resume them.

The target folder of a download may be writable by other users on the machine. A part file is therefore only used if it
is a regular file that belongs to the current user and has no other hard links. Symbolic links, FIFOs, devices and other
users' files are left alone, and the download uses a new name instead.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from contextlib import suppress
from io import BufferedRandom
from pathlib import Path

from odoochat.errors import UsageError

try:
    import fcntl
except ImportError:  # Windows does not have these locks
    fcntl = None  # type: ignore[assignment]

__all__ = ["PartFile"]

_FLAGS = (
    os.O_RDWR
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_NEW = _FLAGS | os.O_CREAT | os.O_EXCL
_WRITABLE_BY_OTHERS = 0o022


class PartFile:
    """A file that is being downloaded. Its methods block: call them in a thread.

    Args:
        target: the final path of the file.
        number: the attachment's id.
        key: identifies the server, account and content; only a download with the same key resumes the part file.

    Attributes:
        file: the file, open for reading and writing.
    """

    def __init__(self, target: Path, number: int, key: str) -> None:
        digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:16]
        self._target = target
        self._path = target.with_name(f".{target.name[:40]}.{number}-{digest}.part")
        self._resumable = True
        opened = _opened(self._path)
        if opened is None:
            self._resumable = False
            self._path = target.with_name(f".{target.name[:40]}.{number}-{secrets.token_hex(8)}.part")
            opened = os.open(self._path, _NEW, 0o600)
        self.file: BufferedRandom = os.fdopen(opened, "r+b")

    def sha1(self) -> str:
        """Return the SHA-1 of the content, in hexadecimal."""
        self.file.seek(0)
        return hashlib.file_digest(self.file, "sha1").hexdigest()

    def close(self) -> None:
        """Close the file, and delete it unless a later call can resume it."""
        if self.file.closed:  # it already has its final name
            return
        useful = False
        try:
            useful = self._resumable and self.file.seek(0, os.SEEK_END) > 0
            self.file.close()
        finally:
            if not useful:
                self._unlink()

    def put_in_place(self, *, numbered: bool) -> Path:
        """Move the complete file to its final name, which must not exist yet.

        Args:
            numbered: whether to add a number to the name if it is taken.

        Returns:
            The path of the file.

        Raises:
            UsageError: the name is taken.
        """
        self.file.flush()
        target = self._target
        more = (target.with_name(f"{target.stem} ({n}){target.suffix}") for n in range(1, 1000 if numbered else 1))
        for name in (target, *more):
            try:
                reserved = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
            except FileExistsError:
                continue
            mode = stat.S_IMODE(os.fstat(reserved).st_mode)  # as allowed by the umask
            os.close(reserved)
            try:
                if hasattr(os, "fchmod"):
                    os.fchmod(self.file.fileno(), mode)
                self.file.close()  # Windows cannot rename open files
                self._path.replace(name)
            except OSError:
                with suppress(OSError):
                    name.unlink()
                if not self._resumable:
                    self._unlink()
                raise
            return name
        raise UsageError(f"{target} already exists; choose another path")

    def _unlink(self) -> None:
        with suppress(OSError):
            self._path.unlink()


def _opened(path: Path) -> int | None:
    """Open a new part file or one left by an earlier download; return None if an existing file must not be used."""
    try:
        return _locked(os.open(path, _NEW, 0o600), path)
    except FileExistsError:
        pass
    try:
        if not stat.S_ISREG(path.lstat().st_mode):  # opening a device may have side effects
            return None
        handle = os.open(path, _FLAGS)
    except OSError:
        return None
    return _locked(handle, path)


def _lock(handle: int) -> None:
    """Lock a file, or raise BlockingIOError if it is in use. Network drives that cannot lock files are accepted."""
    if fcntl is not None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            return


def _locked(handle: int, path: Path) -> int | None:
    """Lock an open part file, or close it and return None if another download is using it."""
    try:
        _lock(handle)
        there = os.fstat(handle)
        fit = stat.S_ISREG(there.st_mode) and there.st_nlink == 1 and os.path.samestat(there, path.lstat())
        if hasattr(os, "geteuid"):
            fit = fit and there.st_uid == os.geteuid() and not there.st_mode & _WRITABLE_BY_OTHERS
    except OSError:  # another download is using it, or has just renamed it
        fit = False
    if fit:
        return handle
    os.close(handle)
    return None
