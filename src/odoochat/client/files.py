"""Files: uploads, downloads, and avatars."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from odoochat.client.file_names import safe_name
from odoochat.client.part_file import PartFile
from odoochat.client.previews import fetch_previews
from odoochat.client.session import Session
from odoochat.client.uploaders import Uploader, uploader_for
from odoochat.core.state import ClientState
from odoochat.errors import (
    AccessDenied,
    LinkError,
    NotFound,
    ProtocolError,
    ServerFault,
    SessionExpired,
    UsageError,
)
from odoochat.model import Attachment, Author, LinkPreview, Message, Person, Progress
from odoochat.net import transfer
from odoochat.net.transfer import File
from odoochat.wire.requests.call import Call
from odoochat.wire.values import dicts, is_array, is_object, items, text

__all__ = ["File", "Files", "safe_name"]

ProgressCallback = Callable[[Progress], None]
TRIES = 5
READ_AT_ONCE = 64 * 2**20


class Files:
    """Uploads and downloads files for one client.

    Args:
        session: sends the requests.
        state: provides the messages that files belong to.
    """

    def __init__(self, session: Session, state: ClientState) -> None:
        self._session = session
        self._state = state
        self._uploader: Uploader | None = None

    @property
    def _uploads(self) -> Uploader:
        if self._uploader is None:
            self._uploader = uploader_for(self._session)
        return self._uploader

    @property
    def tokens(self) -> dict[int, str]:
        """The access tokens of files uploaded by a guest or portal user, by file id."""
        return self._uploads.tokens

    @property
    def sent(self) -> dict[int, Attachment]:
        """The files uploaded by a guest or portal user, by id; the server may omit them from its responses."""
        return self._uploads.sent

    @property
    def limit(self) -> int | None:
        """Maximum file size in bytes; None if the server does not report it (API key, Odoo 14)."""
        return self._session.identity.max_upload

    # ------------------------------------------------------------------- sending

    async def send(
        self, files: Sequence[File], progress: ProgressCallback | None = None, *, place: tuple[str, int] | None = None
    ) -> list[int]:
        """Upload files for attaching to a message, and return their ids.

        Args:
            files: paths, or pairs of a name and bytes.
            progress: called with the total progress of all files.
            place: model and id of the message's channel or record. Portal users can only upload files to a specific
                channel or record.

        Raises:
            AccessDenied: the user is not allowed to upload files there. The error message comes from the server.
            UsageError: a file cannot be read or exceeds the server's limit; nothing was sent.
            OdooChatError: the server rejected a file.
        """
        sources = [transfer.source_of(file) for file in files]
        for source in sources:
            if self.limit is not None and source.size > self.limit:
                raise UsageError(
                    f"{source.name!r} is {source.size:,} bytes, the server accepts {self.limit:,}; send it another "
                    "way, or ask for a higher limit (web.max_file_upload_size)"
                )
        total = sum(source.size for source in sources)
        ids: list[int] = []
        before = 0
        for source in sources:

            def report(sent: int, before: int = before) -> None:
                if progress is not None:
                    progress(Progress(before + sent, total))

            ids.append(await self._uploads.upload(source, place, report))
            before += source.size
        return ids

    async def copy(self, ids: Sequence[int]) -> list[int]:
        """Copy files on the server so that they can be sent again, and return the ids of the copies.

        Args:
            ids: the files' ids.
        """
        made: list[int] = []
        for number in ids:
            if not self._session.dialect.table.copies_content:
                # Odoo 14 omits the content of a copy (observed on a live server).
                facts = await self._facts(number)
                made += await self.send([(str(facts.get("name") or ""), await self.read(number))])
                continue
            values = {"res_model": "mail.compose.message", "res_id": 0}
            answer = await self._session.do(Call("ir.attachment", "copy", (number,), {"default": values}))
            found = [i for i in (items(answer) or [answer]) if isinstance(i, int)]
            if not found:
                raise ProtocolError("the server's response to copying a file has no id", answer)
            made += found
        return made

    # ------------------------------------------------------------------ fetching

    async def download(
        self, file: Attachment | int, to: str | Path = ".", *, progress: ProgressCallback | None = None
    ) -> Path:
        """Download a file to disk, resuming an interrupted download.

        Args:
            file: an attachment, or its id.
            to: a folder, where the file is saved under a sanitized version of its original name, or the path of a new
                file. A missing folder is created if `to` ends with ``/``.
            progress: called with the progress.

        Returns:
            The path of the file. Existing files are never overwritten; if the name is taken, a number is added to it.

        Raises:
            NotFound: the file does not exist, or the user is not allowed to read it.
            UsageError: the path cannot be written or already exists.
            LinkError: the network failed five times; call again to resume the download.
        """
        facts = await self._facts(file.id if isinstance(file, Attachment) else file)
        folder = str(to).endswith(("/", os.sep))
        name = str(facts.get("name") or "")
        try:
            target, numbered = await asyncio.to_thread(_place, Path(to), name, facts["id"], folder=folder)
            part = await asyncio.to_thread(PartFile, target, facts["id"], self._key(facts))
        except OSError as error:
            raise UsageError(f"cannot write to {to}: {error.strerror or error}") from None
        try:
            await self._stream(facts, part.file, progress)
            try:
                await _check(facts, part.sha1)
            except ProtocolError:
                await asyncio.to_thread(part.file.truncate, 0)
                raise
            return await asyncio.to_thread(part.put_in_place, numbered=numbered)
        except OSError as error:
            if isinstance(error, LinkError):
                raise
            raise UsageError(f"cannot write {target}: {error.strerror or error}") from None
        finally:
            part.close()

    def _key(self, facts: dict[str, Any]) -> str:
        """Return a key derived from the server, account and content. Only part files with the same key are resumed."""
        identity = self._session.identity
        who = (self._session.http.base, identity.db, identity.me.partner_id)
        return "\n".join(map(str, (*who, facts["id"], facts.get("checksum"), facts.get("file_size"))))

    async def read(self, file: Attachment | int, *, limit: int = READ_AT_ONCE) -> bytes:
        """Read the content of a file into memory.

        Args:
            file: an attachment, or its id.
            limit: maximum size in bytes.

        Raises:
            UsageError: the file is larger than `limit`; use `download`.
            NotFound: the file does not exist, or the user is not allowed to read it.
            ProtocolError: the content does not match the size or checksum reported by the server.
            LinkError: the network failed five times.
        """
        facts = await self._facts(file.id if isinstance(file, Attachment) else file)
        if (_size(facts) or 0) > limit:
            raise UsageError(f"{facts.get('name')!r} is too large ({facts['file_size']:,} bytes); use download()")
        buffer = BytesIO()
        await self._stream(facts, buffer, None)
        content = buffer.getvalue()
        await _check(facts, lambda: hashlib.sha1(content, usedforsecurity=False).hexdigest())
        return content

    async def _facts(self, number: int) -> dict[str, Any]:
        fields = ["name", "mimetype", "file_size", "checksum"]
        domain = [["id", "=", number]]
        # A search omits files that the user is not allowed to read; reading them would raise a different error.
        query: dict[str, object] = {"domain": domain, "fields": fields}
        rows = dicts(await self._session.do(Call("ir.attachment", "search_read", None, query)))
        if not rows:
            raise NotFound("attachment", f"no file {number}, or you are not allowed to read it")
        # The id is used in URLs and file names, so it does not come from the server.
        return {**rows[0], "id": number, "name": text(rows[0].get("name"))[:1000]}

    async def _stream(self, facts: dict[str, Any], file: IO[bytes], progress: ProgressCallback | None) -> None:
        path = await self._address(facts["id"])
        if path is None:
            await self._read_by_call(facts, file)
            return

        def report(done: int, total: int | None) -> None:
            if progress is not None:
                progress(Progress(done, total))

        total = _size(facts)
        for attempt in range(TRIES):
            before = await asyncio.to_thread(file.seek, 0, 2)
            if total and before == total:
                report(before, total)
                return
            if total is not None and before > total:
                await asyncio.to_thread(file.truncate, 0)
            try:
                await transfer.download_into(self._session.http, path, file, total, report)
                return
            except NotFound:
                if total == 0:  # Odoo 14's response for an empty file (observed)
                    return
                raise
            except SessionExpired:
                if attempt:
                    raise
                await self._session.renew()
            except LinkError:
                if attempt == TRIES - 1:
                    raise

    async def _address(self, number: int) -> str | None:
        """Return the URL path of a file, or None if it can only be fetched with a model call.

        An API key has no session, so the file needs an access token, which the server refuses to create for other
        users' files. Anyone with the token can download the file.
        """
        path = f"/web/content/{number}?download=true"
        if self._session.has_session:
            return path
        try:
            answer = await self._session.do(Call("ir.attachment", "generate_access_token", (number,)))
        except (AccessDenied, ServerFault):
            return None
        token = answer[0] if is_array(answer) and answer else answer
        return f"{path}&access_token={token}" if isinstance(token, str) and token else None

    async def _read_by_call(self, facts: dict[str, Any], file: IO[bytes]) -> None:
        dialect = self._session.dialect
        rows = dicts(await self._session.do(dialect.files.read_content(facts["id"])))
        content = _content(rows[0].get(dialect.table.content_field) if rows else None)
        size = _size(facts)
        if size is not None and len(content) != size:
            raise ProtocolError(
                f"the server announced {size:,} bytes for the file but sent {len(content):,}; download it again"
            )

        def write() -> None:
            file.seek(0)
            file.truncate()
            file.write(content)

        await asyncio.to_thread(write)

    # ------------------------------------------------------------------ previews

    async def previews(self, message: Message) -> tuple[LinkPreview, ...]:
        """Fetch the server's previews of the links in a message.

        Odoo only creates previews on request, so this method requests them first. On Odoo 19, fetching them removes
        the message from the current user's inbox, just like reading it in the web client.

        Args:
            message: the message.

        Raises:
            NotSupported, ApiKeyOnly: before Odoo 17, or without a session.
        """
        return await fetch_previews(self._session, self._state, message)

    # ------------------------------------------------------------------ images

    async def avatar(self, who: Author | Person | Any) -> bytes:
        """Fetch the avatar of a person or channel as PNG, JPEG or SVG; empty if there is none.

        Args:
            who: an author, a person, or a channel.
        """
        dialect = self._session.dialect
        if isinstance(who, Author | Person):
            model = "mail.guest" if isinstance(who, Author) and who.kind == "guest" else "res.partner"
        else:
            model = dialect.table.channel_model
        rows = dicts(await self._session.do(dialect.files.read_picture(model, who.id)))
        return _content(rows[0].get(dialect.table.picture_field) if rows else None)


def _place(to: Path, name: str, number: int, *, folder: bool) -> tuple[Path, bool]:
    """Return the path for a file, and whether to add a number to its name if it is taken.

    Raises:
        UsageError: the path already exists.
    """
    if folder and not to.exists():
        to.mkdir(parents=True)
    if to.is_dir():
        return to / safe_name(name, number), True
    if to.exists():
        raise UsageError(f"{to} already exists; choose another path")
    return to, False


def _size(facts: dict[str, Any]) -> int | None:
    """Return the size in bytes reported by the server, or None if it did not report one."""
    size = facts.get("file_size")
    return size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None


def _content(value: object) -> bytes:
    """Return the bytes of a binary field. Since Odoo 20, the field is an object that may omit the content.

    Raises:
        ProtocolError: the content is missing or is not base64.
    """
    if is_object(value):
        if not value.get("content") and value.get("size"):
            raise ProtocolError("the server's response does not contain the content of the file")
        value = value.get("content")
    if not isinstance(value, str):
        return b""
    try:
        return base64.b64decode(value)
    except ValueError:
        raise ProtocolError("the server sent a file that is not valid base64", value) from None


async def _check(facts: dict[str, Any], sha1: Callable[[], str]) -> None:
    """Verify a file against the checksum reported by the server, if any.

    Raises:
        ProtocolError: the checksums differ.
    """
    checksum = facts.get("checksum")
    if isinstance(checksum, str) and len(checksum) == 40 and await asyncio.to_thread(sha1) != checksum:
        raise ProtocolError(f"{facts.get('name')!r}: checksum mismatch; download it again")
