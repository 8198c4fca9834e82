"""Opens a session's client in the background, retrying after failures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from odoochat.errors import LinkError, OdooChatError, ServerFault
from odoochat.events import LinkChanged

if TYPE_CHECKING:
    # The client imports networking libraries, which are loaded only after the first paint.
    from odoochat.client.client import Client

__all__ = ["AskCode", "Connector", "Opener"]

AskCode = Callable[[], Awaitable[str]]
Opener = Callable[[AskCode], Any]
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


class Connector:
    """Connects, retrying until a connection succeeds or the server refuses the login.

    Args:
        name: the profile's name.
        opener: a function that returns a new `odoochat.connect(…)`; called in a thread.
        ask_code: a function that prompts the user for the two-factor code.
        on_link: a function that is called with each link state until the client is open.
        use: a coroutine function that uses an open client until its link ends.
        retry_seconds: delays between attempts in seconds; the last value is repeated.
    """

    def __init__(
        self,
        name: str,
        opener: Opener,
        ask_code: AskCode,
        on_link: Callable[[LinkChanged], None],
        use: Callable[[Client], Awaitable[None]],
        retry_seconds: Sequence[float] = RETRY_SECONDS,
    ) -> None:
        self._name = name
        self._opener = opener
        self._ask_code = ask_code
        self._on_link = on_link
        self._use = use
        self._retry_seconds = retry_seconds
        self._task: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    def start(self) -> None:
        """Start connecting in the background, unless already in progress."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name=f"odoochat session {self._name}")

    async def stop(self) -> None:
        """Stop connecting, and close the current client."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def retry_now(self) -> None:
        """Retry immediately, even after giving up."""
        if self._task is None or self._task.done():
            self.start()
        else:
            self._hurry.set()

    async def _run(self) -> None:
        failures = 0
        while True:
            self._on_link(LinkChanged("connecting"))
            try:
                client = await self._connect()
            except (LinkError, ServerFault, OSError) as error:
                await self._wait(self._retry_seconds[min(failures, len(self._retry_seconds) - 1)], str(error))
                failures += 1
            except OdooChatError as error:
                self._on_link(LinkChanged("closed", reason=str(error)))
                return
            else:
                await self._use_until_closed(client)
                return

    async def _use_until_closed(self, client: Client) -> None:
        try:
            await self._use(client)
        except OdooChatError as error:
            self._on_link(LinkChanged("closed", reason=str(error)))
        finally:
            await client.close()

    async def _wait(self, seconds: float, reason: str) -> None:
        self._hurry.clear()
        self._on_link(LinkChanged("waiting", retry_in=seconds, reason=reason))
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            pass

    async def _connect(self) -> Client:
        # Importing the client blocks; the thread lets the first keys be processed in the meantime.
        connect = await asyncio.to_thread(self._opener, self._ask_code)
        client: Client = await connect.open()
        return client
