"""The client without async as programs use it: checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import assert_type

import odoochat
from odoochat import (
    Attachment,
    Author,
    ChannelInfo,
    Counters,
    Event,
    EventsMissed,
    LinkChanged,
    LinkState,
    Me,
    Member,
    Message,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PendingMessage,
    Person,
    Poll,
    RecordRef,
    ScheduledMessage,
    Version,
)
from odoochat.sync import (
    Channel,
    ChannelMembers,
    ChannelPolls,
    ChannelSettings,
    ChannelThreads,
    ChannelTyping,
    Client,
    ClientLink,
    ClientOutbox,
    Conversation,
    Files,
    Inbox,
    People,
    Record,
    ServerInfo,
    Subscription,
    connect,
    connect_guest,
)


def connecting() -> None:
    with connect("https://odoo.example.com", db="company", login="ann", password="secret", live=False) as odoo:
        assert_type(odoo, Client)
        assert_type(odoo.me, Me)
    client = odoochat.sync.connect("https://odoo.example.com", session_id="abc", timeout=5)
    assert_type(client, Client)
    client.close()
    with connect_guest("https://odoo.example.com/chat/7/abcdefghij", name="Gwen") as guest:
        assert_type(guest, Client)


def groups(odoo: Client, general: Channel) -> None:
    assert_type(odoo.server, ServerInfo)
    assert_type(odoo.server.version, Version)
    assert_type(odoo.link, ClientLink)
    assert_type(odoo.link.state, LinkState)
    assert_type(odoo.link.wait_open(10), LinkChanged)
    assert_type(odoo.outbox, ClientOutbox)
    for pending in odoo.outbox:
        assert_type(pending, PendingMessage)
    assert_type(len(odoo.outbox), int)
    assert_type(odoo.people, People)
    assert_type(odoo.people.person("bob"), Person)
    assert_type(odoo.inbox, Inbox)
    assert_type(odoo.inbox.counters, Counters | None)
    assert_type(odoo.inbox.messages(), Generator[Message, None, None])
    assert_type(odoo.files, Files)
    assert_type(general.members, ChannelMembers)
    assert_type(general.members(), list[Member])
    assert_type(general.typing, ChannelTyping)
    assert_type(general.typing.authors(), list[Author])
    assert_type(general.threads, ChannelThreads)
    assert_type(general.threads(), list[ChannelInfo])
    assert_type(general.threads.create("notes"), Channel)
    assert_type(general.polls, ChannelPolls)
    assert_type(general.polls.fetch(7), Poll)
    assert_type(general.settings, ChannelSettings)
    assert_type(general.settings.invitation(), str)
    with general.typing():
        pass


def messages(odoo: Client, general: Channel) -> None:
    assert_type(odoo.channels(), list[Channel])
    assert_type(odoo.channel("general"), Channel)
    message = general.send("hello", mentions=["bob", general, "everyone"], files=[Path("plan.pdf")])
    assert_type(message, Message)
    assert_type(general.reply(message, "answer", markup="markdown"), Message)
    assert_type(odoo.reply(message, "answer"), Message)
    assert_type(general.forward(message, odoo.record("res.partner", 3)), Message)
    assert_type(odoo.conversation(message), Channel | Record)
    assert_type(odoo.known_message(7), Message | None)
    assert_type(general.files(), list[Attachment])
    assert_type(odoo.files.read(message.attachments[0]), bytes)
    with closing(general.history(limit=5)) as history:
        for found in history:
            assert_type(found, Message)
    for found in odoo.search("invoice"):
        assert_type(found, Message)


def records(odoo: Client) -> None:
    order = odoo.record("sale.order", 42)
    assert_type(order, Record)
    assert_type(order.id, int)
    assert_type(order.ref, RecordRef)
    assert_type(order.note("Call them."), Message)
    assert_type(order.scheduled(), list[ScheduledMessage])
    places: Sequence[Conversation] = [order, odoo.channel("general")]
    assert_type(places[0].name, str)


def events(odoo: Client, general: Channel) -> None:
    assert_type(odoo.events(), Subscription[Event])
    assert_type(odoo.events(MessageEdited, MessageDeleted), Subscription[Event])
    with odoo.events(MessagePosted, channel=general) as posts:
        assert_type(posts, Subscription[MessagePosted])
        assert_type(posts.get(timeout=1), MessagePosted | EventsMissed)
        for event in posts:
            if isinstance(event, EventsMissed):
                assert_type(event.count, int)
            else:
                assert_type(event.message, Message)
    assert_type(odoo.wait_for(MessagePosted, where=lambda e: e.message.mine, timeout=10), MessagePosted)
