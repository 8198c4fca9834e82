"""A server process that sends the frames of a burst over a WebSocket, as quickly as they are read.

A client requests them with ``GET /burst?major=19&first=0&count=500`` and receives them on every open socket.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from bench.intake import ECHO, burst


async def serve() -> None:
    """Print the number of a free port, and serve on it until standard input ends."""
    sockets: set[web.WebSocketResponse] = set()

    async def socket(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        sockets.add(ws)
        async for _ in ws:
            await ws.send_str(ECHO)
        sockets.discard(ws)
        return ws

    async def send(request: web.Request) -> web.Response:
        texts = burst(*(int(request.query[name]) for name in ("major", "first", "count")))
        for ws in sockets:
            for text in texts:
                await ws.send_str(text)
        return web.Response()

    app = web.Application()
    app.add_routes([web.get("/websocket", socket), web.get("/burst", send)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    try:
        await asyncio.get_running_loop().run_in_executor(None, input)
    except EOFError:
        pass
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())
