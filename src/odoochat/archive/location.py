"""Where archives are: one file for each account, in the user's data folder."""

from __future__ import annotations

from pathlib import Path

__all__ = ["archive_folder", "archive_path", "files_folder", "place_name"]


def archive_folder() -> Path:
    """Return the folder of all archives of the user; it may not exist yet."""
    from platformdirs import user_data_dir

    return Path(user_data_dir("odoochat", appauthor=False)) / "archive"


def place_name(url: str, db: str, login: str) -> str:
    """Return the name of the files of one user on one server.

    Args:
        url: the server's address, as in the settings.
        db: the database, empty when the settings have none.
        login: the user's login, empty when the settings have none.
    """
    import hashlib

    readable = "".join(c if c.isalnum() else "-" for c in f"{login}@{url.partition('://')[2]}")[:60]
    return f"{readable}-{hashlib.sha256(f'{url}|{db}|{login}'.encode()).hexdigest()[:12]}"


def archive_path(url: str, db: str, login: str) -> Path:
    """Return the default path of an account's archive.

    Args:
        url: the server's address, as in the settings.
        db: the database, empty when the settings have none.
        login: the user's login, empty when the settings have none.
    """
    return archive_folder() / f"{place_name(url, db, login)}.sqlite"


def files_folder(path: Path) -> Path:
    """Return the folder of the files that belong to an archive.

    Args:
        path: the archive.
    """
    return path.with_name(f"{path.stem}.files")
