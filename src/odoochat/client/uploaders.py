"""Uploaders: store files on the server, depending on the kind of login."""

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
"""Model and id of the channel or record that the message is posted to, or None if unknown."""

OnSent = Callable[[int], None]

FORM = "/web/binary/upload_attachment"
"""A route that requires a form token. Source: addons/web/controllers/main.py (14.0), binary.py (15.0 and later)."""


class Uploader(Protocol):
    """Stores files on the server using one kind of request.

    Attributes:
        tokens: the access tokens of files uploaded by a guest or portal user, by file id.
        sent: the files uploaded by a guest or portal user, by id; the server may omit them from its responses.
    """

    tokens: dict[int, str]
    sent: dict[int, Attachment]

    async def upload(self, source: FileSource, place: Place, on_sent: OnSent) -> int:
        """Store one file.

        Args:
            source: the file.
            place: the channel or record that the message is posted to.
            on_sent: called with the number of bytes sent.

        Returns:
            The attachment's id.

        Raises:
            OdooChatError: the server rejected the file.
        """
        ...


class CallUploader:
    """Stores files with a model call, as required for API keys.

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
            raise ProtocolError(f"the server's response to the upload of {source.name!r} has no id", answer)
        return made


class FormToken:
    """The CSRF token that a session's forms require.

    Args:
        session: the login.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._token = ""

    async def used_by(self, send: Callable[[str], Awaitable[int]]) -> int:
        """Send a form with the token, retrying once with a new token if the server rejects it.

        Args:
            send: a function that sends the form.

        Returns:
            The result of `send`.

        Raises:
            OdooChatError: the server rejected the form.
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
    """Stores files as the web client does for internal users.

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
            raise ProtocolError(f"the server's response to the upload of {source.name!r} has no id", answer)

        return await self._token.used_by(send)


class PendingUploader:
    """Stores files for one channel, as required for guests and portal users.

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
    """Choose how to store files.

    Args:
        session: the session, which must be logged in.

    Returns:
        The uploader.
    """
    if not session.has_session:
        return CallUploader(session)
    return FormUploader(session) if session.identity.internal else PendingUploader(session)
