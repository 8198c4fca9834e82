"""A relay in front of a server that counts requests and bytes for any client."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

__all__ = ["CountingRelay"]

REQUEST = re.compile(rb"(?:GET|POST|HEAD|PUT) (\S+) HTTP/1\.[01]\r\n")


class CountingRelay:
    """Passes bytes between clients and one server on this machine, in ``async with``.

    Args:
        url: the server's address, with a port.

    Attributes:
        paths: number of requests by path.
        sent: bytes that the clients sent.
        received: bytes that they received.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.bodies: list[bytes] | None = None
        self._mark = b""
        self._marked = asyncio.Event()
        self.reset()

    def reset(self) -> None:
        """Reset the counts."""
        self.paths: Counter[str] = Counter()
        self.sent = self.received = 0

    async def request_with(self, content: bytes) -> None:
        """Wait for the next request that contains some bytes.

        Args:
            content: the bytes; they must arrive in one piece.
        """
        self._mark = content
        self._marked.clear()
        await self._marked.wait()

    @property
    def requests(self) -> int:
        """Number of requests."""
        return self.paths.total()

    @property
    def url(self) -> str:
        """The address for the clients."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            up_reader, up_writer = await asyncio.open_connection(self._host, self._port)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pump(reader, up_writer, up=True))
                    group.create_task(self._pump(up_reader, writer, up=False))
            finally:
                up_writer.close()
        except* OSError:
            pass
        except* asyncio.CancelledError:
            pass  # the relay is being closed
        finally:
            writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        while data := await reader.read(1 << 18):
            if up:
                self.sent += len(data)
                if found := REQUEST.match(data):
                    self.paths[found[1].decode("latin-1")] += 1
                if self._mark and self._mark in data:
                    self._marked.set()
                if self.bodies is not None:
                    self.bodies.append(data)
            else:
                self.received += len(data)
            writer.write(data)
            await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.write_eof()
