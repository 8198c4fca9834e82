"""Files: sent from disk, fetched to disk, and pictures of people."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import mimetypes
import os
import re
import uuid
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from odoochat.client.account import Account
from odoochat.errors import (
    AccessDenied,
    LinkError,
    NotFound,
    ProtocolError,
    ServerFault,
    SessionExpired,
    UsageError,
)
from odoochat.model import Attachment, Author, Person, Progress
from odoochat.net import transfer
from odoochat.net.pages import ask_form_token
from odoochat.wire.body import safe_line
from odoochat.wire.call import Call
from odoochat.wire.values import dicts, integer, items

__all__ = ["File", "Files", "safe_name"]

File = str | Path | tuple[str, bytes]
Told = Callable[[Progress], None]
TRIES = 5
READ_AT_ONCE = 64 * 2**20
FORM = "/web/binary/upload_attachment"
"""The same in all versions (addons/web/controllers/main.py of 14, binary.py from 15 on); it wants a token."""


class Files:
    """Sends and fetches files for one client.

    Attributes:
        tokens: by which the files that a guest sent are his, by their ids.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._token = ""
        self.tokens: dict[int, str] = {}
        self._under_way: set[Path] = set()

    @property
    def limit(self) -> int | None:
        """The most bytes that the server takes in one file; None where it does not say (an API key, 14)."""
        return self._account.identity.max_upload

    # ------------------------------------------------------------------- sending

    async def send(self, files: Sequence[File], progress: Told | None = None) -> list[int]:
        """Stores files on the server, where they wait for a message; gives their ids.

        Args:
            files: paths, or pairs of a name and bytes.
            progress: told how far all of them are, together.

        Raises:
            UsageError: a file cannot be read, or is larger than the server takes; nothing was sent then.
            OdooChatError: the server did not take one.
        """
        sources = [source_of(file) for file in files]
        for source in sources:
            if self.limit is not None and source.size > self.limit:
                raise UsageError(
                    f"{source.name!r} has {source.size:,} bytes, and the server takes {self.limit:,}: send it another "
                    "way, or ask for a higher limit (web.max_file_upload_size)"
                )
        total = sum(source.size for source in sources)
        ids: list[int] = []
        before = 0
        for source in sources:

            def told(sent: int, before: int = before) -> None:
                if progress is not None:
                    progress(Progress(before + sent, total))

            ids.append(await self._send(source, told))
            before += source.size
        return ids

    async def _send(self, source: transfer.Source, told: Callable[[int], None]) -> int:
        if self._account.kind == "guest":
            identity, guests = self._account.identity, self._account.guests
            where = {"thread_id": str(identity.channel), "thread_model": self._account.dialect.channel_model}
            fields = {"csrf_token": identity.form_token, "is_pending": "true", **where}
            answer = await transfer.upload_form(self._account.http, source, "/mail/attachment/upload", fields, told)
            number, token = guests.uploaded(answer)
            self.tokens[number] = token
            return number
        if self._account.session:
            return await self._send_form(source, told)
        hole = uuid.uuid4().hex
        call = self._account.dialect.upload(source.name, hole, source.mimetype)
        filling = transfer.encoded(source, told)
        answer = await self._account.identity.rpc.execute_filled(
            call, hole, filling, transfer.encoded_length(source.size)
        )
        made = answer[0] if isinstance(answer, list) and answer else answer
        if not isinstance(made, int):
            raise ProtocolError(f"the server gave {source.name!r} no id", repr(answer))
        return made

    async def _send_form(self, source: transfer.Source, told: Callable[[int], None]) -> int:
        http = self._account.http
        if not self._token:
            self._token = await ask_form_token(http)
        try:
            return await self._upload(source, told)
        except SessionExpired:
            # The token is one of a session that was exchanged, or the session itself ended.
            await self._account.check()
            self._token = await ask_form_token(http)
            return await self._upload(source, told)

    async def _upload(self, source: transfer.Source, told: Callable[[int], None]) -> int:
        fields = {"csrf_token": self._token, "model": "mail.compose.message", "id": "0"}
        answer = await transfer.upload_form(self._account.http, source, FORM, fields, told)
        first = answer[0] if isinstance(answer, list) and answer else answer
        if isinstance(first, dict) and (number := integer(first.get("id"))):
            return number
        raise ProtocolError(f"the upload of {source.name!r} was answered without an id", repr(answer))

    async def copy(self, ids: Sequence[int]) -> list[int]:
        """Copies files on the server, to be sent once more; gives the copies' ids."""
        made: list[int] = []
        for number in ids:
            if self._account.dialect.generation < 16:
                # 14 leaves the content out of a copy (seen).
                facts = await self._facts(number)
                made += await self.send([(str(facts.get("name") or ""), await self.read(number))])
                continue
            values = {"res_model": "mail.compose.message", "res_id": 0}
            answer = await self._account.do(Call("ir.attachment", "copy", (number,), {"default": values}))
            found = [i for i in (items(answer) or [answer]) if isinstance(i, int)]
            if not found:
                raise ProtocolError("the copy of a file has no id", repr(answer))
            made += found
        return made

    # ------------------------------------------------------------------ fetching

    async def download(self, file: Attachment | int, to: str | Path = ".", *, progress: Told | None = None) -> Path:
        """Fetches a file to disk; goes on where an earlier try was cut, in this call or before it.

        Args:
            to: a folder, for the name that its sender gave it, made safe (one that ends in ``/`` is made when missing);
                or the path of a file that is not there yet.
            progress: told how far it is.

        Returns:
            Where it is. No other file is ever overwritten: a second one of the same name gets a number.

        Raises:
            NotFound: there is no such file, or I may not see it.
            UsageError: the place cannot be written, or is taken.
            LinkError: the road broke five times; another call goes on from there.
        """
        facts = await self._facts(file.id if isinstance(file, Attachment) else file)
        folder = str(to).endswith(("/", os.sep))
        target, numbered = _place(Path(to), str(facts.get("name") or ""), facts["id"], folder=folder)
        part = target.with_name(f".{target.name[:100]}.{facts['id']}-{str(facts.get('checksum') or '')[:12]}.part")
        if part in self._under_way:  # another download of it goes on beside this one
            part = part.with_name(f"{part.name[:-5]}-{uuid.uuid4().hex[:8]}.part")
        self._under_way.add(part)
        try:
            await self._fetch(facts, part, progress)
            return _put_in_place(part, target, numbered=numbered)
        except OSError as error:
            if isinstance(error, LinkError):
                raise
            raise UsageError(f"cannot write {target}: {error.strerror or error}") from None
        finally:
            self._under_way.discard(part)

    async def read(self, file: Attachment | int) -> bytes:
        """A file's content, 64 MiB at most.

        Raises:
            UsageError: it is larger: use `download`.
            NotFound: there is no such file, or I may not see it.
        """
        facts = await self._facts(file.id if isinstance(file, Attachment) else file)
        if int(facts.get("file_size") or 0) > READ_AT_ONCE:
            raise UsageError(f"{facts.get('name')!r} has {facts['file_size']:,} bytes: use download()")
        buffer = BytesIO()
        await self._stream(facts, buffer, None)
        return buffer.getvalue()

    async def _facts(self, number: int) -> dict[str, Any]:
        fields = ["name", "mimetype", "file_size", "checksum"]
        domain = [["id", "=", number]]
        # A search leaves out what I may not see; a read would fail with words of its own for it.
        query = {"domain": domain, "fields": fields}
        rows = dicts(await self._account.do(Call("ir.attachment", "search_read", None, query)))
        if not rows:
            raise NotFound("attachment", f"there is no file {number}, or you may not read it")
        return rows[0]

    async def _fetch(self, facts: dict[str, Any], part: Path, progress: Told | None) -> None:
        with part.open("ab") as file:
            if file.tell() > int(facts.get("file_size") or 0):
                file.truncate(0)
            await self._stream(facts, file, progress)
        if not await asyncio.to_thread(_is_whole, part, facts.get("checksum")):
            raise ProtocolError(f"{facts.get('name')!r} came otherwise than the server has it: fetch it once more")

    async def _stream(self, facts: dict[str, Any], file: IO[bytes], progress: Told | None) -> None:
        path = await self._address(facts["id"])
        if path is None:
            await self._read_by_call(facts["id"], file)
            return

        def told(done: int, total: int | None) -> None:
            if progress is not None:
                progress(Progress(done, total))

        size = facts.get("file_size")
        total = size if isinstance(size, int) else None
        for attempt in range(TRIES):
            before = file.seek(0, 2)
            if total is not None and before >= total:
                told(before, total)
                return
            try:
                await transfer.download_into(self._account.http, path, file, total, told)
                return
            except SessionExpired:
                if attempt:
                    raise
                await self._account.renew()
            except LinkError:
                if attempt == TRIES - 1:
                    raise

    async def _address(self, number: int) -> str | None:
        """Where the file is fetched from; None when only a call gives it: a key has no session, and no right to share
        what others sent. What it may share gets an access token on the server, by which who knows it can fetch it."""
        path = f"/web/content/{number}?download=true"
        if self._account.session:
            return path
        try:
            answer = await self._account.do(Call("ir.attachment", "generate_access_token", (number,)))
        except (AccessDenied, ServerFault):
            return None
        token = answer[0] if isinstance(answer, list) and answer else answer
        return f"{path}&access_token={token}" if isinstance(token, str) and token else None

    async def _read_by_call(self, number: int, file: IO[bytes]) -> None:
        field = "raw" if self._account.dialect.generation >= 20 else "datas"
        rows = dicts(await self._account.do(Call("ir.attachment", "read", (number,), {"fields": [field]})))
        content = rows[0].get(field) if rows else None
        if isinstance(content, dict):  # † 20 reads a binary field as an object
            content = content.get("content")
        file.seek(0)
        file.truncate()
        file.write(base64.b64decode(content) if isinstance(content, str) else b"")

    # ------------------------------------------------------------------ pictures

    async def avatar(self, who: Author | Person | Any) -> bytes:
        """The picture of somebody, or of a channel: a PNG, JPEG or SVG; empty when there is none.

        Args:
            who: an author, a person, or a channel.
        """
        if isinstance(who, Author | Person):
            model = "mail.guest" if isinstance(who, Author) and who.kind == "guest" else "res.partner"
        else:
            model = self._account.dialect.channel_model
        field = "avatar_128" if self._account.dialect.generation >= 15 else "image_128"
        rows = dicts(await self._account.do(Call(model, "read", (who.id,), {"fields": [field]})))
        content = rows[0].get(field) if rows else None
        if isinstance(content, dict):  # † 20 reads a binary field as an object
            content = content.get("content")
        return base64.b64decode(content) if isinstance(content, str) else b""


