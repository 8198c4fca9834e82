"""Posting: prepares a message for the outbox, with its mentions and files."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from typing import Protocol, TypedDict, Unpack

import msgspec

from odoochat.client.files import File
from odoochat.client.own_posts import PostResult
from odoochat.client.services import Markup, Mentioned, Services
from odoochat.errors import UsageError
from odoochat.model import Author, Message, Person, Progress, RecordRef
from odoochat.wire.content import body
from odoochat.wire.content.mentions import Mention, with_links
from odoochat.wire.requests.messages import OutgoingMessage

__all__ = ["Linkable", "PostOptions", "Posting", "SendOptions"]


class Linkable(Protocol):
    """A channel that a message links to."""

    @property
    def id(self) -> int:
        """The channel's id."""
        ...

    @property
    def name(self) -> str:
        """The display name."""
        ...


class SendOptions(TypedDict, total=False):
    """Options of `Conversation.reply` and `Client.reply`; see `Conversation.send`.

    Attributes:
        markup: the format of the text.
        files: files to send with it.
        mentions: people, channels or ``"everyone"``.
        progress: called with the upload progress.
        key: identifies the message; see `Conversation.send`.
        retry: whether an earlier attempt with this key may have been posted.
    """

    markup: Markup
    files: Sequence[File]
    mentions: Sequence[Mentioned | Linkable]
    progress: Callable[[Progress], None] | None
    key: str | None
    retry: bool


class PostOptions(SendOptions, total=False):
    """Options of `Posting.post` and `Posting.post_only`.

    Attributes:
        reply_to: id of the message to reply to.
        attached: ids of files that are already on the server.
        note: whether to post an internal note on a record.
    """

    reply_to: int | None
    attached: Sequence[int]
    note: bool


class Posting:
    """Posts messages to one channel or record.

    Args:
        services: the client's services.
        number: the channel's or record's id.
        record: the record, or None for a channel.
    """

    def __init__(self, services: Services, number: int, record: RecordRef | None) -> None:
        self._services = services
        self._id = number
        self._record = record

    @property
    def _model(self) -> str:
        return self._record.model if self._record is not None else ""

    async def post(self, text: str, **options: Unpack[PostOptions]) -> Message:
        """Upload the files, put the message into the outbox and wait until it is posted.

        Args:
            text: the text.
            options: see `PostOptions`.

        Returns:
            The posted message.

        Raises:
            UsageError: there is neither text nor a file, or `retry` is set without a `key`.
            OdooChatError: see `Conversation.send`.
        """
        message = await self._prepare(text, **options)
        posted = await self._send(message, retry=options.get("retry", False), read_back=True)
        # Another task may post the same message without reading it back.
        found = posted.message or await self._services.own_posts.fetch(posted.id)
        return self._with_files(found, message.attachment_ids)

    async def post_only(self, text: str, **options: Unpack[PostOptions]) -> int:
        """Post a message as `post` does, and return its id without reading it back.

        Args:
            text: the text.
            options: see `PostOptions`.

        Returns:
            The id of the posted message.

        Raises:
            UsageError, OdooChatError: see `post`.
        """
        message = await self._prepare(text, **options)
        return (await self._send(message, retry=options.get("retry", False), read_back=False)).id

    async def _prepare(
        self,
        text: str,
        *,
        markup: Markup = "text",
        reply_to: int | None = None,
        files: Sequence[File] = (),
        mentions: Sequence[Mentioned | Linkable] = (),
        progress: Callable[[Progress], None] | None = None,
        attached: Sequence[int] = (),
        note: bool = False,
        key: str | None = None,
        retry: bool = False,
    ) -> OutgoingMessage:
        """Upload the files and return the message to post."""
        services, session = self._services, self._services.session
        if retry and not key:
            raise UsageError("retry needs the key of the earlier attempt")
        html = body.render(text, markup)
        if mentions:
            session.require("mention")
        found, everyone = await self._mentions(mentions)
        if markup != "html" or found:
            html = with_links(html, found, session.url)
        uploaded = await self._upload(files, progress) if files else []
        if not (text.strip() or uploaded or attached):
            raise UsageError("the message is empty; pass text or a file")
        return OutgoingMessage(
            channel_id=self._id,
            html=html,
            local_id=uuid.uuid4().hex if key is None else local_id_of(key),
            model=self._model,
            reply_to=reply_to,
            attachment_ids=(*uploaded, *attached),
            partner_ids=tuple(m.id for m in found if m.model == "res.partner"),
            everyone=everyone,
            note=note,
            tokens=tuple(services.files.tokens.get(i, "") for i in uploaded),
        )

    def _with_files(self, posted: Message, attached: Sequence[int]) -> Message:
        files = self._services.files
        sent = tuple(files.sent[i] for i in attached if i in files.sent)
        if sent and not posted.attachments:  # portal users cannot read file rows (observed on Odoo 19)
            return msgspec.structs.replace(posted, attachments=sent)
        return posted

    async def _upload(self, files: Sequence[File], progress: Callable[[Progress], None] | None) -> list[int]:
        place = (self._model or self._services.session.dialect.table.channel_model, self._id)
        return await self._services.files.send(files, progress, place=place)

    async def _send(self, message: OutgoingMessage, *, retry: bool, read_back: bool) -> PostResult:
        outbox = self._services.outbox_runner
        place = self._record.name if self._record is not None else ""
        return await outbox.callers.wait(outbox.put(message, place=place, retry=retry, read_back=read_back))

    async def _mentions(self, mentions: Sequence[Mentioned | Linkable]) -> tuple[list[Mention], bool]:
        if isinstance(mentions, str):
            raise UsageError(f"mentions must be a list, like [{mentions!r}]")
        people = self._services.people
        found: list[Mention] = []
        everyone = False
        for who in mentions:
            if isinstance(who, Author | Person):
                found.append(Mention("res.partner", await people.find(who), who.name))
            elif isinstance(who, int | str):
                if who in ("everyone", "@everyone"):
                    self._services.session.require("mention_everyone")
                    everyone = True
                else:
                    person = await people.person(who)
                    found.append(Mention("res.partner", person.id, person.name))
            else:
                found.append(Mention(self._services.session.dialect.table.channel_model, who.id, who.name))
        return found, everyone

    def checked(self, message: Message | int, name: str) -> int:
        """Check that a message belongs to this channel or record, and return its id.

        Args:
            message: the message, or its id; an id is not checked.
            name: the channel's or record's name, for the error message.

        Raises:
            UsageError: the message belongs to a different channel or record.
        """
        if not isinstance(message, Message):
            return message
        ref = message.record
        place = (ref.model, ref.id) if ref is not None else ("", message.channel.id)
        if place != (self._model, self._id):
            other = (ref or message.channel).name
            raise UsageError(f"message {message.id} belongs to {other}, not to {name!r}")
        return message.id


def local_id_of(key: str) -> str:
    """Return the local id for a key. The same key always yields the same id.

    Args:
        key: identifies the message.

    Returns:
        32 hex digits.
    """
    return hashlib.sha256(key.encode()).hexdigest()[:32]
