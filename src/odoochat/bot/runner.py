"""Runs a bot on a connected client by queueing the client's events for its handlers."""

from __future__ import annotations

import asyncio
import inspect
import logging
import typing
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import tzinfo
from typing import Any

from msgspec import Struct

from odoochat.bot.clock import Clock
from odoochat.bot.context import BotStarted, BotStopping, EventContext, JobDue, Tools, place_of
from odoochat.bot.converters import Converters
from odoochat.bot.dialogs import CANCEL, Dialogs, TimeUp
from odoochat.bot.dispatcher import AWAY, Dispatcher
from odoochat.bot.injection import Handler, Provided
from odoochat.bot.jobs import JobRunner
from odoochat.bot.router import Router
from odoochat.bot.slow_handlers import SlowHandlers
from odoochat.bot.state import BotState
from odoochat.bot.turns import HandlerRun, Turns
from odoochat.client.client import Client
from odoochat.client.subscription import Subscription
from odoochat.errors import ConfigError, NotFound, OdooChatError
from odoochat.events import Event, EventsMissed, MessagePosted, ReactionChanged
from odoochat.model import Message

__all__ = ["Runner", "RunnerOptions"]

log = logging.getLogger("odoochat")

ANY_MESSAGE = 2**62
QUEUE = 10_000


class RunnerOptions(Struct, frozen=True):
    """Settings for running a bot.

    Attributes:
        name: the bot's name, which distinguishes bots that share an account.
        prefixes: the command prefixes.
        tz: the time zone.
        concurrency: maximum number of conversations whose handlers run at the same time.
        grace: how long handlers may keep running when the bot stops, in seconds.
        backlog: maximum number of events queued in memory. Beyond that, only message ids are queued, and each message
            is fetched when it reaches the front.
    """

    name: str
    prefixes: tuple[str, ...]
    tz: tzinfo
    concurrency: int
    grace: float
    backlog: int = 1000


class LaterMessage(Struct, frozen=True):
    """A queued message that is fetched when it reaches the front of the queue.

    Attributes:
        id: the message's id.
    """

    id: int


