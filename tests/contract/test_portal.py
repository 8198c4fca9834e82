"""Portal users: customers with a login, who see only what they are in."""

from __future__ import annotations

import pytest

from odoochat import AccessDenied, MessagePosted
from tests.contract.browser import Browser
from tests.contract.company import CUSTOMER
from tests.contract.features import until

FILES = (16, 17, 18, 19, 20)  # a portal user's file goes by the route for uploads, which 14 lacks and 15 keeps closed


async def test_a_customer_talks_with_employees(server, person, unique):
    async with person("alice", live=False) as alice, person(CUSTOMER, live=False) as first:
        customer = first.me.partner_id
        if server.version < 15:  # groups came with 15; a customer is let into private channels alone
            async with Browser(server, "alice") as browser:
                number = await browser.call("mail.channel", "create", {"name": unique, "public": "private"})
            await alice.refresh()
            made = alice.channel(number)
        else:
            made = await alice.create_group(["admin"], unique)
        await made.members.invite(customer)
    async with person(CUSTOMER) as theirs, person("alice") as alice:
        await theirs.link.wait_open(20)
        await alice.link.wait_open(20)
        arrived, answers = theirs.events(MessagePosted), alice.events(MessagePosted)
        assert [c.name for c in theirs.channels() if c.id == made.id] == [unique]
        assert all(c.name != "general" for c in theirs.channels())
        received = await alice.channel(made.id).send(f"{unique} welcome")
        event = await until(arrived, MessagePosted, where=lambda e: e.message.id == received.id)
        assert event.message.author.id == alice.me.author.id
        answer = await theirs.channel(made.id).send(f"{unique} thank you")
        event = await until(answers, MessagePosted, where=lambda e: e.message.id == answer.id)
        assert event.message.author.id == theirs.me.author.id
        ids = [m.id async for m in theirs.channel(made.id).history(2)]
        assert ids == [answer.id, received.id]
        with pytest.raises(AccessDenied):
            await theirs.create(f"{unique} no")


async def test_a_customer_sends_a_file(server, person, unique):
    if server.version not in FILES:
        return
    async with person("alice", live=False) as alice, person(CUSTOMER, live=False) as first:
        customer = first.me.partner_id
        made = await alice.create_group(["admin"], unique)
        await made.members.invite(customer)
        if server.version in (17, 18):
            async with person(CUSTOMER, live=False) as theirs:
                with pytest.raises(AccessDenied, match="not allowed to upload"):
                    await theirs.channel(made.id).send(unique, files=[("c.txt", b"no")])
            async with Browser(server, "alice") as browser:
                await browser.on_channel(made.id, "write", vals={"allow_public_upload": True})
        async with person(CUSTOMER, live=False) as theirs:
            message = await theirs.channel(made.id).send(unique, files=[("c.txt", b"from a customer")])
        assert [a.name for a in message.attachments] == ["c.txt"]
        seen = await alice.fetch_message(message.id)
        assert await alice.files.read(seen.attachments[0]) == b"from a customer"
