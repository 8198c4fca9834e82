"""Files of portal users: RPC refuses what the route for messages accepts."""

from __future__ import annotations

import base64

import pytest

from odoochat.sandbox import Sandbox
from tests.sandbox.raw import Raw

POST = {"body": "with a file", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}


def room_with_customer(sandbox: Sandbox) -> int:
    """Create a group with a portal user; return its id."""
    world = sandbox.world
    world.state.accounts.add_user("customer", portal=True)
    return world.channels.create(world.uid("alice"), "with a customer", "group", partners=[world.partner("customer")])


@pytest.mark.parametrize("sandbox", [19, 20], indirect=True)
async def test_rpc_refuses_an_upload_that_waits_for_its_message(sandbox: Sandbox) -> None:
    room, world = room_with_customer(sandbox), sandbox.world
    own = world.state.files.add("a.txt", b"hi", uid=world.uid("customer"), model="mail.compose.message", res_id=0)
    async with Raw(sandbox.url, sandbox.db, "customer") as customer:
        _, text = await customer.fault("discuss.channel", "message_post", [room], attachment_ids=[own], **POST)
        assert text.startswith("Failed to write field mail.message.attachment_ids\nYou are not allowed to access")
        new = [["n.txt", base64.b64encode(b"new").decode()]]
        _, again = await customer.fault("discuss.channel", "message_post", [room], attachments=new, **POST)
        assert again == text
        before = len(world.history(room))
        readable = world.state.files.add("b.txt", b"hi", uid=world.uid("alice"), model="discuss.channel", res_id=room)
        await customer.post(room, "a file of the channel", attachment_ids=[readable])
        assert len(world.history(room)) == before + 1


@pytest.mark.parametrize("sandbox", [14], indirect=True)
async def test_14_refuses_new_files_alone(sandbox: Sandbox) -> None:
    room, world = room_with_customer(sandbox), sandbox.world
    own = world.state.files.add("a.txt", b"hi", uid=world.uid("customer"), model="mail.compose.message", res_id=0)
    async with Raw(sandbox.url, sandbox.db, "customer") as customer:
        made = await customer.post(room, "x", model="mail.channel", attachment_ids=[own])
        assert [row["id"] for row in world.state.files.of_message(made)] == [own]
        _, text = await customer.fault("mail.channel", "message_post", [room], attachments=[["n", "aGk="]], **POST)
        assert text == "Sorry, you are not allowed to access this document."
