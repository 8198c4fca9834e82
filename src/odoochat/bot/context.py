"""Contexts, which give handlers access to an event and to ways of responding to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, tzinfo
from typing import Any, TypeVar, Unpack, cast, overload

from odoochat.bot.clock import Clock
from odoochat.bot.converters import WordSource
from odoochat.bot.dialogs import Dialogs, one_of, yes_or_no
from odoochat.bot.state import BotState
from odoochat.bot.turns import HandlerRun
from odoochat.client.channel import Channel
from odoochat.client.client import Client
from odoochat.client.conversation import Conversation
from odoochat.client.posting import SendOptions
from odoochat.errors import UsageError
from odoochat.events import Event, MessagePosted
from odoochat.model import Author, Message, Person

__all__ = ["BotStarted", "BotStopping", "CallNext", "Context", "EventContext", "JobDue", "Tools", "place_of"]

T = TypeVar("T")

QUESTION_SECONDS = 300.0


class JobDue(Event, frozen=True):
    """A scheduled job of a bot is due.

    Attributes:
        name: name of the job.
        due: the time at which the job was due, in UTC.
    """

    name: str
    due: datetime


class BotStarted(Event, frozen=True):
    """The bot has connected; passed to start-up hooks."""


class BotStopping(Event, frozen=True):
    """The bot is stopping; passed to shutdown hooks."""


class Tools:
    """Objects shared by all contexts of a running bot.

    Args:
        odoo: the client.
        dialogs: the pending questions.
        state: the bot's persistent state.
        tz: the bot's time zone.
        clock: the bot's clock.
    """

    def __init__(self, odoo: Client, dialogs: Dialogs, state: BotState, tz: tzinfo, clock: Clock) -> None:
        self.odoo = odoo
        self.dialogs = dialogs
        self.state = state
        self.tz = tz
        self.clock = clock


class EventContext:
    """Gives a handler access to an event, the client, and ways of responding.

    Args:
        event: the event.
        run: the handler run.
        tools: the bot's tools.

    Attributes:
        event: the event.
        odoo: the bot's client.
        captures: values captured by filter patterns, by name.
    """

    def __init__(self, event: Event, run: HandlerRun, tools: Tools) -> None:
        self.event = event
        self.odoo: Client = tools.odoo
        self.captures: Mapping[str, str] = {}
        self._run = run
        self._tools = tools

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {type(self.event).__name__}>"

    @property
    def now(self) -> datetime:
        """The current time in the bot's time zone."""
        return self._tools.clock.now().astimezone(self._tools.tz)

    @property
    def tz(self) -> tzinfo:
        """The bot's time zone."""
        return self._tools.tz

    @property
    def retry(self) -> bool:
        """Whether an earlier process of this bot may have already handled the event.

        If so, `send` and questions first check whether their message was already posted.
        """
        return self._run.retry

    def owner(self, per: str) -> str:
        """Return the owner of a stored value; see `Value`.

        Args:
            per: ``bot``, ``channel``, ``person`` or ``member``.

        Raises:
            UsageError: the event has no such owner.
        """
        if per == "bot":
            return ""
        raise UsageError(f"{type(self.event).__name__} has no {per}; use a value with per='bot'")

    @property
    def state(self) -> BotState:
        """The bot's state, which persists across restarts if the bot has a state folder."""
        return self._tools.state

    async def send(self, to: Conversation | str | int, text: str, **options: Unpack[SendOptions]) -> Message:
        """Post a message anywhere. If the event is handled again after a restart, the message is not posted twice.

        Args:
            to: a channel or record; the id or name of a channel; ``@login`` for the direct chat with a person.
            text: the text.
            options: options for sending; see `Conversation.send`.

        Returns:
            The posted message.

        Raises:
            OdooChatError: see `Conversation.send` and `Client.resolve`.
        """
        conversation = await self.odoo.resolve(to) if isinstance(to, str | int) else to
        return await conversation.send(text, **self._keyed(options))

    def _keyed(self, options: SendOptions) -> SendOptions:
        if "key" not in options and (key := self._run.next_key()) is not None:
            options["key"] = key
            options["retry"] = self._run.retry
        return options

    @overload
    async def ask_person(
        self, person: Author | Person | int | str, question: str, *, timeout: float = QUESTION_SECONDS
    ) -> str: ...
    @overload
    async def ask_person(
        self, person: Author | Person | int | str, question: str, kind: type[T], *, timeout: float = QUESTION_SECONDS
    ) -> T: ...
    async def ask_person(
        self,
        person: Author | Person | int | str,
        question: str,
        kind: type[Any] = str,
        *,
        timeout: float = QUESTION_SECONDS,
    ) -> Any:
        """Ask a person in a direct chat and wait for the answer.

        Args:
            person: an author, a person, a partner id, a login or a name.
            question: the question.
            kind: the type of the answer. If the answer is invalid, the person is asked to try again.
            timeout: seconds to wait.

        Returns:
            The answer.

        Raises:
            QuestionTimedOut, QuestionCancelled: the person did not answer.
            NotFound: the person is unknown.
        """
        who = Author(await self.odoo.people.find(person))
        chat = await self.odoo.direct(who)
        return await self._ask(chat, chat.id, who, None, question, kind, timeout)

    async def _ask(
        self,
        conversation: Conversation,
        place: Hashable,
        who: Author,
        reply_to: Message | None,
        question: str,
        kind: type[T] | Callable[[str], T],
        timeout: float,
    ) -> T:
        async def post(text: str) -> Message:
            return await conversation.send(text, reply_to=reply_to, **self._keyed({}))

        def source(message: Message) -> WordSource:
            return WordSource(self.odoo, message, self.now.date(), self._tools.tz)

        return await self._tools.dialogs.ask(self._run, place, who, post, question, kind, timeout, source)


