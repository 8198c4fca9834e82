"""Queries: fetches messages and other rows with model calls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from odoochat.client.answers import Page, Rows, fetch_list, fetch_rows, with_ids
from odoochat.client.channel_queries import ChannelQueries
from odoochat.client.large_answers import ask_for_rows
from odoochat.client.partner_names import PartnerNames
from odoochat.client.reactions import Reactions
from odoochat.client.session import Session
from odoochat.core.state import ClientState
from odoochat.errors import AccessDenied, Rejected, ServerFault
from odoochat.model import Attachment, Message, same_facts
from odoochat.wire.requests.call import Call
from odoochat.wire.updates import Marked
from odoochat.wire.values import attachment, identifiers, pair

__all__ = ["FIRST_PAGE", "ServerQueries"]

PAGE = 1_000
"""Page size for histories and catch-ups; pages of 200 take up to twice as long on Odoo 19 (measured)."""

PAGES_AT_ONCE = 2
"""Number of pages of a history in progress at a time; one takes 9 to 12 % longer on Odoo 14 and 19 (measured)."""

FIRST_PAGE = 200
"""Page size if the number of messages wanted is unknown."""

SLICE = 50
"""Number of messages to decode before yielding to other tasks."""

SCAN = 8_000
"""Number of ids per query for omitted messages; Odoo 20 refuses 10,000 hits (`MAX_SEARCH_LIMIT`)."""

log = logging.getLogger("odoochat")

HIGHEST_ID = 2**31 - 1
"""Highest id that PostgreSQL accepts, as ids are 32 bits wide (observed on a live Odoo 14 server)."""


class ServerQueries:
    """Fetches messages for one client.

    Args:
        session: sends the requests.
        state: remembers names and reactions.
        page_size: number of messages per request when fetching many.
        first_size: number of messages per request when it is unknown how many are wanted.
        scan_size: number of ids per request when looking for messages that pages omitted.
        pages_at_once: number of pages of a history in progress at a time.

    Attributes:
        reactions: fetches the reactions of messages.
        names: finds the plain names of partners.
        channels: fetches the user's channels.
    """

    def __init__(
        self,
        session: Session,
        state: ClientState,
        *,
        page_size: int = PAGE,
        first_size: int = FIRST_PAGE,
        scan_size: int = SCAN,
        pages_at_once: int = PAGES_AT_ONCE,
    ) -> None:
        self.page_size = page_size
        self.pages_at_once = pages_at_once
        self._first_size = first_size
        self.scan_size = scan_size
        self._session = session
        self._state = state
        self.reactions = Reactions(session, state)
        self.names = PartnerNames(session, state)
        self.channels = ChannelQueries(session, state, self.names)

    @property
    def first_size(self) -> int:
        """Number of messages per request when it is unknown how many are wanted."""
        return min(self._first_size, self.page_size)

    async def written_since(self, moment: datetime) -> bool:
        """Return whether a message in the user's channels may have been written at or after a date."""
        if (now := self._session.http.server_time) is not None and now < moment:
            return True  # the server's clock was set back, so messages are written with earlier dates
        try:
            rows = await fetch_rows(
                self._session, self._session.dialect.membership.fetch_written(self._session.me.partner_id, moment)
            )
        except (AccessDenied, Rejected, ServerFault) as error:
            log.debug("checking for messages: %s", error)
            return True
        return any(self._state.info(row["id"]) is not None for row in rows)

    async def newest(
        self, channel_ids: Collection[int], limit: int | None = None, *, complete: bool = True
    ) -> list[Message]:
        """Fetch the newest messages of some channels.

        Args:
            channel_ids: the ids of the current user's channels to query.
            limit: maximum number of messages, or None for a first page.
            complete: whether to fetch plain author names and file details as well; see `complete`.

        Returns:
            The messages, newest first.
        """
        if not channel_ids:
            return []
        domain = [["res_id", "in", sorted(channel_ids)]]
        size = self.first_size if limit is None else limit
        return (await self.page(domain, order="id desc", limit=size, complete=complete)).messages

    async def complete(self, messages: Sequence[Message]) -> dict[int, Message]:
        """Fetch the details missing from messages that were fetched with ``complete=False``.

        Args:
            messages: the messages.

        Returns:
            The completed messages by id, with plain author names and file details; complete messages are omitted.

        Raises:
            OdooChatError: the request failed.
        """
        await self.names.learn(
            {m.author.id: m.author.name for m in messages if m.author.kind == "partner" and m.author.name}
        )
        wanted = sorted({a.id for m in messages for a in m.attachments if not a.name})
        rows = await fetch_rows(self._session, self._session.dialect.files.fetch(wanted)) if wanted else []
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
        """Fetch the id of the newest message in the given channels of the user, or 0 if there is none.

        Args:
            channel_ids: the channels' ids.
        """
        found = await self.newest(channel_ids, limit=1)
        return found[0].id if found else 0

    async def witness(self) -> int | None:
        """Fetch the id of a message in the user's channels, or None if there is none; see `history`."""
        return await self.top(self._state.known_channels.ids()) or None

    async def missing(self, domain: Sequence[object]) -> Page:
        """Fetch a large page of messages that match a domain, oldest first."""
        return await self.page(domain, order="id", limit=2 * self.page_size)

    async def ids(
        self, domain: Sequence[object], low: int, high: int, witness: int | None, *, order: str, limit: int
    ) -> list[int]:
        """Fetch the ids of messages that match a domain, including messages on records."""
        call = self._session.dialect.messages.search_ids(domain, low, high, witness, order=order, limit=limit)
        return [row["id"] for row in await fetch_rows(self._session, call)]

    async def by_ids(self, ids: Sequence[int], *, everywhere: bool = False) -> list[Message]:
        """Fetch the messages with the given ids that still exist, oldest first."""
        there = [number for number in ids if 0 < number <= HIGHEST_ID]
        if not there:
            return []
        return await self.messages([["id", "in", there]], order="id", limit=len(there), everywhere=everywhere)

    async def parents(self, ids: Sequence[int]) -> dict[int, int]:
        """Map the ids of replies to the ids of the messages that they reply to."""
        query: dict[str, object] = {
            "domain": [["id", "in", list(ids)], ["parent_id", "!=", False]],
            "fields": ["parent_id"],
        }
        rows = await fetch_rows(self._session, Call("mail.message", "search_read", None, query))
        return {row["id"]: pair(row.get("parent_id"))[0] for row in rows}

    async def marked(self) -> Marked:
        """Fetch the ids of inbox and starred messages."""
        requests = self._session.dialect.messages
        return requests.marked(await fetch_rows(self._session, requests.fetch_marked()))

    async def messages(
        self, domain: Sequence[object], *, order: str, limit: int, everywhere: bool = False
    ) -> list[Message]:
        """Fetch the messages that match a domain, with the names of their files.

        Args:
            domain: plain terms without operators; a message must match all of them.
            order: the sort order in Odoo's syntax, e.g. ``id desc``.
            limit: maximum number of messages.
            everywhere: whether to include messages on records.
        """
        found: list[Message] = []
        bounds: list[object] = []
        while True:
            page = await self.page([*domain, *bounds], order=order, limit=limit - len(found), everywhere=everywhere)
            found += page.messages
            # A page is shorter than requested if the response would be too large.
            if page.last is None or not page.full or len(found) >= limit or order != "id":
                return found
            bounds = [["id", ">", page.last]]

    async def page(
        self, domain: Sequence[object], *, order: str, limit: int, everywhere: bool = False, complete: bool = True
    ) -> Page:
        """Fetch a page of messages, like `messages`, omitting rows that cannot be decoded."""
        rows = await self.rows(domain, order=order, limit=limit, everywhere=everywhere)
        return Page(await self.decode(rows, complete=complete), rows.last, rows.full)

    async def rows(
        self, domain: Sequence[object], *,
        order: str, limit: int, offset: int = 0, everywhere: bool = False, named: bool = True,
    ) -> Rows:  # fmt: skip
        """Fetch the rows of a page for `decode`.

        Args:
            domain: see `messages`.
            order: see `messages`.
            limit: see `messages`.
            offset: number of messages to skip.
            everywhere: see `messages`.
            named: whether to fetch the names of records; may be False only for messages in one channel.

        Returns:
            The rows. If the response would be too large, there are fewer rows and `Rows.full` is set.
        """
        requests = self._session.dialect.messages

        def search(count: int) -> Call:
            more = {"everywhere": everywhere, "named": everywhere and named}
            return requests.search(domain, order=order, limit=count, offset=offset, **more)

        try:
            answer, limit = await ask_for_rows(lambda call: fetch_list(self._session, call), search, limit)
        except ServerFault as error:
            # 20 † refuses a search of more than 10,000 hits that names no model (mail_message.py, MAX_SEARCH_LIMIT).
            if not everywhere or "too many messages" not in str(error):
                raise
            log.warning(
                "search limited to channels: the server refuses a global search (%s)",
                error,
                extra={"event": "search.limited", "error": str(error)},
            )
            answer = await fetch_list(self._session, requests.search(domain, order=order, limit=limit, offset=offset))
        found = with_ids(search(limit), answer)  # excluding rows without an id
        first, last = (found[0]["id"], found[-1]["id"]) if found else (None, None)
        return Rows(found, last, len(answer) >= limit, first)

    async def decode(self, page: Rows, *, complete: bool = True) -> list[Message]:
        """Decode the rows of a page, yielding to the event loop periodically.

        Args:
            page: a page returned by `rows`.
            complete: whether to fetch plain author names and file details as well.
        """
        rows = await self.names.named(page.rows, "author_id") if complete else page.rows
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
        """Return the files of messages by id. Files of recent messages are cached, as polls request them repeatedly."""
        files: dict[int, Attachment] = {}
        wanted: set[int] = set()
        for row in rows:
            ids = identifiers(row.get("attachment_ids"))
            if not ids:
                continue
            wanted.update(ids)
            if (known := self._state.message(row["id"])) is not None:
                files |= {a.id: a for a in known.attachments if a.name}
        wanted -= files.keys()
        if wanted:
            for row in await fetch_rows(self._session, self._session.dialect.files.fetch(sorted(wanted))):
                files[row["id"]] = attachment(row)
        return files
