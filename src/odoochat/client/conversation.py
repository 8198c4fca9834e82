"""Conversations: what channels and records have in common."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypedDict, Unpack

from odoochat.client.editing import change_message, set_reaction, set_star, writes_rows
from odoochat.client.files import File
from odoochat.client.history import history, search
from odoochat.client.posting import Linkable, Posting
from odoochat.client.queries import HIGHEST_ID
from odoochat.client.services import Markup, Mentioned, Services, id_of
from odoochat.errors import NotFound, UsageError
from odoochat.model import Message, Progress, RecordRef
from odoochat.wire.content import body
from odoochat.wire.content.mentions import with_links

__all__ = ["Conversation", "SendOptions"]


class SendOptions(TypedDict, total=False):
    """Options of `Conversation.reply` and `Client.reply`; see `Conversation.send`.

    Attributes:
        markup: how the text is meant.
        files: files to send with it.
        mentions: people, channels or ``"everyone"``.
        progress: called with the progress of the files.
        key: identifies the message; see `Conversation.send`.
        retry: whether an earlier attempt with this key may have been posted.
    """

    markup: Markup
    files: Sequence[File]
    mentions: Sequence[Mentioned | Linkable]
    progress: Callable[[Progress], None] | None
    key: str | None
    retry: bool


class Conversation:
    """A channel, or the discussion of a record: its messages, and what can be done with them.

    Args:
        number: id of the channel or record.
        record: the record, None for a channel.
        services: the client's services.

    Attributes:
        id: id of the channel or record.
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
        """The displayed name."""
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
        """Post a message exactly once, after those that were sent here before.

        While the server cannot be reached it is tried again (see ``connect(patience=…)``). When the outcome of an
        attempt is unclear, the client looks for the message before it posts it again.

        Args:
            text: the text; newlines are kept.
            markup: how `text` is meant: ``text`` as it is, ``markdown``, or ``html``, which Odoo sanitizes.
            reply_to: the message that it answers. An id is not checked; `reply` fetches the message first.
            files: paths, or pairs of a name and bytes; read from disk while they are sent. They are uploaded first: a
                message without files that is sent meanwhile is posted before this one.
            mentions: people to notify, channels to link to, or ``"everyone"`` (Odoo 18 and later). Where `text` holds
                ``@Name`` or ``#channel``, it becomes a link there.
            progress: called with the progress of all files together, in bytes.
            key: a text that identifies the message among all messages of this database, for a program that may post
                it again after a restart. The same key makes the same ``Message-Id``.
            retry: whether an earlier attempt with this `key`, also of another process, may have been posted: then the
                server is asked for it first, and the message that is there is returned.

        Returns:
            The message as it was posted: the same value that subscribers receive in `MessagePosted`.

        Raises:
            UsageError: the markup is unknown, a file cannot be read or is too large, or `reply_to` belongs to another
                conversation, or `retry` is set without a `key`.
            NotSupported: ``"everyone"`` before Odoo 18.
            AccessDenied, NotFound, Rejected: Odoo refuses the message; it is not posted.
            Unreachable: it was not posted, and is not tried again.
            TimedOut: the server does not answer; the text says whether the message may have been posted.
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

    async def reply(self, message: Message | int, text: str, **options: Unpack[SendOptions]) -> Message:
        """Answer a message of this conversation.

        Args:
            message: the message, or its id.
            text: the text of the response.
            options: see `send`.

        Returns:
            The response as it was posted.

        Raises:
            NotFound: no such message here.
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
            text: a text to send with it.
            progress: called with the progress, in bytes.

        Returns:
            The message as it was posted.

        Raises:
            OdooChatError: see `send`.
        """
        return await self.send(text, files=[file], progress=progress)

    async def forward(self, message: Message | int, to: Conversation, text: str = "") -> Message:
        """Forward a message of this conversation, with its files, as a quotation that names its author.

        Args:
            message: the message, or its id.
            to: the channel or record that receives it.
            text: a text of the current user above the quotation.

        Returns:
            The new message.

        Raises:
            NotFound: no such message here.
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
        """Replace the text of a message of the current user; its files stay.

        With an API key, and on Odoo 14, the server notifies no other client of the change.

        Args:
            message: the message, or its id.
            text: the new text.
            markup: how `text` is meant, as in `send`.

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
        """Delete a message of the current user: empty it, as Odoo's web client does.

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
        """Star a message for the current user (20: bookmark it). A starred message stays starred.

        Args:
            message: the message, or its id.

        Raises:
            NotFound: no such message here.
        """
        self._services.session.require("star")
        await set_star(self._services, await self.fetch_message(id_of(message)), starred=True)

    async def unstar(self, message: Message | int) -> None:
        """Remove the current user's star (20: bookmark) from a message. One without a star stays as it is.

        Args:
            message: the message, or its id.

        Raises:
            NotFound: no such message here.
        """
        self._services.session.require("star")
        await set_star(self._services, await self.fetch_message(id_of(message)), starred=False)

    # ------------------------------------------------------------------- reading

    async def fetch_message(self, number: int) -> Message:
        """Fetch a message of this conversation by its id.

        Args:
            number: the message's id.

        Returns:
            The message as the server has it now.

        Raises:
            NotFound: no such message here.
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
        """Iterate over the messages of this conversation; pages are read as they are needed.

        Args:
            limit: maximum number of messages, None for all.
            before: only messages with an id below that of this message.
            after: only messages with an id above that of this message.
            oldest_first: begin with the oldest message instead of the newest.
            reactions: whether to look up the reactions, which takes Odoo 15 and later several times as long as the
                messages themselves; without, `Message.reactions_known` is False for those that were not received live.

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
        """Iterate over the messages here that contain all words of a text, the newest first.

        Args:
            text: one or more words.
            limit: maximum number of messages, None for all.

        Returns:
            The messages, as an async iterator.

        Raises:
            UsageError: `text` is empty, or `limit` is negative.
        """
        whole = self._record is None and self._services.state.info(self.id) is not None
        return search(self._services.queries, self._domain, text, limit, whole=whole)
