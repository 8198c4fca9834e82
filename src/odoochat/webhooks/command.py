"""Runs a command for each event, passing the event as JSON on standard input."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import sys
from contextlib import suppress

from odoochat.config.fields import MCP_TOKEN, PREFIX
from odoochat.errors import ConfigError
from odoochat.webhooks.poster import DeliveryFailed
from odoochat.webhooks.webhook import Webhook

__all__ = ["CommandRunner"]

WITHHELD = {f"{PREFIX}WEBHOOK_SECRET", MCP_TOKEN}
"""Environment variables withheld from a command. The connection variables are passed on, so it can call odoochat."""


class CommandRunner:
    """Runs a command without a shell. Its output goes to stderr.

    The command runs in its own session, without a terminal, so that any programs it starts can be killed with it.

    Args:
        command: the program and its arguments, quoted as in a shell.
        timeout: seconds to wait before killing the command and any programs it started.

    Raises:
        ConfigError: the command is empty, has an unclosed quote, or its program does not exist.
    """

    def __init__(self, command: str, *, timeout: float = 300.0) -> None:
        try:
            self._words = shlex.split(command, posix=sys.platform != "win32")
        except ValueError as error:
            raise ConfigError(f"--exec: {error}; check the quotes") from None
        if not self._words:
            raise ConfigError("--exec: no command; pass the program to run")
        if shutil.which(self._words[0]) is None:
            raise ConfigError(f"--exec: no program {self._words[0]!r} that can be run; check its path and permissions")
        self._timeout = timeout
        self.url = f"exec:{self._words[0]}"

    async def deliver(self, webhook: Webhook) -> None:
        """Run the command once.

        Args:
            webhook: the event to pass on standard input.

        Raises:
            DeliveryFailed: the command cannot be started, exits with a nonzero code, or times out.
        """
        program = self._words[0]
        starting = asyncio.ensure_future(self._start())
        try:
            process = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # asyncio would kill the command, but not the programs it started.
            with suppress(OSError, ValueError):
                process = await starting
                _kill(process)
                await process.wait()
            raise
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise DeliveryFailed(f"cannot start {program}: {reason}", 1) from None
        try:
            async with asyncio.timeout(self._timeout):
                await process.communicate(webhook.body + b"\n")
        except TimeoutError:
            raise DeliveryFailed(f"{program} ran for more than {self._timeout:g} s and was killed", 1) from None
        finally:
            if process.returncode is None:
                _kill(process)
                await process.wait()
        if process.returncode:
            raise DeliveryFailed(f"{program} exited with code {process.returncode}", 1)

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._words,
            stdin=asyncio.subprocess.PIPE,
            stdout=sys.__stderr__,
            env={name: value for name, value in os.environ.items() if name.upper() not in WITHHELD},
            start_new_session=True,  # ignored on Windows
        )


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill a session leader and any programs it started; on Windows, kill only the process itself."""
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
