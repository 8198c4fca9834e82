"""Every way to log in, and what each can have."""

from __future__ import annotations

import aiohttp
import pytest

import odoochat
from odoochat import BadCredentials, ConfigError, MessagePosted, NotFound
from tests.contract.servers import Server


async def test_a_password_gives_the_best_live_link(server, person):
    async with person("alice") as odoo:
        assert odoo.credential == "password"
        assert odoo.me.login == "alice"
        assert odoo.me.name == "Alice"
        assert odoo.me.partner_id > 0
        assert odoo.server.version.major == server.version
        assert odoo.server.db == server.db
        await odoo.link.wait_open(10)
        assert odoo.via == ("websocket" if server.version >= 16 else "longpoll")


@pytest.mark.parametrize("rpc", ["auto", "jsonrpc", "xmlrpc", "json2"])
async def test_an_api_key_posts_reads_and_polls(server, person, unique, rpc):
    if not server.keys:
        pytest.fail("name the keys of this server: ODOOCHAT_TEST_ALICE_API_KEY")
    if rpc == "json2" and server.version < 19:
        with pytest.raises(odoochat.OdooChatError):
            async with person("alice", api_key=server.keys["alice"], rpc=rpc):
                pass
        return
    async with (
        person("alice", api_key=server.keys["alice"], rpc=rpc) as odoo,
        person("bob", live=False) as bob,
    ):
        assert odoo.credential == "api key"
        await odoo.link.wait_open(10)
        assert odoo.via == "rpc"
        assert "API key" in odoo.server.best_link
        received = odoo.events(MessagePosted)
        message = await odoo.channel("general").send(f"{unique} <by key> & 😀")
        assert message.text == f"{unique} <by key> & 😀"
        assert (await received.get(10)).message == message
        theirs = await bob.channel("general").send(f"{unique} answer")
        assert (await received.get(10)).message.id == theirs.id


async def test_an_api_key_in_place_of_a_password_is_reported(server, person):
    if not server.keys:
        pytest.fail("name the keys of this server: ODOOCHAT_TEST_ALICE_API_KEY")
    async with person("alice", password=server.keys["alice"]) as odoo:
        assert odoo.credential == "api key"
        assert "passed as a password is an API key" in odoo.server.best_link
        assert odoo.link.via == "rpc"


async def test_a_session_cookie_is_enough(server, person, unique):
    async with person("alice", live=False) as first:
        cookie = first._connection.session.http.session_id
        async with odoochat.connect(server.url, session_id=cookie) as odoo:
            assert odoo.credential == "session cookie"
            assert odoo.me.login == "alice"
            await odoo.link.wait_open(10)
            received = odoo.events(MessagePosted)
            message = await first.channel("general").send(f"{unique} by cookie")
            assert (await received.get(10)).message.id == message.id


async def test_a_dead_cookie_is_refused(server):
    with pytest.raises(BadCredentials, match="session cookie is invalid or has expired"):
        async with odoochat.connect(server.url, session_id="x" * 84):
            pass


async def test_a_wrong_password_is_refused(person):
    with pytest.raises(BadCredentials, match="'alice'"):
        async with person("alice", password="wrong"):
            pass


async def test_an_unknown_login_is_refused(person):
    with pytest.raises(BadCredentials, match="'nobody'"):
        async with person("nobody", password="x"):
            pass


async def test_an_unknown_database_is_named(person):
    with pytest.raises(NotFound, match="no database 'nodb'"):
        async with person("alice", db="nodb"):
            pass


async def test_the_database_finds_itself_or_is_asked_for(server: Server, person):
    async with aiohttp.ClientSession() as http:
        answer = await http.post(f"{server.url}/web/database/list", json={"jsonrpc": "2.0", "params": {}})
        listed = (await answer.json()).get("result")
    if listed == [server.db]:
        async with person("alice", db=None, live=False) as odoo:
            assert odoo.server.db == server.db
    else:
        with pytest.raises(ConfigError, match="multiple databases" if listed else "does not list its databases"):
            async with person("alice", db=None, live=False):
                pass


async def test_a_transport_that_the_version_lacks_is_refused(server, person):
    wrong = "longpoll" if server.version >= 16 else "websocket"
    with pytest.raises(ConfigError, match=wrong):
        async with person("alice", transport=wrong):
            pass


async def test_a_live_link_with_a_key_alone_is_refused(server, person):
    via = "websocket" if server.version >= 16 else "longpoll"
    with pytest.raises(ConfigError, match="cannot open"):
        async with person("alice", api_key=server.keys.get("alice", "x"), transport=via):
            pass
