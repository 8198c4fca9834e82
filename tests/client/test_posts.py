"""`post` returns the id of a message, and reads the message back only for a subscriber without a live link."""

from __future__ import annotations

import asyncio

import pytest

import odoochat
from odoochat import BadCredentials, MessagePosted, UsageError
from odoochat.sandbox import Sandbox


def requests(odoo: odoochat.Client) -> int:
    return odoo._connection.session.http.request_count


@pytest.mark.parametrize("version", [14, 16, 17, 19])
async def test_a_post_takes_one_request(version: int) -> None:
    async with Sandbox(version) as box, odoochat.connect(box.url, login="ann", password="ann", live=False) as ann:
        general = ann.channel("general")
        before = requests(ann)
        number = await general.post("short")
        assert requests(ann) == before + 1
        message = await general.send("longer", reply_to=number)
        assert requests(ann) == before + 3
        assert message.reply_to == number
        assert (await general.fetch_message(number)).text == "short"


async def test_a_subscriber_without_a_link_receives_the_post() -> None:
    async with Sandbox(19) as box, odoochat.connect(box.url, login="ann", password="ann", live=False) as ann:
        received = ann.events(MessagePosted)
        number = await ann.channel("general").post("hello", key="greeting")
        event = await received.get(20)
        assert (event.message.id, event.message.text) == (number, "hello")
        assert not ann.outbox


async def test_a_post_with_a_link_is_received_once_with_its_local_id() -> None:
    async with Sandbox(19) as box, odoochat.connect(box.url, login="ann", password="ann") as ann:
        received = ann.events(MessagePosted)
        await ann.link.wait_open(20)
        number = await ann.channel("general").post("first")
        last = await ann.channel("general").send("last")
        events = [await received.get(20) for _ in range(2)]
        assert [e.message.id for e in events] == [number, last.id]
        assert all(e.message.local_id is not None for e in events)


@pytest.mark.parametrize("order", [1, -1])
async def test_a_send_and_a_post_of_one_key_at_the_same_time_post_once(order: int) -> None:
    async with Sandbox(19) as box, odoochat.connect(box.url, login="ann", password="ann", live=False) as ann:
        general = ann.channel("general")
        both = [general.send("same", key="k"), general.post("same", key="k")][::order]
        sent, posted = (await asyncio.gather(*both))[::order]
        assert isinstance(sent, odoochat.Message)
        assert sent.id == posted


async def test_a_post_needs_the_key_of_an_earlier_attempt() -> None:
    async with Sandbox(19) as box, odoochat.connect(box.url, login="ann", password="ann", live=False) as ann:
        with pytest.raises(UsageError, match="key of the earlier attempt"):
            await ann.channel("general").post("again", retry=True)


async def test_a_refused_login_leaves_no_task_behind() -> None:
    async with Sandbox(19) as box:
        with pytest.raises(BadCredentials):
            await odoochat.connect(box.url, login="ann", password="wrong")
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("odoochat")]
