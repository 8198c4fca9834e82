"""Private files: files and folders that only their owner can access, with atomic replacement.

Profiles contain passwords; state files and drafts contain messages. Other users on the machine may have read access,
and sometimes write access, to the folders that hold them.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = [
    "FILE_MODE",
    "FOLDER_MODE",
    "check_own_file",
    "create_private",
    "lock_private",
    "locked",
    "make_private_folder",
    "read_private",
    "write_private",
]

FILE_MODE = 0o600
FOLDER_MODE = 0o700

_NEW = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
"""Flags that only open a new file, not a file created by another user or the target of a link."""

_EXISTING = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
"""Flags that open an existing file without following links or blocking on a pipe."""


_LOCK = os.O_RDWR | os.O_CREAT | (_EXISTING & ~os.O_RDONLY)
"""Flags that open a lock file, creating it if missing."""


def create_private(path: Path) -> int:
    """Create a file that only its owner can access, and open it for writing.

    Args:
        path: the file; its folder must exist.

    Returns:
        The file descriptor.

    Raises:
        FileExistsError: the path exists, even if it is a link to a missing file.
        OSError: the file cannot be created.
    """
    return os.open(path, _NEW, FILE_MODE)


def lock_private(path: Path) -> int:
    """Lock a file until its descriptor is closed or the process ends. A new file is accessible only to its owner.

    Args:
        path: the file; missing folders are created.

    Returns:
        The file descriptor.

    Raises:
        BlockingIOError: another process has locked the file.
        OSError: the file cannot be opened, is a link or a pipe, or belongs to another user.
    """
    make_private_folder(path.parent)
    handle = os.open(path, _LOCK, FILE_MODE)
    try:
        _check(path, os.fstat(handle), 1_000_000)
        _flock(handle)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _flock(handle: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt  # type: ignore[import-not-found,unused-ignore]

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError as error:
            raise BlockingIOError(errno.EAGAIN, "locked by another process") from error
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def locked(path: Path, patience: float = 10.0) -> Generator[None]:
    """Lock a file while the block reads and replaces it, so that changes by other processes are not lost.

    The lock is a separate file next to it, because `write_private` replaces the file itself.

    Args:
        path: the file that the block changes.
        patience: seconds to wait for another process to release the lock.

    Raises:
        OSError: the lock cannot be used, or another process held it the whole time.
    """
    beside = path.with_name(f".{path.name}.lock")
    until = time.monotonic() + patience
    while True:
        try:
            handle = lock_private(beside)
            break
        except BlockingIOError:
            if time.monotonic() > until:
                raise OSError(f"another process is changing {path}; try again") from None
            time.sleep(0.02)
    try:
        yield
    finally:
        os.close(handle)


def make_private_folder(path: Path) -> None:
    """Create a folder and its missing parents, accessible only to their owner.

    New folders get these permissions from the start, regardless of the umask. Existing folders keep theirs.

    Args:
        path: the folder.

    Raises:
        OSError: the folder cannot be created, or a file with that name exists.
    """
    if path.is_dir():
        return
    if path.parent != path:
        make_private_folder(path.parent)
    try:
        path.mkdir(mode=FOLDER_MODE)
    except FileExistsError:
        if not path.is_dir():
            raise


def check_own_file(path: Path, limit: int) -> int | None:
    """Check that a file is safe to use: a regular file, not a link, owned by the current user and not too large.

    Args:
        path: the file.
        limit: the maximum size in bytes.

    Returns:
        Its size in bytes, or None if the file does not exist.

    Raises:
        OSError: the file is unsafe, for example a pipe, or exceeds the limit.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    _check(path, found, limit)
    return found.st_size


def read_private(path: Path, limit: int = 64_000_000) -> bytes:
    """Read a file written by `write_private`.

    Args:
        path: the file.
        limit: the maximum size in bytes.

    Returns:
        Its content.

    Raises:
        FileNotFoundError: the file does not exist.
        OSError: the file cannot be read, is a link or a pipe, belongs to another user, or exceeds the limit.
    """
    try:
        handle = os.open(path, _EXISTING)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(f"{path} is a symbolic link; use the path of the file itself") from None
        raise
    with os.fdopen(handle, "rb") as file:
        _check(path, os.fstat(handle), limit)
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(f"{path} is larger than {limit:,} bytes")
    return data


def _check(path: Path, found: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(f"{path} is not a regular file")
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        raise OSError(f"{path} belongs to another user")
    if found.st_size > limit:
        raise OSError(f"{path} is too large: {found.st_size:,} bytes (limit: {limit:,})")


def write_private(path: Path, data: bytes | str, *, durable: bool = True) -> None:
    """Atomically replace the content of a file that only its owner can read.

    The data is written to a new file in the same folder, synced to disk, and renamed to `path`. If anything fails, the
    new file is removed and the old content is kept. A symbolic link at `path` is replaced, not followed.

    Args:
        path: the file; missing folders are created, accessible only to their owner.
        data: the complete content; text is encoded as UTF-8.
        durable: whether to wait (about 10 ms) for the data to reach the disk; False for data that may be lost in a
            power failure.

    Raises:
        OSError: the folder or the file cannot be written, for example because the disk is full.
    """
    content = data.encode() if isinstance(data, str) else data
    make_private_folder(path.parent)
    # `secrets` has the same random numbers, but loads OpenSSL, which takes 3 MB and a moment.
    temporary = path.with_name(f".{path.name[:50]}.{os.urandom(8).hex()}.tmp")
    handle = os.open(temporary, _NEW, FILE_MODE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - os.replace is atomic on every system
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
