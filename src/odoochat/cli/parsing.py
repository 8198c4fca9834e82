"""Parses command lines and explains invalid ones, for any set of commands."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from cyclopts import (
    App,
    Argument,
    CycloptsError,
    Group,
    MissingArgumentError,
    Parameter,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

import odoochat
from odoochat.cli.exit_codes import EXIT_CODES, USAGE
from odoochat.cli.options import ArgumentSettings, ServerOptions
from odoochat.cli.output_guard import run_guarded
from odoochat.cli.streams import print_note
from odoochat.wire.content.body import safe_line

__all__ = ["EPILOGUE", "add_command", "arguments_of", "new_app", "run_app", "run_one", "usage"]

EPILOGUE = f"""\
Environment: ODOOCHAT_URL, ODOOCHAT_DB, ODOOCHAT_LOGIN, ODOOCHAT_PROFILE, ODOOCHAT_PROXY, ODOOCHAT_CA_FILE, \
ODOOCHAT_CLIENT_CERT and ODOOCHAT_CLIENT_KEY set the options of the same names; ODOOCHAT_VERIFY=false sets --insecure. \
Secrets: ODOOCHAT_PASSWORD, ODOOCHAT_API_KEY, ODOOCHAT_SESSION_ID, ODOOCHAT_TOTP, \
ODOOCHAT_WEBHOOK_SECRET.

