"""Queries: reads channels, messages and other rows by model calls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from odoochat.client.answers import SAME_MOMENT, LastChange, Page, Rows, with_ids
from odoochat.client.large_answers import ask_for_rows
from odoochat.client.reactions import Reactions
from odoochat.client.session import Session
from odoochat.core.state import ClientState
from odoochat.errors import OdooChatError, ProtocolError, ServerFault
from odoochat.model import Attachment, ChannelInfo, Message, same_facts
from odoochat.wire.requests.call import Call
from odoochat.wire.requests.people import fetch_partner_names
from odoochat.wire.updates import Marked
from odoochat.wire.values import attachment, identifiers, is_array, pair, text, when

__all__ = ["FIRST_PAGE", "ServerQueries"]

PAGE = 1_000
"""Messages of one page of a history or of a catch-up; in pages of 200 they take 19 up to twice as long (measured)."""

FIRST_PAGE = 200
"""Messages of a page when it is not known how many are wanted."""

SLICE = 50
"""Messages that are decoded before other tasks get a turn."""

SCAN = 8_000
"""Ids that one query for left-out messages asks for; 20 refuses 10,000 hits (`MAX_SEARCH_LIMIT`)."""

log = logging.getLogger("odoochat")

NAMES_AT_ONCE = 500
HIGHEST_ID = 2**31 - 1
"""PostgreSQL refuses a higher number, as ids are 32 bits wide (seen on live 14)."""


class ServerQueries:
    """Reads channels and messages for one client.

    Args:
        session: sends the requests.
        state: remembers names and reactions.
        page_size: number of messages per request when many are wanted.
        first_size: the same when it is not known how many are wanted.
        scan_size: number of ids per request for messages that pages leave out.
    """

    def __init__(
        self,
        session: Session,
        state: ClientState,
        *,
        page_size: int = PAGE,
        first_size: int = FIRST_PAGE,
        scan_size: int = SCAN,
    ) -> None:
        self.page_size = page_size
        self._first_size = first_size
        self.scan_size = scan_size
        self._session = session
        self._state = state
        self.reactions = Reactions(session, state)
        self._memberships: list[int] = []

    @property
    def first_size(self) -> int:
        """Number of messages per request when it is not known how many are wanted."""
        return min(self._first_size, self.page_size)

    async def _ask(self, call: Call) -> list[dict[str, Any]]:
        return with_ids(call, await self._answer(call))

    async def _answer(self, call: Call) -> Sequence[Any]:
        answer = await self._session.do(call)
        if not is_array(answer):
            raise ProtocolError(f"the answer of {call.model}.{call.method} is not a list", answer)
        return answer

    async def my_channels(self) -> tuple[list[ChannelInfo], dict[int, datetime | None]]:
        """Fetch the user's channels.

        Returns:
            The channels, and by channel id, since when the user is a member.
        """
        dialect, me = self._session.dialect, self._session.me.partner_id
        everybody = await self._ask(dialect.membership.fetch_all(me))
        members = [m for m in everybody if pair(m.get("partner_id"))[0] == me]
        self._memberships = sorted(m["id"] for m in members)
        ids = sorted({pair(m.get("channel_id"))[0] for m in members} - {0})
        if not ids:
            return [], {}
        rows = await self._ask(dialect.channels.fetch(ids))
        private = {r["id"] for r in rows if r.get("channel_type") == "chat" or not r.get("name")}
        partners = [m for m in everybody if pair(m.get("partner_id"))[0] and pair(m.get("channel_id"))[0] in private]
        self._learn_chat_names(rows, partners)
        others = await self.named(partners, "partner_id")
        infos = dialect.rows.channel_infos(members, rows, others, me)
        for other in others:
            partner, name = pair(other.get("partner_id"))
            self._state.author("partner", partner, name, display=True)
        listed = {info.id for info in infos}
        since = {pair(m.get("channel_id"))[0]: when(m.get("create_date")) for m in members}
        return infos, {i: s for i, s in since.items() if i in listed}

    def _learn_chat_names(self, rows: list[dict[str, Any]], partners: list[dict[str, Any]]) -> None:
        """Take plain names of partners from the stored names of direct chats, which saves a request.

        A direct chat is stored as "Alice, Bob", from the plain names of its members at that time, while the display
        name of Bob may be "Company, Bob". Source: addons/mail/models/discuss/discuss_channel.py (17.0), channel_get.
        """
        stored = {row["id"]: text(row.get("name")) for row in rows if row.get("channel_type") == "chat"}
        for row in partners:
            partner, display = pair(row.get("partner_id"))
            chat = stored.get(pair(row.get("channel_id"))[0], "")
            _, comma, plain = display.rpartition(", ")
            if comma and display not in chat and plain in chat.split(", "):
                self._state.author("partner", partner, plain)

    async def joined_or_left(self) -> bool:
        """Ask whether the user has joined or left a channel since the channels were read: one small request."""
        me, known = self._session.me.partner_id, self._memberships
        rows = await self._ask(self._session.dialect.membership.fetch_last(me, len(known)))
        return [row["id"] for row in rows] != known[-1:]

    async def last_change(self, *, of_channels: bool) -> LastChange:
        """Ask for the last change of the user's memberships or channels: one small request.

        Args:
            of_channels: whether that of a channel, else that of a membership.
        """
        dialect, me = self._session.dialect, self._session.me.partner_id
        requests = dialect.channels if of_channels else dialect.membership
        rows = await self._ask(requests.fetch_newest_change(me))
        if not rows:
            return LastChange(0, None, settled=True)
        at, now = when(rows[0].get("write_date")), self._session.http.server_time
        return LastChange(rows[0]["id"], at, settled=at is None or now is None or at < now - SAME_MOMENT)

    async def named(self, rows: list[dict[str, Any]], field: str) -> list[dict[str, Any]]:
        """Return rows in which the pairs of a partner have the plain name.

        A ``display_name`` is "Company, Name" for a partner with a parent company, while live notifications say "Name".
        Where it may be so, the server is asked for the name; when it refuses, the display name stays.

        Args:
            rows: from the server.
            field: the field with the pairs.
        """
        shown = {partner: name for partner, name in (pair(row.get(field)) for row in rows) if partner and name}
        unknown = [partner for partner, name in shown.items() if self._state.plain_name(partner, name) is None]
        names = await self._partner_names(unknown) if unknown else {}
        for partner, name in names.items():
            self._state.author("partner", partner, name)
        plain = {p: names.get(p) or self._state.plain_name(p, name) or name for p, name in shown.items()}
        return [
            row | {field: [partner, plain[partner]]} if (partner := pair(row.get(field))[0]) in plain else row
            for row in rows
        ]

    async def _partner_names(self, ids: Sequence[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        for start in range(0, len(ids), NAMES_AT_ONCE):
            call = fetch_partner_names(ids[start : start + NAMES_AT_ONCE])
            try:
                rows = await self._ask(call)
            except OdooChatError as error:
                log.debug("names of %d partners unknown: %s", len(ids), error)
                return found
            found |= {r["id"]: name for r in rows if (name := text(r.get("name")))}
        return found

    async def newest(
        self, channel_ids: Collection[int], limit: int | None = None, *, complete: bool = True
    ) -> list[Message]:
        """Fetch the newest messages of some channels.

        Args:
            channel_ids: ids of channels of the current user.
            limit: maximum number of messages, None for a first page.
            complete: whether to ask for plain names of authors and for files; see `complete`.

        Returns:
            The messages, newest first.
        """
        if not channel_ids:
            return []
        domain = [["res_id", "in", sorted(channel_ids)]]
        size = self.first_size if limit is None else limit
        return (await self.page(domain, order="id desc", limit=size, complete=complete)).messages

    async def complete(self, messages: Sequence[Message]) -> dict[int, Message]:
        """Ask for what messages lack that were read with ``complete=False``.

        Args:
            messages: the messages.

        Returns:
            Those that lacked something, by id, with plain names of authors and with their files' facts.

        Raises:
            OdooChatError: the server could not be asked.
        """
        shown = {m.author.id: m.author.name for m in messages if m.author.kind == "partner" and m.author.name}
        unknown = [partner for partner, name in shown.items() if self._state.plain_name(partner, name) is None]
        for partner, name in (await self._partner_names(unknown) if unknown else {}).items():
            self._state.author("partner", partner, name)
        wanted = sorted({a.id for m in messages for a in m.attachments if not a.name})
        rows = await self._ask(self._session.dialect.files.fetch(wanted)) if wanted else []
        files = {row["id"]: attachment(row) for row in rows}
        found: dict[int, Message] = {}
        for message in messages:
            author = message.author
            if author.kind == "partner" and author.name:
                author = self._state.author("partner", author.id, author.name, display=True)
            attachments = tuple(files.get(a.id, a) for a in message.attachments)
            new = msgspec.structs.replace(message, author=author, attachments=attachments)
            if not same_facts(new, message):
                found[message.id] = new
        return found

    async def top(self, channel_ids: Collection[int]) -> int:
        """Fetch the id of the newest message of some of the user's channels, or 0 if there is none.

        Args:
            channel_ids: ids of the channels.
        """
        found = await self.newest(channel_ids, limit=1)
        return found[0].id if found else 0

    async def witness(self) -> int | None:
        """Fetch the id of a message of the user's channels, or None if there is none: see `history`."""
        return await self.top([info.id for info in self._state.channels()]) or None

    async def missing(self, domain: Sequence[object]) -> Page:
        """Fetch a page of messages by a domain, oldest first; a long page, as all of them are wanted."""
        return await self.page(domain, order="id", limit=2 * self.page_size)

    async def ids(
        self, domain: Sequence[object], low: int, high: int, witness: int | None, *, order: str, limit: int
    ) -> list[int]:
        """Fetch the ids of messages by a domain, including those of records."""
        call = self._session.dialect.messages.search_ids(domain, low, high, witness, order=order, limit=limit)
        return [row["id"] for row in await self._ask(call)]

    async def by_ids(self, ids: Sequence[int], *, everywhere: bool = False) -> list[Message]:
        """Fetch the messages with these ids that still exist, oldest first."""
        there = [number for number in ids if 0 < number <= HIGHEST_ID]
        if not there:
            return []
        return await self.messages([["id", "in", there]], order="id", limit=len(there), everywhere=everywhere)

    async def these_and_next(self, channel_ids: Collection[int], ids: Sequence[int]) -> list[Message]:
        """Fetch the messages with these ids that still exist in some channels, and the first message after them.

        Args:
            channel_ids: ids of channels of the current user.
            ids: ids of the messages, in ascending order.
        """
        domain = [["res_id", "in", sorted(channel_ids)], "|", ["id", "in", list(ids)], ["id", ">", ids[-1]]]
        return await self.messages(domain, order="id", limit=len(ids) + 1)

    async def parents(self, ids: Sequence[int]) -> dict[int, int]:
        """Fetch the ids of the messages that some messages reply to, by the id of the reply."""
        query: dict[str, object] = {
            "domain": [["id", "in", list(ids)], ["parent_id", "!=", False]],
            "fields": ["parent_id"],
        }
        rows = await self._ask(Call("mail.message", "search_read", None, query))
        return {row["id"]: pair(row.get("parent_id"))[0] for row in rows}

    async def marked(self) -> Marked:
        """Fetch which messages are in the inbox, and which are starred."""
        requests = self._session.dialect.messages
        return requests.marked(await self._ask(requests.fetch_marked()))

    async def messages(
        self, domain: Sequence[object], *, order: str, limit: int, everywhere: bool = False
    ) -> list[Message]:
        """Fetch messages by a domain, with the names of their files.

        Args:
            domain: plain terms without operators, all of which must hold.
            order: the order in Odoo's syntax, e.g. ``id desc``.
            limit: maximum number of messages.
            everywhere: whether to include messages of records.
        """
        found: list[Message] = []
        bounds: list[object] = []
        while True:
            page = await self.page([*domain, *bounds], order=order, limit=limit - len(found), everywhere=everywhere)
            found += page.messages
            # A page is shorter than requested when the response would be too large.
            if page.last is None or not page.full or len(found) >= limit or order != "id":
                return found
            bounds = [["id", ">", page.last]]

    async def page(
        self, domain: Sequence[object], *, order: str, limit: int, everywhere: bool = False, complete: bool = True
    ) -> Page:
        """Fetch a page of messages, as `messages`; rows that cannot be decoded are left out."""
        rows = await self.rows(domain, order=order, limit=limit, everywhere=everywhere)
        return Page(await self.decode(rows, complete=complete), rows.last, rows.full)

    async def rows(
        self, domain: Sequence[object], *, order: str, limit: int, everywhere: bool = False, named: bool = True
    ) -> Rows:
        """Fetch the rows of a page, which `decode` makes messages of.

        Args:
            domain: see `messages`.
            order: see `messages`.
            limit: see `messages`.
            everywhere: see `messages`.
            named: whether to ask for the names of records; without, it must be the messages of one channel.

        Returns:
            The rows; fewer than there are, and `Rows.full`, when the response would be too large.
        """
        requests = self._session.dialect.messages

        def search(count: int) -> Call:
            return requests.search(domain, order=order, limit=count, everywhere=everywhere, named=everywhere and named)

        try:
            answer, limit = await ask_for_rows(self._answer, search, limit)
        except ServerFault as error:
            # 20 † refuses a search of more than 10,000 hits that names no model (mail_message.py, MAX_SEARCH_LIMIT).
            if not everywhere or "too many messages" not in str(error):
                raise
            log.warning(
                "search limited to channels: the server refuses a global search (%s)",
                error,
                extra={"event": "search.limited", "error": str(error)},
            )
            answer = await self._answer(requests.search(domain, order=order, limit=limit))
        found = with_ids(search(limit), answer)  # without those that have no id
        return Rows(found, found[-1]["id"] if found else None, len(answer) >= limit)

    async def decode(self, page: Rows, *, complete: bool = True) -> list[Message]:
        """Return the messages of the rows of a page; the event loop gets its turn after each few of them.

        Args:
            page: a response of `rows`.
            complete: whether to ask for plain names of authors and for files.
        """
        rows = await self.named(page.rows, "author_id") if complete else page.rows
        files = await self._files(rows) if complete else {}
        decoder = self._session.dialect.rows
        found: list[Message] = []
        for number, row in enumerate(rows, 1):
            try:
                found.append(self._state.personal(decoder.message(row, self._state, files)))
            except Exception as error:  # a row in an unknown shape must not block the others
                log.warning(
                    "message %d could not be decoded: %s",
                    row["id"],
                    type(error).__name__,
                    extra={"event": "message.undecodable", "message_id": row["id"], "error": type(error).__name__},
                )
            if not number % SLICE:
                await asyncio.sleep(0)
        return found

    async def _files(self, rows: Iterable[dict[str, Any]]) -> dict[int, Attachment]:
        """Return the files of messages by id; those of recent messages are known, as polls get these every time."""
        files: dict[int, Attachment] = {}
        wanted: set[int] = set()
        for row in rows:
            wanted.update(identifiers(row.get("attachment_ids")))
            if (known := self._state.message(row["id"])) is not None:
                files |= {a.id: a for a in known.attachments if a.name}
        wanted -= files.keys()
        if wanted:
            for row in await self._ask(self._session.dialect.files.fetch(sorted(wanted))):
                files[row["id"]] = attachment(row)
        return files
