"""Defines the export item and the writer interface that all formats share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from odoochat.model import Author, ChannelInfo, Message

__all__ = ["ExportWriter", "Format", "Item", "is_picture", "shown_name"]

Format = Literal["html", "markdown", "json"]
"""Export format."""

_PICTURES = {"png", "jpg", "jpeg", "gif", "webp"}


class Item(msgspec.Struct, frozen=True):
    """A message that is being exported.

    Attributes:
        message: the message.
        deleted: whether the message was deleted; if so, only the author and date are known.
        files: maps attachment ids to file paths relative to the page; omitted files have no entry.
        avatar: the path of the author's avatar relative to the page, or an empty string if there is none.
        answered: the message that this one replies to, or None if it is not a reply or the archive lacks the original.
    """

    message: Message
    deleted: bool
    files: Mapping[int, str]
    avatar: str = ""
    answered: Message | None = None


class ExportWriter(Protocol):
    """Converts items to text in an export format, one at a time."""

    def begin(self, channel: ChannelInfo, *, before: str = "") -> str:
        """Return the start of a file.

        Args:
            channel: the channel.
            before: the name of the file with earlier messages; an empty string for the first file.
        """
        ...

    def item(self, item: Item) -> str:
        """Return the text of one message.

        Args:
            item: the message.
        """
        ...

    def end(self, left_out: list[str] | None, *, after: str = "") -> str:
        """Return the end of a file.

        Args:
            left_out: descriptions of omitted content; None if another file follows.
            after: the name of the file with later messages; an empty string for the last file.
        """
        ...


def shown_name(author: Author) -> str:
    """Return an author's display name.

    Args:
        author: the author.
    """
    return author.name or author.email or "unknown"


def is_picture(name: str, mimetype: str) -> bool:
    """Return whether a file is an image that cannot contain scripts, so a page can embed it.

    Args:
        name: the file's name on disk.
        mimetype: the MIME type guessed by the server.
    """
    return name.rpartition(".")[2].lower() in _PICTURES and mimetype.startswith("image/") and "svg" not in mimetype