Exit codes: {", ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items())}."""

ITEM = re.compile(r"\s+\w+: ")
"""The start of an attribute's description in a docstring; its further lines are indented more."""

USAGES = {"send": "CHANNEL [TEXT]", "history": "CHANNEL"}
"""Arguments that are optional only because ``--record`` can replace them."""


def new_app() -> App:
    """Return the program, without any commands yet."""
    return App(
        name="odoochat",
        help="Live chat with Odoo Discuss from a terminal.",
        help_epilogue=EPILOGUE,
        version=odoochat.__version__,
        help_format="plaintext",
        default_parameter=Parameter(negative=(), show_default=_shown_default),
    )


def _shown_default(default: object) -> str | None:
    """Return a default as shown in the help, or None to hide it if it is empty or a disabled flag."""
    if not default:
        return None
    return f"{default:g}" if isinstance(default, float) else str(default)


def add_command(app: App, command: Callable[..., Any], **settings: Any) -> None:
    """Register a command.

    Args:
        app: the program, or a group of its commands.
        command: the function that runs the command.
        settings: other arguments for `App.command`.
    """
    _annotate(command)
    app.command(command, usage=usage(command), **settings)


def _annotate(target: Any) -> None:
    """Convert the argument settings in a function's or class's annotations to cyclopts parameters."""
    target.__doc__ = _joined(inspect.getdoc(target) or "")
    hints = get_type_hints(target, include_extras=True)
    target.__annotations__ = {name: _annotation(hint) for name, hint in hints.items()}


def _joined(docstring: str) -> str:
    """Join the lines of each paragraph, because cyclopts keeps line breaks and the help breaks lines itself."""
    joined: list[str] = []
    indent, continues = 0, False
    for line in docstring.splitlines():
        text = line.lstrip()
        deeper, indent = len(line) - len(text) - indent, len(line) - len(text)
        if not text or text.startswith("---"):
            continues = False
            joined.append(line)
            continue
        if continues and not ITEM.match(line) and (deeper == 0 or (deeper > 0 and ITEM.match(joined[-1]))):
            joined[-1] += f" {text}"
        else:
            joined.append(line)
        continues = True
    return "\n".join(joined)


def _annotation(hint: Any) -> Any:
    """Return a type hint with our argument settings replaced by cyclopts parameters."""
    if get_origin(hint) in (Union, UnionType):
        return Union[tuple(_annotation(each) for each in get_args(hint))]  # noqa: UP007
    if get_origin(hint) is not Annotated:
        return hint
    kind, *notes = get_args(hint)
    made = [Parameter(**note.settings) if isinstance(note, ArgumentSettings) else note for note in notes]
    return Annotated[(_annotation(kind), *made)]


# The server options have their own panel in the help, and no prefix.
_annotate(ServerOptions)
Parameter(name="*", group=Group("Server", sort_key=1))(ServerOptions)


def usage(command: Callable[..., Any]) -> str:
    """Return the usage line of a command, e.g. ``Usage: odoochat send [OPTIONS] CHANNEL [TEXT]``.

    Args:
        command: the function that runs the command.
    """
    name = command.__name__
    if name in USAGES:
        words = USAGES[name].split()
    else:
        words = [word for each in inspect.signature(command).parameters.values() if (word := _usage_word(each))]
    name = f"webhook {name}" if name.startswith("token_") else name
    return " ".join(["Usage: odoochat", name.replace("_", " "), "[OPTIONS]", *words])


def _usage_word(parameter: inspect.Parameter) -> str:
    """Return a positional parameter as shown in the usage line, or "" for an option."""
    name = parameter.name.upper()
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"[{name}…]"
    if parameter.kind is parameter.POSITIONAL_ONLY:
        return name if parameter.default is parameter.empty else f"[{name}]"
    return ""


def run_one(module: str, function: str, arguments: Sequence[str]) -> int:
    """Run one command without importing the others.

    Args:
        module: the module of the function that runs the command.
        function: name of the function, which is also the command's name.
        arguments: words after the program's name, starting with the command.

    Returns:
        The exit code.
    """
    command = getattr(import_module(module), function)
    app = new_app()
    add_command(app, command)
    return run_app(app, arguments)


def run_app(app: App, arguments: Sequence[str]) -> int:
    """Parse a command line and run its command.

    Args:
        app: the program with its commands.
        arguments: words after the program's name.

    Returns:
        The exit code.
    """
    return run_guarded(lambda: _run(app, arguments))


def _run(app: App, arguments: Sequence[str]) -> object:
    if not arguments or _is_group(app, arguments):
        app.help_print(arguments)
        return USAGE
    if (wrong := _unknown_option(app, arguments)) is not None:
        return _usage_error(wrong, arguments[:1])
    try:
        return app(list(arguments), exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return _usage_error(_explained(app, error), error.command_chain or ())


def _is_group(app: App, arguments: Sequence[str]) -> bool:
    """Return whether the words name only the program or a group, e.g. ``webhook token``, but none of its commands."""
    _, apps, unused = app.parse_commands(list(arguments))
    return not unused and apps[-1].default_command is None


def _usage_error(text: str, chain: Sequence[str]) -> int:
    print_note(f"odoochat: {safe_line(text, 1000)}")
    print_note(f"odoochat: see {' '.join(['odoochat', *chain])} --help")
    return USAGE


def _unknown_option(app: App, arguments: Sequence[str]) -> str | None:
    """Explain an unknown option given where text is expected, so that it is not posted as text.

    All words after ``--`` are text.
    """
    command = arguments[0]
    if command.startswith("-"):
        return None
    accepted = arguments_of(app, command)
    if not any(argument.parameter.allow_leading_hyphen and argument.index is not None for argument in accepted):
        return None
    known = {name for argument in accepted for name in argument.names} | {"--help"}
    for word in arguments[1:]:
        if word == "--":
            return None
        if re.fullmatch(r"--\w\S*", word) and word.partition("=")[0] not in known:
            return f"{_no_option(command, word, accepted)} (put -- before text that starts like an option)"
    return None


def _explained(app: App, error: CycloptsError) -> str:
    """Explain a command-line error, suggesting the closest match for an unknown option."""
    command = " ".join(error.command_chain or ())
    if isinstance(error, UnknownOptionError):
        wrong = (error.token.keyword or error.token.value).partition("=")[0]
        return _no_option(command or "odoochat", wrong, list(error.argument_collection))
    if isinstance(error, UnknownCommandError) and error.unused_tokens and error.unused_tokens[0].startswith("-"):
        wrong = error.unused_tokens[0].partition("=")[0]
        found = difflib.get_close_matches(wrong, list(app), n=1, cutoff=0.7)
        return f"odoochat has no option {wrong}{f'; did you mean {found[0]}?' if found else ' before the command'}"
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"{command}: unexpected argument {' '.join(error.unused_tokens)}; quote text that contains spaces"
    if type(error) is MissingArgumentError and error.argument is not None and command:
        name, words = error.argument.name, list(error.root_input_tokens or ())
        if "-" in words[1:] and words[words.index("-") - 1] in error.argument.names:
            return f'{command}: {name} does not accept "-" (standard input or output)'
        return f"{command} needs {name.upper() if error.argument.index is not None else f'a value for {name}'}"
    return str(error).strip()


def _no_option(command: str, wrong: str, accepted: Iterable[Argument]) -> str:
    """Return an error message for an unknown option, suggesting the closest match."""
    options = [name for argument in accepted for name in argument.names if name.startswith("-")]
    names = {name.lstrip("-"): name for name in [*options, "--help"]}  # the hyphens, which all have, are no similarity
    found = difflib.get_close_matches(wrong.partition("=")[0].lstrip("-"), names, n=1, cutoff=0.6)
    return f"{command} has no option {wrong}" + (f"; did you mean {names[found[0]]}?" if found else "")


def arguments_of(app: App, command: str) -> list[Argument]:
    """Return the arguments and options that a command accepts.

    Args:
        app: the program.
        command: the command's name; an unknown command or a command group gives an empty list.
    """
    if command not in app or app[command].default_command is None:
        return []
    return list(app[command].assemble_argument_collection())
