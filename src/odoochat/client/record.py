"""Record: the discussion on a business document, shown as its chatter in Odoo's web client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from odoochat.client.conversation import Conversation
from odoochat.client.files import File
from odoochat.client.posting import Linkable
from odoochat.client.services import Markup, Mentioned, Services
from odoochat.errors import NotFound, UsageError
from odoochat.model import Author, Message, Progress, RecordRef, ScheduledMessage
from odoochat.wire.content import body
from odoochat.wire.requests.call import Call
from odoochat.wire.values import dicts, pair, records, stamp, when

__all__ = ["Record", "fetch_record"]


class Record(Conversation):
    """The discussion on a business document, with its followers, notes and scheduled messages.

    The server sends its messages live only to users who get them in their inbox (see `InboxReceived`).

    Args:
        ref: the record.
        services: the client's services.

    Attributes:
        id: the record's id.
        ref: the record's model, id and name.
    """

    def __init__(self, ref: RecordRef, services: Services) -> None:
        super().__init__(ref.id, ref, services)
        self.ref = ref

    def __repr__(self) -> str:
        return f"<Record {self.ref.model} {self.id}>"

    @property
    def name(self) -> str:
        """The display name."""
        return self.ref.name or f"{self.ref.model} {self.id}"

    async def note(
        self,
        text: str,
        *,
        markup: Markup = "text",
        mentions: Sequence[Mentioned | Linkable] = (),
        files: Sequence[File] = (),
        progress: Callable[[Progress], None] | None = None,
    ) -> Message:
        """Post an internal note, which notifies mentioned people but not followers.

        Args:
            text: the text.
            markup: the format of `text`, as in `send`.
            mentions: people to notify, or channels to link to.
            files: paths, or pairs of a name and bytes.
            progress: called with the total progress of all files, in bytes.

        Returns:
            The posted note.

        Raises:
            OdooChatError: see `send`.
        """
        return await self._posting.post(
            text, markup=markup, files=files, mentions=mentions, progress=progress, note=True
        )

    # ----------------------------------------------------------------- followers

    async def followers(self) -> list[Author]:
        """Fetch the record's followers.

        Returns:
            The followers.
        """
        domain = [["res_model", "=", self.ref.model], ["res_id", "=", self.id], ["partner_id", "!=", False]]
        query: dict[str, object] = {"domain": domain, "fields": ["partner_id"]}
        rows = dicts(await self._services.session.do(Call("mail.followers", "search_read", None, query)))
        named = await self._services.queries.names.named(rows, "partner_id")
        people = (pair(row.get("partner_id")) for row in named)
        state = self._services.state
        return [state.author("partner", partner, name, display=True) for partner, name in people if partner]

    async def follow(self, *people: Mentioned) -> None:
        """Add followers.

        Args:
            people: `Person` objects, partner ids, logins or names; the current user if omitted.

        Raises:
            NotFound: one of the people does not exist.
            AccessDenied: the user is not allowed to add them.
        """
        await _subscribe(self._services, self.ref, "message_subscribe", people)

    async def unfollow(self, *people: Mentioned) -> None:
        """Remove followers.

        Args:
            people: `Person` objects, partner ids, logins or names; the current user if omitted.

        Raises:
            NotFound: one of the people does not exist.
            AccessDenied: the user is not allowed to remove them.
        """
        await _subscribe(self._services, self.ref, "message_unsubscribe", people)

    # ----------------------------------------------------------------- scheduled

    async def schedule(self, text: str, at: datetime, *, markup: Markup = "text", note: bool = False) -> int:
        """Schedule a message for the server to post later (Odoo 18 and later).

        Args:
            text: the text.
            at: when to post it; must include a time zone.
            markup: the format of `text`, as in `send`.
            note: whether it is an internal note.

        Returns:
            The scheduled message's id.

        Raises:
            NotSupported: before Odoo 18.
            UsageError: `at` has no time zone or is in the past.
            Rejected, AccessDenied: Odoo refused the message.
        """
        session = self._services.session
        session.require("scheduled")
        if at.tzinfo is None:
            raise UsageError("the time has no time zone; use e.g. datetime(…, tzinfo=UTC)")
        if at <= datetime.now(UTC):
            raise UsageError("the time is in the past; use send() to post now")
        values: dict[str, Any] = {
            "model": self.ref.model,
            "res_id": self.id,
            "body": body.render(text, markup),
            "scheduled_date": stamp(at),
            "is_note": note,
            "author_id": session.me.partner_id,
        }
        answer = await session.do(Call("mail.scheduled.message", "create", None, {"vals_list": [values]}))
        return pair(answer)[0]

    async def scheduled(self) -> list[ScheduledMessage]:
        """Fetch the record's scheduled messages.

        Returns:
            The messages, earliest first.

        Raises:
            NotSupported: before Odoo 18.
        """
        session = self._services.session
        session.require("scheduled")
        domain = [["model", "=", self.ref.model], ["res_id", "=", self.id]]
        fields = ["body", "author_id", "scheduled_date", "is_note"]
        query: dict[str, object] = {"domain": domain, "fields": fields, "order": "scheduled_date"}
        found: list[ScheduledMessage] = []
        for row in records(await session.do(Call("mail.scheduled.message", "search_read", None, query))):
            html = body.body_html(row.get("body"))
            moment = when(row.get("scheduled_date"))
            if moment is not None:
                author = self._services.state.author("partner", *pair(row.get("author_id")), display=True)
                found.append(ScheduledMessage(row["id"], self.ref, author, body.to_text(html), html, moment))
        return found

    async def unschedule(self, message: ScheduledMessage | int) -> None:
        """Cancel a scheduled message.

        Args:
            message: the scheduled message, or its id.

        Raises:
            NotSupported: before Odoo 18.
            NotFound: there is no such scheduled message.
        """
        session = self._services.session
        session.require("scheduled")
        number = message.id if isinstance(message, ScheduledMessage) else message
        await session.do(Call("mail.scheduled.message", "unlink", (number,)))


async def _subscribe(services: Services, ref: RecordRef, method: str, people: tuple[Mentioned, ...]) -> None:
    ids = [await services.people.find(p) for p in people] or [services.session.me.partner_id]
    await services.session.do(Call(ref.model, method, (ref.id,), {"partner_ids": ids}))


async def fetch_record(services: Services, model: str, number: int) -> Record:
    """Fetch the name of a record.

    Args:
        services: the client's services.
        model: the model's technical name.
        number: the record's id.

    Returns:
        The record.

    Raises:
        NotFound: the record or model does not exist.
        AccessDenied: the user is not allowed to read it.
    """
    try:
        rows = dicts(await services.session.do(Call(model, "read", (number,), {"fields": ["display_name"]})))
    except NotFound:
        rows = []
    if not rows:
        raise NotFound("record", f"no record {model} {number}, or no such model on this server")
    name = rows[0].get("display_name")
    return Record(RecordRef(model, number, body.safe_line(name) if isinstance(name, str) else ""), services)
