"""Dialogs, which match each question with the message that answers it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from datetime import timedelta
from typing import Any, TypeVar, cast, get_origin

from msgspec import Struct

from odoochat.bot.clock import Clock
from odoochat.bot.converters import Converters, WordSource
from odoochat.bot.errors import BadArgument, QuestionCancelled, QuestionTimedOut
from odoochat.bot.turns import HandlerRun
from odoochat.errors import ConfigError
from odoochat.model import Author, Message

__all__ = ["Dialogs", "Question"]

T = TypeVar("T")

CANCEL = frozenset({"/cancel", "!cancel"})
GRACE_SECONDS = 10.0
"""Minimum wait when a question is asked again after a restart, because it may already have been answered."""

Post = Callable[[str], Awaitable[Message]]


class Question(Struct, eq=False):
    """A question waiting for an answer.

    Attributes:
        run: the run that asked the question.
        answer: the message with the answer, or None on timeout.
    """

    run: HandlerRun
    answer: asyncio.Future[Message | None]


class TimeUp(Struct, eq=False):
    """A question has timed out. Its run continues once this item reaches the front of the queue.

    Attributes:
        question: the question.
    """

    question: Question


class Dialogs:
    """Pending questions, by conversation and person.

    Args:
        converters: convert answers to values.
        put: appends an item to a conversation's queue; called when a question times out.
        clock: the clock used for timeouts and to determine the age of an earlier process's questions.
    """

    def __init__(self, converters: Converters, put: Callable[[Hashable, TimeUp], None], clock: Clock) -> None:
        self._converters = converters
        self._put = put
        self._clock = clock
        self._waiting: dict[tuple[Hashable, Author], deque[Question]] = {}

    def take(self, place: Hashable, author: Author) -> Question | None:
        """Remove and return the question that a message answers.

        Args:
            place: the conversation in which the message was posted.
            author: the message's author.

        Returns:
            The oldest pending question, or None.
        """
        if not self._waiting or (waiting := self._waiting.get((place, author))) is None:
            return None
        question = waiting.popleft()
        if not waiting:
            del self._waiting[place, author]
        return question

    def _forget(self, place: Hashable, author: Author, question: Question) -> None:
        waiting = self._waiting.get((place, author))
        if waiting is not None and question in waiting:
            waiting.remove(question)
            if not waiting:
                del self._waiting[place, author]

    async def ask(
        self,
        run: HandlerRun,
        place: Hashable,
        author: Author,
        post: Post,
        text: str,
        kind: type[T] | Callable[[str], T],
        timeout: float,
        source: Callable[[Message], WordSource],
    ) -> T:
        """Post a question and wait for a valid answer.

        Args:
            run: the run that asks the question.
            place: the conversation.
            author: the person to ask.
            post: posts text to the conversation.
            text: the question.
            kind: the type of the answer, or a function that converts the text or raises `BadArgument`.
            timeout: seconds to wait.
            source: returns the source that converters can inspect.

        Returns:
            The answer.

        Raises:
            QuestionTimedOut: the person did not answer in time.
            QuestionCancelled: the person wrote ``/cancel``.
            ConfigError: no converter exists for `kind`.
        """
        convertible = self._converters.knows(kind)
        if not convertible and (isinstance(kind, type) or get_origin(kind) is not None):
            name = kind.__name__ if isinstance(kind, type) and get_origin(kind) is None else str(kind)
            raise ConfigError(f"cannot convert an answer to {name}; use another type or add a bot.converter()")
        asked = await post(text)
        now = self._clock.now()
        left = timeout
        if run.retry:
            left = max(timeout - (now - asked.date).total_seconds(), min(GRACE_SECONDS, timeout))
        end = now + timedelta(seconds=left)
        while True:
            message = await self._wait(run, place, author, (end - self._clock.now()).total_seconds())
            if message is None:
                raise QuestionTimedOut(
                    f"No answer within {_duration(timeout)}; send the command again when you are ready."
                )
            answer = message.text.strip()
            if answer.casefold() in CANCEL:
                raise QuestionCancelled("Cancelled.")
            try:
                if kind is str:
                    return cast("T", answer)
                if convertible:
                    return cast("T", await self._converters.convert(answer, kind, source(message)))
                return cast("Callable[[str], T]", kind)(answer)
            except BadArgument as error:
                text = str(error)
                wrong = f"That {text}" if text.startswith("must ") else f"{text[:1].upper()}{text[1:]}"
                await post(f"{wrong.rstrip('.')}. Try again, or write /cancel.")

    async def _wait(self, run: HandlerRun, place: Hashable, author: Author, seconds: float) -> Message | None:
        question = Question(run, asyncio.get_running_loop().create_future())
        self._waiting.setdefault((place, author), deque()).append(question)
        timer = self._clock.call_later(max(seconds, 0.0), lambda: self._put(place, TimeUp(question)))
        try:
            return await run.wait(question.answer)
        finally:
            timer.cancel()
            self._forget(place, author, question)

    @property
    def open(self) -> int:
        """Number of pending questions."""
        return sum(map(len, self._waiting.values()))


def yes_or_no(word: str) -> bool:
    """Convert an answer to `Context.confirm`.

    Args:
        word: the answer.

    Raises:
        BadArgument: the answer is neither yes nor no.
    """
    cleaned = word.strip(" .!").casefold()
    if cleaned in YES:
        return True
    if cleaned in NO:
        return False
    raise BadArgument("must be yes or no")


YES = frozenset({"yes", "y", "yep", "yeah", "ok", "okay", "sure", "true", "1", "👍", "✅"})
NO = frozenset({"no", "n", "nope", "false", "0", "👎", "❌"})


def one_of(options: list[Any]) -> Callable[[str], Any]:
    """Return a converter for `Context.choose`, which accepts an option's number or text.

    Args:
        options: the options to choose from.
    """

    def chosen(word: str) -> Any:
        word = word.strip(" .)")
        if word.isdecimal() and len(word) < 9 and 1 <= int(word) <= len(options):
            return options[int(word) - 1]
        same = [option for option in options if str(option).casefold() == word.casefold()]
        if same:
            return same[0]
        raise BadArgument(f"must be a number from 1 to {len(options)}, or one of the options")

    return chosen


def _duration(seconds: float) -> str:
    if seconds >= 120:
        return f"{seconds / 60:g} minutes"
    return f"{seconds:g} {'second' if seconds == 1 else 'seconds'}"
