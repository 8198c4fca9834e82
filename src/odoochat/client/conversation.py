"""Conversation: the operations common to channels and records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Unpack

from odoochat.client.editing import change_message, set_reaction, set_star, writes_rows
from odoochat.client.files import File
from odoochat.client.history import history, search
from odoochat.client.posting import Linkable, Posting, SendOptions
from odoochat.client.queries import HIGHEST_ID
from odoochat.client.services import Markup, Mentioned, Services, id_of
from odoochat.errors import NotFound, UsageError
from odoochat.model import Message, Progress, RecordRef
from odoochat.wire.content import body
from odoochat.wire.content.mentions import with_links

__all__ = ["Conversation"]


class Conversation:
    """A channel or a record's discussion, with operations on its messages.

    Args:
        number: the channel's or record's id.
        record: the record, or None for a channel.
        services: the client's services.

    Attributes:
        id: the channel's or record's id.
    """

    def __init__(self, number: int, record: RecordRef | None, services: Services) -> None:
        self.id = number
        self._record = record
        self._services = services
        self._posting = Posting(services, number, record)
        model = record.model if record is not None else services.session.dialect.table.channel_model
        self._domain: list[object] = [["model", "=", model], ["res_id", "=", number]]

    def __hash__(self) -> int:
        return hash((self._record, self.id, id(self._services.session)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Conversation):
            return NotImplemented
        mine = (self._record, self.id, self._services.session)
        return mine == (other._record, other.id, other._services.session)

    @property
    def name(self) -> str:
        """The display name."""
        raise NotImplementedError

    # ------------------------------------------------------------------- sending

    async def send(
        self,
        text: str,
        *,
        markup: Markup = "text",
        reply_to: Message | int | None = None,
        files: Sequence[File] = (),
        mentions: Sequence[Mentioned | Linkable] = (),
        progress: Callable[[Progress], None] | None = None,
        key: str | None = None,
        retry: bool = False,
    ) -> Message:
        """Post a message exactly once, after any messages sent to this conversation earlier.

        While the server is unreachable, the client keeps retrying (see ``connect(patience=…)``). If the outcome of an
        attempt is unclear, it searches for the message before posting it again.

        Args:
            text: the text; newlines are kept.
            markup: the format of `text`: ``text`` (plain), ``markdown``, or ``html``, which Odoo sanitizes.
            reply_to: the message to reply to. An id is not checked, whereas `reply` fetches the message first.
            files: paths, or pairs of a name and bytes. Paths are read while uploading. Files are uploaded first, so a
                message without files that is sent during the upload is posted before this one.
            mentions: people to notify, channels to link to, or ``"everyone"`` (Odoo 18 and later). If `text` contains
                their ``@Name`` or ``#channel``, it becomes a link.
            progress: called with the overall progress of all files, in bytes.
            key: a string that uniquely identifies the message in this database, for programs that may post it again
                after a restart. The same key yields the same ``Message-Id``.
            retry: whether an earlier attempt with this `key`, even by another process, may have succeeded. If so, the
                client searches the server first and returns the existing message.

        Returns:
            The posted message, the same value that subscribers receive in `MessagePosted`.

        Raises:
            UsageError: the markup is unknown, a file cannot be read or is too large, `reply_to` belongs to a different
                conversation, `retry` is set without a `key`, the message was removed from the outbox, or the client was
                closed.
            NotSupported: ``"everyone"`` before Odoo 18.
            AccessDenied, NotFound, Rejected: Odoo refused the message, which was not posted.
            Unreachable: the message was not posted and will not be retried.
            TimedOut: the server did not respond; the error indicates whether the message may have been posted.
        """
        answered = self._posting.checked(reply_to, self.name) if reply_to is not None else None
        return await self._posting.post(
            text,
            markup=markup,
            reply_to=answered,
            files=files,
            mentions=mentions,
            progress=progress,
            key=key,
            retry=retry,
        )

    async def post(self, text: str, *, reply_to: Message | int | None = None, **options: Unpack[SendOptions]) -> int:
        """Post a message as `send` does, and return its id without reading the message back from the server.

        This saves a request without a live link; with one, `MessagePosted` follows as usual. A message with files or
        HTML may differ on the server from what was sent.

        Args:
            text: the text.
            reply_to: the message to reply to; see `send`.
            options: see `send`.

        Returns:
            The id of the posted message.

        Raises:
            UsageError, OdooChatError: see `send`.
        """
        answered = self._posting.checked(reply_to, self.name) if reply_to is not None else None
        return await self._posting.post_only(text, reply_to=answered, **options)

    async def reply(self, message: Message | int, text: str, **options: Unpack[SendOptions]) -> Message:
        """Reply to a message in this conversation.

        Args:
            message: the message, or its id.
            text: the text of the reply.
            options: see `send`.

        Returns:
            The posted reply.

        Raises:
            NotFound: the message does not exist in this conversation.
            OdooChatError: see `send`.
        """
        if not isinstance(message, Message):
            message = await self.fetch_message(message)
        return await self.send(text, reply_to=message, **options)

    async def upload(
        self, file: File, text: str = "", *, progress: Callable[[Progress], None] | None = None
    ) -> Message:
        """Post a file.

        Args:
            file: a path, or a pair of a name and bytes.
            text: text to send with the file.
            progress: called with the progress, in bytes.

        Returns:
            The posted message.

        Raises:
            OdooChatError: see `send`.
        """
        return await self.send(text, files=[file], progress=progress)

    async def forward(self, message: Message | int, to: Conversation, text: str = "") -> Message:
        """Forward a message from this conversation, with its files, as a quote that names its author.

        Args:
            message: the message, or its id.
            to: the channel or record to forward it to.
            text: the current user's own text, placed above the quote.

        Returns:
            The new message.

        Raises:
            NotFound: the message does not exist in this conversation.
            OdooChatError: see `send`.
        """
        self._services.session.require("forward")
        original = message if isinstance(message, Message) else await self.fetch_message(message)
        copies = await self._services.files.copy([a.id for a in original.attachments])
        above = body.from_text(text) + "<br>" if text.strip() else ""
        author = original.author.name or original.author.email or "unknown"
        heading = body.from_text(f"{author}, {original.date:%Y-%m-%d %H:%M} UTC:")
        html = f"{above}<blockquote><strong>{heading}</strong><br>{body.from_html(original.html)}</blockquote>"
        return await to._posting.post(html, markup="html", attached=copies)

    # ------------------------------------------------------------------ changing

    async def edit(self, message: Message | int, text: str, *, markup: Markup = "text") -> None:
        """Replace the text of one of the current user's messages, keeping its files.

        With an API key, and on Odoo 14, the server does not notify other clients of the change.

        Args:
            message: the message, or its id.
            text: the new text.
            markup: the format of `text`, as in `send`.

        Raises:
            AccessDenied, NotFound: the message is not the current user's, or does not exist.
            UsageError: the text is empty.
        """
        if not text.strip():
            raise UsageError("the new text is empty; use delete() to delete the message")
        original = message if isinstance(message, Message) else await self.fetch_message(message)
        html = body.render(text, markup)
        if markup != "html":
            html = with_links(html, (), self._services.session.url)
        files = [a.id for a in original.attachments]
        await change_message(self._services, original.id, original, html, files, original.mentions)

    async def delete(self, message: Message | int) -> None:
        """Delete one of the current user's messages by emptying it, as Odoo's web client does.

        Args:
            message: the message, or its id.

        Raises:
            AccessDenied, NotFound: the message is not the current user's, or does not exist.
        """
        original = message if isinstance(message, Message) else None
        if original is None and writes_rows(self._services):
            original = await self.fetch_message(id_of(message))
        await change_message(self._services, id_of(message), original, "", (), ())

    async def react(self, message: Message | int, emoji: str) -> None:
        """Add a reaction to a message.

        Args:
            message: the message, or its id.
            emoji: the emoji itself or its name: ``👍``, ``:tada:``, ``thumbsup``.

        Raises:
            NotSupported: on Odoo 14.
            ApiKeyOnly: the login has no session.
            UsageError: `emoji` is not an emoji.
        """
        await set_reaction(self._services, id_of(message), emoji, remove=False)

    async def unreact(self, message: Message | int, emoji: str) -> None:
        """Remove the current user's reaction from a message.

        Args:
            message: the message, or its id.
            emoji: the emoji itself or its name.

        Raises:
            NotSupported: on Odoo 14.
            ApiKeyOnly: the login has no session.
            UsageError: `emoji` is not an emoji.
        """
        await set_reaction(self._services, id_of(message), emoji, remove=True)

    async def star(self, message: Message | int) -> None:
        """Star a message for the current user (or bookmark it, on Odoo 20), unless it is already starred.

        Args:
            message: the message, or its id.

        Raises:
            NotFound: the message does not exist in this conversation.
        """
        self._services.session.require("star")
        await set_star(self._services, await self.fetch_message(id_of(message)), starred=True)

    async def unstar(self, message: Message | int) -> None:
        """Remove the current user's star (or bookmark, on Odoo 20) from a message, if it has one.

        Args:
            message: the message, or its id.

        Raises:
            NotFound: the message does not exist in this conversation.
        """
        self._services.session.require("star")
        await set_star(self._services, await self.fetch_message(id_of(message)), starred=False)

    # ------------------------------------------------------------------- reading

    async def fetch_message(self, number: int) -> Message:
        """Fetch a message from this conversation by its id.

        Args:
            number: the message's id.

        Returns:
            The current version of the message.

        Raises:
            NotFound: the message does not exist in this conversation.
        """
        queries = self._services.queries
        domain = [*self._domain, ["id", "=", number]]
        known = 0 < number <= HIGHEST_ID
        found = await queries.messages(domain, order="id", limit=1, everywhere=True) if known else []
        if not found:
            raise NotFound("message", f"no message {number} in {self.name!r}")
        return (await queries.reactions.complete(found))[0]

    def history(
        self,
        limit: int | None = None,
        *,
        before: Message | int | None = None,
        after: Message | int | None = None,
        oldest_first: bool = False,
        reactions: bool = True,
    ) -> AsyncIterator[Message]:
        """Iterate over this conversation's messages, fetching pages as needed.

        Args:
            limit: maximum number of messages, or None for all.
            before: only messages with a lower id than this message.
            after: only messages with a higher id than this message.
            oldest_first: whether to begin with the oldest message instead of the newest.
            reactions: whether to fetch the reactions, which on Odoo 15 and later takes several times as long as
                fetching the messages. If False, `Message.reactions_known` is False for messages that were not received
                live.

        Returns:
            The messages, as an async iterator.

        Raises:
            UsageError: `limit` is negative.
        """
        return history(
            self._services.queries,
            self._domain,
            limit=limit,
            before=None if before is None else id_of(before),
            after=None if after is None else id_of(after),
            oldest_first=oldest_first,
            dense=True,
            reactions=reactions,
            whole=self._record is None and self._services.state.info(self.id) is not None,
        )

    def search(self, text: str, limit: int | None = None) -> AsyncIterator[Message]:
        """Iterate over this conversation's messages that contain all of the given words, newest first.

        Args:
            text: one or more words.
            limit: maximum number of messages, or None for all.

        Returns:
            The messages, as an async iterator.

        Raises:
            UsageError: `text` is empty, or `limit` is negative.
        """
        whole = self._record is None and self._services.state.info(self.id) is not None
        return search(self._services.queries, self._domain, text, limit, whole=whole)
