"""Guest queries: reads a guest's channel through public routes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from odoochat.client.answers import LastChange, Page, Rows
from odoochat.client.channel_queries import ChannelQueries
from odoochat.client.queries import FIRST_PAGE, ServerQueries
from odoochat.client.session import Session
from odoochat.core.state import ClientState
from odoochat.errors import ApiKeyOnly, NotFound
from odoochat.model import ChannelInfo, Message
from odoochat.wire.content.body import safe_line
from odoochat.wire.updates import Marked
from odoochat.wire.values import identifiers, is_array, when

__all__ = ["GuestQueries"]

log = logging.getLogger("odoochat")

PAGES = 50
"""Maximum number of pages that one guest query fetches, which is 10,000 messages."""


class GuestChannelQueries(ChannelQueries):
    """Fetches the one channel that a guest was invited to; see `ChannelQueries`."""

    async def mine(self) -> tuple[list[ChannelInfo], dict[int, datetime | None]]:
        """See `ChannelQueries.mine`."""
        number = self._session.identity.channel
        try:
            answer = await self._session.do(self._session.dialect.guests.channel(number))
        except NotFound:
            return [], {}
        found = self._session.dialect.guests.channel_facts(answer, number)
        if found is None:
            return [], {}
        row, unread = found
        name = row["name"] if isinstance(row.get("name"), str) else f"channel {number}"
        text = row["description"] if isinstance(row.get("description"), str) else ""
        moment = when(row.get("last_interest_dt"))
        kind = str(row.get("channel_type") or "channel")
        return [ChannelInfo(number, safe_line(name), kind, unread, moment, text)], {number: None}

    async def joined_or_left(self) -> bool:
        """Return False: a guest is always a member of exactly one channel."""
        return False

    async def last_change(self, *, of_channels: bool) -> LastChange:
        """Return a change that is never settled, so callers fetch the channel: no route reports its last change."""
        return LastChange(0, None, settled=False)


class GuestQueries(ServerQueries):
    """Reads the one channel that a guest was invited to.

    Args:
        session: the guest's session.
        state: remembers names and reactions.
    """

    def __init__(self, session: Session, state: ClientState) -> None:
        super().__init__(session, state, page_size=FIRST_PAGE, pages_at_once=1)
        self.channels = GuestChannelQueries(session, state, self.names)

    async def written_since(self, moment: datetime) -> bool:
        """Return True: no route reports when messages were last written."""
        return True

    async def marked(self) -> Marked:
        """Return empty lists: a guest has neither an inbox nor stars."""
        return Marked({}, frozenset(), complete=True)

    async def missing(self, domain: Sequence[object]) -> Page:
        """See `ServerQueries.missing`. Returns a single page, because the routes return the newest messages first."""
        return await self.page(domain, order="id", limit=PAGES * self.page_size)

    async def rows(
        self,
        domain: Sequence[object],
        *,
        order: str,
        limit: int,
        offset: int = 0,
        everywhere: bool = False,
        named: bool = True,
    ) -> Rows:
        """Fetch messages within a domain's id bounds. The caller drops messages that it already has.

        No route can skip messages, so `offset` must be 0; see `ServerQueries.pages_at_once`.

        Raises:
            ApiKeyOnly: no route supports such a domain.
        """
        low, high, wanted = _bounds(domain)
        found: list[Message] = []
        before = high
        for _ in range(PAGES):
            size = min(self.page_size, limit) if order == "id desc" else self.page_size
            page = await self._page(before, size)
            found += [m for m in page if m.id > low and (wanted is None or m.id in wanted)]
            if len(page) < size or page[-1].id <= low or (order == "id desc" and len(found) >= limit):
                break
            before = page[-1].id
        else:
            log.warning(
                "more than %d messages are missing; skipping the oldest",
                PAGES * self.page_size,
                extra={"event": "catchup.skipped", "limit": PAGES * self.page_size},
            )
        if order != "id desc":
            found.reverse()
        found = found[:limit]
        return Rows(found, found[-1].id if found else None, len(found) >= limit)

    async def decode(self, page: Rows, *, complete: bool = True) -> list[Message]:
        """Return the messages on a page. The routes' responses already include names and files."""
        return page.rows

    async def _page(self, before: int | None, size: int) -> list[Message]:
        number = self._session.identity.channel
        answer = await self._session.do(self._session.dialect.guests.page(number, before=before, limit=size))
        messages = self._session.dialect.decoder.page_messages(answer, self._state, number)
        found = [self._state.personal(m) for m in messages if m.channel.id == number]
        return sorted(found, key=lambda m: m.id, reverse=True)


def _bounds(domain: Sequence[object]) -> tuple[int, int | None, set[int] | None]:
    """Return the lowest and highest id that a domain allows, and the ids that it lists.

    For alternatives (``|``), the wider bound applies. The terms after them are all required, so the narrower bound
    applies.
    """
    low, high = 0, None
    wanted: set[int] | None = None
    choices = "|" in domain
    widest: int | None = None
    for before, term in zip((None, *domain), domain, strict=False):
        if not is_array(term) or len(term) != 3:
            continue
        field, operator, value = term
        match field, operator, value:
            case "id", ">", int(number):
                low = max(low, number)
            case "id", "in", _ if choices and before == "&":
                pass  # another required term narrows this choice, so it may match nothing
            case "id", "in", _ if choices and is_array(value) and value:
                first = min(identifiers(value), default=0) - 1
                widest = first if widest is None else min(widest, first)
            case "id", "<", int(number):
                high = number if high is None else min(high, number)
            case "id", "=", int(number):
                wanted, low, high = {number}, number - 1, number + 1
            case "id", "in", _ if is_array(value):
                wanted = set(identifiers(value))
                low, high = min(wanted, default=1) - 1, max(wanted, default=0) + 1
            case str(), str(), _ if field not in ("res_id", "model", "id", "message_type", "write_date", "body"):
                raise ApiKeyOnly(f"guests cannot search by {field}; log in with an account")
            case _:
                pass
    return low if widest is None else min(low, widest), high, wanted
