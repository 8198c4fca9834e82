"""Creating and joining channels, and canned answers."""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.client.channel import Channel
from odoochat.client.conversation import Mentioned, Services
from odoochat.client.history import checked
from odoochat.core.channel_matching import matching_channels
from odoochat.errors import NotFound, UsageError, names
from odoochat.model import CannedAnswer, ChannelInfo
from odoochat.wire.content.body import safe_line, safe_text
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.values import records

__all__ = ["Making"]


class Making:
    """Makes and finds conversations for one client."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._session = services.session

    async def create(self, name: str, *, people: Sequence[Mentioned], description: str, public: bool) -> Channel:
        """See `Client.create`."""
        if not name.strip():
            raise UsageError("the channel's name is empty")
        if people:
            self._session.require("invite")
        ids = [await self._services.people.find(p) for p in people]
        channels = self._session.dialect.channels
        number = channels.created(await self._session.do(channels.create(name, public=public)))
        await self._services.membership.refresh()
        channel = Channel(number, self._services)
        if description:
            await channel.describe(description)
        if channels.creates_silently and self._session.dialect.can("hide", self._session.kind):
            await channel.show()  # the server notifies the user's other devices
        if ids:
            await channel.invite(*ids)
        return channel

    async def create_group(self, people: Sequence[Mentioned], name: str) -> Channel:
        """See `Client.create_group`."""
        self._session.require("group")
        ids = [await self._services.people.find(p) for p in people]
        channels, session = self._session.dialect.channels, self._session.has_session
        number = channels.created(await self._session.do(channels.create_group(ids, name, session=session)))
        await self._services.membership.refresh()
        channel = Channel(number, self._services)
        if name and channel.info.name != name and not self._session.dialect.table.names_groups:
            await channel.rename(name)
        missing = set(ids) - {m.author.id for m in await channel.members()}
        if missing:
            await channel.invite(*sorted(missing))
        return channel

    async def join(self, ref: int | str) -> Channel:
        """See `Client.join`."""
        number = ref if isinstance(ref, int) else await self._joinable(ref)
        await self._session.do(self._session.dialect.channels.join(number))
        await self._services.membership.refresh()
        return Channel(number, self._services)

    async def _joinable(self, ref: str) -> int:
        name = ref.strip()
        if found := matching_channels(name, [i for i in self._services.state.channels() if i.kind != "chat"]):
            pass
        elif (bare := name.removeprefix("#")).isascii() and bare.isdecimal():
            return int(bare[:18])
        else:
            found = matching_channels(name, await self.browse(name.lstrip("#"), 1000))
        if len(found) > 1:
            raise UsageError(f"several channels are named {name!r}; use an id: {names([str(i.id) for i in found])}")
        if not found:
            raise NotFound("channel", f"no channel {name!r} that you can join")
        return found[0].id

    async def browse(self, text: str, limit: int) -> list[ChannelInfo]:
        """See `Client.browse`."""
        if not checked(limit):
            return []
        rows = records(await self._session.do(self._session.dialect.channels.browse(text, limit)))
        found = [
            ChannelInfo(
                row["id"],
                safe_name(str(row.get("name") or "")),
                str(row.get("channel_type") or "channel"),
                description=safe_line(row["description"]) if isinstance(row.get("description"), str) else "",
                pinned=False,
            )
            for row in rows
            if self._services.state.info(row["id"]) is None  # 15 answers with those of the user too (seen live)
        ]
        return sorted(found, key=lambda i: i.name.casefold())[:limit]

    async def canned(self) -> list[CannedAnswer]:
        """See `Client.canned`."""
        rows = records(await self._session.do(self._session.dialect.messages.fetch_canned()))
        return [
            CannedAnswer(
                row["id"], safe_line(str(row.get("source") or "")), safe_text(str(row.get("substitution") or ""))
            )
            for row in rows
        ]
