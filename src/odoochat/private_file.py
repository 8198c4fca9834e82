"""Files that only their owner may read: written whole or not at all, in folders of the same kind.

Profiles hold passwords, state files and drafts hold what people wrote. They stand in places that other users of the
machine may look into, and sometimes in folders that others may write to.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

__all__ = ["FILE_MODE", "FOLDER_MODE", "make_private_folder", "write_private"]

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


def write_private(path: Path, data: bytes | str) -> None:
    """Replaces the content of a file at once; only its owner may read it.

    The data goes to a new file in the same folder, is forced to the disk, and takes the name of the old file in one
    step. When anything fails, the new file is removed and the old content stays. A symbolic link at `path` is replaced
    and not followed.

    Args:
        path: the file; missing folders are created, for their owner alone.
        data: the whole content; text is encoded as UTF-8.

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
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - the name in the documentation of every system
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