class Runner:
    """Runs a bot on a connected client.

    Args:
        root: the bot's handlers.
        odoo: the client.
        state: the bot's persistent state.
        clock: the bot's clock.
        options: settings for the run.
        resumed: whether the client resumes from state that an earlier process saved.

    Attributes:
        turns: schedules the handlers.
        ready: set once the bot is receiving events.
        taken: id of the newest message that the bot received.

    Raises:
        ConfigError: a handler is invalid.
    """

    def __init__(
        self,
        root: Router,
        odoo: Client,
        *,
        state: BotState,
        clock: Clock,
        options: RunnerOptions,
        resumed: bool = False,
    ) -> None:
        self._root = root
        self._odoo = odoo
        self._state = state
        self._clock = clock
        self._options = options
        self._resumed = resumed
        self._known = 0
        converters = {kind: make for router in root.walk() for kind, make in router.converters.items()}
        self._converters = Converters(converters)
        self._provided = Provided()
        self.turns: Turns[Event | TimeUp | LaterMessage] = Turns(self._handle, concurrency=options.concurrency)
        self._dialogs = Dialogs(self._converters, self.turns.put, clock)
        self._tools = Tools(odoo, self._dialogs, state, options.tz, clock)
        self._subscription: Subscription[Event] | None = None
        self._jobs: dict[str, JobRunner] = {}
        self._repeated: set[JobDue] = set()
        self._unsaved: list[Message] = []
        self._mention = ""
        self.ready = asyncio.Event()
        self.taken = 0
        self.read = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Handle events until the bot is stopped.

        Args:
            stop: an event that stops the bot when set.

        Raises:
            OdooChatError: the link failed permanently.
            ConfigError: a handler is invalid.
        """
        async with AsyncExitStack() as stack:
            await self._provide(stack)
            slow = SlowHandlers(self._clock)
            dispatcher = Dispatcher(self._root, self._options.prefixes, self._converters, self._provided, slow)
            self._dispatcher = dispatcher
            self._mention = f"@{self._odoo.me.name}"
            if self._resumed:
                self._known = await self._newest()
            subscription: Subscription[Event] = self._odoo.events(*dispatcher.kinds, maxsize=QUEUE)
            self._subscription = subscription
            await self._hooks([hook for r in self._root.walk() for hook in r.start_hooks], BotStarted())
            stack.push_async_callback(self._stop)
            self._start_jobs(stack)
            bot, user = self._options.name, self._odoo.me.name
            log.info("bot %s: running as %s", bot, user, extra={"event": "bot.started", "bot": bot, "user": user})
            self.ready.set()
            await _until(stop, self._read(subscription))

    async def _stop(self) -> None:
        bot = self._options.name
        if count := self.turns.running:
            seconds = self._options.grace
            ending = {"event": "bot.stopping", "bot": bot, "count": count, "seconds": seconds}
            log.info("bot %s: stopping; %d handlers may run for another %g s", bot, count, seconds, extra=ending)
        left = await self.turns.stop(self._options.grace)
        if left:
            unfinished = {"event": "bot.unfinished", "bot": bot, "count": left}
            log.warning("bot %s: %d handlers were not finished", bot, left, extra=unfinished)
        try:
            for hook in (hook for r in self._root.walk() for hook in r.stop_hooks):
                try:
                    await self._hooks([hook], BotStopping())
                except Exception as error:  # the other hooks must still run
                    kind = type(error).__name__
                    broken = {"event": "bot.handler.failed", "handler": hook.name, "error": kind}
                    log.exception("bot: handler %s: unexpected %s", hook.name, kind, extra=broken)
        finally:
            await self._state.save()
        log.info("bot %s: stopped", bot, extra={"event": "bot.stopped", "bot": bot})

    # -------------------------------------------------------------------- events

    async def _read(self, subscription: Subscription[Event]) -> None:
        async for event in subscription:
            if isinstance(event, EventsMissed):
                self._lost(event.count)
                continue
            if isinstance(event, MessagePosted):
                message = event.message
                self.taken = max(self.taken, message.id)
                if not message.mine:
                    subscription.hold(message)
                    crowded = self.turns.queued >= self._options.backlog
                    self.turns.put(place_of(message), LaterMessage(message.id) if crowded else event)
            elif self.turns.queued < QUEUE:
                self.turns.put(self._place(event), event)
            else:
                self._lost(1)
            self.read.set()

    def _lost(self, count: int) -> None:
        bot = self._options.name
        lost = {"event": "bot.events.missed", "bot": bot, "count": count}
        log.error("bot %s: %d events were lost", bot, count, extra=lost)

    def _place(self, event: Event) -> Hashable:
        message: Any = getattr(event, "message", None)
        if message is not None:
            return place_of(message)
        channel: Any = getattr(event, "channel", None)
        if channel is None and isinstance(event, ReactionChanged):
            known = self._odoo.known_message(event.message_id)
            return place_of(known) if known is not None else None
        return channel.id if channel is not None else None

    async def _handle(self, run: HandlerRun, item: Event | TimeUp | LaterMessage) -> None:
        if isinstance(item, TimeUp):
            await item.question.run.lend(item.question.answer, None)
        elif isinstance(item, LaterMessage):
            if (message := await self._fetched(item.id)) is not None:
                await self._handle_event(run, MessagePosted(message))
        else:
            await self._handle_event(run, item)

    async def _fetched(self, number: int) -> Message | None:
        """Fetch a message queued by id; returns None if it was deleted or cannot be read."""
        try:
            found = self._odoo.known_message(number) or await self._odoo.fetch_message(number)
            if found.text or found.attachments:
                return found
        except NotFound:
            pass
        except OdooChatError as error:  # it stays unhandled, so the bot receives it again after the next start
            bot = self._options.name
            unread = {"event": "bot.message.unread", "bot": bot, "message_id": number, "error": str(error)}
            log.warning("bot %s: cannot read message %d: %s", bot, number, error, extra=unread)
            return None
        if self._subscription is not None:
            self._subscription.release(number)
        return None

    async def _handle_event(self, run: HandlerRun, item: Event) -> None:
        if isinstance(item, MessagePosted):
            if await self._answers(item):
                return
            run.held.append(item.message)
            run.key = f"{self._options.name}:{self._odoo.me.partner_id}:{item.message.id}"
            run.retry = item.message.id <= self._known
        elif isinstance(item, JobDue):
            run.key = f"{self._options.name}:{self._odoo.me.partner_id}:{item.name}:{item.due.isoformat()}"
            run.retry = item in self._repeated
            self._repeated.discard(item)
        try:
            await self._dispatcher.dispatch(item, run, self._tools)
        except AWAY as error:
            # The message stays unhandled, so the bot receives it again after the next start.
            bot = self._options.name
            unreachable = {"event": "bot.unreachable", "bot": bot, "error": str(error)}
            log.warning("bot %s: the server cannot be reached: %s", bot, error, extra=unreachable)
            if isinstance(item, JobDue):
                self._jobs[item.name].ended(item.due, done=False)
            return
        if isinstance(item, JobDue):
            self._jobs[item.name].ended(item.due)
        await self._end(run)

    async def _answers(self, event: MessagePosted) -> bool:
        message = event.message
        cancels = message.text.strip().casefold() in CANCEL
        if not cancels and self._dispatcher.is_command(event, self._mention):
            return False
        question = self._dialogs.take(place_of(message), message.author)
        if question is None:
            return False
        question.run.held.append(message)
        await question.run.lend(question.answer, message)
        return True

    async def _end(self, run: HandlerRun) -> None:
        try:
            await self._state.save()
        except ConfigError as error:
            bot = self._options.name
            unsaved = {"event": "bot.state.failed", "bot": bot, "error": str(error)}
            log.warning("bot %s: %s; retrying", bot, error, extra=unsaved)
            self._unsaved += run.held
            return
        if self._subscription is not None:
            for message in (*self._unsaved, *run.held):
                self._subscription.release(message)
        self._unsaved.clear()

    # --------------------------------------------------------------------- start

    async def _provide(self, stack: AsyncExitStack) -> None:
        self._provided.add(type(self._root), self._root)
        for router in self._root.walk():
            for kind, value in router.provided.items():
                self._provided.add(kind, value)
        for router in self._root.walk():
            for provider in router.providers:
                kind, value = await stack.enter_async_context(_provided(provider))
                self._provided.add(kind, value)

    async def _hooks(self, hooks: list[Handler], event: Event) -> None:
        for hook in hooks:
            await hook.call(EventContext(event, HandlerRun(self.turns, None), self._tools), self._converters)

    def _start_jobs(self, stack: AsyncExitStack) -> None:
        def put(due: JobDue, again: bool) -> None:
            if again:
                self._repeated.add(due)
            self.turns.put(("job", due.name), due)

        for router in self._root.walk():
            for job in router.jobs:
                runner = JobRunner(job, self._options.tz, self._state, self._clock, put)
                self._jobs[job.name] = runner
                task = asyncio.create_task(runner.run(), name=f"odoochat bot job {job.name}")
                task.add_done_callback(_job_ended)
                stack.push_async_callback(_cancelled, task)

    async def _newest(self) -> int:
        """Return the id of the newest message that an earlier process may have handled."""
        domain = [
            ["model", "=", self._odoo.server.channel_model],
            ["res_id", "in", [c.id for c in self._odoo.channels()]],
        ]
        try:
            rows = await self._odoo.execute(
                "mail.message", "search_read", domain=domain, fields=["id"], order="id desc", limit=1
            )
        except OdooChatError as error:
            log.debug("bot: cannot read the newest message: %s", error)
            return ANY_MESSAGE
        return int(rows[0]["id"]) if rows else 0


def _job_ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        name, kind = task.get_name(), type(error).__name__
        failed = {"event": "bot.job.failed", "task": name, "error": kind}
        log.error("%s: unexpected %s", name, kind, exc_info=error, extra=failed)


async def _until(stop: asyncio.Event, job: Awaitable[None]) -> None:
    """Run a job until it ends or the bot stops."""
    task = asyncio.ensure_future(job)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    finally:
        await _cancelled(task)
        await _cancelled(stopping)


async def _cancelled(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _provided(provider: Callable[[], object]) -> AsyncGenerator[tuple[type[Any], object]]:
    """Call a provider; if it is a generator, resume it for cleanup on exit."""
    name = getattr(provider, "__qualname__", repr(provider))
    kind: Any = typing.get_type_hints(provider).get("return")
    if kind is None:
        raise ConfigError(f"provider {name} needs a return annotation with the type of its value")
    made: Any = provider()
    if inspect.isasyncgen(made) or inspect.isgenerator(made):
        kind = (*typing.get_args(kind), object)[0]
    if inspect.isasyncgen(made):
        value = await anext(made)
        try:
            yield kind, value
        finally:
            await anext(made, None)
            await made.aclose()
    elif inspect.isgenerator(made):
        value = next(made)
        try:
            yield kind, value
        finally:
            next(made, None)
            made.close()
    else:
        yield kind, await made if inspect.isawaitable(made) else made
