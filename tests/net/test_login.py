"""Logging in while the server fails: a failure that says nothing about the login is not called a refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

import odoochat
from odoochat import BadCredentials, OdooChatError, ProtocolError
from odoochat.sandbox import Sandbox
from tests.net.front import Front, front

COMMON = "/xmlrpc/2/common"


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox(19) as sandbox:
        yield sandbox


@pytest.fixture
async def proxy(box: Sandbox) -> AsyncIterator[Front]:
    async with front(box.url) as made:
        yield made


def answering(proxy: Front, status: int) -> None:
    """Makes XML-RPC logins fail."""

    async def fail(_request: web.Request, _page: bytes) -> web.Response:
        return web.Response(status=status, text="no")

    proxy.odd(fail, COMMON, times=99)


async def refusal(proxy: Front, **credential: Any) -> OdooChatError:
    with pytest.raises(OdooChatError) as caught:
        async with odoochat.connect(proxy.url, login="alice", live=False, rpc="jsonrpc", **credential):
            pass
    return caught.value


async def test_a_key_that_a_failing_server_could_not_check_is_not_called_refused(box: Sandbox, proxy: Front) -> None:
    key = box.api_key("alice")
    answering(proxy, 500)
    error = await refusal(proxy, api_key=key)
    assert isinstance(error, ProtocolError)
    assert error.status == 500
    proxy.times = 0
    async with odoochat.connect(proxy.url, login="alice", live=False, rpc="jsonrpc", api_key=key) as odoo:
        assert odoo.me.login == "alice"


async def test_a_key_logs_in_by_json2_although_xmlrpc_fails(box: Sandbox, proxy: Front) -> None:
    answering(proxy, 502)
    key = box.api_key("alice")
    async with odoochat.connect(proxy.url, login="alice", live=False, rpc="json2", api_key=key) as odoo:
        assert odoo.me.login == "alice"


async def test_a_refused_password_is_called_so_although_xmlrpc_fails(proxy: Front) -> None:
    answering(proxy, 500)
    error = await refusal(proxy, password="wrong")
    assert isinstance(error, BadCredentials)
    assert "check both; cannot check whether it is an API key: " in str(error)
    assert "500" in str(error)


async def test_a_refused_password_is_called_so(proxy: Front) -> None:
    error = await refusal(proxy, password="wrong")
    assert isinstance(error, BadCredentials)
    assert str(error).endswith("check both")
