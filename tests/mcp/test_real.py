"""The client of the official SDK, and a person in the web client of a real Odoo 19."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from mcp import Client as McpClient
from mcp import StdioServerParameters
from tests.contract import servers
from tests.contract.browser import Browser
from tests.mcp.test_server import Assistant

pytestmark = pytest.mark.odoo


async def test_the_client_reads_the_answer_of_a_person(tmp_path: Path) -> None:
    server = servers.real(19)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ODOOCHAT_")} | {
        "ODOOCHAT_URL": server.url, "ODOOCHAT_DB": server.db, "ODOOCHAT_LOGIN": "alice",
        "ODOOCHAT_PASSWORD": server.passwords["alice"], "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path),
    }  # fmt: skip
    async with Browser(server, "alice") as alice, Browser(server, "bob") as bob:
        room = await alice.create("assistants")
        await alice.invite(room, bob.info["partner_id"])
        hidden = await alice.create("not for assistants")
        secret = await alice.post(hidden, "secret")
        words = ["-m", "odoochat", "mcp", "--channels", str(room)]
        async with (
            asyncio.timeout(50),
            McpClient(StdioServerParameters(command=sys.executable, args=words, env=environ)) as client,
        ):
            assistant = Assistant(client)
            sent = await assistant.call("send_message", channel=str(room), text="Is the build green?")
            waiting = asyncio.create_task(
                assistant.call("wait_for_message", channel=str(room), after=sent["id"], timeout=40)
            )
            unread = await bob.call("mail.message", "search_read", [["id", "=", sent["id"]]], fields=["body"])
            assert "Is the build green?" in unread[0]["body"]
            answered = await bob.post(room, "Yes, since <b>noon</b>")
            answer = await waiting
            assert [(m["id"], m["untrusted"]) for m in answer["messages"]] == [(answered, True)]
            text = answer["messages"][0]["text"]
            assert "Yes, since" in text
            assert text in await assistant.texts("read_messages", channel=str(room))
            reply = await assistant.call("reply_to_message", message_id=answered, text="Thanks")
            assert reply["reply_to"] == answered
            await assistant.call("add_reaction", message_id=answered, emoji="🎉")
            for tool, arguments in (
                ("read_messages", {"channel": str(hidden)}),
                ("reply_to_message", {"message_id": secret, "text": "a"}),
            ):
                assert "odoochat mcp was started with --channels" in await assistant.error(tool, **arguments)
    async with Browser(server, "admin") as admin:
        reactions = await admin.call("mail.message.reaction", "search_read", [["message_id", "=", answered]])
        assert [reaction["content"] for reaction in reactions] == ["🎉"]
