"""A client that leaves before the response is sent ends its request without a traceback."""

from __future__ import annotations

import logging

import aiohttp
import pytest
from aiohttp import web

from odoochat.sandbox import Sandbox
from odoochat.sandbox.http.site import Visitor
from tests.sandbox.raw import Raw


@pytest.mark.parametrize(
    ("sandbox", "path"),
    [(19, "/websocket"), (19, "/web/image/res.partner/1/avatar_128"), (14, "/longpolling/poll")],
    indirect=["sandbox"],
)
async def test_leaving_before_the_response_is_quiet(
    sandbox: Sandbox, alice: Raw, path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reached: list[str] = []

    def left(self: Visitor, response: web.StreamResponse) -> None:
        # Handlers set the cookie right before the response; the server learns of the end one step later.
        assert self.request.transport is not None
        self.request.transport.abort()
        reached.append(self.request.path)

    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING):
        patched.setattr(Visitor, "set_cookie", left)
        with pytest.raises(aiohttp.ClientConnectionError):
            if path == "/websocket":
                await alice.socket()
            elif path == "/longpolling/poll":
                await alice.poll(peek=True)
            else:
                await alice.http.get(sandbox.url + path)
    assert set(reached) == {path}
    assert caplog.text == ""
    assert sandbox.connections == 0
    async with alice.http.get(sandbox.url + "/web/login") as response:
        assert response.status == 200, "other requests are served"
