"""A TCP proxy on loopback that does to connections what networks do."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import Counter
from types import TracebackType
from typing import Self

PIECE = 64 * 1024


class _Pair:
    """One client's connection and the one made for it to the server."""

    def __init__(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self.from_client, self.to_client = client
        self.from_server, self.to_server = server
        self.holed = False
        self.cut_after: int | None = None  # bytes of an answer that are let through before the cut

    def reset(self) -> None:
        for writer in (self.to_client, self.to_server):
            sock = writer.get_extra_info("socket")
            if writer.transport.is_closing():
                continue
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def finish(self) -> None:
        self.to_client.close()
        self.to_server.close()


class Proxy:
    """Forwards between a client and a server; `done` counts its faults.

    Args:
        host, port: the server.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._pairs: set[_Pair] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._delay = 0.0
        self._next_cut: int | None = None
        self.port = 0
        self.accepted = 0
        self.done: Counter[str] = Counter()

    # ---------------------------------------------------------------------- life

    @property
    def url(self) -> str:
        """The address that a client is given."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """Connections that are open now."""
        return len(self._pairs)

    async def start(self) -> Self:
        """Listens on a free port; on the same one again after `stop_listening`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=PIECE, backlog=128)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop_listening(self) -> None:
        """New connections are refused from now on; open ones live on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def close(self) -> None:
        """Ends everything."""
        self.stop_listening()
        for pair in list(self._pairs):
            pair.reset()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # --------------------------------------------------------------------- faults

    def cut(self, *, fin: bool = False) -> int:
        """Cuts all connections: by RST, or politely by FIN; returns their number."""
        count = len(self._pairs)
        for pair in list(self._pairs):
            if fin:
                pair.finish()
            else:
                pair.reset()
        self.done["cut by FIN" if fin else "cut by RST"] += 1
        return count

    def half_close(self) -> None:
        """Closes the server's half of each connection; what the client sends still arrives."""
        for pair in list(self._pairs):
            if not pair.to_client.transport.is_closing() and pair.to_client.can_write_eof():
                with contextlib.suppress(OSError):
                    pair.to_client.write_eof()
                pair.holed = True
        self.done["half-closed"] += 1

    def hole(self) -> None:
        """Open connections stay open without any more data, as when a router forgets them."""
        for pair in self._pairs:
            pair.holed = True
        self.done["silenced"] += 1

    async def freeze(self, seconds: float) -> None:
        """Accepts and holds all bytes, both ways; lets them go afterwards."""
        self.done["frozen"] += 1
        self._open.clear()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._open.set()

    async def delay(self, each: float, seconds: float) -> None:
        """Holds each piece of bytes a little, for a while."""
        self.done["slowed"] += 1
        self._delay = each
        try:
            await asyncio.sleep(seconds)
        finally:
            self._delay = 0.0

    async def refuse(self, seconds: float, *, cut: bool = True) -> None:
        """Refuses new connections for a while."""
        self.done["refused"] += 1
        self.stop_listening()
        if cut:
            for pair in list(self._pairs):
                pair.reset()
        try:
            await asyncio.sleep(seconds)
        finally:
            if self._server is None:
                await self.start()

    def cut_answer(self, after: int = 0) -> None:
        """Cuts the connection of the next answer after so many of its bytes: the server did what was asked."""
        self.done["answer cut"] += 1
        self._next_cut = after

    async def heal(self) -> None:
        """Ends what lasts."""
        self._open.set()
        self._delay = 0.0
        self._next_cut = None
        if self._server is None:
            await self.start()

    # -------------------------------------------------------------------- passing

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.accepted += 1
        try:
            to = await asyncio.open_connection(*self._target, limit=PIECE)
        except OSError:
            writer.transport.abort()
            return
        except asyncio.CancelledError:
            writer.transport.abort()
            return
        pair = _Pair((reader, writer), to)
        self._pairs.add(pair)
        there = asyncio.ensure_future(self._pass(pair, pair.from_client, pair.to_server, answer=False))
        back = asyncio.ensure_future(self._pass(pair, pair.from_server, pair.to_client, answer=True))
        try:
            await asyncio.wait((there, back))
        except asyncio.CancelledError:
            pass
        finally:
            self._pairs.discard(pair)
            for job in (there, back):
                job.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            pair.to_client.transport.abort()
            pair.to_server.transport.abort()

    async def _pass(
        self, pair: _Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answer: bool
    ) -> None:
        try:
            while data := await reader.read(PIECE):
                if not self._open.is_set():
                    await self._open.wait()
                if self._delay:
                    await asyncio.sleep(self._delay)
                if pair.holed and (answer or pair.to_client.transport.is_closing()):
                    continue
                if pair.holed:
                    self.done["bytes lost in holes"] += len(data)
                    continue
                if answer and self._next_cut is not None:
                    pair.cut_after, self._next_cut = self._next_cut, None
                if answer and pair.cut_after is not None:
                    if len(data) >= pair.cut_after:
                        if pair.cut_after:
                            writer.write(data[: pair.cut_after])
                            await writer.drain()
                            await asyncio.sleep(0.01)
                        self.done["answers cut in fact"] += 1
                        pair.reset()
                        return
                    pair.cut_after -= len(data)
                writer.write(data)
                await writer.drain()
            if not self._open.is_set():
                await self._open.wait()
            if not pair.holed and not writer.transport.is_closing() and writer.can_write_eof():
                writer.write_eof()
            if not answer:
                # HTTP clients never half-close: one that ended its side is gone.
                await asyncio.sleep(0.05)
                pair.finish()
        except (OSError, EOFError):
            pair.reset()
