"""Accounts with two-factor authentication."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time

import pytest

from odoochat import BadCredentials, MessagePosted, TotpRequired

SECRET = "JBSWY3DPEHPK3PXP"


def code(secret: str = SECRET) -> str:
    """The six digits of now (RFC 6238)."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
    number = struct.unpack_from(">I", digest, digest[-1] & 15)[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


@pytest.fixture
async def tess(server, person):
    """A user with a second factor, who is in general."""
    if server.box is not None:
        server.box.world.state.accounts.enable_totp("dave", SECRET)
        server.passwords["dave"] = "dave"
        return "dave"
    if server.tables is None:
        pytest.fail("a second factor cannot be switched on without access to the server's tables")
    async with person("admin", live=False) as admin:
        if not await admin.execute("res.users", "search_read", domain=[["login", "=", "tess"]], fields=["id"]):
            values = {"login": "tess", "name": "Tess", "password": "tess"}
            await admin.execute("res.users", "create", vals_list=[values])
    server.rows(f"update res_users set totp_secret = '{SECRET}' where login = 'tess'")
    columns = server.rows("select column_name from information_schema.columns where table_name = 'res_users'")
    if ["totp_last_counter"] in columns:
        server.rows("update res_users set totp_last_counter = null where login = 'tess'")
    server.passwords["tess"] = "tess"
    return "tess"


async def test_the_code_opens_a_session(tess, server, person, unique):
    asked = []

    async def ask() -> str:
        asked.append(1)
        return code()

    async with person(tess, totp=ask) as odoo, person("alice", live=False) as alice:
        assert asked == [1]
        assert odoo.credential == "password+totp"
        assert odoo.me.login == tess
        await odoo.link.wait_open(10)
        assert odoo.via == ("websocket" if server.version >= 16 else "longpoll")
        received = odoo.events(MessagePosted)
        message = await alice.channel("general").send(f"{unique} for the careful")
        assert (await received.get(10)).message.id == message.id


async def test_without_a_code_it_is_asked_for(tess, person):
    with pytest.raises(TotpRequired, match="ODOOCHAT_TOTP"):
        async with person(tess):
            pass


async def test_a_wrong_code_is_refused(tess, person):
    wrong = "000000" if code() != "000000" else "111111"
    with pytest.raises(TotpRequired, match="rejected this two-factor code"):
        async with person(tess, totp=wrong):
            pass


async def test_a_wrong_password_is_no_question_of_codes(tess, person):
    with pytest.raises(BadCredentials):
        async with person(tess, password="wrong", totp=code()):
            pass
