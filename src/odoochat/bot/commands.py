"""Commands, command groups, and parsing of command text."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ParamSpec, TypeVar, overload

from odoochat.bot.cooldown import Cooldown
from odoochat.bot.filters import Filter
from odoochat.bot.injection import Handler
from odoochat.errors import ConfigError

__all__ = ["Command", "CommandGroup", "CommandTable", "CommandText"]

P = ParamSpec("P")
R = TypeVar("R")


class Command:
    """A bot command.

    Args:
        path: the command's name, preceded by the names of its groups.
        handler: runs the command.
        aliases: other names for the last part of `path`.
        allow: who may use the command; None for everyone.
        cooldown: limits how often the command can be used; None for no limit.
        hidden: whether to omit the command from the help text.

    Attributes:
        name: the full name, e.g. ``config set``.
    """

    def __init__(
        self,
        path: tuple[str, ...],
        handler: Handler,
        *,
        aliases: Sequence[str] = (),
        allow: Filter | None = None,
        cooldown: Cooldown | None = None,
        hidden: bool = False,
    ) -> None:
        self.name = " ".join(path)
        self.handler = handler
        self.aliases = tuple(aliases)
        self.allow = allow
        self.cooldown = cooldown
        self.hidden = hidden
        self.names = [" ".join([*path[:-1], last]) for last in (path[-1], *self.aliases)]
        for name in self.names:
            if not name.strip() or len(name.split()) != len(path):
                raise ConfigError(f"{name!r} is not a valid command name; use a single word")

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return self.handler.doc.partition("\n")[0].strip()

    def usage(self, prefix: str) -> str:
        """Return the usage line, e.g. ``/roll [sides]``.

        Args:
            prefix: the command prefix.
        """
        return " ".join([f"{prefix}{self.name}", *(argument.usage for argument in self.handler.arguments)])


class CommandGroup:
    """A group of commands that share a first word; created by `Router.group`.

    Args:
        path: the words of the group's name.
        help: a one-sentence description for the help text.
        add: registers a command.
        add_group: registers a group.
    """

    def __init__(
        self,
        path: tuple[str, ...],
        help: str,
        add: Callable[[Command], None],
        add_group: Callable[[CommandGroup], None],
    ) -> None:
        self.path = path
        self.help = help
        self._add = add
        self._add_group = add_group
        if path:
            add_group(self)

    @property
    def name(self) -> str:
        """The group's name, e.g. ``config``."""
        return " ".join(self.path)

    def group(self, name: str, help: str = "") -> CommandGroup:
        """Create a group nested in this one.

        Args:
            name: the group's word.
            help: a one-sentence description for the help text.
        """
        return CommandGroup((*self.path, name), help, self._add, self._add_group)

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
        name: Callable[P, R] | str | None = None,
        /,
        *,
        aliases: Sequence[str] = (),
        allow: Filter | None = None,
        cooldown: Cooldown | None = None,
        hidden: bool = False,
    ) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
        """Register a function as a command in this group; see `Router.command`.

        Args:
            name: the command's word; the function name by default.
            aliases: alternative words.
            allow: who may use the command.
            cooldown: limits how often the command can be used.
            hidden: whether to omit the command from the help text.

        Returns:
            The unchanged function, or a decorator that returns it.
        """

        def register(function: Callable[P, R]) -> Callable[P, R]:
            given = name if isinstance(name, str) else getattr(function, "__name__", "").strip("_").replace("_", "-")
            handler = Handler(function, command=True)
            self._add(
                Command((*self.path, given), handler, aliases=aliases, allow=allow, cooldown=cooldown, hidden=hidden)
            )
            return function

        return register if name is None or isinstance(name, str) else register(name)


class CommandText:
    """Message text that invokes a command.

    Attributes:
        command: the command, or None if there is no such command.
        name: the name as typed by the user.
        rest: the text after the name.
    """

    def __init__(self, command: Command | None, name: str, rest: str) -> None:
        self.command = command
        self.name = name
        self.rest = rest


class CommandTable:
    """Looks up a bot's commands by name.

    Args:
        commands: the commands.
        groups: the groups of commands.
        prefixes: the command prefixes.

    Raises:
        ConfigError: two commands have the same name.
    """

    def __init__(self, commands: Iterable[Command], groups: Iterable[CommandGroup], prefixes: tuple[str, ...]) -> None:
        self.prefixes = tuple(sorted(prefixes, key=len, reverse=True))
        self.shown_prefix = prefixes[0] if prefixes else ""
        self.groups = {group.name.casefold(): group for group in groups}
        self._commands: dict[str, Command] = {}
        for command in commands:
            for name in command.names:
                if self._commands.setdefault(name.casefold(), command) is not command:
                    raise ConfigError(f"two commands are named {name!r}; rename one of them")

    def __iter__(self) -> Iterator[Command]:
        seen: set[int] = set()
        for command in self._commands.values():
            if id(command) not in seen:
                seen.add(id(command))
                yield command

    def get(self, name: str) -> Command | None:
        """Return a command by its full name or an alias.

        Args:
            name: the name, without prefix.
        """
        return self._commands.get(" ".join(name.split()).casefold())

    def parse(self, text: str, mention: str = "") -> CommandText | None:
        """Parse the command in a message text.

        Args:
            text: the text of a message.
            mention: the text that mentions the bot, which works as a prefix.

        Returns:
            The command and the text after it, or None if the text is not a command.
        """
        text = text.strip()
        body = self._body(text, mention)
        if body is None or not body or body[0].isspace():
            return None
        word, rest = _first_word(body)
        name = word
        while name.casefold() in self.groups and rest:
            word, rest = _first_word(rest)
            name = f"{name} {word}"
        return CommandText(self.get(name), name, rest)

    def _body(self, text: str, mention: str) -> str | None:
        for prefix in self.prefixes:
            if text.startswith(prefix):
                return text[len(prefix) :]
        if mention and text.casefold().startswith(mention.casefold()):
            rest = text[len(mention) :].lstrip(" :,")
            # Text that mentions the bot but does not begin with a command is an ordinary message.
            return rest if rest and self._known(rest) else None
        return None

    def _known(self, text: str) -> bool:
        word, _ = _first_word(text)
        return word.casefold() in self._commands or word.casefold() in self.groups

    def similar(self, name: str) -> str | None:
        """Return the most similar command name, or None if no name is similar.

        Args:
            name: the unknown name.
        """
        known = [command.name for command in self if not command.hidden]
        found = difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.6)
        return found[0] if found else None


def _first_word(text: str) -> tuple[str, str]:
    word, *rest = text.split(maxsplit=1) or [""]
    return word, rest[0] if rest else ""
