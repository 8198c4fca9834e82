"""How commands are parsed and run, without the commands."""

from __future__ import annotations

import difflib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cyclopts import (
    App,
    Argument,
    CycloptsError,
    MissingArgumentError,
    Parameter,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

import odoochat
from odoochat.cli.exit_codes import DONE, USAGE, complain, say
from odoochat.cli.streams import OutputFailed, drop_output, escape_unencodable
from odoochat.wire.content.body import safe_line

__all__ = ["EPILOGUE", "bare", "command_first", "parsed", "usage"]

EPILOGUE = """\
Environment: ODOOCHAT_URL, ODOOCHAT_DB, ODOOCHAT_LOGIN, ODOOCHAT_PROFILE, ODOOCHAT_PROXY, ODOOCHAT_CA_FILE, \
ODOOCHAT_CLIENT_CERT, ODOOCHAT_CLIENT_KEY as the options of those names; ODOOCHAT_VERIFY=false as --insecure; \
ODOOCHAT_PASSWORD, ODOOCHAT_API_KEY, ODOOCHAT_SESSION_ID, ODOOCHAT_TOTP for what is secret.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 server unreachable, 4 login refused, \
5 no such channel, message or user, or no right to it, 130 interrupted."""

WRITTEN = {"send": "CHANNEL [TEXT]", "history": "CHANNEL"}
"""What is optional only because ``--record`` may stand for it."""


def bare() -> App:
    """The program with no commands yet."""
    return App(
        name="odoochat",
        help="Live chat with Odoo Discuss from a terminal.",
        help_epilogue=EPILOGUE,
        version=odoochat.__version__,
        help_format="plaintext",
        default_parameter=Parameter(negative=(), show_default=_told),
    )


def _told(default: object) -> str | None:
    """A default as the help names it: switches that are off, and nothing, go without saying."""
    return str(default) if default else None


def usage(command: Callable[..., Any]) -> str:
    """How a command is written, from its function: ``odoochat send [OPTIONS] CHANNEL [TEXT]``."""
    words = WRITTEN[command.__name__].split() if command.__name__ in WRITTEN else []
    for argument in inspect.signature(command).parameters.values():
        name = argument.name.upper()
        if command.__name__ in WRITTEN:
            break
        if argument.kind is argument.VAR_POSITIONAL:
            words.append(f"[{name}…]")
        elif argument.kind is argument.POSITIONAL_ONLY:
            words.append(name if argument.default is argument.empty else f"[{name}]")
    return " ".join(["Usage: odoochat", command.__name__, "[OPTIONS]", *words])


def parsed(app: App, arguments: Sequence[str]) -> int:
    """Parses and runs; gives the exit code."""
    escape_unencodable()
    try:
        code = _run(app, arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # of the help, which is not written by us
        drop_output()
        return DONE
    except OSError as error:
        drop_output()
        return complain(OutputFailed(f"cannot write to standard output: {error.strerror or error}"))
    return code


GLOBAL_FLAGS = ("--json", "--password-stdin", "--insecure", "--verbose", "-v")
GLOBAL_VALUES = (
    "--url", "--db", "--login", "--profile", "--request-timeout",
    "--proxy", "--ca-file", "--client-cert", "--client-key",
)  # fmt: skip
"""Options that many commands share: they may stand before the command, too."""


def command_first(arguments: Sequence[str]) -> list[str]:
    """Puts shared options that stand before the command behind it: ``--json history general``.

    Args:
        arguments: as they were typed; those that begin with another option are left as they are.
    """
    given = list(arguments)
    at = 0
    while at < len(given) and given[at].startswith("-"):
        name, has_value, _ = given[at].partition("=")
        if name in GLOBAL_VALUES:
            at += 1 if has_value else 2
        elif given[at] in GLOBAL_FLAGS or re.fullmatch("-v+", given[at]):
            at += 1
        elif at and given[at] in ("--help", "-h", "--version"):
            return [given[at]]
        else:
            return given
    if not 0 < at < len(given):
        return given
    return [given[at], *given[:at], *given[at + 1 :]]


def _mistyped(app: App, arguments: Sequence[str]) -> str | None:
    """An option that a command does not have, where a text may stand: it must not be posted to colleagues.

    Behind ``--`` everything is text.
    """
    command = arguments[0]
    if command.startswith("-"):
        return None
    taken = options_of(app, command)
    if not any(argument.parameter.allow_leading_hyphen and argument.index is not None for argument in taken):
        return None
    known = {name for argument in taken for name in argument.names} | {"--help"}
    for word in arguments[1:]:
        if word == "--":
            return None
        if re.fullmatch(r"--\w\S*", word) and word.partition("=")[0] not in known:
            why = "a text that begins so goes behind --"
            return f"{command} has no option {word}{nearest(word.partition('=')[0], taken)} ({why})"
    return None


def _run(app: App, arguments: Sequence[str]) -> int:
    if not arguments:
        app.help_print([])
        return USAGE
    if (wrong := _mistyped(app, arguments)) is not None:
        say(f"odoochat: {safe_line(wrong, 1000)}")
        say(f"odoochat: see odoochat {arguments[0]} --help")
        return USAGE
    try:
        code = app(list(arguments), exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        say(f"odoochat: {safe_line(_explained(app, error), 1000)}")
        chain = " ".join(["odoochat", *(error.command_chain or ())])
        say(f"odoochat: see {chain} --help")
        return USAGE
    except SystemExit as done:
        if isinstance(done.__context__, BrokenPipeError):  # the way of rich, which writes the help
            return DONE
        return done.code if isinstance(done.code, int) else DONE
    return code if isinstance(code, int) else DONE


def _explained(app: App, error: CycloptsError) -> str:
    """What is wrong with a command's words; the nearest of its own options for one that it does not have."""
    command = " ".join(error.command_chain or ())
    if isinstance(error, UnknownOptionError):
        wrong = (error.token.keyword or error.token.value).partition("=")[0]
        return f"{command or 'odoochat'} has no option {wrong}{nearest(wrong, list(error.argument_collection))}"
    if isinstance(error, UnknownCommandError) and error.unused_tokens and error.unused_tokens[0].startswith("-"):
        wrong = error.unused_tokens[0].partition("=")[0]
        found = difflib.get_close_matches(wrong, list(app), n=1, cutoff=0.7)
        return f"odoochat has no option {wrong}{f': did you mean {found[0]}?' if found else ' before the command'}"
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"{command} takes no more words: {' '.join(error.unused_tokens)}; a text of several goes into quotes"
    if type(error) is MissingArgumentError and error.argument is not None and command:
        name = error.argument.name
        return f"{command} needs {name.upper() if error.argument.index is not None else f'a value for {name}'}"
    return str(error).strip()


def options_of(app: App, command: str) -> list[Argument]:
    """What a command takes."""
    return list(app[command].assemble_argument_collection()) if command in app else []


def nearest(wrong: str, arguments: Iterable[Argument]) -> str:
    """The option that was probably meant, in words."""
    there = [name for argument in arguments for name in argument.names if name.startswith("-")]
    found = difflib.get_close_matches(wrong, [*there, "--help"], n=1, cutoff=0.5)
    return f": did you mean {found[0]}?" if found else ""
