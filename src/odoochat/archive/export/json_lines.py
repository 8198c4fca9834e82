"""Writes and reads JSON Lines exports, which contain a channel, its complete messages and a list of omitted content."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from odoochat.archive.export.writer import Item
from odoochat.errors import ConfigError
from odoochat.model import ChannelInfo, Message
from odoochat.wire.content.sanitize import escaped_json

__all__ = ["JsonWriter", "read_export"]

FORMAT = 1
MAX_LINE = 50_000_000
"""Maximum length of a line in bytes; longer lines are rejected."""

_encode = msgspec.json.Encoder().encode


class JsonWriter:
    """Writes one JSON object per line; its ``type`` is ``channel``, ``message``, ``deleted`` or ``end``."""

    def __init__(self) -> None:
        self._count = 0

    def begin(self, channel: ChannelInfo, *, before: str = "") -> str:
        """See `ExportWriter.begin`."""
        shown = msgspec.structs.replace(channel, uuid=None)  # it would give access to anyone who reads the export
        return _line({"type": "channel", "format": FORMAT, "channel": msgspec.to_builtins(shown)})

    def end(self, left_out: list[str] | None, *, after: str = "") -> str:
        """See `ExportWriter.end`."""
        return _line({"type": "end", "messages": self._count, "left_out": left_out or []})

    def item(self, item: Item) -> str:
        """See `ExportWriter.item`."""
        message = item.message
        if item.deleted:
            return _line({"type": "deleted", "id": message.id, "date": message.date, "author": message.author})
        self._count += 1
        files = {str(number): path for number, path in item.files.items()}
        return _line({"type": "message", **msgspec.to_builtins(message), **({"files": files} if files else {})})


def _line(value: dict[str, Any]) -> str:
    try:
        text = _encode(value).decode()
    except UnicodeEncodeError:
        import json

        text = json.dumps(msgspec.to_builtins(value))
    return escaped_json(text) + "\n"


def read_export(path: str | os.PathLike[str]) -> Iterator[Message]:
    """Read the messages from an export in ``json`` format, one at a time.

    Args:
        path: the export file, or the folder that contains ``messages.jsonl``.

    Yields:
        The messages that were not deleted, oldest first, with all of their archived fields.

    Raises:
        ConfigError: the file cannot be read or is not a valid export; the error message includes the line number.
    """
    file = Path(path)
    if file.is_dir():
        file /= "messages.jsonl"
    decode_type = msgspec.json.Decoder(_Typed).decode
    decode = msgspec.json.Decoder(Message).decode
    try:
        with file.open("rb") as lines:
            for number in range(1, 2**62):
                line = lines.readline(MAX_LINE + 1)
                if not line:
                    return
                try:
                    if len(line) > MAX_LINE:
                        raise ValueError(f"the line is longer than {MAX_LINE:,} bytes")  # noqa: TRY301 - named below
                    if decode_type(line).type == "message":
                        yield decode(line)
                except (msgspec.MsgspecError, ValueError) as error:  # before msgspec 0.21, these were not ValueErrors
                    raise ConfigError(f"{file}, line {number} is not part of an export: {error}") from None
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror or error}") from None


class _Typed(msgspec.Struct):
    """A line of which only the type is decoded."""

    type: str
