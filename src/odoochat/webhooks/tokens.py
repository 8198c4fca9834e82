"""Manages tokens that let programs post to a channel, storing only their hashes."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from odoochat.errors import ConfigError
from odoochat.private_file import locked, read_private, write_private
from odoochat.secret import Secret

__all__ = ["Token", "TokenStore", "default_path"]

PREFIX = "odoochat_"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Token(Struct, frozen=True):
    """The stored data for a token.

    Attributes:
        name: the name chosen by the user.
        account: the server, the database and the posting user, as one string.
        channel: id of the channel to post to.
        channel_name: the channel's name when the token was created, shown in listings.
        sha256: hash of the token, in hexadecimal.
        created: when the token was created, as a Unix timestamp.
    """

    name: str
    account: str
    channel: int
    channel_name: str
    sha256: str
    created: float


class _File(Struct):
    """The contents of the token file."""

    tokens: list[Token]


def default_path() -> Path:
    """Return the default path, in the user's data folder."""
    from platformdirs import user_data_dir

    return Path(user_data_dir("odoochat", appauthor=False)) / "webhooks" / "tokens.json"


class TokenStore:
    """Keeps tokens in a file that only its owner can read. Changes to the file take effect immediately.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._tokens: list[Token] = []

    def all(self) -> list[Token]:
        """Return all tokens in order of creation.

        Raises:
            ConfigError: the file cannot be read.
        """
        try:
            found = self._path.stat()
            version = (found.st_mtime_ns, found.st_ino, found.st_size)
            if version != self._seen:
                self._tokens = msgspec.json.decode(read_private(self._path), type=_File).tokens
                self._seen = version
        except FileNotFoundError:
            self._tokens, self._seen = [], None
        except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise ConfigError(f"cannot read tokens from {self._path}: {error}") from None
        return self._tokens

    def add(self, name: str, account: str, channel: int, channel_name: str, now: float) -> Secret:
        """Create a token.

        Args:
            name: the name chosen by the user.
            account: the server, the database and the posting user, as one string.
            channel: id of the channel to post to.
            channel_name: the channel's name.
            now: the current time, as a Unix timestamp.

        Returns:
            The token. It is not stored, so it cannot be shown again.

        Raises:
            ConfigError: the name is already in use or invalid, or the file cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{name!r} is not a valid token name; use letters, digits, dots and hyphens")
        secret = Secret(PREFIX + secrets.token_urlsafe(32))
        with self._changing():
            if any(token.name == name for token in self.all()):
                raise ConfigError(f"a token named {name!r} already exists; remove it first, or choose another name")
            self._write([*self.all(), Token(name, account, channel, channel_name, _hash(secret), now)])
        return secret

    def remove(self, name: str) -> None:
        """Remove a token. Requests that use it are rejected from then on.

        Args:
            name: the token's name.

        Raises:
            ConfigError: no token has that name, or the file cannot be written.
        """
        with self._changing():
            left = [token for token in self.all() if token.name != name]
            if len(left) == len(self.all()):
                known = ", ".join(token.name for token in left) or "none"
                raise ConfigError(f"no token named {name!r}; the tokens are: {known}")
            self._write(left)

    def find(self, token: Secret, account: str) -> Token | None:
        """Look up a token in time that does not depend on its value.

        Args:
            token: the token from a request.
            account: the account being served; tokens for other accounts are ignored.

        Returns:
            The stored token, or None if it is unknown.
        """
        given, found = _hash(token), None
        for each in self.all():
            same = hmac.compare_digest(each.sha256, given)
            if same and each.account == account:
                found = each
        return found

    @contextmanager
    def _changing(self) -> Generator[None]:
        """Lock the file against other processes and reload it."""
        try:
            with locked(self._path):
                self._seen = None
                yield
        except OSError as error:
            raise ConfigError(f"cannot write {self._path}: {error.strerror or error}") from None

    def _write(self, tokens: list[Token]) -> None:
        write_private(self._path, msgspec.json.format(msgspec.json.encode(_File(tokens))))


def _hash(token: Secret) -> str:
    """Hash a token. A fast hash is enough, because a token has 256 random bits."""
    return hashlib.sha256(token.reveal().encode("utf-8", "surrogateescape")).hexdigest()
