"""Messages with a key: posted once, although another process tries again."""

from __future__ import annotations

import asyncio
import functools
from pathlib import Path

import pytest

import odoochat
from odoochat.client.timing import Timing
from odoochat.sandbox import Sandbox

QUICK = Timing(looks=(0.0, 0.05, 0.1))


async def texts(odoo: odoochat.Client) -> list[str]:
    return [message.text async for message in odoo.channel("general").history(10)]


async def waiting_senders(
    odoo: odoochat.Client,
) -> tuple[asyncio.Task[odoochat.Message], list[asyncio.Task[odoochat.Message]]]:
    """Return a message that is being sent, and two senders of one key whose message waits behind it."""
    general = odoo.channel("general")
    before = asyncio.create_task(general.send("before"))
    senders = [asyncio.create_task(general.send("same", key="k")) for _ in range(2)]
    async with asyncio.timeout(20):
        while [each.state for each in odoo.outbox] != ["sending", "waiting"]:
            await asyncio.sleep(0)
    return before, senders


@pytest.mark.parametrize("version", [14, 17, 19])
async def test_a_second_process_finds_the_message_of_the_first(version: int) -> None:
    async with Sandbox(version) as box:
        sent = []
        for number in range(2):
            async with odoochat.connect(box.url, login="ann", password="ann", timing=QUICK) as ann:
                sent.append(await ann.channel("general").send(f"try {number}", key="job 7", retry=number == 1))
                found = await texts(ann)
        assert sent[0] == sent[1]
        assert sent[1].text == "try 0"
        assert found.count("try 0") == 1
        assert "try 1" not in found


async def test_a_retry_that_finds_nothing_posts(odoo_sandbox) -> None:
    async with odoo_sandbox.login("ann", timing=QUICK) as ann:
        posted = await ann.channel("general").send("first at last", key="job 8", retry=True)
        other = await ann.channel("general").send("another", key="job 9", retry=True)
        assert await texts(ann) == ["another", "first at last", *(await texts(ann))[2:]]
        assert posted != other


async def test_two_sends_of_one_key_at_the_same_time_post_once(odoo_sandbox) -> None:
    async with odoo_sandbox.login("ann") as ann:
        general = ann.channel("general")
        one, other = await asyncio.gather(general.send("same", key="k"), general.send("same", key="k"))
        assert one == other
        assert (await texts(ann)).count("same") == 1


async def test_one_of_two_senders_of_a_key_gives_up(odoo_sandbox) -> None:
    async with odoo_sandbox.login("ann") as ann:
        odoo_sandbox.faults.delay(0.5)
        before, senders = await waiting_senders(ann)
        senders[0].cancel()
        outcomes = await asyncio.gather(*senders, return_exceptions=True)
        await before
        odoo_sandbox.faults.clear()
        assert isinstance(outcomes[0], asyncio.CancelledError)
        assert isinstance(outcomes[1], odoochat.Message)
        assert (await texts(ann)).count("same") == 1


async def test_both_senders_of_a_key_give_up(odoo_sandbox) -> None:
    async with odoo_sandbox.login("ann") as ann:
        odoo_sandbox.faults.delay(0.5)
        before, senders = await waiting_senders(ann)
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        assert [each.text for each in ann.outbox] == ["before"]
        await before
        odoo_sandbox.faults.clear()
        assert "same" not in await texts(ann)


async def test_a_sender_learns_that_its_message_will_not_be_posted(odoo_sandbox) -> None:
    async with odoo_sandbox.login("ann") as ann:
        odoo_sandbox.faults.delay(600.0)
        senders = [asyncio.create_task(ann.channel("general").send(f"post {number}")) for number in range(3)]
        async with asyncio.timeout(20):
            while len(ann.outbox) < 3:
                await asyncio.sleep(0)
        assert ann.outbox.cancel(list(ann.outbox)[2])
        with pytest.raises(odoochat.UsageError, match="removed from the outbox"):
            await senders[2]
    for sender in senders[:2]:
        with pytest.raises(odoochat.UsageError, match="the client was closed"):
            await sender


async def test_a_retry_that_is_restarted_looks_as_briefly_as_before(tmp_path: Path) -> None:
    timing = Timing(looks=(0.0, 0.01, 0.01, 600.0))
    async with Sandbox() as box:
        async with odoochat.connect(box.url, login="ann", password="ann", outbox=tmp_path, timing=timing) as ann:
            box.faults.delay(600.0)
            task = asyncio.create_task(ann.channel("general").send("again", key="job", retry=True))
            async with asyncio.timeout(20):
                while not ann.outbox:
                    await asyncio.sleep(0)
        await asyncio.gather(task, return_exceptions=True)
        box.faults.clear()
        assert '"again":true' in next(tmp_path.glob("*.json")).read_text("utf-8")
        async with odoochat.connect(box.url, login="ann", password="ann", outbox=tmp_path, timing=timing) as ann:
            async with asyncio.timeout(60):
                while ann.outbox:
                    await asyncio.sleep(0.01)
            assert (await texts(ann)).count("again") == 1


async def test_a_message_in_flight_at_the_end_is_looked_for_as_long_as_odoo_may_work_on_it(tmp_path: Path) -> None:
    now = 1_000_000.0
    timing = Timing(looks=(0.0, 0.01, 0.01, 600.0), now=lambda: now)
    async with Sandbox() as box:
        connect = functools.partial(odoochat.connect, box.url, login="ann", password="ann", timing=timing)
        async with connect(outbox=tmp_path) as ann:
            box.faults.delay(600.0)
            task = asyncio.create_task(ann.channel("general").send("in flight"))
            async with asyncio.timeout(20):
                while not any(each.state == "sending" for each in ann.outbox):
                    await asyncio.sleep(0)
        await asyncio.gather(task, return_exceptions=True)
        box.faults.clear()
        now += 10.0
        async with connect(outbox=tmp_path) as ann:
            assert [each.state for each in ann.outbox] == ["unclear"]
            for number in range(3):
                await ann.channel("support").send(f"meanwhile {number}")
            assert [each.state for each in ann.outbox] == ["unclear"]
        now += 1000.0
        async with connect(outbox=tmp_path) as ann:
            async with asyncio.timeout(60):
                while ann.outbox:
                    await asyncio.sleep(0.01)
            assert (await texts(ann)).count("in flight") == 1


async def test_retry_needs_a_key(odoo_sandbox) -> None:
    async with odoo_sandbox.login("ann") as ann:
        with pytest.raises(odoochat.UsageError, match="needs the key"):
            await ann.channel("general").send("text", retry=True)


async def test_keyed_replies(odoo_sandbox) -> None:
    async with odoo_sandbox.login("ann") as ann:
        message = await ann.channel("general").send("question")
        one = await ann.reply(message, "answer", key="a")
        other = await ann.reply(message, "answer", key="a", retry=True)
        assert one == other
        assert one.reply_to in (message.id, None)
