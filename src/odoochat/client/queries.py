"""Questions to the server's tables, answered with values."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from odoochat.client.reactions import Reactions
from odoochat.client.session import Account
from odoochat.core.catchup import PAGE
from odoochat.core.state import Store
from odoochat.errors import ProtocolError
from odoochat.model import Attachment, ChannelInfo, Message
from odoochat.wire.requests.call import Call
from odoochat.wire.values import attachment, identifiers, pair, records, when

__all__ = ["Rows"]

log = logging.getLogger("odoochat")


class Rows:
    """Reads channels and messages for one client."""

    PAGE = PAGE

    def __init__(self, account: Account, store: Store) -> None:
        self._account = account
        self._store = store
        self.reactions = Reactions(account, store)

    async def _ask(self, call: Call) -> list[dict[str, Any]]:
        answer = await self._account.do(call)
        if not isinstance(answer, list):
            raise ProtocolError(f"{call.model}.{call.method} answered no list", repr(answer))
        rows = records(answer)
        if len(rows) < len(answer):
            log.warning("%s.%s: left out %d rows without an id", call.model, call.method, len(answer) - len(rows))
        return rows

    async def my_channels(self) -> tuple[list[ChannelInfo], dict[int, datetime | None]]:
        """My channels, and since when I am a member of each."""
        dialect, me = self._account.dialect, self._account.me.partner_id
        members = await self._ask(dialect.my_members(me))
        ids = sorted({pair(m.get("channel_id"))[0] for m in members} - {0})
        if not ids:
            return [], {}
        rows = await self._ask(dialect.channels(ids))
        private = [r["id"] for r in rows if r.get("channel_type") == "chat" or not r.get("name")]
        others = await self._ask(dialect.partners_of(private)) if private else []
        infos = dialect.channel_infos(members, rows, others, me)
        for other in others:
            partner, name = pair(other.get("partner_id"))
            self._store.author("partner", partner, name)
        listed = {info.id for info in infos}
        since = {pair(m.get("channel_id"))[0]: when(m.get("create_date")) for m in members}
        return infos, {i: s for i, s in since.items() if i in listed}

    async def newest(self, channel_ids: Sequence[int], limit: int = PAGE) -> list[Message]:
        """The newest messages of some channels, newest first."""
        if not channel_ids:
            return []
        domain = [["res_id", "in", list(channel_ids)]]
        return await self.messages(domain, order="id desc", limit=limit)

    async def top(self) -> int:
        """The id of the newest message of channels that I may read, 0 when there is none."""
        found = await self.messages([], order="id desc", limit=1)
        return found[0].id if found else 0

    async def missing(self, domain: Sequence[object]) -> list[Message]:
        """A page of messages by a domain, oldest first."""
        return await self.messages(domain, order="id", limit=PAGE)

    async def by_ids(self, ids: Sequence[int], *, everywhere: bool = False) -> list[Message]:
        """The messages with these ids that still exist, oldest first."""
        return await self.messages([["id", "in", list(ids)]], order="id", limit=len(ids), everywhere=everywhere)

    async def parents(self, ids: Sequence[int]) -> dict[int, int]:
        """What messages answer: the id of the one that is answered, by that of the answer."""
        query = {"domain": [["id", "in", list(ids)], ["parent_id", "!=", False]], "fields": ["parent_id"]}
        rows = await self._ask(Call("mail.message", "search_read", None, query))
        return {row["id"]: pair(row.get("parent_id"))[0] for row in rows}

    async def marked(self) -> tuple[list[int], list[int]]:
        """The ids of what waits in my inbox, and of what bears my star."""
        marks = self._account.dialect.marks
        found = []
        for call in (marks.needaction(), marks.starred()):
            rows = await self._ask(call) if call is not None else []
            found.append([row["id"] for row in rows])
        return found[0], found[1]

    async def messages(
        self, domain: Sequence[object], *, order: str, limit: int, everywhere: bool = False
    ) -> list[Message]:
        """Messages by a domain, with their files' names.

        Args:
            everywhere: those on business documents too, not only those of channels.
        """
        dialect = self._account.dialect
        rows = await self._ask(dialect.messages(domain, order=order, limit=limit, everywhere=everywhere))
        wanted = sorted({i for r in rows for i in identifiers(r.get("attachment_ids"))})
        files: dict[int, Attachment] = {}
        if wanted:
            for row in await self._ask(dialect.attachments(wanted)):
                files[row["id"]] = attachment(row)
        return dialect.row_messages(rows, self._store, files)
