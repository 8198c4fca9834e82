"""Web pages of other origins get nothing from the sandbox on any path; programs and its own pages do."""

from __future__ import annotations

import asyncio
import xmlrpc.client

import aiohttp
import pytest

from odoochat.sandbox import Sandbox

from .raw import Raw

EVIL = "http://evil.example"
POST = ("/xmlrpc/2/object", "/xmlrpc/object", "/jsonrpc", "/json/2/res.users/context_get", "/web/session/authenticate",
        "/web/dataset/call_kw", "/web/login", "/mail/attachment/upload", "/websocket/peek_notifications",
        "/mail/message/post", "/no/such/path")  # fmt: skip
GET = ("/", "/web", "/web/login", "/web/version", "/websocket", "/web/content/1", "/chat/1/x")


async def status(sandbox: Sandbox, method: str, path: str, **headers: str) -> tuple[int, str]:
    """The status of a request with exactly these headers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
    named = {"Host": f"127.0.0.1:{sandbox.port}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    writer.write(f"{method} {path} HTTP/1.1\r\n{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    return int(answer.split(" ")[1]), answer


@pytest.mark.parametrize("sandbox", [14, 19], indirect=True)
async def test_no_path_answers_another_servers_page(sandbox: Sandbox) -> None:
    for method, paths in (("POST", POST), ("GET", GET), ("OPTIONS", POST)):
        for path in paths:
            for origin in (EVIL, f"{EVIL}:{sandbox.port}", "null", "https://localhost.evil.example", "http://[::1", ""):
                code, answer = await status(sandbox, method, path, Origin=origin)
                assert code == 403, (method, path, origin)
                assert "access-control" not in answer.lower()
            for host in (
                f"evil.example:{sandbox.port}",
                "evil.example",
                f"x.test:{sandbox.port}",
                "localhost.evil.org",
            ):
                assert (await status(sandbox, method, path, Host=host))[0] == 403, (method, path, host)
                own = {"Host": host, "Origin": f"http://{host}"}  # a page whose host name resolves to this machine
                assert (await status(sandbox, method, path, **own))[0] == 403, (method, path, host)
    assert (await status(sandbox, "GET", "/web/content/1", Sec_Fetch_Site="cross-site"))[0] == 403


async def test_a_page_cannot_post_as_alice(sandbox: Sandbox) -> None:
    uid = sandbox.users["alice"][0]
    call = (sandbox.db, uid, "alice", "discuss.channel", "message_post", [[1]], {"body": "from a page"})
    body = xmlrpc.client.dumps(call, "execute_kw")
    async with aiohttp.ClientSession() as http:
        for headers in ({"Origin": EVIL}, {"Host": f"evil.example:{sandbox.port}"}, {"Sec-Fetch-Site": "cross-site"}):
            kind = {"Content-Type": "text/plain", **headers}
            async with http.post(f"{sandbox.url}/xmlrpc/2/object", data=body, headers=kind) as response:
                assert response.status == 403
                assert "403 Forbidden" in (text := await response.text())
                assert "refuses requests from web pages" in text or "does not accept the host name" in text
    assert "from a page" not in str(sandbox.world.history("general"))


async def test_a_page_gets_no_websocket(sandbox: Sandbox, alice: Raw) -> None:
    for headers in ({"Origin": EVIL}, {"Origin": "null"}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await alice.http.ws_connect(f"{sandbox.url}/websocket?version=19.0-2", headers=headers)
        assert caught.value.status == 403
    async with alice.http.ws_connect(f"{sandbox.url}/websocket?version=19.0-2", headers={"Origin": sandbox.url}) as ws:
        assert not ws.closed


async def test_programs_proxies_and_its_own_pages_get_answers(sandbox: Sandbox) -> None:
    port = sandbox.port
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", "127.0.0.1:9", f"box.localhost:{port}",
                 f"192.0.2.7:{port}", "odoo.intranet.test"):  # fmt: skip
        assert (await status(sandbox, "GET", "/web/login", Host=host))[0] == 200, host
        assert (await status(sandbox, "GET", "/web/login", Host=host, Origin=f"http://{host}"))[0] == 200, host
    opened = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}  # a user follows a link
    assert (await status(sandbox, "GET", "/web/login", **opened))[0] == 200


async def test_more_names_can_be_allowed() -> None:
    async with Sandbox(19, hosts=["Chat.Example"]) as box:
        name = f"chat.example:{box.port}"
        assert (await status(box, "GET", "/web/login", Host=name, Origin=f"https://{name}"))[0] == 200
        assert (await status(box, "GET", "/web/login", Host="other.example"))[0] == 403


@pytest.mark.parametrize("sandbox", [14, 19], indirect=True)
async def test_content_types_are_those_of_the_real_server(sandbox: Sandbox) -> None:
    """As real 14 and 19 answered."""
    xml = xmlrpc.client.dumps((), "version").encode()
    early = sandbox.version < 16
    async with aiohttp.ClientSession() as http:
        for kind, code in (("text/xml", 200), ("text/plain", 200), ("application/json", 400 if early else 200)):
            headers = {"Content-Type": kind}
            async with http.post(f"{sandbox.url}/xmlrpc/2/common", data=xml, headers=headers) as response:
                assert response.status == code, kind
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        async with http.post(f"{sandbox.url}/xmlrpc/2/common", data=xml, headers=form) as response:
            assert "<fault>" in await response.text()
        for path in ("/jsonrpc", "/web/webclient/version_info"):
            for kind in ("text/plain", "text/xml", "application/x-www-form-urlencoded", "multipart/form-data"):
                headers = {"Content-Type": kind}
                async with http.post(sandbox.url + path, data=b"{}", headers=headers) as response:
                    assert response.status == (400 if early else 415), (path, kind)
