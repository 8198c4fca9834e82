"""Records: the discussion of a business document, which Odoo shows as its chatter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from odoochat.client.conversation import Conversation, Markup, Mentioned, Services
from odoochat.client.files import File
from odoochat.errors import NotFound, UsageError
from odoochat.model import Author, Message, Progress, RecordRef, ScheduledMessage
from odoochat.wire.content import body
from odoochat.wire.requests.call import Call
from odoochat.wire.values import dicts, pair, records, stamp, when

__all__ = ["Record"]


class Record(Conversation):
    """The discussion of one record: all of `Conversation`, its followers, and notes.

    The server tells its messages live to those alone whose inbox they go to (see `InboxReceived`).

    Args:
        ref: the record.
    """

    def __init__(self, ref: RecordRef, services: Services) -> None:
        super().__init__(ref.id, services)
        self.record = ref

    def __repr__(self) -> str:
        return f"<Record {self.record.model} {self.id}>"

    @property
    def _model(self) -> str:
        return self.record.model

    @property
    def name(self) -> str:
        """As the server calls the record."""
        return self.record.name or f"{self.record.model} {self.id}"

    def _call(self, method: str, **kwargs: Any) -> Call:
        return Call(self.record.model, method, (self.id,), kwargs)

    async def load(self) -> Record:
        """Reads the record's name.

        Raises:
            NotFound: there is no such record or model.
            AccessDenied: I may not read it.
        """
        try:
            rows = dicts(await self._session.do(self._call("read", fields=["display_name"])))
        except NotFound:
            rows = []
        if not rows:
            raise NotFound("record", f"no record {self.record.model} {self.id}, or no such model on this server")
        name = rows[0].get("display_name")
        self.record = RecordRef(self.record.model, self.id, body.safe_line(name) if isinstance(name, str) else "")
        return self

    async def note(
        self,
        text: str,
        *,
        markup: Markup = "text",
        mentions: Sequence[Mentioned | Conversation] = (),
        files: Sequence[File] = (),
        progress: Callable[[Progress], None] | None = None,
    ) -> Message:
        """Writes a note: colleagues see it, followers are not told; whom it mentions is. Raises as `send` does."""
        return await self._post(text, markup, None, files, mentions, progress, note=True)

    async def followers(self) -> list[Author]:
        """Who follows it."""
        domain = [["res_model", "=", self.record.model], ["res_id", "=", self.id], ["partner_id", "!=", False]]
        query: dict[str, object] = {"domain": domain, "fields": ["partner_id"]}
        rows = dicts(await self._session.do(Call("mail.followers", "search_read", None, query)))
        named = await self._queries.named(rows, "partner_id")
        people = (pair(row.get("partner_id")) for row in named)
        return [self._state.author("partner", partner, name, display=True) for partner, name in people if partner]

    async def follow(self, *people: Mentioned) -> None:
        """Makes me, or others, its followers."""
        await self._session.do(self._call("message_subscribe", partner_ids=await self._ids(people)))

    async def unfollow(self, *people: Mentioned) -> None:
        """Ends my following, or that of others."""
        await self._session.do(self._call("message_unsubscribe", partner_ids=await self._ids(people)))

    async def _ids(self, people: tuple[Mentioned, ...]) -> list[int]:
        return [await self._services.people.find(p) for p in people] or [self._session.me.partner_id]

    # ----------------------------------------------------------------- scheduled

    async def schedule(self, text: str, at: datetime, *, markup: Markup = "text", note: bool = False) -> int:
        """Writes a message that the server posts later (18 and later); gives the id of what is scheduled.

        Args:
            at: when, with its time zone.

        Raises:
            NotSupported: before 18.
            UsageError: a time without a zone, or one that has passed.
            Rejected, AccessDenied: Odoo refuses it.
        """
        self._session.require("scheduled")
        if at.tzinfo is None:
            raise UsageError("the time has no time zone; use e.g. datetime(…, tzinfo=UTC)")
        if at <= datetime.now(UTC):
            raise UsageError("the time is in the past; use send() to post now")
        values: dict[str, Any] = {
            "model": self.record.model,
            "res_id": self.id,
            "body": body.render(text, markup),
            "scheduled_date": stamp(at),
            "is_note": note,
            "author_id": self._session.me.partner_id,
        }
        answer = await self._session.do(Call("mail.scheduled.message", "create", None, {"vals_list": [values]}))
        return pair(answer)[0]

    async def scheduled(self) -> list[ScheduledMessage]:
        """What is scheduled here, the earliest first.

        Raises:
            NotSupported: before 18.
        """
        self._session.require("scheduled")
        domain = [["model", "=", self.record.model], ["res_id", "=", self.id]]
        fields = ["body", "author_id", "scheduled_date", "is_note"]
        query: dict[str, object] = {"domain": domain, "fields": fields, "order": "scheduled_date"}
        found: list[ScheduledMessage] = []
        for row in records(await self._session.do(Call("mail.scheduled.message", "search_read", None, query))):
            html = body.body_html(row.get("body"))
            moment = when(row.get("scheduled_date"))
            if moment is not None:
                author = self._state.author("partner", *pair(row.get("author_id")), display=True)
                found.append(ScheduledMessage(row["id"], self.record, author, body.to_text(html), html, moment))
        return found

    async def unschedule(self, number: int) -> None:
        """Takes back what was scheduled."""
        self._session.require("scheduled")
        await self._session.do(Call("mail.scheduled.message", "unlink", (number,)))