def source_of(file: File) -> transfer.Source:
    """A file to send.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    if isinstance(file, tuple):
        name, data = file
        return transfer.Source(name, lambda: BytesIO(data), len(data), _mimetype(name))
    path = Path(file)
    try:
        if not path.is_file():
            reason = "it is a folder" if path.is_dir() else "no such file" if not path.exists() else "it is no file"
            raise UsageError(f"cannot read the file {str(path)!r}: {reason}")
        with path.open("rb"):
            return transfer.Source(path.name, lambda: path.open("rb"), path.stat().st_size, _mimetype(path.name))
    except OSError as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"cannot read the file {str(path)!r}: {error.strerror or error}") from None


def _mimetype(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICES = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")


def safe_name(name: str, number: int) -> str:
    """A file name that leads nowhere else, hides nothing, and is fit for Linux, macOS and Windows.

    Args:
        name: as its sender gave it.
        number: of the attachment, for when nothing is left of the name.
    """
    last = re.split(r"[/\\]", name)[-1]
    name = _UNFIT.sub("_", safe_line(last, 1000)).strip(" .")
    if not name:
        return f"file-{number}"
    if _DEVICES.match(name):
        name = f"_{name}"
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 20:
        stem, suffix = name, ""
    room = 200 - len(suffix.encode()) - 1
    stem = stem.encode()[:room].decode(errors="ignore").rstrip(" .") or f"file-{number}"
    return f"{stem}.{suffix}" if suffix else stem


def _place(to: Path, name: str, number: int, *, folder: bool) -> tuple[Path, bool]:
    """Where a file goes, and whether a number is put to its name when it is taken.

    Raises:
        UsageError: the place is taken.
    """
    if folder and not to.exists():
        to.mkdir(parents=True)
    if to.is_dir():
        return to / safe_name(name, number), True
    if to.exists():
        raise UsageError(f"{to} is there already: name another place")
    return to, False


def _put_in_place(part: Path, target: Path, *, numbered: bool) -> Path:
    """Gives the file its name, or the next one that is free; two downloads at once cannot take the same."""
    more = (target.with_name(f"{target.stem} ({n}){target.suffix}") for n in range(1, 1000 if numbered else 1))
    for name in (target, *more):
        try:
            os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            continue
        part.replace(name)
        return name
    raise UsageError(f"{target} is there already: name another place")


def _is_whole(part: Path, checksum: object) -> bool:
    """Whether a file is what the server has, by its SHA-1; what is not is removed."""
    if not isinstance(checksum, str) or len(checksum) != 40:
        return True
    with part.open("rb") as file:
        if hashlib.file_digest(file, "sha1").hexdigest() == checksum:
            return True
    part.unlink()
    return False
