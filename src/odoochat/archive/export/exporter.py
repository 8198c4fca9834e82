"""Exports an archived channel to a file or folder."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from odoochat.archive.archive import Archive, ArchivedMessage
from odoochat.archive.export.html_page import HtmlWriter
from odoochat.archive.export.json_lines import JsonWriter
from odoochat.archive.export.markdown_text import MarkdownWriter
from odoochat.archive.export.writer import ExportWriter, Format, Item
from odoochat.archive.location import files_folder
from odoochat.errors import ConfigError, UsageError
from odoochat.model import Author, ChannelInfo, Message
from odoochat.plural import counted
from odoochat.private_file import create_private, make_private_folder, write_private

__all__ = ["ExportResult", "Exporter", "is_folder"]

PAGE = 2_000
"""Number of messages per page in a folder of web pages."""

AT_ONCE = 200
"""Number of messages to write at a time."""

MAX_PICTURE = 300_000
"""Maximum size of an avatar in bytes; larger ones are omitted."""

SUFFIXES = {"html": ".html", "markdown": ".md", "json": ".jsonl"}
_NAMES = {"html": "index.html", "markdown": "messages.md", "json": "messages.jsonl"}
_ACTIVE = re.compile(r"\.(?:x?html?|xht|mht(?:ml)?|shtml?|svgz?|xml|xslt?|hta|js|mjs|wasm)$", re.IGNORECASE)
"""File types that a browser would execute or render as pages if opened from the folder."""

ReadAvatar = Callable[[Author], Awaitable[bytes]]


class ExportResult(msgspec.Struct):
    """The result of an export.

    Attributes:
        path: the file, or the first page of a folder.
        messages: number of messages.
        deleted: number of deleted messages, exported with only their author and date.
        files: number of files stored next to the page.
        left_out: descriptions of omitted content.
    """

    path: Path
    messages: int = 0
    deleted: int = 0
    files: int = 0
    left_out: list[str] = msgspec.field(default_factory=list)


class Exporter:
    """Exports channels from an archive.

    Args:
        archive: the open archive.
        avatar: a function that fetches an author's avatar; None to show initials instead.
    """

    def __init__(self, archive: Archive, avatar: ReadAvatar | None = None) -> None:
        self._archive = archive
        self._read_avatar = avatar

    async def run(
        self,
        channel: ChannelInfo,
        to: Path,
        format: Format = "html",
        *,
        replace: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> ExportResult:
        """Export a channel.

        Args:
            channel: the channel.
            to: the target path. It is treated as a folder if it is an existing folder or its name has no suffix, in
                which case attached files and avatars are stored next to the page. Otherwise it is treated as a file.
            format: the export format.
            replace: whether to overwrite an earlier export.
            progress: a function that is called with the number of messages written so far.

        Returns:
            The result, including a list of omitted content.

        Raises:
            ConfigError: `to` exists, or cannot be written.
            UsageError: `format` is unknown.
            ArchiveError: the archive cannot be read.
        """
        if format not in SUFFIXES:
            raise UsageError(f"{format!r} is not a format of exports; use one of {', '.join(SUFFIXES)}")
        folder = to if await asyncio.to_thread(is_folder, to) else None
        target = folder / _NAMES[format] if folder is not None else to
        try:
            _check(to, folder, target, replace=replace)
            output = _Output(target, channel, _writer(format), paged=folder is not None and format == "html")
            assets = _Assets(folder, self._archive.path, self._read_avatar if format == "html" else None)
            await asyncio.to_thread(make_private_folder, target.parent)
            try:
                result = await self._write(channel, output, assets, progress)
            except BaseException:
                output.discard()
                raise
        except OSError as error:
            raise ConfigError(f"cannot export to {error.filename or to}: {error.strerror or error}") from error
        return result

    async def _write(
        self, channel: ChannelInfo, output: _Output, assets: _Assets, progress: Callable[[int], None] | None
    ) -> ExportResult:
        result, left_out = ExportResult(output.target), _LeftOut()
        stored = {each.id: each.path for each in await self._archive.files(channel.id) if each.path is not None}
        waiting: list[Item] = []
        async for each in self._archive.messages(channel.id):
            waiting.append(await self._item(each, stored, assets, left_out))
            if each.deleted:
                result.deleted += 1
            else:
                result.messages += 1
            if len(waiting) == AT_ONCE:
                await asyncio.to_thread(output.write, waiting)
                waiting.clear()
                if progress is not None:
                    progress(result.messages + result.deleted)
        await asyncio.to_thread(output.write, waiting)
        spans = await self._archive.spans(channel.id)
        result.files = assets.files
        complete = len(spans) == 1 and spans[0].low == 0
        result.left_out = left_out.words(complete=complete, beside=assets.folder is not None)
        await asyncio.to_thread(output.finish, result.left_out)
        return result

    async def _item(self, each: ArchivedMessage, stored: dict[int, str], assets: _Assets, left_out: _LeftOut) -> Item:
        message = each.message
        files: dict[int, str] = {}
        for attachment in message.attachments:
            path = await asyncio.to_thread(assets.file, stored.get(attachment.id))
            if path:
                files[attachment.id] = path
        left_out.count(message, len(message.attachments) - len(files))
        answered = await self._archive.get(message.reply_to) if message.reply_to is not None else None
        return Item(message, each.deleted, files, await assets.avatar(message.author), answered)


def _writer(format: Format) -> ExportWriter:
    return HtmlWriter() if format == "html" else MarkdownWriter() if format == "markdown" else JsonWriter()


def is_folder(to: Path) -> bool:
    """Return whether an export's target is a folder, i.e. an existing folder or a name without a suffix.

    Args:
        to: the target.
    """
    return to.is_dir() or not to.suffix


def _check(to: Path, folder: Path | None, target: Path, *, replace: bool) -> None:
    if folder is not None and folder.exists() and not folder.is_dir():
        raise ConfigError(f"{to} is a file; a name without a suffix means a folder, so choose another name")
    if target.exists() and not replace:
        raise ConfigError(f"{target} already exists; choose another path, or pass replace=True")


class _LeftOut:
    """Counts content that an export omits."""

    def __init__(self) -> None:
        self._files = self._pictures = self._previews = self._reactions = 0

    def count(self, message: Message, files: int) -> None:
        self._files += files
        self._pictures += message.html.count("<img")
        self._previews += len(message.previews)
        self._reactions += not message.reactions_known

    def words(self, *, complete: bool, beside: bool) -> list[str]:
        found: list[str] = []
        if not complete:
            found.append("messages missing from the archive; run `odoochat sync` to fetch the whole history")
        if self._files:
            mend = "run `odoochat sync --files` to download them" if beside else "export to a folder to include them"
            found.append(f"{counted(self._files, 'file')}; {mend}")
        if self._pictures:
            found.append(f"{counted(self._pictures, 'embedded picture')}, replaced with text")
        if self._previews:
            found.append(counted(self._previews, "link preview"))
        if self._reactions:
            found.append(f"the reactions of {counted(self._reactions, 'message')}, which the server did not send")
        return found


class _Output:
    """An export's output files, which have temporary names until they are complete."""

    def __init__(self, target: Path, channel: ChannelInfo, writer: ExportWriter, *, paged: bool) -> None:
        self.target = target
        self._channel = channel
        self._writer = writer
        self._paged = paged
        self._names: list[str] = []
        self._mark = secrets.token_hex(8)  # another user cannot create a file at an unpredictable name
        self._file: IO[str] | None = None
        self._count = 0

    def write(self, items: list[Item]) -> None:
        for item in items:
            if self._file is None:
                self._open()
            elif self._paged and self._count >= PAGE:
                following = f"page-{len(self._names) + 1}.html"
                self._file.write(self._writer.end(None, after=following))
                self._file.close()
                self._open(following)
            assert self._file is not None
            self._file.write(self._writer.item(item))
            self._count += 1

    def _open(self, name: str = "") -> None:
        before = self._names[-1] if self._names else ""
        name = name or self.target.name
        handle = create_private(self._temporary(name))
        self._names.append(name)
        self._file = os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n")
        self._file.write(self._writer.begin(self._channel, before=before))
        self._count = 0

    def _temporary(self, name: str) -> Path:
        return self.target.with_name(f".{name[:100]}.{self._mark}.part")

    def finish(self, left_out: list[str]) -> None:
        if self._file is None:
            self._open()
        assert self._file is not None
        self._file.write(self._writer.end(left_out))
        self._file.close()
        for name in self._names:
            os.replace(self._temporary(name), self.target.with_name(name))  # noqa: PTH105 - also on Windows

    def discard(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # on a full disk, buffered data cannot be written
                self._file.close()
        for name in self._names:
            self._temporary(name).unlink(missing_ok=True)


class _Assets:
    """The files and avatars next to a page."""

    def __init__(self, folder: Path | None, archive: Path | None, read_avatar: ReadAvatar | None) -> None:
        self.folder = folder
        self.files = 0
        self._source = files_folder(archive) if archive is not None else None
        self._read_avatar = read_avatar if folder is not None else None
        self._avatars: dict[Author, str] = {}

    def file(self, name: str | None) -> str:
        """Copy a stored file next to the page and return its relative path, or an empty string if it is missing."""
        if self.folder is None or self._source is None or not name:
            return ""
        source = self._source / name
        if not source.is_file() or source.is_symlink():
            return ""
        shown = f"{name}.download" if _ACTIVE.search(name) else name
        target = self.folder / "files" / shown
        if not target.exists():
            make_private_folder(target.parent)
            _copy(source, target)
        self.files += 1
        return f"files/{shown}"

    async def avatar(self, author: Author) -> str:
        """Save an author's avatar next to the page and return the relative path, or an empty string if none exists."""
        if self._read_avatar is None or self.folder is None or not author.id:
            return ""
        if (known := self._avatars.get(author)) is None:
            data = await self._read_avatar(author)
            suffix = _picture_suffix(data)
            known = f"avatars/{author.kind}-{author.id}{suffix}" if suffix and len(data) <= MAX_PICTURE else ""
            if known:
                target = self.folder / known
                await asyncio.to_thread(write_private, target, data, durable=False)
            self._avatars[author] = known
        return known


def _copy(source: Path, target: Path) -> None:
    """Copy a file, readable only by its owner; a failure leaves no partial copy behind."""
    part = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.part")
    try:
        with source.open("rb") as content, os.fdopen(create_private(part), "wb") as copy:
            shutil.copyfileobj(content, copy)
        os.replace(part, target)  # noqa: PTH105 - also on Windows
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _picture_suffix(data: bytes) -> str:
    """Return an image's suffix based on its first bytes, or an empty string if its format is not safe."""
    starts = {b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif"}
    return next((suffix for start, suffix in starts.items() if data.startswith(start)), "")
