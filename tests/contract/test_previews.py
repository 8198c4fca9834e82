"""What is behind the links of a message."""

from __future__ import annotations

import asyncio

from aiohttp import web

from odoochat import PreviewsChanged
from tests.contract.features import covers, until

PAGE = """<html><head><meta property="og:title" content="A \x1b[31mpage"><meta property="og:description" content="About">
<meta property="og:image" content="http://127.0.0.1/a.png"></head></html>"""


@covers("previews")
async def test_a_links_preview(server, by, acting, person, unique):
    async def page(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with acting("alice") as alice, person("bob") as bob:
            await bob.link.wait_open(10)
            received = bob.events(PreviewsChanged)
            link = f"http://127.0.0.1:{port}/{unique}"
            message = await alice.channel("general").send(f"{unique} see {link}.")
            assert f'href="{link}"' in message.html
            (preview,) = await alice.files.previews(message)
            assert preview.url == link
            assert preview.title
            assert "\x1b" not in preview.title
            event = await until(received, PreviewsChanged, where=lambda e: e.message_id == message.id)
            assert [p.url for p in event.previews] == [link]
    finally:
        await asyncio.shield(runner.cleanup())
