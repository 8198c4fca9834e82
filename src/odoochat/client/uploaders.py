"""Uploaders: how a file is stored on the server, by the kind of login."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Protocol

from odoochat.client.session import Session
from odoochat.errors import ProtocolError, SessionExpired
from odoochat.model import Attachment
from odoochat.net import transfer
from odoochat.net.pages import ask_form_token
from odoochat.net.transfer import FileSource
from odoochat.wire.values import integer, is_array, is_object

__all__ = ["CallUploader", "FormUploader", "PendingUploader", "Place", "Uploader", "uploader_for"]

Place = tuple[str, int] | None
"""Model and id of what the message is posted to, or None if unknown."""

OnSent = Callable[[int], None]

FORM = "/web/binary/upload_attachment"
"""The same in all versions (addons/web/controllers/main.py of 14, binary.py from 15 on); it needs a form token."""


class Uploader(Protocol):
    """Stores files on the server in one way.

    Attributes:
        tokens: by id, the access tokens of files that a guest or a portal user stored.
        sent: by id, the files that a guest or a portal user stored, which the server may not list to them.
    """

    tokens: dict[int, str]
    sent: dict[int, Attachment]

    async def upload(self, source: FileSource, place: Place, on_sent: OnSent) -> int:
        """Store one file.

        Args:
            source: the file.
            place: what the message is posted to.
            on_sent: called with the number of bytes that were sent.

        Returns:
            The id of the attachment.

        Raises:
            OdooChatError: the server did not accept the file.
        """
        ...


class CallUploader:
    """Stores files by a model call, as an API key must.

    Args:
        session: the login.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.tokens: dict[int, str] = {}
        self.sent: dict[int, Attachment] = {}

    async def upload(self, source: FileSource, place: Place, on_sent: OnSent) -> int:
        """See `Uploader.upload`."""
        hole = uuid.uuid4().hex
        call = self._session.dialect.files.upload(source.name, hole, source.mimetype)
        answer = await self._session.identity.rpc.execute_filled(
            call, hole, lambda: transfer.encoded(source, on_sent), transfer.encoded_length(source.size)
        )
        made = answer[0] if is_array(answer) and answer else answer
        if not isinstance(made, int):
            raise ProtocolError(f"the answer to the upload of {source.name!r} has no id", answer)
        return made


class FormToken:
    """The token that the forms of a session need.

    Args:
        session: the login.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._token = ""

    async def used_by(self, send: Callable[[str], Awaitable[int]]) -> int:
        """Send a form with the token, once more with a new one when the server refuses the token.

        Args:
            send: sends the form.

        Returns:
            What `send` returns.

        Raises:
            OdooChatError: the server did not accept the form.
        """
        if not self._token:
            self._token = self._session.identity.form_token or await ask_form_token(self._session.http)
        try:
            return await send(self._token)
        except SessionExpired:
            # The token belongs to a session that was replaced, or the session itself has ended.
            if self._session.calls_models:
                await self._check()
            self._token = await ask_form_token(self._session.http)
            return await send(self._token)

    async def _check(self) -> None:
        try:
            await self._session.check()
        except SessionExpired:
            await self._session.renew()


class FormUploader:
    """Stores files as the web client does for employees.

    Args:
        session: the login.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._token = FormToken(session)
        self.tokens: dict[int, str] = {}
        self.sent: dict[int, Attachment] = {}

    async def upload(self, source: FileSource, place: Place, on_sent: OnSent) -> int:
        """See `Uploader.upload`."""

        async def send(token: str) -> int:
            fields = {"csrf_token": token, "model": "mail.compose.message", "id": "0"}
            answer = await transfer.upload_form(self._session.http, source, FORM, fields, on_sent)
            first = answer[0] if is_array(answer) and answer else answer
            if is_object(first) and (number := integer(first.get("id"))):
                return number
            raise ProtocolError(f"the answer to the upload of {source.name!r} has no id", answer)

        return await self._token.used_by(send)


class PendingUploader:
    """Stores files for one channel, as guests and portal users must.

    Args:
        session: the login.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._token = FormToken(session)
        self.tokens: dict[int, str] = {}
        self.sent: dict[int, Attachment] = {}

    async def upload(self, source: FileSource, place: Place, on_sent: OnSent) -> int:
        """See `Uploader.upload`."""
        model, number = place or (self._session.dialect.table.channel_model, self._session.identity.channel)

        async def send(token: str) -> int:
            fields = {"csrf_token": token, "is_pending": "true", "thread_id": str(number), "thread_model": model}
            path = "/mail/attachment/upload"
            answer = await transfer.upload_form(self._session.http, source, path, fields, on_sent)
            made, access = self._session.dialect.guests.uploaded(answer)
            self.tokens[made] = access
            self.sent[made] = Attachment(made, source.name, source.mimetype, source.size)
            return made

        return await self._token.used_by(send)


def uploader_for(session: Session) -> Uploader:
    """Choose how files are stored.

    Args:
        session: the login; it must be logged in.

    Returns:
        The uploader.
    """
    if not session.has_session:
        return CallUploader(session)
    return FormUploader(session) if session.identity.internal else PendingUploader(session)
