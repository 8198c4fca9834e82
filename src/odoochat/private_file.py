"""Files and folders that only their owner can access; files are replaced atomically.

Profiles contain passwords, state files and drafts contain messages. Their folders may be readable, and sometimes
writable, for other users of the machine.
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
"""Flags that open a new file only: neither a file that another user placed there nor the target of a link."""

_EXISTING = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
"""Flags that open an existing file without following a link or waiting for the other end of a pipe."""


_LOCK = os.O_RDWR | os.O_CREAT | (_EXISTING & ~os.O_RDONLY)
"""Flags that open a file of a lock, created when missing."""


def create_private(path: Path) -> int:
    """Create a file that only its owner can access, for writing.

    Args:
        path: the file; its folder exists.

    Returns:
        The file descriptor.

    Raises:
        FileExistsError: something has that name, also a link to a missing file.
        OSError: it cannot be created.
    """
    return os.open(path, _NEW, FILE_MODE)


def lock_private(path: Path) -> int:
    """Lock a file, which is created for its owner only, until its descriptor is closed or the process ends.

    Args:
        path: the file; missing folders are created.

    Returns:
        The file descriptor.

    Raises:
        BlockingIOError: another process has locked it.
        OSError: it cannot be opened, is a link or a pipe, or belongs to another user.
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
    """Hold the lock of a file while the block reads and replaces it, so that no change of another process is lost.

    The lock is a file beside it, because `write_private` replaces the file itself.

    Args:
        path: the file that the block changes.
        patience: seconds to wait for another process.

    Raises:
        OSError: the lock cannot be used, or another process held it all the time.
    """
    beside = path.with_name(f".{path.name}.lock")
    until = time.monotonic() + patience
    while True:
        try:
            handle = lock_private(beside)
            break
        except BlockingIOError:
            if time.monotonic() > until:
                raise OSError(f"another process changes {path}; try again") from None
            time.sleep(0.02)
    try:
        yield
    finally:
        os.close(handle)


def make_private_folder(path: Path) -> None:
    """Create a folder and its missing parents, accessible to their owner only.

    The folders have their permissions from the start, whatever the umask. Existing folders keep theirs.

    Args:
        path: the folder.

    Raises:
        OSError: it cannot be created, or a file has that name.
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
    """Check that a file is safe to use: a regular file of the current user, no link, not too large.

    Args:
        path: the file.
        limit: the maximum size in bytes.

    Returns:
        Its size in bytes; None for no such file.

    Raises:
        OSError: it is something else, for example a pipe, or it is larger.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    _check(path, found, limit)
    return found.st_size


def read_private(path: Path, limit: int = 64_000_000) -> bytes:
    """Read a file that `write_private` wrote.

    Args:
        path: the file.
        limit: the maximum size in bytes.

    Returns:
        Its content.

    Raises:
        FileNotFoundError: no such file.
        OSError: it cannot be read, is a link or a pipe, belongs to another user, or is larger than the limit.
    """
    try:
        handle = os.open(path, _EXISTING)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(f"{path} is a symbolic link; name the file itself") from None
        raise
    with os.fdopen(handle, "rb") as file:
        _check(path, os.fstat(handle), limit)
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(f"{path} has more than {limit:,} bytes")
    return data


def _check(path: Path, found: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(f"{path} is not a regular file")
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        raise OSError(f"{path} belongs to another user")
    if found.st_size > limit:
        raise OSError(f"{path} has {found.st_size:,} bytes, more than {limit:,}")


def write_private(path: Path, data: bytes | str, *, durable: bool = True) -> None:
    """Replace the content of a file atomically; only its owner can read it.

    The data is written to a new file in the same folder, synced to the disk, and renamed to `path`. If anything fails,
    the new file is removed and the old content stays. A symbolic link at `path` is replaced, not followed.

    Args:
        path: the file; missing folders are created, accessible to their owner only.
        data: the whole content; text is encoded as UTF-8.
        durable: whether to wait until it is on the disk, about 10 ms; False for data that may be lost in a power cut.

    Raises:
        OSError: the folder or the file cannot be written, for example because the disk is full.
    """
    content = data.encode() if isinstance(data, str) else data
    make_private_folder(path.parent)
    import secrets  # it loads OpenSSL, and many programs only read

    temporary = path.with_name(f".{path.name[:50]}.{secrets.token_hex(8)}.tmp")
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
