"""What others do in a browser is understood, over every live link; and our counters are the browser's."""

from __future__ import annotations

from odoochat import (
    ChannelChanged,
    ChannelJoined,
    ChannelLeft,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    MessageSeen,
    PinChanged,
    ReactionChanged,
    StarChanged,
    TypingChanged,
)
from tests.contract.browser import Browser
from tests.contract.features import until


def live(via: str) -> bool:
    """Whether the link delivers more than messages."""
    return via != "rpc"


async def test_messages_of_a_browser(server, via, person, unique):
    async with Browser(server, "bob") as browser, person("alice", transport=via) as alice:
        await alice.link.wait_open(10)
        received = alice.events()
        general = alice.channel("general").id
        number = await browser.post(general, f"<p>{unique} <b>bold</b> &amp; more</p>")
        event = await until(received, MessagePosted, where=lambda e: e.message.id == number)
        assert (event.message.text, event.message.author.id) == (f"{unique} bold & more", browser.info["partner_id"])
        answer = await browser.post(general, f"<p>{unique} answer</p>", parent_id=number)
        event = await until(received, MessagePosted, where=lambda e: e.message.id == answer)
        if server.version >= 15 or via == "rpc":  # the live message of 14 does not say it
            assert event.message.reply_to is not None
        mention = await browser.post(general, f"<p>{unique} @Alice</p>", partner_ids=[alice.me.partner_id])
        event = await until(received, MessagePosted, where=lambda e: e.message.id == mention)
        assert event.message.mentions == (alice.me.partner_id,)
        if server.version >= 15:
            await browser.edit(number, f"<p>{unique} edited</p>")
            edited = await until(received, MessageEdited, where=lambda e: e.message.id == number)
            assert edited.message.text == f"{unique} edited"
            if live(via):
                await browser.react(number, "😀")
                change = await until(received, ReactionChanged, where=lambda e: e.message_id == number)
                assert (change.content, change.count) == ("😀", 1)
                await browser.react(number, "😀", remove=True)
                change = await until(received, ReactionChanged, where=lambda e: e.message_id == number)
                assert change.count == 0
            await browser.edit(number, "")
            await until(received, MessageDeleted, where=lambda e: e.id == number)
        if server.version >= 17 and live(via):
            await browser.pin(general, answer, True)
            assert (await until(received, PinChanged, where=lambda e: e.message_id == answer)).pinned
            await browser.pin(general, answer, False)
            assert not (await until(received, PinChanged, where=lambda e: e.message_id == answer)).pinned
        if live(via):
            await browser.typing(general, True)
            assert (await until(received, TypingChanged)).typing
            await browser.typing(general, False)
            assert not (await until(received, TypingChanged)).typing
        await alice.inbox.mark_all_read()


async def test_conversations_of_a_browser(server, via, person, unique):
    async with Browser(server, "bob") as browser, person("alice", transport=via) as alice:
        await alice.link.wait_open(10)
        received = alice.events()
        channel = await browser.create(unique)
        await browser.invite(channel, alice.me.partner_id)
        joined = await until(received, ChannelJoined, where=lambda e: e.channel.id == channel)
        assert joined.channel.name == unique
        number = await browser.post(channel, f"<p>{unique} in it</p>")
        await until(received, MessagePosted, where=lambda e: e.message.id == number)
        await browser.rename(channel, f"{unique} new")
        if alice.channel(channel).name != f"{unique} new":
            if server.version < 15:
                await alice.refresh()  # 14 tells nobody
            else:
                await until(received, ChannelChanged, where=lambda e: e.channel.name == f"{unique} new")
        assert alice.channel(channel).name == f"{unique} new"
        if server.version >= 18:
            thread = await browser.start_thread(channel, number, f"{unique} thread")
            assert thread in [t.id for t in await alice.channel(channel).threads()]
        await alice.channel(channel).members()
        await browser.leave(channel)
        if server.version >= 16 and live(via):
            left = await until(received, MemberLeft, where=lambda e: e.channel.id == channel)
            assert left.author.id == browser.info["partner_id"]
        async with Browser(server, "alice") as mine:
            await mine.leave(channel)
        await until(received, ChannelLeft, where=lambda e: e.channel.id == channel)


async def test_what_i_do_in_a_browser_beside(server, person, unique):
    async with Browser(server, "alice") as mine, Browser(server, "bob") as bob, person("alice") as alice:
        await alice.link.wait_open(10)
        received = alice.events()
        general = alice.channel("general").id
        number = await bob.post(general, f"<p>{unique} one</p>")
        await until(received, MessagePosted, where=lambda e: e.message.id == number)
        await mine.read(general, number)
        if server.version >= 18:
            await until(received, ChannelChanged, where=lambda e: e.channel.id == general and e.channel.unread == 0)
        else:
            await until(received, MessageSeen, where=lambda e: e.message_id == number)
        assert alice.channel(general).unread == 0
        await mine.star(number)
        assert (await until(received, StarChanged, where=lambda e: number in e.message_ids)).starred


async def test_counters_are_the_browsers_after_any_sequence(server, person, unique):
    async with Browser(server, "alice") as mine, Browser(server, "bob") as bob, person("alice") as alice:
        await alice.link.wait_open(10)
        await alice.inbox.mark_all_read()
        general = await alice.create(unique, people=["bob"])  # one that nobody else writes in
        received = alice.events(MessagePosted)

        async def agree() -> None:
            assert general.unread == await mine.unread(general.id)
            assert alice.inbox.counters.inbox == await mine.inbox()

        async def said(html: str, **more: object) -> int:
            number = await bob.post(general.id, html, **more)
            await until(received, MessagePosted, where=lambda e: e.message.id == number)
            return number

        await general.mark_read()
        await alice.refresh()
        await agree()
        first = await said(f"<p>{unique} 1</p>")
        await agree()
        second = await said(f"<p>{unique} 2 @Alice</p>", partner_ids=[alice.me.partner_id])
        while alice.inbox.counters.inbox != 1:
            await alice.refresh()
        await agree()
        await mine.read(general.id, first)
        await alice.refresh()
        await agree()
        await said(f"<p>{unique} 3</p>")
        await agree()
        await alice.inbox.mark_read(second)
        await agree()
        await general.mark_read()
        await alice.refresh()
        await agree()
        own = await general.send(f"{unique} mine")
        await until(received, MessagePosted, where=lambda e: e.message.id == own.id)
        await agree()
        if server.version >= 18:
            await general.mark_unread(own)
            await agree()
