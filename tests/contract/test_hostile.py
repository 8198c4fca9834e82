"""Hostile names and bodies, as a colleague with bad intentions may send them by the web client's own calls."""

from __future__ import annotations

import re

import pytest

from odoochat import ChannelJoined, MessagePosted
from odoochat.render import event_line, json_line, message_lines
from tests.contract.browser import Browser
from tests.contract.features import until

RISKY = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
NAME = "\x1b]0;owned\x07 \u202egnp.exe\u2066 \x9b31m"
BODIES = (
    "<p>\x1b[31mred\x1b]52;c;ZXZpbA==\x07 \x9b2J \x00 \u202eevil\u202c</p>",
    '<p><a href="javascript:alert(1)">click</a> <a href="data:text/html,x">me</a></p>',
    "<p>unclosed <b>bold <i>it <table><tr><td>cell <!-- comment",
    "<p>&#27;[31m &#x1b;[0m &#x202e; &#0; &#xffff;</p>",
    "<script>alert(1)</script><style>p{}</style><p onclick=alert(1)>text</p>",
    "<p>" + "<div>" * 2000 + "deep" + "</div>" * 2000 + "</p>",
    "<p>]]> &xxe; <![CDATA[x]]> <!DOCTYPE x [<!ENTITY a 'b'>]></p>",
)


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
async def test_a_hostile_body_is_only_text(server, person, unique, body):
    if server.version == 14 and body == BODIES[5]:
        return  # its own sanitiser needs minutes for it
    async with Browser(server, "bob") as bob, person("alice") as alice:
        await alice.link.wait_open(10)
        received = alice.events(MessagePosted)
        number = await bob.post(alice.channel("general").id, f"<p>{unique}</p>{body}")
        event = await until(received, MessagePosted, where=lambda e: e.message.id == number)
        assert unique in event.message.text
        (read,) = [m async for m in alice.channel("general").history(1, before=number + 1)]
        for message in (event.message, read):
            assert not RISKY.search(message.text)
            assert "alert" not in message.text.replace("javascript:alert", "")
            assert not any(RISKY.search(line) for line in message_lines(message))
            assert not RISKY.search(json_line(message))
        assert not RISKY.search(event_line(event).replace("\n", ""))


async def test_hostile_names(server, person, unique, tmp_path):
    async with person("bob", live=False) as bob, person("alice") as alice:
        await alice.link.wait_open(10)
        received = alice.events(ChannelJoined, MessagePosted)
        # XML 1.0 and Odoo's own database take no NUL: the rest of what is evil goes through.
        made = await bob.create(f"{unique} {NAME}", people=["alice"], description=NAME)
        joined = await until(received, ChannelJoined, where=lambda e: e.channel.id == made.id)
        assert unique in joined.channel.name
        for text in (joined.channel.name, alice.channel(made.id).name, event_line(joined)):
            assert not RISKY.search(text)
        assert not RISKY.search(json_line(joined))
        files = [(f"../../{unique}\x1b[31m/..\\evil\u202e.txt", b"x"), ("CON", b"y"), (".bashrc", b"z")]
        message = await made.send(unique, files=files)
        names = []
        for file in message.attachments:
            there = await alice.files.download(file, tmp_path)
            assert there.parent == tmp_path
            assert not RISKY.search(there.name)
            assert not there.name.startswith(".")
            names.append(there.name)
        assert len(set(names)) == 3
        assert "CON" not in names
        assert not any(RISKY.search(line) for line in message_lines(message))
