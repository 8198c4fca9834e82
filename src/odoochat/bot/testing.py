"""Tests of bots: talks to a bot as a person does, without a server or with the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from odoochat.bot.fake_client import FakeClient
from odoochat.bot.fake_world import FakeWorld
from odoochat.bot.manual_clock import ManualClock
from odoochat.bot.state import BotState
from odoochat.client.client import Client
from odoochat.client.files import File
from odoochat.client.posting import Linkable
from odoochat.client.services import Mentioned
from odoochat.errors import UsageError
from odoochat.events import Event, MessagePosted, ReactionChanged
from odoochat.model import Message

if TYPE_CHECKING:
    from odoochat.bot.bot import Bot
    from odoochat.bot.runner import Runner
    from odoochat.sandbox.fixture import SandboxFixture

__all__ = ["BotTester"]

PEOPLE = ("admin", "alice", "ann", "bob", "carol", "dave")
"""Logins of the people of a test in memory: those of the sandbox."""

SECONDS = 30.0
"""Seconds that a test waits for the bot before it fails."""


class BotTester:
    """Talks to a bot as a person: ``await tester.say("/roll 20")``, then look at `replies`.

    Without a sandbox, everything is in memory: the people of the sandbox, messages and channels, of which #general is
    the first. What the memory lacks raises an error that says so. With ``BotTester(bot, odoo_sandbox)``, both the
    person and the bot are real clients of the sandbox; users and channels that it lacks are added, as in memory.

    Args:
        bot: the bot.
        sandbox: the fixture ``odoo_sandbox``; None for a test in memory.
        person: login of the person who speaks.
        login: login of the bot.
        channel: name of the channel in which they speak; None for the direct chat with the bot.
        now: the time at the start, with a time zone; it moves only with `advance`. The sandbox gets the same time.
        state: folder of the bot's state; None to keep nothing.

    Attributes:
        replies: the texts that the bot has posted since the last `say` or `advance`, in any channel.
        sent: the same messages with all their facts.
        reactions: the emojis that the bot has set since then.
    """

    def __init__(
        self,
        bot: Bot,
        sandbox: SandboxFixture | None = None,
        *,
        person: str = "alice",
        login: str = "bot",
        channel: str | None = None,
        now: datetime | None = None,
        state: str | None = None,
    ) -> None:
        if now is not None and now.tzinfo is None:
            raise UsageError("now needs a time zone, e.g. datetime(2030, 1, 1, tzinfo=UTC)")
        self._bot = bot
        self._sandbox = sandbox
        self._person = person
        self._login = login
        self._channel = channel
        if sandbox is not None and now is not None:
            sandbox.set_time(now)
        self._clock = ManualClock(now or (datetime.now(UTC) if sandbox is None else sandbox.now))
        self._state = BotState(state)
        self._stack = AsyncExitStack()
        self._stop = asyncio.Event()
        self._world = FakeWorld(self._clock.now)
        self._clients: dict[str, Client] = {}
        self._runner: Runner | None = None
        self._task: asyncio.Task[None] | None = None
        self.replies: list[str] = []
        self.sent: list[Message] = []
        self.reactions: list[str] = []

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def _open(self) -> None:
        self._state.open()
        self._stack.callback(self._state.close)
        odoo = await self.client(self._login)
        await self.client(self._person)
        if self._sandbox is None:
            for login in PEOPLE:
                self._world.person(login)
            self._world.channel("general")
        self._events = odoo.events(MessagePosted, ReactionChanged)
        self._stack.callback(self._events.close)
        self._runner = runner = self._bot.runner(odoo, state=self._state, clock=self._clock)
        self._task = asyncio.create_task(runner.run(self._stop), name="odoochat bot under test")
        self._stack.push_async_callback(self._end)
        ready = asyncio.create_task(runner.ready.wait())
        await asyncio.wait([ready, self._task], return_when=asyncio.FIRST_COMPLETED, timeout=SECONDS)
        ready.cancel()
        if self._task.done():
            self._task.result()
        await asyncio.sleep(0)
        await self.settle()
        self._collect()

    async def _end(self) -> None:
        self._stop.set()
        if self._task is not None:
            await self._task

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def client(self, login: str) -> Client:
        """Return the client of a user; it is connected when there is none yet.

        Args:
            login: the user.
        """
        if login not in self._clients:
            if self._sandbox is None:
                fake = FakeClient(self._world, self._world.person(login))
                self._world.enter(fake)
                self._stack.callback(fake.end)
                self._clients[login] = cast("Client", fake)
            else:
                if login not in self._sandbox.users:
                    self._sandbox.add_user(login)
                self._clients[login] = await self._stack.enter_async_context(self._sandbox.login(login))
        return self._clients[login]

    @property
    def odoo(self) -> Client:
        """The client of the bot."""
        return self._clients[self._login]

    async def say(
        self,
        text: str,
        *,
        by: str | None = None,
        channel: str | None = None,
        files: Sequence[File] = (),
        mentions: Sequence[Mentioned | Linkable] = (),
    ) -> list[str]:
        """Post a message as a person, and wait until the bot has handled it or waits for an answer.

        Args:
            text: the text.
            by: login of the person, when it is another one than that of the tester.
            channel: name of the channel, when it is another one than that of the tester.
            files: files to send with it.
            mentions: people or channels to mention.

        Returns:
            What the bot has posted, as in `replies`.

        Raises:
            TimeoutError: the bot has not handled it within 30 seconds.
            Exception: the bot has ended with an error.
        """
        person = await self.client(by or self._person)
        place = channel or self._channel
        if place is None:
            target = await person.direct(self.odoo.me.partner_id)
        else:
            await self._enter(place, by or self._person)
            target = person.channel(place)
        self._clear()
        posted = await target.send(text, files=files, mentions=mentions)
        await self._taken(posted.id)
        await self.settle()
        self._collect()
        return self.replies

    async def _enter(self, channel: str, person: str) -> None:
        """Make a person and the bot members of a channel, which is added when there is none."""
        if self._sandbox is None:
            self._world.channel(channel)
            return
        if self._sandbox.add_members(channel, person, self._login):
            await self._clients[person].refresh()
            await self.odoo.refresh()

    async def advance(
        self, by: timedelta | None = None, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> list[str]:
        """Move the clock of the bot and that of the sandbox: jobs run at their times, and questions time out.

        Args:
            by: how far.
            seconds: added to `by`.
            minutes: added to `by`.
            hours: added to `by`.
            days: added to `by`.

        Returns:
            What the bot has posted, as in `replies`.
        """
        self._clear()
        total = (by or timedelta()) + timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        if self._sandbox is not None:
            self._sandbox.advance(total)
        await self._clock.advance(total, self.settle)
        await self.settle()
        self._collect()
        return self.replies

    def answer(self, model: str, method: str, result: object) -> None:
        """Set the result of `Client.execute` for a test in memory.

        Args:
            model: the model's technical name.
            method: the method's name.
            result: the result, or a function of the ids and the keyword arguments that returns it.

        Raises:
            UsageError: the tester has a sandbox, which answers by itself.
        """
        if self._sandbox is not None:
            raise UsageError("the sandbox answers by itself; answer() is for tests without one")
        self._world.results[model, method] = result

    async def settle(self) -> None:
        """Wait until every handler has ended or waits for an answer.

        Raises:
            TimeoutError: one runs for more than 30 seconds.
        """
        if self._runner is None:
            return
        await self._clock.quiet()
        async with asyncio.timeout(SECONDS):
            await self._runner.turns.idle()

    async def _taken(self, number: int) -> None:
        runner, task = self._runner, self._task
        if runner is None or task is None:
            raise UsageError("use the tester inside `async with BotTester(bot) as tester`")
        async with asyncio.timeout(SECONDS):
            while runner.taken < number:
                runner.read.clear()
                reading = asyncio.ensure_future(runner.read.wait())
                await asyncio.wait([reading, task], return_when=asyncio.FIRST_COMPLETED)
                reading.cancel()
                if task.done():
                    task.result()
                    raise UsageError("the bot has stopped")

    def _clear(self) -> None:
        self._collect()
        self.replies, self.sent, self.reactions = [], [], []

    def _collect(self) -> None:
        while self._events.pending:
            event = _next(self._events)
            if isinstance(event, MessagePosted) and event.message.mine:
                self.sent.append(event.message)
                self.replies.append(event.message.text)
            elif isinstance(event, ReactionChanged) and self.odoo.me.author in event.authors:
                self.reactions.append(event.content)


def _next(events: Any) -> Event:
    """Return an event that waits already."""
    coroutine = events.__anext__()
    try:
        coroutine.send(None)
    except StopIteration as done:
        event: Event = done.value
        return event
    raise AssertionError("the event does not wait")
