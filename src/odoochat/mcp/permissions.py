"""What an assistant may do, as chosen when the server starts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from odoochat.client.channel import Channel
from odoochat.client.client import Client
from odoochat.errors import ConfigError, NotFound, UsageError, names
from odoochat.model import Attachment, Message

__all__ = ["Forbidden", "Permissions"]

LARGEST_UPLOAD = 25_000_000


class Forbidden(Exception):
    """Raised when the assistant is not allowed to do something. The message names the option that forbids it."""


class Permissions:
    """Checks each request from an assistant.

    Args:
        odoo: the connected client.
        channels: ids of the channels that the assistant may use; None for all of the user's channels.
        read_only: whether to forbid all changes on the server.
        folder: the folder for uploads and downloads; None to forbid both.

    Raises:
        ConfigError: the folder does not exist.
    """

    def __init__(
        self,
        odoo: Client,
        *,
        channels: Iterable[int] | None = None,
        read_only: bool = False,
        folder: Path | None = None,
    ) -> None:
        self._odoo = odoo
        self.channels = None if channels is None else frozenset(channels)
        self._read_only = read_only
        if folder is not None and not folder.is_dir():
            raise ConfigError(f"--folder {folder} is not a folder; create it first")
        self._folder = None if folder is None else folder.resolve()

    def check_writing(self) -> None:
        """Check that changes on the server are allowed.

        Raises:
            Forbidden: the server was started with --read-only.
        """
        if self._read_only:
            raise Forbidden("odoochat mcp was started with --read-only: nothing can be sent or changed")

    def allowed(self) -> list[Channel]:
        """Return the channels that the assistant may use."""
        return [each for each in self._odoo.channels() if self.channels is None or each.id in self.channels]

    async def channel(self, ref: str) -> Channel:
        """Find a channel that the assistant may use.

        Args:
            ref: an id, ``general``, ``#general``, or ``@person``, which opens a direct chat.

        Raises:
            Forbidden: the channel is not listed in --channels.
            NotFound: there is no such channel.
        """
        if self.channels is None:
            return await self._resolved(ref)
        # The names of other channels must not appear, not even in a suggestion.
        wanted = ref.strip().removeprefix("#").removeprefix("@").lower()
        own = [each for each in self.allowed() if wanted in (str(each.id), each.name.lower())]
        if len(own) == 1:
            return own[0]
        if own:
            raise UsageError(
                f"several channels are named {ref!r}; use an id: {', '.join(str(each.id) for each in own)}"
            )
        raise self._other_channel(f"channel {ref!r} is not available")

    async def _resolved(self, ref: str) -> Channel:
        if not ref.startswith("@"):
            return self._odoo.channel(ref)
        if not self._read_only:
            return await self._odoo.resolve(ref)  # creates the chat if it does not exist
        person = await self._odoo.people.person(ref)
        number = self._odoo.people.chat_known_with(person.id)
        if number is None:
            raise NotFound(
                "channel", f"no direct chat with {ref.removeprefix('@')} yet; --read-only prevents creating it"
            )
        return self._odoo.channel(number)

    async def message(self, number: int) -> Message:
        """Fetch a message from a channel that the assistant may use.

        Args:
            number: the message's id.

        Raises:
            Forbidden: --channels was given, and the message does not exist or belongs to another channel.
            NotFound: there is no such message.
        """
        if self.channels is None:
            return await self._odoo.fetch_message(number)
        refusal = self._other_channel(f"message {number} is not available")
        try:
            message = await self._odoo.fetch_message(number)
        except NotFound:
            raise refusal from None  # do not reveal whether a message exists in another channel
        if message.record is not None or message.channel.id not in self.channels:
            raise refusal
        return message

    def sees(self, message: Message) -> bool:
        """Return whether a message may be shown to the assistant.

        Args:
            message: the message.
        """
        return self.channels is None or (message.record is None and message.channel.id in self.channels)

    def attachment(self, message: Message, number: int) -> Attachment:
        """Return a file attached to a message.

        Args:
            message: the message.
            number: the file's id.

        Raises:
            NotFound: the message has no such file.
        """
        for each in message.attachments:
            if each.id == number:
                return each
        known = ", ".join(str(each.id) for each in message.attachments) or "none"
        raise NotFound("attachment", f"message {message.id} has no file {number}; its files are: {known}")

    def folder(self) -> Path:
        """Return the files folder.

        Raises:
            Forbidden: the server was started without --folder.
        """
        if self._folder is None:
            raise Forbidden("files need a folder; start odoochat mcp with --folder PATH")
        return self._folder

    def read_file(self, path: str) -> tuple[str, bytes]:
        """Read a file from the folder.

        Args:
            path: the file's path, relative to the folder.

        Returns:
            The file's name and content.

        Raises:
            Forbidden: the path is outside the folder, directly or through a symbolic link.
            UsageError: the path is not a regular file, or the file is too large or cannot be read.
        """
        folder = self.folder()
        try:
            found = (folder / path).resolve()
            if not found.is_relative_to(folder):
                raise Forbidden(f"{path!r} is outside the folder given by --folder")
            if not found.is_file():
                raise UsageError(f"{path!r} is not a file in the folder")
            flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            with os.fdopen(os.open(found, os.O_RDONLY | flags), "rb") as file:  # it may have been replaced with a pipe
                data = file.read(LARGEST_UPLOAD + 1)
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot read {path!r}: {getattr(error, 'strerror', None) or 'invalid path'}") from None
        if len(data) > LARGEST_UPLOAD:
            raise UsageError(f"{path!r} is larger than {LARGEST_UPLOAD:,} bytes")
        return found.name, data

    def _other_channel(self, text: str) -> Forbidden:
        known = names([f"{each.name} ({each.id})" for each in self.allowed()])
        return Forbidden(f"{text}; odoochat mcp was started with --channels: {known}")
