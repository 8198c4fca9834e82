"""Sending, hearing and reading, both ways, over every transport."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from odoochat import MessagePosted, NotFound, TypingChanged, UsageError

TEXTS = (
    "plain",
    "two\nlines",
    "<b>not bold</b> & \"quoted\" 'too'",
    "ünïcödé 😀 漢字 עברית",
    "  indented\n\n  after an empty line",
    "a\x00b\x1b[31mc\ud800d",
    "x" * 100_000,
)
SAFE = {5: "abcd"}


async def test_both_hear_each_other(server, via, person, unique):
    async with person("alice", transport=via) as alice, person("bob", transport=via) as bob:
        await alice.link.wait_open(10)
        await bob.link.wait_open(10)
        assert alice.via == via
        heard_by_alice, heard_by_bob = alice.events(MessagePosted), bob.events(MessagePosted)
        for speaker, hearer in ((alice, heard_by_bob), (bob, heard_by_alice)):
            own = heard_by_alice if speaker is alice else heard_by_bob
            sent = []
            for index, text in enumerate(TEXTS):
                sent.append(await speaker.channel("general").send(f"{unique}{index} {text}"))
            for index, (text, message) in enumerate(zip(TEXTS, sent, strict=True)):
                expected = f"{unique}{index} {SAFE.get(index, text)}".rstrip()
                assert message.text == expected
                assert message.author == speaker.me.author
                assert message.channel.name == "general"
                assert message.kind == "comment"
                theirs = (await hearer.get(15)).message
                assert (theirs.id, theirs.text, theirs.html) == (message.id, message.text, message.html)
                assert theirs.author == speaker.me.author
                mine = (await own.get(15)).message
                assert mine == message


async def test_a_post_returns_the_id_of_its_message(server, via, person, unique):
    async with person("alice", live=False) as alice, person("bob", transport=via) as bob:
        await bob.link.wait_open(10)
        received = bob.events(MessagePosted)
        number = await alice.channel("general").post(f"{unique} <i>a</i>\nb")
        theirs = (await received.get(15)).message
        assert (theirs.id, theirs.text) == (number, f"{unique} <i>a</i>\nb")
        reply = await alice.channel("general").post(f"{unique} reply", reply_to=number)
        theirs = (await received.get(15)).message
        assert (theirs.id, theirs.reply_to) == (reply, number)


async def test_the_question_of_quiet_times_sees_new_and_edited_messages_of_own_channels(server, person, unique):
    async with person("alice", live=False) as alice, person("bob", live=False) as bob:
        session = alice._connection.session

        async def written(since: datetime) -> set[int]:
            rows = await session.do(session.dialect.membership.fetch_written(alice.me.partner_id, since))
            return {row["id"] for row in rows}

        shared, own = await alice.create(f"{unique} a", public=False), await bob.create(f"{unique} b", public=False)
        sent = await shared.send(f"{unique} text")
        await own.send(f"{unique} not for alice")
        found = await written(sent.written)
        assert shared.id in found
        assert own.id not in found
        since = sent.written + timedelta(seconds=1)
        while (await shared.fetch_message(sent.id)).written < since:
            assert shared.id not in await written(since)
            await shared.edit(sent, f"{unique} {asyncio.get_running_loop().time()}")
        assert shared.id in await written(since)
        assert await alice._connection.queries.written_since(since)
        tomorrow = since + timedelta(days=1)
        assert shared.id not in await written(tomorrow)
        # The server's clock is behind that date, as after it was set back, so the answer would prove nothing.
        assert await alice._connection.queries.written_since(tomorrow)


async def test_markdown_and_html_are_formatted_and_text_is_not(server, via, person, unique):
    async with person("alice", live=False) as alice, person("bob", transport=via) as bob:
        await bob.link.wait_open(10)
        received = bob.events(MessagePosted)
        general = alice.channel("general")
        text = await general.send(f"{unique} **a** <i>b</i>")
        markdown = await general.send(f"{unique} **a** `c` <i>b</i>", markup="markdown")
        html = await general.send(f"{unique} <b>a</b><script>alert(1)</script>", markup="html")
        for message in (text, markdown, html):
            theirs = (await received.get(15)).message
            assert (theirs.id, theirs.text, theirs.html) == (message.id, message.text, message.html)
    assert text.text == f"{unique} **a** <i>b</i>"
    assert "<strong>a</strong>" in markdown.html
    assert "&lt;i&gt;b&lt;/i&gt;" in markdown.html
    assert "<b>a</b>" in html.html
    assert "script" not in html.html


async def test_an_unknown_markup_is_refused(server, person):
    async with person("alice", live=False) as alice:
        with pytest.raises(UsageError, match="markup"):
            await alice.channel("general").send("x", markup="bbcode")


async def test_a_message_is_a_comment_in_odoos_own_tables(server, person, unique):
    async with person("alice", live=False) as alice, person("admin", live=False) as admin:
        message = await alice.channel("general").send(f"{unique} a comment")
        rows = await admin.execute(
            "mail.message", "read", [message.id], fields=["message_type", "subtype_id", "res_id"]
        )
        assert rows[0]["message_type"] == "comment"
        assert rows[0]["res_id"] == message.channel.id
        subtype = await admin.execute("ir.model.data", "search_read", **_subtype()) if server.box is None else None
        if subtype:
            assert rows[0]["subtype_id"][0] == subtype[0]["res_id"]
        else:
            assert rows[0]["subtype_id"][1] == "Discussions"
    if server.tables:
        query = (
            "select m.message_type, d.name from mail_message m join ir_model_data d on d.model = 'mail.message.subtype' "
            f"and d.res_id = m.subtype_id and d.module = 'mail' where m.id = {message.id}"
        )
        assert server.rows(query) == [["comment", "mt_comment"]]


def _subtype():
    domain = [["module", "=", "mail"], ["name", "=", "mt_comment"]]
    return {"domain": domain, "fields": ["res_id"]}


async def test_history_pages_in_both_directions(server, person, unique):
    async with person("alice", live=False) as alice, person("bob", live=False) as bob:
        sent = []
        for index in range(7):
            speaker = alice if index % 2 else bob
            sent.append(await speaker.channel("general").send(f"{unique} {index}"))
        general = alice.channel("general")
        newest = [m async for m in general.history(7)]
        assert [m.id for m in newest] == [m.id for m in reversed(sent)]
        assert [m.text for m in newest] == [m.text for m in reversed(sent)]
        assert [m.author for m in newest] == [m.author for m in reversed(sent)]
        after = [m.id async for m in general.history(after=sent[2], oldest_first=True)]
        assert after == [m.id for m in sent[3:]]
        before = [m.id async for m in general.history(2, before=sent[2])]
        assert before == [sent[1].id, sent[0].id]
        assert [m async for m in general.history(0)] == []
        # Pages of two must join without a seam.
        alice._connection.queries.page_size = 2
        assert [m.id async for m in general.history(7)] == [m.id for m in reversed(sent)]
        oldest = [m.id async for m in general.history(6, after=sent[0], oldest_first=True)]
        assert oldest == [m.id for m in sent[1:]]
        requests = alice._connection.session.http.request_count
        assert [m.id async for m in general.history(7, reactions=False)] == [m.id for m in reversed(sent)]
        assert alice._connection.session.http.request_count == requests + 4, "each page follows the one before"


async def test_a_reply_names_what_it_answers(server, person, unique):
    async with person("alice", live=False) as alice, person("bob") as bob:
        received = bob.events(MessagePosted)
        first = await alice.channel("general").send(f"{unique} question")
        reply = await alice.channel("general").send(f"{unique} answer", reply_to=first)
        assert reply.reply_to == first.id
        assert (await received.get(10)).message.id == first.id
        assert (await received.get(10)).message.id == reply.id


async def test_a_message_with_a_file(server, person, unique):
    async with person("alice", live=False) as alice, person("bob") as bob:
        received = bob.events(MessagePosted)
        message = await alice.channel("general").send(
            f"{unique} file", files=[(f"{unique}.txt", b"content \x00\xff"), ("b.txt", b"b")]
        )
        assert [a.name for a in message.attachments] == [f"{unique}.txt", "b.txt"]
        theirs = (await received.get(10)).message
        assert [(a.id, a.name) for a in theirs.attachments] == [(a.id, a.name) for a in message.attachments]
        field = "raw" if server.version >= 20 else "datas"
        rows = await bob.execute("ir.attachment", "read", [theirs.attachments[0].id], fields=[field, "res_model"])
        content = rows[0][field]["content"] if server.version >= 20 else rows[0][field]
        assert content == "Y29udGVudCAA/w=="
        assert rows[0]["res_model"] in ("mail.channel", "discuss.channel")


async def test_typing_is_seen(server, person):
    async with person("alice") as alice, person("bob") as bob:
        received = bob.events(TypingChanged)
        await bob.link.wait_open(10)
        async with alice.channel("general").typing():
            event = await received.get(10)
            assert (event.author.id, event.typing, event.channel.name) == (alice.me.author.id, True, "general")
        assert (await received.get(10)).typing is False


async def test_an_empty_message_is_refused(server, person):
    async with person("alice", live=False) as alice:
        with pytest.raises(UsageError, match="empty"):
            await alice.channel("general").send("   \n ")


async def test_a_post_to_a_channel_that_is_not_there_is_refused(server, person):
    async with person("alice", live=False) as alice:
        with pytest.raises(NotFound, match="no channel 'nowhere'"):
            alice.channel("nowhere")
