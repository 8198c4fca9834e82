"""Tests bots by talking to them as a person, in memory or with the sandbox."""

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
"""Logins of the people in an in-memory test, the same as in the sandbox."""

SECONDS = 30.0
"""Time in seconds that a test waits for the bot before failing."""


class BotTester:
    """Talks to a bot as a person: ``await tester.say("/roll 20")``, then look at `replies`.

    Without a sandbox, everything is kept in memory: messages, channels (starting with #general), and the same people as
    in the sandbox. Using an unsupported feature raises an error. With ``BotTester(bot, odoo_sandbox)``, both the person
    and the bot are real clients of the sandbox. Missing users and channels are created in either case.

    Args:
        bot: the bot.
        sandbox: the ``odoo_sandbox`` fixture; None for an in-memory test.
        person: login of the person who talks to the bot.
        login: the bot's login.
        channel: name of the channel to talk in; None for the direct chat with the bot.
        now: the initial time, with a time zone. Only `advance` changes the time, in the sandbox too.
        state: folder for the bot's state; None to keep the state in memory.

    Attributes:
        replies: texts that the bot has posted in any channel since the last `say` or `advance`.
        sent: the same messages, as `Message` objects.
        reactions: emojis with which the bot has reacted since the last `say` or `advance`.
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
        """Return a user's client, connecting it if needed.

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
        """The bot's client."""
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
        """Post a message as a person and wait until the bot has handled it or is waiting for an answer.

        Args:
            text: the text.
            by: login of the person; defaults to the tester's.
            channel: name of the channel; defaults to the tester's.
            files: files to attach.
            mentions: people or channels to mention.

        Returns:
            The texts that the bot posted, as in `replies`.

        Raises:
            TimeoutError: the bot did not handle the message within 30 seconds.
            Exception: the bot stopped with this error.
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
        """Make a person and the bot members of a channel, creating it if needed."""
        if self._sandbox is None:
            self._world.channel(channel)
            return
        if self._sandbox.add_members(channel, person, self._login):
            await self._clients[person].refresh()
            await self.odoo.refresh()

    async def advance(
        self, by: timedelta | None = None, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> list[str]:
        """Advance the clocks of the bot and the sandbox, so that due jobs run and questions time out.

        Args:
            by: the time to advance by.
            seconds: added to `by`.
            minutes: added to `by`.
            hours: added to `by`.
            days: added to `by`.

        Returns:
            The texts that the bot posted, as in `replies`.
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
        """Set the result of `Client.execute` for an in-memory test.

        Args:
            model: the model's technical name.
            method: the method's name.
            result: the result, or a function that takes the ids and keyword arguments and returns it.

        Raises:
            UsageError: the tester uses a sandbox, which computes results itself.
        """
        if self._sandbox is not None:
            raise UsageError("the sandbox computes results itself; use answer() only without a sandbox")
        self._world.results[model, method] = result

    async def settle(self) -> None:
        """Wait until every handler has ended or is waiting for an answer.

        Raises:
            TimeoutError: a handler ran for more than 30 seconds.
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
    """Return an event that is already queued."""
    coroutine = events.__anext__()
    try:
        coroutine.send(None)
    except StopIteration as done:
        event: Event = done.value
        return event
    raise AssertionError("the event is not queued")
