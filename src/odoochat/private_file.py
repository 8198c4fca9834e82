"""Private files: readable by their owner only, and written as a whole or not at all.

Profiles hold passwords, state files and drafts hold what people wrote. They stand in places that other users of the
machine may look into, and sometimes in folders that others may write to.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

__all__ = ["FILE_MODE", "FOLDER_MODE", "check_own_file", "make_private_folder", "read_private", "write_private"]

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
"""Opens a new file and nothing else: neither what another user placed at that name nor the target of a link."""

_EXISTING = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
"""Opens an existing file without following a link or waiting for the other end of a pipe."""


def make_private_folder(path: Path) -> None:
    """Creates a folder, and the folders above it, for its owner alone.

    The permissions hold from the start and do not depend on the umask. Folders that exist already keep theirs.

    Args:
        path: the folder.

    Raises:
        OSError: it cannot be created, or something else has that name.
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
    """Check that a file may be used: it is a regular file of the current user, no link, and not too large.

    Args:
        path: the file.
        limit: the most bytes that it may have.

    Returns:
        Its size in bytes, None when there is no such file.

    Raises:
        OSError: it is something else, for example a pipe that would never end, or it is larger.
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
        limit: the most bytes that are read.

    Returns:
        Its content.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it cannot be read, is a link, a pipe or another user's, or has more bytes than the limit.
    """
    handle = os.open(path, _EXISTING)
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
    """Replaces the content of a file at once; only its owner may read it.

    The data goes to a new file in the same folder, is forced to the disk, and takes the name of the old file in one
    step. When anything fails, the new file is removed and the old content stays. A symbolic link at `path` is replaced
    and not followed.

    Args:
        path: the file; missing folders are created, for their owner alone.
        data: the whole content; text is encoded as UTF-8.
        durable: whether to wait until the disk has it, some 10 ms; False for what may be lost with the power.

    Raises:
        OSError: the folder or the file cannot be written, for example because the disk is full.
    """
    content = data.encode() if isinstance(data, str) else data
    make_private_folder(path.parent)
    temporary = path.with_name(f".{path.name[:50]}.{secrets.token_hex(8)}.tmp")
    handle = os.open(temporary, _NEW, FILE_MODE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - the name in the documentation of every system
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
