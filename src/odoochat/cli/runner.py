"""Runs a command's coroutine and returns its exit code."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from odoochat.cli.connection import connected
from odoochat.cli.error_report import report_error
from odoochat.cli.exit_codes import DONE, INTERRUPTED, TERMINATED
from odoochat.cli.options import ServerOptions
from odoochat.cli.signals import Termination, exit_on_signal
from odoochat.cli.streams import OutputFailed, ReaderExited, check_output, discard_output
from odoochat.errors import OdooChatError

if TYPE_CHECKING:
    from odoochat.client.client import Client

__all__ = ["run_command", "run_connected"]


def run_connected(options: ServerOptions | None, work: Callable[[Client], Awaitable[int]]) -> int:
    """Connect without a live link and run a command.

    Args:
        options: the command-line options.
        work: the command's coroutine function; takes the client and returns the exit code.

    Returns:
        The exit code.
    """

    async def job() -> int:
        async with connected(options or ServerOptions(), live=False) as odoo:
            return await work(odoo)

    return run_command(job)


def run_command(job: Callable[[], Awaitable[int]], *, serves: bool = False) -> int:
    """Run a command's coroutine, reporting any error on a single line; -vv logs the traceback of internal errors.

    Ctrl-C and SIGTERM cancel the coroutine. A command that runs until it is stopped can handle both itself, see
    `odoochat.cli.signals`.

    Args:
        job: the command's coroutine function; returns the exit code.
        serves: whether the command runs until it is stopped, so that Ctrl-C and SIGTERM end it with 0 at any time, also
            while it connects.

    Returns:
        The exit code.
    """

    termination = Termination()

    async def run() -> int:
        with termination.cancelling():
            try:
                code = await job()
            except asyncio.CancelledError:
                if not serves:
                    raise
                code = DONE
        if serves:
            exit_on_signal(code)
        return code

    try:
        check_output()
        return asyncio.run(run())
    except OdooChatError as error:
        return report_error(error)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return DONE if serves else TERMINATED if termination.received else INTERRUPTED
    except SystemExit as ended:
        if serves and ended.code == TERMINATED:  # SIGTERM at a prompt
            return DONE
        raise
    except ReaderExited:
        discard_output()
        return DONE
    except OutputFailed as error:
        discard_output()
        return report_error(error)
    except Exception as error:
        logging.getLogger("odoochat").debug("internal error", exc_info=error)
        return report_error(error)
