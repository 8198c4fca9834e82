"""Tokens that let programs write to a channel; only their hashes are stored."""

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
    """What is stored of a token.

    Attributes:
        name: what the user calls it.
        account: names the server, the database and the user who posts.
        channel: id of the channel that it may write to.
        channel_name: the channel's name when the token was made, for lists.
        sha256: hash of the token, in hexadecimal digits.
        created: when it was made, in seconds since 1970.
    """

    name: str
    account: str
    channel: int
    channel_name: str
    sha256: str
    created: float


class _File(Struct):
    """The content of the file."""

    tokens: list[Token]


def default_path() -> Path:
    """Return the file of the user, in their data folder."""
    from platformdirs import user_data_dir

    return Path(user_data_dir("odoochat", appauthor=False)) / "webhooks" / "tokens.json"


class TokenStore:
    """Tokens in a file that only its owner can read. Changes of the file count at once.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._tokens: list[Token] = []

    def all(self) -> list[Token]:
        """Return all tokens, in the order in which they were made.

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
            raise ConfigError(f"cannot read the tokens in {self._path}: {error}") from None
        return self._tokens

    def add(self, name: str, account: str, channel: int, channel_name: str, now: float) -> Secret:
        """Make a token.

        Args:
            name: what the user calls it.
            account: names the server, the database and the user who posts.
            channel: id of the channel that it may write to.
            channel_name: the channel's name.
            now: the time, in seconds since 1970.

        Returns:
            The token, which is not stored and cannot be shown again.

        Raises:
            ConfigError: the name is taken or cannot be used, or the file cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{name!r} cannot be the name of a token; use letters, digits, dots and hyphens")
        secret = Secret(PREFIX + secrets.token_urlsafe(32))
        with self._changing():
            if any(token.name == name for token in self.all()):
                raise ConfigError(f"a token named {name!r} exists; remove it first, or choose another name")
            self._write([*self.all(), Token(name, account, channel, channel_name, _hash(secret), now)])
        return secret

    def remove(self, name: str) -> None:
        """Remove a token; requests with it are refused from now on.

        Args:
            name: its name.

        Raises:
            ConfigError: there is none of that name, or the file cannot be written.
        """
        with self._changing():
            left = [token for token in self.all() if token.name != name]
            if len(left) == len(self.all()):
                known = ", ".join(token.name for token in left) or "none"
                raise ConfigError(f"no token named {name!r}; the tokens are: {known}")
            self._write(left)

    def find(self, token: Secret, account: str) -> Token | None:
        """Find what a token may do; the time that it takes does not depend on the token.

        Args:
            token: the token of a request.
            account: the account that is served; tokens of others are unknown.

        Returns:
            The stored token, None for an unknown one.
        """
        given, found = _hash(token), None
        for each in self.all():
            same = hmac.compare_digest(each.sha256, given)
            if same and each.account == account:
                found = each
        return found

    @contextmanager
    def _changing(self) -> Generator[None]:
        """Keep other processes from changing the file, and read it anew."""
        try:
            with locked(self._path):
                self._seen = None
                yield
        except OSError as error:
            raise ConfigError(f"cannot write {self._path}: {error.strerror or error}") from None

    def _write(self, tokens: list[Token]) -> None:
        write_private(self._path, msgspec.json.format(msgspec.json.encode(_File(tokens))))


def _hash(token: Secret) -> str:
    """Hash a token of 256 random bits, for which no slow hash is needed."""
    return hashlib.sha256(token.reveal().encode("utf-8", "surrogateescape")).hexdigest()
