"""Locates the archive files, one per account, in the user's data folder."""

from __future__ import annotations

from pathlib import Path

__all__ = ["archive_folder", "archive_path", "files_folder", "place_name"]


def archive_folder() -> Path:
    """Return the path of the user's archive folder, which may not exist yet."""
    from platformdirs import user_data_dir

    return Path(user_data_dir("odoochat", appauthor=False)) / "archive"


def place_name(url: str, db: str, login: str) -> str:
    """Return the base name of an account's files.

    Args:
        url: the server's address, as in the settings.
        db: the database, or empty if not set.
        login: the user's login, or empty if not set.
    """
    import hashlib

    readable = "".join(c if c.isalnum() else "-" for c in f"{login}@{url.partition('://')[2]}")[:60]
    return f"{readable}-{hashlib.sha256(f'{url}|{db}|{login}'.encode()).hexdigest()[:12]}"


def archive_path(url: str, db: str, login: str) -> Path:
    """Return the default path of an account's archive.

    Args:
        url: the server's address, as in the settings.
        db: the database, or empty if not set.
        login: the user's login, or empty if not set.
    """
    return archive_folder() / f"{place_name(url, db, login)}.sqlite"


def files_folder(path: Path) -> Path:
    """Return the folder that stores an archive's attached files.

    Args:
        path: the archive file.
    """
    return path.with_name(f"{path.stem}.files")
