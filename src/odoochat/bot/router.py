"""Routers, which register handlers and can be nested."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

from odoochat.bot.commands import Command, CommandGroup
from odoochat.bot.context import CallNext, Context, EventContext
from odoochat.bot.converters import WordSource
from odoochat.bot.cooldown import Cooldown
from odoochat.bot.filters import Filter
from odoochat.bot.injection import Handler
from odoochat.bot.registrations import Job, Listener, Middleware, of_context, of_event
from odoochat.bot.schedule import At, Cron, Every, Once, Trigger, days_of, zone
from odoochat.errors import ConfigError
from odoochat.events import Event

__all__ = ["Router"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
E = TypeVar("E", bound=Event)
X = TypeVar("X", bound=Exception)


class Router:
    """A group of related handlers, added to a bot or another router with `include`.

    Args:
        name: the router's name, used in the log and in the names of its jobs.
        where: a filter applied to all events for its handlers; None to apply no filter.
    """

    def __init__(self, name: str = "", *, where: Filter | None = None) -> None:
        self.name = name
        self._job_prefix = f"{name}." if name else ""
        self.where = where
        self.children: list[Router] = []
        self.commands: list[Command] = []
        self.groups: list[CommandGroup] = []
        self.message_handlers: list[Listener] = []
        self.listeners: list[Listener] = []
        self.error_handlers: list[Listener] = []
        self.middlewares: list[Middleware] = []
        self.start_hooks: list[Handler] = []
        self.stop_hooks: list[Handler] = []
        self.jobs: list[Job] = []
        self.converters: dict[Any, Callable[[str, WordSource], object]] = {}
        self.provided: dict[type[Any], object] = {}
        self.providers: list[Callable[[], object]] = []
        self._root = CommandGroup((), "", self.commands.append, self.groups.append)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def include(self, *routers: Router) -> None:
        """Add the handlers of other routers after this router's own.

        Args:
            routers: the routers.

        Raises:
            ConfigError: a router would include itself.
        """
        for router in routers:
            if any(each is self for each in router.walk()):
                raise ConfigError(f"{router!r} already includes {self!r}")
            self.children.append(router)

    def walk(self) -> Iterator[Router]:
        """Iterate over this router and all nested routers."""
        yield self
        for child in self.children:
            yield from child.walk()

    # ------------------------------------------------------------------ messages

    @overload
    def command(self, function: Callable[P, R], /) -> Callable[P, R]: ...
    @overload
    def command(
        self,
        name: str | None = None,
        /,
        *,
        aliases: Sequence[str] = (),
        allow: Filter | None = None,
        cooldown: Cooldown | None = None,
        hidden: bool = False,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
    def command(
        self,
        name: Any = None,
        /,
        *,
        aliases: Sequence[str] = (),
        allow: Filter | None = None,
        cooldown: Cooldown | None = None,
        hidden: bool = False,
    ) -> Any:
        """Register a function as a command: ``@bot.command`` or ``@bot.command("roll", aliases=["r"])``.

        The function's parameters are the command's arguments. Their types determine which values are accepted,
        parameters with defaults are optional, and the docstring is the help text. A returned string is posted as the
        reply.

        Args:
            name: the command's name; defaults to the function name, with hyphens for underscores.
            aliases: alternative names.
            allow: who may use the command, e.g. `internal_user`; everyone by default.
            cooldown: limits how often the command can be used.
            hidden: whether to omit the command from ``/help``.

        Returns:
            The unchanged function, or a decorator that returns it.

        Raises:
            ConfigError: the name is not one word.
        """
        if name is None or isinstance(name, str):
            return self._root.command(name, aliases=aliases, allow=allow, cooldown=cooldown, hidden=hidden)
        return self._root.command(name)

    def group(self, name: str, help: str = "") -> CommandGroup:
        """Create a group of commands that share a first word: ``/config set``, ``/config show``.

        Args:
            name: the word.
            help: a one-sentence description for the help text.

        Returns:
            The group; its `CommandGroup.command` is a decorator like `command`.
        """
        return self._root.group(name, help)

    def message(
        self, *filters: Filter | Callable[[Context], bool]
    ) -> Callable[[Callable[Concatenate[Context, P], R]], Callable[Concatenate[Context, P], R]]:
        """Register a function as a handler for messages other than commands: ``@bot.message(pattern("hello"))``.

        The first handler whose filters pass receives the message. A returned string is posted as the reply. Messages
        from the bot itself and Odoo's system messages (a member joined…) are skipped.

        Args:
            filters: filters that must all pass; if omitted, every message passes.

        Returns:
            A decorator that returns the function unchanged.
        """

        def register(function: Callable[Concatenate[Context, P], R]) -> Callable[Concatenate[Context, P], R]:
            self.message_handlers.append(Listener(Context, tuple(map(of_context, filters)), Handler(function)))
            return function

        return register

    def on(
        self, kind: type[E], *filters: Filter | Callable[[E], bool]
    ) -> Callable[[Callable[Concatenate[E, P], R]], Callable[Concatenate[E, P], R]]:
        """Register a function as an event handler: ``@bot.on(MemberJoined, channel("general"))``.

        Every handler whose filters pass receives the event. Messages from the bot itself are skipped.

        Args:
            kind: the type of event to handle.
            filters: conditions that must all pass: filters, or functions that take the event.

        Returns:
            A decorator that returns the function unchanged.
        """

        def register(function: Callable[Concatenate[E, P], R]) -> Callable[Concatenate[E, P], R]:
            self.listeners.append(Listener(kind, tuple(map(of_event, filters)), Handler(function)))
            return function

        return register

    # -------------------------------------------------------------------- around

    def error(self, kind: type[X]) -> Callable[[Callable[Concatenate[X, P], R]], Callable[Concatenate[X, P], R]]:
        """Register a function as a handler for errors raised by this router's handlers.

        Example: ``@bot.error(LookupError)`` above ``async def failed(error: LookupError, ctx: EventContext)``. A
            router's own error handlers take precedence over those of the router that includes it.

        Args:
            kind: the type of error to handle.

        Returns:
            A decorator that returns the function unchanged.
        """

        def register(function: Callable[Concatenate[X, P], R]) -> Callable[Concatenate[X, P], R]:
            self.error_handlers.append(Listener(kind, (), Handler(function)))
            return function

        return register

    def middleware(
        self, function: Callable[[EventContext, CallNext], Awaitable[R]], /
    ) -> Callable[[EventContext, CallNext], Awaitable[R]]:
        """Register a function that wraps every handler of this router: ``async def log(ctx, call_next)``.

        Middlewares run after the filters, with the first one outermost. A middleware can skip the handler by not
        calling ``await call_next()``.

        Args:
            function: the middleware.

        Returns:
            The unchanged function.
        """
        self.middlewares.append(function)
        return function

    def on_start(self, function: Callable[P, R], /) -> Callable[P, R]:
        """Call a function once the bot has connected, before it receives the first event.

        Args:
            function: the function; parameters are injected by type.

        Returns:
            The unchanged function.
        """
        self.start_hooks.append(Handler(function))
        return function

    def on_stop(self, function: Callable[P, R], /) -> Callable[P, R]:
        """Call a function when the bot is stopping, while it is still connected.

        Args:
            function: the function; parameters are injected by type.

        Returns:
            The unchanged function.
        """
        self.stop_hooks.append(Handler(function))
        return function

    # ---------------------------------------------------------------- injection

    def provide(self, value: T, kind: type[T] | None = None) -> None:
        """Pass a value to every handler parameter of its type.

        Args:
            value: the value.
            kind: the parameter type; defaults to the type of `value`.
        """
        self.provided[type(value) if kind is None else kind] = value

    def provider(self, function: Callable[[], R], /) -> Callable[[], R]:
        """Provide the value that a function returns or yields, under its annotated return type.

        The function is called when the bot starts. An async generator is resumed when the bot stops, for cleanup.

        Args:
            function: the function, without parameters.

        Returns:
            The unchanged function.
        """
        self.providers.append(function)
        return function

    def converter(self, kind: type[T]) -> Callable[[Callable[[str, WordSource], R]], Callable[[str, WordSource], R]]:
        """Register a function as the converter for a custom type: ``@bot.converter(Money)``.

        Args:
            kind: the parameter type to convert to.

        Returns:
            A decorator that returns the function unchanged. The function takes a word and its `WordSource`, can be
            async, and raises `BadArgument` if the word is invalid.
        """

        def register(function: Callable[[str, WordSource], R]) -> Callable[[str, WordSource], R]:
            self.converters[kind] = function
            return function

        return register

    # ----------------------------------------------------------------- schedules

    def every(
        self,
        interval: timedelta | None = None,
        *,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Run a function at regular intervals: ``@bot.every(minutes=30)``.

        Intervals are counted from midnight on 1 January 1970 UTC, so ``hours=1`` runs every hour on the hour. A run
        missed because the bot was not running is skipped.

        Args:
            interval: the time between two runs.
            seconds: added to the interval.
            minutes: added to the interval.
            hours: added to the interval.

        Returns:
            A decorator that returns the function unchanged. Parameters are injected: `EventContext`, `Client`…

        Raises:
            ConfigError: the interval is not positive.
        """
        total = (interval or timedelta()) + timedelta(seconds=seconds, minutes=minutes, hours=hours)
        trigger = Every(total)
        return self._job(lambda _tz: trigger, timedelta())

    def at(
        self,
        at: str | time | datetime,
        *,
        days: str = "",
        tz: str | tzinfo | None = None,
        grace: timedelta = timedelta(hours=1),
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Run a function at a time of day, or once: ``@bot.at("09:00", days="mon-fri", tz="Europe/Berlin")``.

        Args:
            at: a time of day, or the moment of a single run.
            days: days of the week, e.g. ``mon-fri`` or ``mon, wed``; every day by default.
            tz: the time zone; defaults to the bot's.
            grace: how late the job may run if the bot was not running when it was due. This requires a state folder,
                without which the bot cannot detect missed runs.

        Returns:
            A decorator that returns the function unchanged. Parameters are injected: `EventContext`, `Client`…

        Raises:
            ConfigError: a value is invalid.
        """
        numbers = days_of(days)
        tz = zone(tz, UTC) if tz is not None else None
        if isinstance(at, datetime):
            if days:
                raise ConfigError("days= requires a time of day, not a single moment")
            moment = at
            return self._job(
                lambda default: Once(moment if moment.tzinfo else moment.replace(tzinfo=zone(tz, default))), grace
            )
        try:
            clock = at if isinstance(at, time) else time.fromisoformat(at)
        except ValueError:
            raise ConfigError(f"{at!r} is not a time of day such as 09:00") from None
        return self._job(lambda default: At(clock.replace(tzinfo=None), numbers, zone(tz, default)), grace)

    def cron(
        self, expression: str, *, tz: str | tzinfo | None = None, grace: timedelta = timedelta(hours=1)
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Run a function on a cron schedule: ``@bot.cron("0 9 * * 1-5")``.

        Args:
            expression: minute, hour, day of the month, month, day of the week.
            tz: the time zone; defaults to the bot's.
            grace: how late the job may run if the bot was not running when it was due.

        Returns:
            A decorator that returns the function unchanged. Parameters are injected: `EventContext`, `Client`…

        Raises:
            ConfigError: the expression is invalid; raised when the bot starts.
        """
        return self._job(lambda default: Cron(expression, zone(tz, default)), grace)

    def _job(
        self, trigger: Callable[[tzinfo], Trigger], grace: timedelta
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        def register(function: Callable[P, R]) -> Callable[P, R]:
            self.jobs.append(Job(self._job_prefix + function.__name__, trigger, Handler(function), grace))
            return function

        return register
