"""Stores undeliverable webhooks (dead letters) in a private SQLite file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from odoochat.errors import ConfigError
from odoochat.private_file import FILE_MODE, check_own_file, make_private_folder
from odoochat.webhooks.webhook import Webhook

__all__ = ["DeadLetter", "DeadLetters", "default_path"]

LARGEST = 4_000_000_000
TABLE = """CREATE TABLE IF NOT EXISTS letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, id TEXT NOT NULL, channel INTEGER NOT NULL,
    body BLOB NOT NULL, reason TEXT NOT NULL, attempts INTEGER NOT NULL, stored REAL NOT NULL, UNIQUE (url, id)
)"""


class DeadLetter(Struct, frozen=True):
    """A webhook that could not be delivered.

    Attributes:
        number: sequence number in the file.
        url: the receiver's address.
        webhook: the webhook.
        reason: why the last attempt failed.
        attempts: number of attempts so far.
        stored: when it was stored, as a Unix timestamp.
    """

    number: int
    url: str
    webhook: Webhook
    reason: str
    attempts: int
    stored: float


def default_path() -> Path:
    """Return the default path, in the user's data folder."""
    from platformdirs import user_data_dir

    return Path(user_data_dir("odoochat", appauthor=False)) / "webhooks" / "dead-letters.sqlite"


class DeadLetters:
    """Stores undeliverable webhooks. Several processes can share the file.

    Args:
        path: the file; if missing, it is created with owner-only permissions.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> None:
        """Create the file if it is missing, to find out early whether it can be used.

        Raises:
            ConfigError: the file cannot be used.
        """
        with self._opened():
            pass

    def add(self, url: str, webhook: Webhook, reason: str, attempts: int, now: float) -> None:
        """Store a webhook. If it is already stored, update the reason and increase the attempt count.

        Args:
            url: the receiver's address.
            webhook: the webhook.
            reason: why the last attempt failed.
            attempts: number of attempts made.
            now: the current time, as a Unix timestamp.

        Raises:
            ConfigError: the file cannot be used.
        """
        with self._opened() as database:
            database.execute(
                "INSERT INTO letters (url, id, channel, body, reason, attempts, stored) VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (url, id) DO UPDATE SET reason = excluded.reason, attempts = attempts + excluded.attempts",
                (url, webhook.id, webhook.channel, webhook.body, reason, attempts, now),
            )

    def all(self) -> list[DeadLetter]:
        """Return all letters, oldest first.

        Raises:
            ConfigError: the file cannot be used.
        """
        if not self.path.exists():
            return []
        with self._opened() as database:
            rows = database.execute(
                "SELECT number, url, id, channel, body, reason, attempts, stored FROM letters ORDER BY number"
            ).fetchall()
        return [DeadLetter(r[0], r[1], Webhook(r[2], r[3], bytes(r[4])), r[5], r[6], r[7]) for r in rows]

    def remove(self, number: int) -> None:
        """Remove a letter after it has been delivered.

        Args:
            number: the letter's number.

        Raises:
            ConfigError: the file cannot be used.
        """
        with self._opened() as database:
            database.execute("DELETE FROM letters WHERE number = ?", (number,))

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        """Open the file for one transaction."""
        try:
            make_private_folder(self.path.parent)
            with suppress(FileExistsError):  # SQLite would create it readable by other users
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))
            check_own_file(self.path, LARGEST)
            with closing(sqlite3.connect(self.path, timeout=30)) as database, database:
                database.execute(TABLE)
                yield database
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"cannot use the dead letter file {self.path}: {error}") from None
