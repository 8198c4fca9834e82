"""``bot run`` and ``bot new``: run or create a bot."""

from __future__ import annotations

import importlib
import keyword
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

import odoochat
from odoochat.cli.bot_project import FILES
from odoochat.cli.connection import resolve_settings
from odoochat.cli.exit_codes import DONE, FAILED, INTERRUPTED, TERMINATED
from odoochat.cli.log import SafeFormatter, without_log_line
from odoochat.cli.options import ServerOptions
from odoochat.cli.prompts import prompt_totp
from odoochat.cli.runner import run_command
from odoochat.cli.streams import print_note, print_result
from odoochat.errors import ConfigError, OdooChatError

if TYPE_CHECKING:
    from odoochat.bot.bot import Bot

__all__ = ["bot_new", "bot_run"]

CHILD = "ODOOCHAT_BOT_RELOADS"
LOOK_SECONDS = 0.5
STOPPED = (DONE, INTERRUPTED, TERMINATED, -signal.SIGINT, -signal.SIGTERM)
"""Exit codes of a child that was stopped; which one depends on whether it was starting, connecting or running."""


def bot_run(
    target: str,
    /,
    *,
    state: Path | None = None,
    reload: Annotated[bool, Parameter(negative="")] = False,
    server: ServerOptions | None = None,
) -> int:
    """Run a bot until Ctrl-C.

    Parameters
    ----------
    target
        Module and variable of the bot, e.g. my_bot:bot. The current folder is searched for the module first.
    state
        Folder for data that must survive a restart: handled messages, stored values, and the times at which jobs ran.
    reload
        Restart the bot whenever a Python file in or below the current folder changes; for development.
    """
    if reload and os.environ.get(CHILD) != "1":
        return _run_reloading()

    async def job() -> int:
        from odoochat.bot.bot import start_until_signal
        from odoochat.secret import hide_secrets

        bot = load_bot(target)
        settings = resolve_settings(server or ServerOptions())
        if not logging.getLogger("odoochat").isEnabledFor(logging.INFO):
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(SafeFormatter("%(asctime)s %(levelname)s %(message)s"))
            logging.basicConfig(level=logging.INFO, handlers=[handler])
        options: dict[str, Any] = {"totp": prompt_totp, **settings.arguments()}
        hide_secrets(options)
        try:
            with without_log_line("tls.unverified"):  # `resolve_settings` has printed a warning
                await start_until_signal(bot, settings.url, state=state, **options)
        except OdooChatError:
            raise
        except Exception as error:  # noqa: BLE001 - in a start hook or a provider of the bot
            print_traceback(error)
            print_note(f"odoochat: the bot failed: {summary(error)}")
            return FAILED
        return DONE

    return run_command(job, serves=True)


def load_bot(target: str) -> Bot:
    """Import a bot.

    Args:
        target: module and variable, e.g. ``my_bot:bot``.

    Returns:
        The bot.

    Raises:
        ConfigError: the module or the variable does not exist, or the value is not a bot.
    """
    from odoochat.bot.bot import Bot

    module_name, _, name = target.partition(":")
    module_name = module_name.removesuffix(".py").replace("/", ".")
    if not re.fullmatch(r"\w+(\.\w+)*", module_name) or (name and not name.isidentifier()):
        raise ConfigError(f"{target!r} is not a valid bot reference; use module:bot, e.g. my_bot:bot")
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise ConfigError(f"{module_name} cannot be imported: {error}") from error
        raise ConfigError(f"no module {module_name!r} in {folder}; run the command in the bot's folder") from None
    except Exception as error:
        print_traceback(error)
        raise ConfigError(f"{module_name} cannot be imported: {summary(error)}") from error
    if getattr(module, "__file__", None) is None and hasattr(module, "__path__"):  # Python imports any folder
        raise ConfigError(f"{module_name!r} is a folder, not a module; {_folder_hint(module_name)}")
    found = getattr(module, name or "bot", None)
    if not isinstance(found, Bot):
        bots = [key for key, value in vars(module).items() if isinstance(value, Bot)]
        hint = f"it has {', '.join(bots)}" if bots else "it has no Bot"
        raise ConfigError(f"{module_name} has no bot named {name or 'bot'!r}; {hint}")
    return found


