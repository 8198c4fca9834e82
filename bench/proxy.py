"""A proxy that keeps its clients' connections open, as nginx does in front of Odoo: ``proxy.py URL``.

Prints its own address. Each request is passed on with a new connection, because Odoo closes connections.
"""

from __future__ import annotations

import asyncio
import sys

import aiohttp
from aiohttp import web

__all__ = ["serve"]

NOT_PASSED = frozenset(("host", "connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"))


async def serve(target: str) -> None:
    """Serve until standard input ends.

    Args:
        target: the server's address, with a port.
    """
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, connector=aiohttp.TCPConnector(force_close=True)
    ) as http:

        async def passed_on(request: web.BaseRequest) -> web.Response:
            given = [(name, text) for name, text in request.headers.items() if name.lower() not in NOT_PASSED]
            body = await request.read()
            url = target + request.path_qs
            async with http.request(request.method, url, headers=given, data=body, allow_redirects=False) as back:
                answer = web.Response(body=await back.read(), status=back.status)
                answer.headers.extend((name, t) for name, t in back.headers.items() if name.lower() not in NOT_PASSED)
                return answer

        runner = web.ServerRunner(web.Server(passed_on))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print("http://{}:{}".format(*runner.addresses[0][:2]), flush=True)
        try:
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
