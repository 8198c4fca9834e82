"""Simulated colleagues for the demo, who read, type and reply."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.world.world import World

_TAGS = re.compile(r"<[^>]*>")
_ANSWERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\b(hi|hello|hey|morning)\b", ("Hello {name}!", "Hi {name}, good to see you.")),
    (r"\b(thanks|thank you|thx)\b", ("You are welcome.", "Any time, {name}.")),
    (r"\b(bye|see you|good night)\b", ("See you, {name}!", "Bye!")),
    (r"\b(lunch|coffee|pizza)\b", ("I am in.", "Give me five minutes and I'll join you.")),
    (r"\b(build|release|deploy|tests?)\b", ("All green here.", "Shall I have a look?")),
    (r"\?\s*$", ("Good question. I will find out.", "I think so, let me check.", "Yes.")),
)
_OTHERWISE = ("Sounds good.", "Noted.", "Tell me more.", "I see, {name}.", "Agreed.")


class Colleagues:
    """Simulated users who reply to messages: one of them in a channel, or the other member in a direct chat.

    Args:
        world: the world; the colleagues act on it directly, without a client.
        logins: the colleagues' logins.
        channels: names of the channels in which they reply.
        thinking: delay before a colleague starts typing, in seconds.
        writing: typing time before the reply, in seconds.
        seed: random seed for choosing replies.
    """

    def __init__(
        self,
        world: World,
        logins: Sequence[str] = ("bob", "carol", "dave"),
        *,
        channels: Sequence[str] = ("general",),
        thinking: float = 0.4,
        writing: float = 1.2,
        seed: int = 0,
    ) -> None:
        self._world = world
        self._logins = {world.partner(login): login for login in logins}
        self._channels = frozenset(channels)
        self._thinking, self._writing = thinking, writing
        self._chance = random.Random(seed)
        self._writing_now = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Go online and start reading messages."""
        self._loop = asyncio.get_running_loop()
        for login in self._logins.values():
            self._world.channels.presence(self._world.uid(login), 0)
        self._world.messages.listeners.append(self._posted)

    async def close(self) -> None:
        """Stop typing and replying, and go offline."""
        if self._posted in self._world.messages.listeners:
            self._world.messages.listeners.remove(self._posted)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for login in self._logins.values():
            self._world.channels.offline(self._world.uid(login))

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def settled(self) -> None:
        """Wait until all messages have been answered."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _posted(self, row: Row) -> None:
        if self._loop is None or self._loop.is_closed() or self._writing_now:
            return
        # Another thread may have posted, but tasks must be created in the event loop's thread.
        self._loop.call_soon_threadsafe(self._consider, row)

    def _consider(self, row: Row) -> None:
        login = self._who(row)
        if login is None or row["message_type"] != "comment":
            return
        task = asyncio.ensure_future(self._answer(login, row))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _who(self, row: Row) -> str | None:
        """Return the colleague who should reply to a message, or None if nobody should."""
        channel = self._world.state.channels.get(row["res_id"])
        if channel is None or row["author_id"] is None:
            return None
        inside = self._world.state.members.partners(channel["id"])
        able = [self._logins[one] for one in inside if one in self._logins and one != row["author_id"]]
        wanted = channel["channel_type"] == "chat" or channel["name"] in self._channels
        return self._chance.choice(able) if able and wanted else None

    async def _answer(self, login: str, row: Row) -> None:
        channel_id: int = row["res_id"]
        await asyncio.sleep(self._thinking)
        self._world.typing(login, channel_id, True)
        try:
            await asyncio.sleep(self._writing)
        finally:
            self._world.typing(login, channel_id, False)
        self._writing_now = True
        try:
            self._world.post(login, channel_id, self._words(row))
        finally:
            self._writing_now = False

    def _words(self, row: Row) -> str:
        text = _TAGS.sub("", row["body"] or "").strip()
        author: Any = self._world.state.accounts.partner(row["author_id"])
        choices = next((found for pattern, found in _ANSWERS if re.search(pattern, text, re.IGNORECASE)), _OTHERWISE)
        return self._chance.choice(choices).format(name=author["name"] if author else "there")