class Context(EventContext):
    """The context for commands and message handlers, with the message and ways of responding to it.

    Args:
        event: the event with the message.
        run: the handler run.
        tools: the bot's tools.

    Attributes:
        message: the message.
        text: the message text; for a command, only the text after the name.
        command: the full name of the command, without prefix; empty if the message is not a command.
    """

    event: MessagePosted

    def __init__(self, event: MessagePosted, run: HandlerRun, tools: Tools) -> None:
        super().__init__(event, run, tools)
        self.message: Message = event.message
        self.text: str = event.message.text
        self.command: str = ""

    @property
    def author(self) -> Author:
        """The person who wrote the message."""
        return self.message.author

    @property
    def conversation(self) -> Conversation:
        """Where the message was posted: a channel or a record."""
        return self.odoo.conversation(self.message)

    @property
    def channel(self) -> Channel:
        """The channel in which the message was posted.

        Raises:
            UsageError: the message was posted on a record.
        """
        if self.message.record is not None:
            raise UsageError("the message was posted on a record, which is not a channel; use ctx.conversation")
        return cast("Channel", self.odoo.conversation(self.message))

    @property
    def is_direct(self) -> bool:
        """Whether the message was posted in a direct chat with the bot."""
        return self.message.record is None and self.channel.kind == "chat"

    def owner(self, per: str) -> str:
        """Return the owner of a stored value; see `Value`.

        Args:
            per: ``bot``, ``channel``, ``person`` or ``member`` (a person in a channel).

        Raises:
            UsageError: the owner is unknown.
        """
        record, author = self.message.record, self.author
        place = f"{record.model}/{record.id}" if record is not None else str(self.message.channel.id)
        who = f"{author.kind}/{author.id or author.email}"
        owners = {"bot": "", "channel": place, "person": who, "member": f"{place}/{who}"}
        if per not in owners:
            raise UsageError(f"per must be bot, channel, person or member, not {per!r}")
        return owners[per]

    async def reply(self, text: str, **options: Unpack[SendOptions]) -> Message:
        """Reply to the message. If the message is handled again after a restart, the reply is not posted twice.

        Args:
            text: the text of the reply.
            options: options for sending; see `Conversation.send`.

        Returns:
            The posted reply.

        Raises:
            OdooChatError: see `Conversation.send`.
        """
        return await self.conversation.send(text, reply_to=self.message, **self._keyed(options))

    async def react(self, emoji: str) -> None:
        """Add a reaction to the message.

        Args:
            emoji: the emoji or its name: ``👍``, ``:tada:``, ``thumbsup``.

        Raises:
            NotSupported: the server runs Odoo 14.
            UsageError: `emoji` is not an emoji.
        """
        await self.odoo.react(self.message, emoji)

    @asynccontextmanager
    async def typing(self) -> AsyncGenerator[None]:
        """Show the bot as typing while the block runs: ``async with ctx.typing():``."""
        async with self.channel.typing():
            yield

    @overload
    async def ask(self, question: str, *, timeout: float = QUESTION_SECONDS) -> str: ...
    @overload
    async def ask(self, question: str, kind: type[T], *, timeout: float = QUESTION_SECONDS) -> T: ...
    async def ask(self, question: str, kind: type[Any] = str, *, timeout: float = QUESTION_SECONDS) -> Any:
        """Ask the author and wait for their next message in this conversation.

        Other messages are handled in the meantime.

        Args:
            question: the question.
            kind: the type of the answer, as for command arguments. If the answer is invalid, the person is asked to try
                again.
            timeout: seconds to wait.

        Returns:
            The answer.

        Raises:
            QuestionTimedOut: the person did not answer in time. Without an error handler, the bot posts a notice.
            QuestionCancelled: the author wrote ``/cancel``. Without an error handler, the bot posts a confirmation.
        """
        return await self._ask_author(question, kind, timeout)

    async def _ask_author(self, question: str, kind: type[T] | Callable[[str], T], timeout: float) -> T:
        place = place_of(self.message)
        return await self._ask(self.conversation, place, self.author, self.message, question, kind, timeout)

    async def confirm(self, question: str, *, timeout: float = QUESTION_SECONDS) -> bool:
        """Ask the author a yes-or-no question.

        Args:
            question: the question.
            timeout: seconds to wait.

        Returns:
            Whether the author answered yes.

        Raises:
            QuestionTimedOut, QuestionCancelled: the person did not answer.
        """
        return await self._ask_author(f"{question} (yes/no)", yes_or_no, timeout)

    async def choose(self, question: str, options: Sequence[T], *, timeout: float = QUESTION_SECONDS) -> T:
        """Ask the author to choose an option by its number or text.

        Args:
            question: the question.
            options: the options, shown as text.
            timeout: seconds to wait.

        Returns:
            The chosen option.

        Raises:
            QuestionTimedOut, QuestionCancelled: the person did not answer.
            UsageError: there are no options.
        """
        if not options:
            raise UsageError("choose() needs at least one option")
        listed = "\n".join(f"{number}. {option}" for number, option in enumerate(options, 1))
        chosen: Callable[[str], T] = one_of(list(options))
        return await self._ask_author(f"{question}\n{listed}", chosen, timeout)


def place_of(message: Message) -> Hashable:
    """Return a key that identifies a message's conversation within a client.

    Args:
        message: the message.
    """
    record = message.record
    return message.channel.id if record is None else (record.model, record.id)


CallNext = Callable[[], Awaitable[object]]
"""Called by a middleware to continue with the next middleware or the handler."""