def _folder_hint(module_name: str) -> str:
    """Return what to do if the name of a folder was given as the name of a bot's module."""
    folder = Path(*module_name.split("."))
    if (folder / f"{folder.name}.py").is_file():  # `bot new` creates such a folder
        return f"run the command in it (cd {folder})"
    return f"use the name of a file, e.g. {module_name}.my_bot:bot"


def summary(error: BaseException) -> str:
    """Return the type and message of an error that the bot's own code raised.

    Args:
        error: the error.
    """
    return traceback.format_exception_only(error)[-1].strip()


def print_traceback(error: BaseException) -> None:
    """Print the traceback of an error that the bot's own code raised, without the frames that led to this code.

    Args:
        error: the error.
    """
    from odoochat.wire.content.body import safe_text

    inner = (str(Path(odoochat.__file__).parent), str(Path(importlib.__file__).parent), "<frozen importlib")
    printed = traceback.TracebackException.from_exception(error)
    frames = list(dropwhile(lambda frame: frame.filename.startswith(inner), printed.stack))
    if frames or isinstance(error, SyntaxError):
        printed.stack = traceback.StackSummary.from_list(frames)
    print_note(safe_text("".join(printed.format())).rstrip())


def _run_reloading() -> int:
    """Run this command in a child process, and restart the process whenever a file changes."""
    # Python considers compiled code up to date if a file changed within the same second and kept its size.
    environ = {**os.environ, CHILD: "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "odoochat", *sys.argv[1:]]
    stop = False

    def stopping(*_: object) -> None:
        nonlocal stop
        stop = True

    before = {name: signal.signal(name, stopping) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        while True:
            seen = python_files(Path.cwd())
            child = subprocess.Popen(command, env=environ)  # noqa: S603 - this very command
            while not stop and python_files(Path.cwd()) == seen:
                time.sleep(LOOK_SECONDS)  # if the bot has exited, also wait for a change
            child.terminate()
            code = child.wait()
            if stop:
                return DONE if code in STOPPED else abs(code)
            print_note("odoochat: files changed, restarting")
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def python_files(folder: Path) -> dict[str, int]:
    """Return the modification time of each Python file in or below a folder.

    Args:
        folder: the folder; its hidden subfolders and virtual environments are skipped.

    Returns:
        A mapping from each path to its modification time in nanoseconds.
    """
    found: dict[str, int] = {}
    for root, folders, names in os.walk(folder):
        folders[:] = [n for n in folders if not n.startswith((".", "__")) and n not in ("node_modules", "venv", "env")]
        for name in names:
            if name.endswith(".py"):
                path = Path(root, name)
                with suppress(OSError):
                    found[str(path)] = path.stat().st_mtime_ns
    return found


def bot_new(name: str, /) -> int:
    """Create a folder with a small bot, a test and a README.

    Parameters
    ----------
    name
        Name of the bot and its folder, e.g. helper.
    """

    async def job() -> int:
        for path in create_project(name):
            print_result(str(path))
        print_note(f"next: cd {name}, then follow README.md")
        return DONE

    return run_command(job)


def create_project(name: str) -> list[Path]:
    """Create the folder for a bot.

    Args:
        name: name of the folder, which is created in the current folder.

    Returns:
        The created files.

    Raises:
        ConfigError: the name cannot be used, the folder exists, or a file cannot be written.
    """
    module = name.replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", module):
        raise ConfigError(f"{name!r} is not a valid bot name; use lowercase letters, digits and hyphens")
    if module in sys.stdlib_module_names or module in ("odoochat", "tests", "pytest", "bot"):
        raise ConfigError(f"{name!r} is the name of an existing module; choose another name")
    if keyword.iskeyword(module):
        raise ConfigError(f"{name!r} is a keyword of Python; choose another name")
    folder = Path(name)
    try:
        folder.mkdir()
    except FileExistsError:
        raise ConfigError(f"{folder} already exists; choose another name or remove the folder") from None
    except OSError as error:
        raise ConfigError(f"cannot create {folder}: {error.strerror}") from None
    files = {folder / path.replace("NAME", module): text for path, text in FILES.items()}
    try:
        for path, text in files.items():
            path.write_text(text.replace("NAME", module).replace("TITLE", name), "utf-8")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise ConfigError(f"cannot write the project {folder}: {error.strerror}") from None
    return list(files)
