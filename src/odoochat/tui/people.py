"""People in the chat screen: names, presence statuses, channel members and read positions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from odoochat.errors import NotFound, OdooChatError
from odoochat.model import Author, ChannelInfo, Me, Member
from odoochat.wire.content.sanitize import safe_name

if TYPE_CHECKING:
    # The client imports networking libraries, which are loaded only after the first paint.
    from odoochat.client.client import Client

__all__ = ["ChatPeople"]

log = logging.getLogger("odoochat")

MAX_MEMBERS = 200


class ChatPeople:
    """The people known to one session.

    Args:
        me: the user.
        read_names: a function that returns names from the cache, keyed by partner id.
        on_change: a function that is called after fetching members or presence statuses.

    Attributes:
        statuses: presence statuses, keyed by partner id.
        names: names, keyed by partner id.
        seen: each member's name and the id of the last message they have read, keyed by channel and partner id.
        members: fetched members, keyed by channel id.
        typing_in: ids of channels where someone may be typing.
    """

    def __init__(self, me: Me, read_names: Callable[[], dict[int, str]], on_change: Callable[[], None]) -> None:
        self._me = me
        self._read_names = read_names
        self._on_change = on_change
        self._client: Client | None = None
        self._names_read = False
        self.statuses: dict[int, str] = {}
        self.names: dict[int, str] = {}
        self.seen: dict[int, dict[int, tuple[str, int]]] = {}
        self.members: dict[int, list[Member]] = {}
        self.typing_in: set[int] = set()

    def connect(self, client: Client) -> None:
        """Use a client for later requests.

        Args:
            client: the client.
        """
        self._client, self._me = client, client.me

    def disconnect(self) -> None:
        """Stop using the client."""
        self._client = None

    def learn(self, author: Author) -> None:
        """Remember a partner's name.

        Args:
            author: the partner.
        """
        if author.name and author.kind == "partner":
            self.names[author.id] = author.name

    def name_of(self, partner_id: int) -> str:
        """Return a partner's name, or an empty string if unknown.

        Args:
            partner_id: the partner's id.
        """
        if partner_id == self._me.partner_id:
            return self._me.name
        self._complete_names()
        return self.names.get(partner_id, "")

    def _complete_names(self) -> None:
        if not self._names_read:
            self._names_read = True
            self.names = {**self._read_names(), **self.names}

    def mentionable(self, channel_id: int) -> dict[int, str]:
        """Return the names of people who can be mentioned in a channel: first its members, then other known people.

        Args:
            channel_id: the channel's id.
        """
        self._complete_names()
        found = {m.author.id: m.author.name for m in self.members.get(channel_id, [])}
        found |= {i: n for i, n in self.names.items() if n and i not in found}
        found.pop(self._me.partner_id, None)
        return {i: safe_name(n, 60) for i, n in found.items() if n}

    def typists(self, channel_id: int) -> list[Author]:
        """Return the other people currently typing in a channel.

        Args:
            channel_id: the channel's id.
        """
        if self._client is None:
            return []
        try:
            typists = self._client.channel(channel_id).typing.authors()
        except NotFound:
            return []
        return [author for author in typists if author.id != self._me.partner_id]

    async def read_statuses(self, channels: Iterable[ChannelInfo]) -> None:
        """Fetch the presence statuses of direct chat partners, and receive later changes as events.

        Args:
            channels: the channels.
        """
        partners = {p for info in channels if info.kind == "chat" for p in info.partners} - {self._me.partner_id}
        client = self._client
        if client is None or not partners:
            return
        try:
            found = await client.people.statuses(sorted(partners))
            self.statuses |= found
            self._on_change()
            if found:
                await client.people.watch(sorted(found))  # without the people that the server does not show
        except OdooChatError as error:
            log.debug("reading presence: %s", error)

    async def read_members(self, channel_id: int, *, again: bool = False) -> None:
        """Fetch a channel's members and their read positions.

        Args:
            channel_id: the channel's id.
            again: whether to fetch the members again if they are already known.
        """
        if self._client is None or (channel_id in self.members and not again):
            return
        try:
            found = (await self._client.channel(channel_id).members())[:MAX_MEMBERS]
        except OdooChatError as error:
            log.debug("reading members: %s", error)
            return
        self.members[channel_id] = found
        seen = self.seen.setdefault(channel_id, {})
        for member in found:
            last = member.seen or 0
            if member.author.kind == "partner" and last > seen.get(member.author.id, ("", 0))[1]:
                seen[member.author.id] = (member.author.name, last)
        self._on_change()
