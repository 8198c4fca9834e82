"""What the formats of an export share: the item that is written, and the interface of a writer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from odoochat.model import Author, ChannelInfo, Message

__all__ = ["ExportWriter", "Format", "Item", "is_picture", "shown_name"]

Format = Literal["html", "markdown", "json"]
"""The format of an export."""

_PICTURES = {"png", "jpg", "jpeg", "gif", "webp"}


class Item(msgspec.Struct, frozen=True):
    """A message that is being exported.

    Attributes:
        message: the message.
        deleted: whether it was deleted; then only its author and date are known.
        files: by attachment id, the path of its content relative to the page; others are not included.
        avatar: the path of the author's picture relative to the page, empty when there is none.
        answered: the message that it replies to, None when it replies to none, or that is not in the archive.
    """

    message: Message
    deleted: bool
    files: Mapping[int, str]
    avatar: str = ""
    answered: Message | None = None


class ExportWriter(Protocol):
    """Turns items into the text of a file, one after the other."""

    def begin(self, channel: ChannelInfo, *, before: str = "") -> str:
        """Return the start of a file.

        Args:
            channel: the channel.
            before: the file with the messages before, empty for the first file.
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
            left_out: what the export does not include, in words; None when another file follows.
            after: the file with the messages that follow, empty for the last file.
        """
        ...


def shown_name(author: Author) -> str:
    """Return how an author is called.

    Args:
        author: the author.
    """
    return author.name or author.email or "unknown"


def is_picture(name: str, mimetype: str) -> bool:
    """Return whether a browser may show a file within the page: a picture without scripts.

    Args:
        name: its name on the disk.
        mimetype: the type that the server guessed.
    """
    return name.rpartition(".")[2].lower() in _PICTURES and mimetype.startswith("image/") and "svg" not in mimetype
