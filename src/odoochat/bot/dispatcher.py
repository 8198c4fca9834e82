"""Finds an event's handlers, runs them with their middleware, and handles errors."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import cast

from msgspec import Struct

from odoochat.bot.commands import Command, CommandTable
from odoochat.bot.context import Context, EventContext, JobDue, Tools
from odoochat.bot.converters import Converters
from odoochat.bot.errors import BadArgument, BotError, NotAllowed
from odoochat.bot.filters import Filter, passes
from odoochat.bot.help import command_help, group_help, overview
from odoochat.bot.injection import Handler, Provided
from odoochat.bot.registrations import Listener, Middleware
from odoochat.bot.router import Router
from odoochat.bot.slow_handlers import SlowHandlers
from odoochat.bot.turns import HandlerRun, is_failure
from odoochat.errors import Blocked, ConfigError, OdooChatError, Unreachable
from odoochat.events import Event, MessagePosted
from odoochat.wire.content.sanitize import safe_name

__all__ = ["AWAY", "Dispatcher"]

log = logging.getLogger("odoochat")

AWAY = (Unreachable, Blocked)
"""Errors that leave an event unhandled, so that it is handled again after the next start."""


UNPOSTED = (str, int, float, list, tuple, dict, set, bytes)
"""Types of results that look like replies. Others, such as a message, are often returned by chance."""


class Scope(Struct, frozen=True, eq=False):
    """Filters, middlewares and error handlers from the routers that contain a handler.

    Attributes:
        filters: the routers' filters, outermost first.
        middlewares: the routers' middlewares, outermost first.
        errors: the error handlers, innermost first.
    """

    filters: tuple[Filter, ...]
    middlewares: tuple[Middleware, ...]
    errors: tuple[Listener, ...]


class BoundHandler(Struct, frozen=True, eq=False):
    """A handler and the scope from its routers.

    Attributes:
        handler: the handler.
        filters: the handler's own filters.
        scope: the scope from the routers.
        kind: the type of event to handle.
    """

    handler: Handler
    filters: tuple[Filter, ...]
    scope: Scope
    kind: type[object]


def scopes(router: Router, outer: Scope) -> Iterator[tuple[Router, Scope]]:
    """Iterate over a router and all nested routers, with their scopes.

    Args:
        router: the router.
        outer: the enclosing scope.
    """
    own = Scope(
        outer.filters + ((router.where,) if router.where is not None else ()),
        outer.middlewares + tuple(router.middlewares),
        tuple(router.error_handlers) + outer.errors,
    )
    yield router, own
    for child in router.children:
        yield from scopes(child, own)


class Dispatcher:
    """Finds and runs event handlers.

    Args:
        root: the outermost router.
        prefixes: the command prefixes.
        converters: converters from words to values.
        provided: the values to inject.
        slow: reports handlers that run for a long time.

    Attributes:
        table: the commands.
        kinds: the event types that have handlers.

    Raises:
        ConfigError: a handler is invalid.
    """

    def __init__(
        self,
        root: Router,
        prefixes: tuple[str, ...],
        converters: Converters,
        provided: Provided,
        slow: SlowHandlers,
    ) -> None:
        self._converters = converters
        self._slow = slow
        found = list(scopes(root, Scope((), (), ())))
        self._messages = [
            BoundHandler(each.handler, each.filters, scope, each.kind)
            for r, scope in found
            for each in r.message_handlers
        ]
        self._listeners = [
            BoundHandler(each.handler, each.filters, scope, each.kind) for r, scope in found for each in r.listeners
        ]
        self._commands = {
            id(command): BoundHandler(command.handler, (), scope, Context)
            for r, scope in found
            for command in r.commands
        }
        self._jobs: dict[str, BoundHandler] = {}
        for router, scope in found:
            for job in router.jobs:
                if job.name in self._jobs:
                    raise ConfigError(f"two jobs are named {job.name!r}; rename one of the functions")
                self._jobs[job.name] = BoundHandler(job.handler, (), scope, JobDue)
        commands = [command for r, _ in found for command in r.commands]
        groups = [group for r, _ in found for group in r.groups]
        if prefixes and commands and not any(name == "help" for c in commands for name in c.names):
            commands.append(self._help_command(found[0][1]))
        self.table = CommandTable(commands, groups, prefixes)
        self._has_commands = bool(commands)
        self.kinds: tuple[type[Event], ...] = tuple(
            {each.kind: None for r, _ in found for each in r.listeners} | {MessagePosted: None}
        )
        errors = [each.handler for r, _ in found for each in r.error_handlers]
        hooks = [handler for r, _ in found for handler in (*r.start_hooks, *r.stop_hooks)]
        routes = [*self._messages, *self._listeners, *self._commands.values(), *self._jobs.values()]
        for handler in [*(route.handler for route in routes), *errors, *hooks]:
            handler.resolve(converters, provided)

    def _help_command(self, scope: Scope) -> Command:
        async def show(ctx: Context, *command: str) -> str:
            """Show what this bot can do."""
            return self._help_text(" ".join(command))

        made = Command(("help",), Handler(show, command=True))
        self._commands[id(made)] = BoundHandler(made.handler, (), scope, Context)
        return made

    def _help_text(self, name: str) -> str:
        if not name:
            return overview(self.table)
        name = name.lstrip("".join(self.table.prefixes))
        if name.casefold() in self.table.groups:
            return group_help(self.table, name)
        found = self.table.get(name)
        return command_help(found, self.table.shown_prefix) if found is not None else self._unknown(name)

    def _unknown(self, name: str) -> str:
        prefix = self.table.shown_prefix
        near = self.table.similar(name)
        hint = f"did you mean {prefix}{near}?" if near else f"{prefix}help lists all commands."
        return f"There is no command {prefix}{safe_name(name)[:50]}; {hint}"

    # ------------------------------------------------------------------ dispatch

    def is_command(self, event: MessagePosted, mention: str) -> bool:
        """Return whether a message invokes an existing command, and therefore cannot be the answer to a question.

        Args:
            event: the message.
            mention: the text that mentions the bot.
        """
        if not self._has_commands:
            return False
        called = self.table.parse(event.message.text, mention)
        return called is not None and called.command is not None

    async def dispatch(self, event: Event, run: HandlerRun, tools: Tools) -> None:
        """Run an event's handlers.

        Args:
            event: the event.
            run: the run in which the handlers execute.
            tools: the bot's tools.
        """
        if isinstance(event, JobDue):
            await self._invoke(self._jobs[event.name], EventContext(event, run, tools), run)
            return
        message = isinstance(event, MessagePosted)
        for route in self._listeners:
            if isinstance(event, route.kind):
                ctx = Context(event, run, tools) if message else EventContext(event, run, tools)  # type: ignore[arg-type]
                if (captures := await self._passes(route, ctx)) is not None:
                    ctx.captures = captures
                    await self._invoke(route, ctx, run)
        if isinstance(event, MessagePosted) and not event.message.is_system:
            await self._message(event, run, tools)

    async def _message(self, event: MessagePosted, run: HandlerRun, tools: Tools) -> None:
        ctx = Context(event, run, tools)
        called = self.table.parse(ctx.message.text, f"@{ctx.odoo.me.name}") if self._has_commands else None
        if called is not None and called.command is not None:
            ctx.text, ctx.command = called.rest, called.command.name
            route = self._commands[id(called.command)]
            if await self._passes(route, ctx) is not None:
                await self._invoke(route, ctx, run, called.command)
                return
        for route in self._messages:
            if (captures := await self._passes(route, ctx)) is not None:
                ctx.captures = captures
                await self._invoke(route, ctx, run)
                return
        if called is not None and called.command is None and ctx.is_direct:
            if called.name.casefold() in self.table.groups:
                await self._answer(ctx, group_help(self.table, called.name))
            elif called.name.casefold() != "cancel":
                await self._answer(ctx, self._unknown(called.name))

    async def _passes(self, route: BoundHandler, ctx: EventContext) -> Mapping[str, str] | None:
        captures: Mapping[str, str] = {}
        try:
            for condition in (*route.scope.filters, *route.filters):
                found = await passes(condition, ctx)
                if found is None:
                    return None
                if found:
                    captures = {**captures, **found}
        except BaseException as error:
            if not is_failure(error):
                raise
            await self._failed(route, ctx, error)
            return None
        return captures

    async def _invoke(
        self, route: BoundHandler, ctx: EventContext, run: HandlerRun, command: Command | None = None
    ) -> None:
        call = self._chain(route, ctx, command)
        try:
            with self._slow.watching(route.handler.name, run):
                result = await call()
                await self._post(result, route.handler.name, ctx)
        except BaseException as error:
            if not is_failure(error):
                raise
            await self._failed(route, ctx, error, command)

    async def _post(self, result: object, handler: str, ctx: EventContext) -> None:
        """Reply with the string that a handler returned."""
        if isinstance(result, str) and isinstance(ctx, Context):
            if result.strip():
                await ctx.reply(result)
        elif isinstance(result, UNPOSTED) and not isinstance(result, bool):
            kind = type(cast("object", result)).__name__
            hint = "use ctx.send()" if isinstance(result, str) else "return a string"
            unposted = {"event": "bot.result.unposted", "handler": handler, "type": kind}
            log.warning("bot: handler %s returned %s, which is not posted; %s", handler, kind, hint, extra=unposted)

    def _chain(
        self, route: BoundHandler, ctx: EventContext, command: Command | None
    ) -> Callable[[], Awaitable[object]]:
        async def innermost() -> object:
            if command is None or not isinstance(ctx, Context):
                return await route.handler.call(ctx, self._converters)
            await check(command, ctx, self.table.shown_prefix)
            values = await route.handler.values(ctx, self._converters)
            if command.cooldown is not None:  # an invalid argument does not count as a use
                command.cooldown.use(ctx)
            return await route.handler.run(values)

        call: Callable[[], Awaitable[object]] = innermost
        for middleware in reversed(route.scope.middlewares):
            call = around(middleware, ctx, call)
        return call

    # -------------------------------------------------------------------- errors

    async def _failed(
        self, route: BoundHandler, ctx: EventContext, error: BaseException, command: Command | None = None
    ) -> None:
        try:
            for listener in route.scope.errors:
                if isinstance(error, listener.kind):
                    result = await listener.handler.call(ctx, self._converters, error)
                    await self._post(result, listener.handler.name, ctx)
                    return
        except BaseException as second:
            if not is_failure(second):
                raise
            error = second
        if isinstance(error, AWAY):
            raise error
        if isinstance(error, BotError) and isinstance(ctx, Context):
            text = str(error)
            if command is not None and isinstance(error, BadArgument):
                text = f"{text}\nUsage: {command.usage(self.table.shown_prefix)}"
            await self._answer(ctx, text)
            return
        handler, kind = route.handler.name, type(error).__name__
        failed = {"event": "bot.handler.failed", "handler": handler, "error": kind}
        log.error("bot: handler %s: unexpected %s", handler, kind, exc_info=error, extra=failed)
        if command is not None and isinstance(ctx, Context):
            await self._answer(ctx, f"{self.table.shown_prefix}{command.name} failed; see the bot's log for details.")

    async def _answer(self, ctx: Context, text: str) -> None:
        try:
            await ctx.reply(text)
        except AWAY:
            raise
        except OdooChatError as error:
            channel = ctx.message.channel
            unsent = {"event": "bot.reply.failed", "channel": channel.id, "error": str(error)}
            log.warning("bot: cannot reply in %s: %s", channel.name, error, extra=unsent)


async def check(command: Command, ctx: Context, prefix: str) -> None:
    """Check that a person is allowed to use a command.

    Args:
        command: the command.
        ctx: the command's context.
        prefix: the command prefix.

    Raises:
        NotAllowed: the person is not allowed to use the command.
    """
    if command.allow is not None and await passes(command.allow, ctx) is None:
        raise NotAllowed(f"{prefix}{command.name} is for {command.allow.name} only.")


def around(
    middleware: Middleware, ctx: EventContext, call_next: Callable[[], Awaitable[object]]
) -> Callable[[], Awaitable[object]]:
    """Return a callable that runs a middleware.

    Args:
        middleware: the middleware.
        ctx: the context of the event.
        call_next: the callable that the middleware calls to continue.
    """

    async def call() -> object:
        return await middleware(ctx, call_next)

    return call
