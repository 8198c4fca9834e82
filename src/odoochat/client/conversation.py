"""Conversations: the methods that channels and records share, such as send, edit and history."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from odoochat.client.files import File, Files
from odoochat.client.history import history, search
from odoochat.client.membership import Membership
from odoochat.client.outbox_runner import OutboxRunner
from odoochat.client.people import People
from odoochat.client.publisher import Publisher
from odoochat.client.queries import HIGHEST_ID, ServerQueries
from odoochat.client.session import Session
from odoochat.core.state import ClientState
from odoochat.emoji import emoji_of
from odoochat.errors import AccessDenied, NotFound, UsageError
from odoochat.model import Author, ChannelRef, LinkPreview, Message, Person, Progress
from odoochat.wire.content import body
from odoochat.wire.content.mentions import Mention, with_links
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.requests.pages import message_page

__all__ = ["Conversation", "Everyone", "Markup", "Mentioned", "Services", "number_of"]

Markup = Literal["text", "markdown", "html"]
Everyone = Literal["everyone"]
Mentioned = Author | Person | int | str
"""Somebody to mention: a person, a partner id, a login or name, or ``"everyone"``."""


class Services(Struct, frozen=True):
    """What all conversations of a client share."""

    session: Session
    state: ClientState
    queries: ServerQueries
    publisher: Publisher
    membership: Membership
    outbox_runner: OutboxRunner
    people: People
    files: Files


def number_of(message: Message | int) -> int:
    """The id of a message that is given as itself or by its id."""
    return message.id if isinstance(message, Message) else message


class Conversation:
    """A place where messages stand: sending, answering, changing, marking, reading and searching them.

    Attributes:
        id: of the channel or record.
    """

    def __init__(self, number: int, services: Services) -> None:
        self.id = number
        self._services = services
        self._session = services.session
        self._state = services.state
        self._queries = services.queries
        self._publisher = services.publisher
        self._membership = services.membership

    def __hash__(self) -> int:
        return hash((self._model, self.id, id(self._session)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Conversation):
            return NotImplemented
        return (self._model, self.id, self._session) == (other._model, other.id, other._session)

    @property
    def _model(self) -> str:
        """Of the record, "" for a channel."""
        return ""

    @property
    def name(self) -> str:
        """As it is shown to me."""
        raise NotImplementedError

    @property
    def ref(self) -> ChannelRef:
        """Its id and name."""
        return ChannelRef(self.id, self.name)

    # ------------------------------------------------------------------- sending

    async def send(
        self,
        text: str,
        *,
        markup: Markup = "text",
        reply_to: Message | int | None = None,
        files: Sequence[File] = (),
        mentions: Sequence[Mentioned | Conversation] = (),
        progress: Callable[[Progress], None] | None = None,
    ) -> Message:
        """Posts a message, exactly once, after those that were sent here before.

        While the server is away it is tried again (see ``connect(patience=…)``); after an outcome that is unclear the
        message is looked for before it is posted again.

        Args:
            text: the message; newlines are kept.
            markup: how `text` is meant: ``text`` as it stands, ``markdown``, or ``html``, which Odoo cleans.
            reply_to: the message that it answers; an id is taken as it is, `reply` looks it up first.
            files: paths, or pairs of a name and bytes; read from disk as they are sent. They go up first: what is sent
                here without files meanwhile comes before it.
            mentions: people who are notified, channels that are linked to, or ``"everyone"`` (18 and later). Where
                `text` holds ``@Name`` or ``#channel``, it becomes a link there.
            progress: told how far the files are, all together, in bytes.

        Returns:
            The message as it was posted: the very value that subscribers get in `MessagePosted`.

        Raises:
            UsageError: an unknown markup, a file that cannot be read or is too large, an answer to another place's
                message.
            NotSupported: ``"everyone"`` before 18.
            AccessDenied, NotFound, Rejected: Odoo refuses it; it is not posted.
            Unreachable: it is not posted, and will not be.
            TimedOut: nobody answers; the text says whether it may have been posted.
        """
        return await self._post(text, markup, reply_to, files, mentions, progress)

    async def _post(
        self,
        text: str,
        markup: Markup,
        reply_to: Message | int | None,
        files: Sequence[File],
        mentions: Sequence[Mentioned | Conversation],
        progress: Callable[[Progress], None] | None = None,
        *,
        attached: Sequence[int] = (),
        note: bool = False,
    ) -> Message:
        answered = self._here(reply_to) if reply_to is not None else None
        html = body.render(text, markup)
        if mentions:
            self._session.require("mention")
        found, everyone = await self._mentions(mentions)
        if markup != "html" or found:
            html = with_links(html, found, str(self._session.http.base).rstrip("/"))
        place = (self._model or self._session.dialect.table.channel_model, self.id)
        uploaded = await self._services.files.send(files, progress, place=place) if files else []
        if not (text.strip() or uploaded or attached):
            raise UsageError("the message is empty; pass a text or a file")
        task = self._services.outbox_runner.put(
            self.ref,
            html,
            model=self._model,
            reply_to=answered,
            attachment_ids=[*uploaded, *attached],
            partner_ids=[m.id for m in found if m.model == "res.partner"],
            everyone=everyone,
            note=note,
            tokens=[self._services.files.tokens.get(i, "") for i in uploaded],
        )
        try:
            message = await asyncio.shield(task)
        except asyncio.CancelledError:
            self._services.outbox_runner.withdraw(task)
            raise
        sent = tuple(self._services.files.sent[i] for i in uploaded if i in self._services.files.sent)
        if sent and not message.attachments:  # a portal user may not read the rows of files (seen on 19)
            return msgspec.structs.replace(message, attachments=sent)
        return message

    async def _mentions(self, mentions: Sequence[Mentioned | Conversation]) -> tuple[list[Mention], bool]:
        if isinstance(mentions, str):
            raise UsageError(f"mentions must be a list, like [{mentions!r}]")
        found: list[Mention] = []
        everyone = False
        for who in mentions:
            if isinstance(who, Conversation):
                found.append(Mention(self._session.dialect.table.channel_model, who.id, who.name))
            elif isinstance(who, Author | Person):
                found.append(Mention("res.partner", await self._services.people.find(who), who.name))
            elif who in ("everyone", "@everyone"):
                self._session.require("mention_everyone")
                everyone = True
            else:
                person = await self._services.people.person(who)
                found.append(Mention("res.partner", person.id, person.name))
        return found, everyone

    async def reply(self, message: Message | int, text: str, **more: Any) -> Message:
        """Answers a message.

        Args:
            more: as for `send`.

        Raises:
            As `send`; NotFound: there is no such message here, of which Odoo itself would say nothing.
        """
        number = number_of(message)
        if not isinstance(message, Message):
            await self.fetch_message(number)
        return await self.send(text, reply_to=number, **more)

    async def forward(self, message: Message | int, to: Conversation, text: str = "") -> Message:
        """Sends a message on to another conversation, with its files, as a quotation that names its author.

        Args:
            text: what I say to it.

        Raises:
            As `send`.
        """
        self._session.require("forward")
        original = message if isinstance(message, Message) else await self.fetch_message(message)
        copies = await self._services.files.copy([a.id for a in original.attachments])
        said = body.from_text(text) + "<br>" if text.strip() else ""
        who = body.from_text(
            f"{original.author.name or original.author.email or 'somebody'}, {original.date:%Y-%m-%d %H:%M} UTC:"
        )
        html = f"{said}<blockquote><strong>{who}</strong><br>{body.from_html(original.html)}</blockquote>"
        return await to._post(html, "html", None, (), (), attached=copies)

    async def upload(
        self, file: File, text: str = "", *, progress: Callable[[Progress], None] | None = None
    ) -> Message:
        """Sends a file; raises as `send` does."""
        return await self.send(text, files=[file], progress=progress)

    # ------------------------------------------------------------------ changing

    async def edit(self, message: Message | int, text: str, *, markup: Markup = "text") -> None:
        """Replaces the text of a message of mine; its files stay.

        With an API key, and on 14, the server tells nobody: other clients see it when they read it anew.

        Raises:
            AccessDenied, NotFound: it is not mine.
            UsageError: no text: use `delete`.
        """
        if not text.strip():
            raise UsageError("the new text is empty; use delete() to delete the message")
        original = message if isinstance(message, Message) else await self.fetch_message(message)
        files = [a.id for a in original.attachments]
        html = body.render(text, markup)
        if markup != "html":
            html = with_links(html, (), str(self._session.http.base).rstrip("/"))
        await self._change(original, html, files, original.mentions)

    async def delete(self, message: Message | int) -> None:
        """Empties a message of mine, as the web client does; its place stays. Raises as `edit` does."""
        await self._change(message, "", (), ())

    async def _change(self, message: Message | int, html: str, files: Sequence[int], mentions: Sequence[int]) -> None:
        number = number_of(message)
        messages, session = self._session.dialect.messages, self._session.has_session
        untold = messages.writes_rows(session=session)
        if untold:
            # The row of anybody's message can be written by who may write to the channel (seen on 14 and 19).
            original = message if isinstance(message, Message) else await self.fetch_message(number)
            if original.author != self._session.me.author:
                raise AccessDenied(
                    "message",
                    f"message {number} is not yours; only its author can change it",
                )
            if not html and original.attachments:
                ids = tuple(a.id for a in original.attachments)
                await self._session.do(Call("ir.attachment", "unlink", ids))
        await self._session.do(messages.edit(number, html, files, mentions, session=session))
        if untold:
            await self._publisher.publish_written(number)

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
        await self._set_reaction(message, emoji, remove=False)

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
        await self._set_reaction(message, emoji, remove=True)

    async def _set_reaction(self, message: Message | int, emoji: str, *, remove: bool) -> None:
        emoji = emoji_of(emoji)
        self._session.require("react")
        await self._session.do(self._session.dialect.messages.react(number_of(message), emoji, remove))

    async def star(self, message: Message | int) -> None:
        """Star a message for the current user (20: bookmark it). A starred message stays starred.

        Args:
            message: the message, or its id.

        Raises:
            NotFound: there is no such message here.
        """
        await self._set_star(number_of(message), starred=True)

    async def unstar(self, message: Message | int) -> None:
        """Remove the current user's star (20: bookmark) from a message. One without a star stays as it is.

        Args:
            message: the message, or its id.

        Raises:
            NotFound: there is no such message here.
        """
        await self._set_star(number_of(message), starred=False)

    async def _set_star(self, number: int, *, starred: bool) -> None:
        self._session.require("star")
        if (await self.fetch_message(number)).starred is not starred:  # Odoo's call toggles
            await self._session.do(self._session.dialect.messages.star(number, starred))

    # ------------------------------------------------------------------- reading

    async def fetch_message(self, number: int) -> Message:
        """Fetch a message of this conversation by its id.

        Args:
            number: the message's id.

        Returns:
            The message as the server has it now.

        Raises:
            NotFound: there is no such message here.
        """
        rows = self._queries
        domain = [*self._domain(), ["id", "=", number]]
        known = 0 < number <= HIGHEST_ID
        found = await rows.messages(domain, order="id", limit=1, everywhere=True) if known else []
        if not found:
            raise NotFound("message", f"no message {number} in {self.name!r}")
        return (await rows.reactions.complete(found))[0]

    def _here(self, message: Message | int) -> int:
        """The id of a message, which must not be known to stand elsewhere."""
        if isinstance(message, Message):
            ref = message.record
            place = (ref.model, ref.id) if ref is not None else ("", message.channel.id)
            if place != (self._model, self.id):
                name = (ref or message.channel).name
                raise UsageError(f"message {message.id} belongs to {name}, not to {self.name!r}")
        return number_of(message)

    def _domain(self) -> list[object]:
        model = self._model or self._session.dialect.table.channel_model
        return [["model", "=", model], ["res_id", "=", self.id]]

    def history(
        self,
        limit: int | None = None,
        *,
        before: Message | int | None = None,
        after: Message | int | None = None,
        oldest_first: bool = False,
    ) -> AsyncIterator[Message]:
        """Its messages, read page by page: the newest first, or the oldest.

        Args:
            limit: how many at most, None for all.
            before, after: only messages with a lower, a higher id.
            oldest_first: begin with the oldest.
        """
        return history(
            self._queries,
            self._domain(),
            limit=limit,
            before=None if before is None else number_of(before),
            after=None if after is None else number_of(after),
            oldest_first=oldest_first,
            dense=True,
            whole=self._whole,
        )

    @property
    def _whole(self) -> bool:
        """Whether I may read all messages here: of a record I may be mentioned in some and not see the others."""
        return not self._model and self._state.info(self.id) is not None

    def search(self, text: str, limit: int | None = None) -> AsyncIterator[Message]:
        """Messages here whose text holds all these words, the newest first.

        Args:
            limit: how many at most, None for all.
        """
        return search(self._queries, self._domain(), text, limit, whole=self._whole)

    def link(self, message: Message | int) -> str:
        """The address by which a browser opens a message: for those who may read it."""
        return str(self._session.http.base).rstrip("/") + self._session.dialect.messages.link(number_of(message))

    async def previews(self, message: Message | int) -> tuple[LinkPreview, ...]:
        """What the server found behind the links of a message.

        Odoo makes previews when a web client asks it to, which this does first. On 19 to read them takes the message
        out of my inbox, as to read it in the web client does.

        Raises:
            NotSupported, ApiKeyOnly: before 17, or without a session.
        """
        self._session.require("previews")
        number = number_of(message)
        await self._session.do(Route("/mail/link_preview", {"message_id": number}))
        dialect = self._session.dialect
        answer = await self._session.do(message_page(dialect.table, self._model, self.id, number))
        return dialect.decoder.previews_in(answer, self._state, number)
