"""The public interface as programs use it: checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import assert_type

import odoochat
from odoochat import (
    Attachment,
    Author,
    AuthorKind,
    CannedResponse,
    Channel,
    ChannelInfo,
    ChannelMembers,
    ChannelPolls,
    ChannelRef,
    ChannelSettings,
    ChannelThreads,
    ChannelTyping,
    Client,
    ClientLink,
    ClientOutbox,
    Conversation,
    Counters,
    Credential,
    Event,
    EventsMissed,
    Files,
    Inbox,
    LinkChanged,
    LinkPreview,
    LinkState,
    Markup,
    Me,
    Member,
    Message,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    Metrics,
    Notify,
    OdooChatError,
    PendingMessage,
    PendingState,
    People,
    Person,
    Poll,
    PollOption,
    Progress,
    Reaction,
    Record,
    RecordRef,
    ScheduledMessage,
    ServerInfo,
    Status,
    Subscription,
    Version,
    Via,
    connect,
    connect_guest,
    same_facts,
)
from odoochat.sandbox import Sandbox, SandboxFixture


async def connecting() -> None:
    async with connect(
        "https://odoo.example.com",
        db="company",
        login="ann",
        password="secret",
        transport="auto",
        live=True,
        patience=60,
        presence="online",
        totp="123456",
    ) as odoo:
        assert_type(odoo, Client)
        assert_type(odoo.me, Me)
        assert_type(odoo.me.author, Author)
        assert_type(odoo.credential, Credential)
        assert_type(odoo.via, Via | None)
        assert_type(odoo.server, ServerInfo)
        assert_type(odoo.people, People)
        assert_type(odoo.inbox, Inbox)
        assert_type(odoo.files, Files)
    client = await connect("https://odoo.example.com", session_id="abc")
    assert_type(client, Client)
    await client.close()
    async with connect_guest("https://odoo.example.com/chat/7/abcdefghij", name="Gwen") as guest:
        assert_type(guest, Client)
    connect_guest(
        "https://odoo.example.com/chat/7/abcdefghij", name="Gwen", transport="websocket", patience=5, proxy=""
    )
    connect_guest("https://odoo.example.com/chat/7/abcdefghij", pateince=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def metrics() -> None:
    counted = Metrics()
    async with connect("https://odoo.example.com", login="ann", password="secret", metrics=counted):
        assert_type(counted.value("odoochat_sends_total", "posted"), float)
        assert_type(counted.prometheus(), str)


async def server(odoo: Client) -> None:
    assert_type(odoo.server.url, str)
    assert_type(odoo.server.db, str)
    assert_type(odoo.server.version, Version)
    assert_type(odoo.server.version.major, int)
    assert_type(odoo.server.best_link, str)
    assert_type(odoo.server.trusted_device, str | None)
    assert_type(odoo.server.can("pin"), bool)
    assert_type(odoo.server.link_to(7), str)
    assert_type(await odoo.server.canned_responses(), list[CannedResponse])
    odoo.server.require("pin")


async def link_and_outbox(odoo: Client) -> None:
    assert_type(odoo.link, ClientLink)
    assert_type(odoo.link.state, LinkState)
    assert_type(odoo.link.via, Via | None)
    assert_type(odoo.link.retry_in, float | None)
    assert_type(odoo.link.reason, str | None)
    assert_type(await odoo.link.wait_open(10), LinkChanged)
    assert_type(odoo.outbox, ClientOutbox)
    for pending in odoo.outbox:
        assert_type(pending, PendingMessage)
        assert_type(pending.state, PendingState)
        assert_type(pending.record, RecordRef | None)
        assert_type(odoo.outbox.cancel(pending), bool)


async def channels(odoo: Client) -> None:
    assert_type(odoo.channels(), list[Channel])
    assert_type(odoo.channel("general"), Channel)
    assert_type(odoo.channel(ChannelRef(7)), Channel)
    assert_type(await odoo.resolve("@bob"), Channel)
    assert_type(await odoo.direct(Person(7, "Bob")), Channel)
    assert_type(await odoo.create("release", people=["bob", 7], description="2.0", public=False), Channel)
    assert_type(await odoo.create_group(["bob", "carol"], "lunch"), Channel)
    assert_type(await odoo.join("#support"), Channel)
    assert_type(await odoo.browse("sup", limit=5), list[ChannelInfo])
    await odoo.refresh()


async def sending(odoo: Client, general: Channel) -> None:
    def show(progress: Progress) -> None:
        assert_type(progress.done, int)
        assert_type(progress.total, int | None)

    markup: Markup = "markdown"
    message = await general.send("**hello**", markup=markup, mentions=["bob", general, "everyone"])
    assert_type(message, Message)
    assert_type(await general.reply(message, "answer", files=[Path("plan.pdf")], progress=show), Message)
    assert_type(await general.upload(("a.txt", b"abc"), "a file", progress=show), Message)
    assert_type(await general.forward(message, await odoo.record("res.partner", 3), "look"), Message)
    await general.edit(message, "better")
    await general.delete(message)
    await general.react(message, "🎉")
    await general.unreact(message, "tada")
    await general.star(message)
    await general.unstar(message.id)
    assert_type(await odoo.reply(message, "answer", markup="text"), Message)
    await odoo.react(message, "👍")


async def reading(odoo: Client, general: Channel) -> None:
    assert_type(await odoo.fetch_message(7), Message)
    assert_type(odoo.known_message(7), Message | None)
    assert_type(await general.fetch_message(7), Message)
    assert_type(general.history(limit=5, oldest_first=True), AsyncIterator[Message])
    async for message in general.search("invoice"):
        assert_type(message, Message)
        assert_type(message.mine, bool)
        assert_type(message.edited_at, datetime | None)
        assert_type(message.written, datetime | None)
        assert_type(message.author == odoo.me, bool)
        assert_type(message.author.kind, AuthorKind)
        assert_type(message.attachments, tuple[Attachment, ...])
        assert_type(message.reactions, tuple[Reaction, ...])
        assert_type(message.record, RecordRef | None)
        assert_type(odoo.conversation(message), Channel | Record)
        assert_type(same_facts(message, message), bool)
    async for found in odoo.search("invoice", limit=3):
        assert_type(found, Message)


async def a_channel(general: Channel, bob: Person) -> None:
    assert_type(general.info, ChannelInfo)
    assert_type(general.info.member_count, int | None)
    assert_type(general.name, str)
    assert_type(general.kind, str)
    assert_type(general.unread, int)
    assert_type(general.members, ChannelMembers)
    for member in await general.members():
        assert_type(member, Member)
        assert_type(member.status, str | None)
        assert_type(member.seen, int | None)
        await general.members.remove(member)
    await general.members.invite(bob, "carol", 7)
    assert_type(await general.members.seen_by(7), list[Author])
    await general.mark_read()
    await general.mark_unread(7)
    await general.pin(7)
    await general.unpin(7)
    assert_type(await general.pins(), list[Message])
    assert_type(await general.files(), list[Attachment])
    assert_type(general.typing, ChannelTyping)
    async with general.typing():
        pass
    await general.typing.start()
    await general.typing.stop()
    assert_type(general.typing.authors(), list[Author])
    await general.leave()


async def settings_threads_polls(general: Channel) -> None:
    assert_type(general.settings, ChannelSettings)
    await general.settings.rename("new")
    await general.settings.describe("topic")
    await general.settings.mute(60)
    await general.settings.unmute()
    what: Notify = "mentions"
    await general.settings.notify(what)
    await general.settings.hide()
    await general.settings.show()
    assert_type(await general.settings.invitation(), str)
    assert_type(general.threads, ChannelThreads)
    assert_type(await general.threads(), list[ChannelInfo])
    assert_type(await general.threads.create("notes"), Channel)
    assert_type(general.polls, ChannelPolls)
    assert_type(await general.polls.create("lunch?", ["pizza", "soup"], minutes=5), int)
    poll = await general.polls.fetch(7)
    assert_type(poll, Poll)
    assert_type(poll.options, tuple[PollOption, ...])
    await general.polls.vote(poll, *poll.options)
    await general.polls.unvote(poll)
    await general.polls.end(poll)


async def records(odoo: Client) -> None:
    order = await odoo.record("sale.order", 42)
    assert_type(order, Record)
    assert_type(order.ref, RecordRef)
    assert_type(await order.send("Shipped."), Message)
    assert_type(await order.note("Call them."), Message)
    assert_type(await order.followers(), list[Author])
    await order.follow()
    await order.unfollow("bob")
    number = await order.schedule("A reminder", datetime.now(UTC) + timedelta(days=1))
    assert_type(number, int)
    for scheduled in await order.scheduled():
        assert_type(scheduled, ScheduledMessage)
        await order.unschedule(scheduled)
    places: Sequence[Conversation] = [order, odoo.channel("general")]
    assert_type(places[0].name, str)


async def people_inbox_files(odoo: Client, message: Message) -> None:
    assert_type(await odoo.people.person("bob"), Person)
    assert_type(await odoo.people.search("b"), list[Person])
    assert_type(odoo.people.status(7), str | None)
    status: Status = "away"
    await odoo.people.set_status(status)
    await odoo.people.watch(["bob"])
    assert_type(odoo.inbox.counters, Counters | None)
    assert_type(odoo.inbox.messages(), AsyncIterator[Message])
    await odoo.inbox.mark_read(message)
    assert_type(await odoo.files.download(message.attachments[0], "downloads/"), Path)
    assert_type(await odoo.files.read(message.attachments[0]), bytes)
    assert_type(await odoo.files.avatar(message.author), bytes)
    assert_type(await odoo.files.previews(message), tuple[LinkPreview, ...])


async def events(odoo: Client, general: Channel) -> None:
    assert_type(odoo.events(), Subscription[Event])
    assert_type(odoo.events(MessagePosted, channel=general), Subscription[MessagePosted])
    assert_type(odoo.events(MessageEdited, MessageDeleted), Subscription[Event])
    async with odoo.events(MessagePosted, maxsize=10) as posts:
        assert_type(await posts.get(timeout=1), MessagePosted | EventsMissed)
        assert_type(posts.missed, int)
        async for event in posts:
            if isinstance(event, EventsMissed):
                assert_type(event.count, int)
            else:
                assert_type(event.message, Message)
    posted = await odoo.wait_for(MessagePosted, where=lambda e: e.message.mine, channel=general, timeout=10)
    assert_type(posted, MessagePosted)


async def errors(odoo: Client) -> None:
    try:
        await odoo.fetch_message(0)
    except odoochat.NotSupported as error:
        assert_type(error.since, int)
    except odoochat.Blocked as error:
        assert_type(error.retry_after, float | None)
    except OdooChatError as error:
        assert_type(str(error), str)


async def sandbox(odoo_sandbox: SandboxFixture) -> None:
    async with Sandbox(19) as box, connect(box.url, db=box.db, login="ann", password="ann") as ann:
        assert_type(box, Sandbox)
        assert_type(ann, Client)
    async with odoo_sandbox.login("ann") as ann:
        assert_type(ann, Client)


def every_event(event: Event) -> None:
    match event:
        case odoochat.MessagePosted() | odoochat.MessageEdited() | odoochat.InboxReceived():
            assert_type(event.message, Message)
        case odoochat.MessageDeleted():
            assert_type(event.channel, ChannelRef | None)
        case odoochat.MessagePending():
            assert_type(event.attempt, int)
        case odoochat.MessageFailed():
            assert_type(event.error, str)
        case odoochat.TypingChanged():
            assert_type(event.typing, bool)
        case odoochat.MessageSeen():
            assert_type(event.message_id, int)
        case odoochat.ReactionChanged():
            assert_type(event.count, int)
        case odoochat.PollChanged():
            assert_type(event.poll, Poll | None)
            assert_type(event.message_id, int | None)
        case odoochat.PinChanged():
            assert_type(event.pinned, datetime | None)
        case odoochat.StarChanged():
            assert_type(event.starred, bool)
        case odoochat.PreviewsChanged():
            assert_type(event.previews, tuple[LinkPreview, ...])
        case odoochat.AttachmentRemoved():
            assert_type(event.id, int)
        case odoochat.InboxRead():
            assert_type(event.message_ids, tuple[int, ...])
        case odoochat.CountersChanged():
            assert_type(event.counters, Counters)
        case odoochat.MemberJoined() | odoochat.MemberLeft():
            assert_type(event.author, Author)
        case odoochat.NoticeReceived():
            assert_type(event.text, str)
        case odoochat.PresenceChanged():
            assert_type(event.status, str)
        case odoochat.ChannelJoined() | odoochat.ChannelChanged():
            assert_type(event.channel, ChannelInfo)
        case odoochat.ChannelLeft():
            assert_type(event.channel, ChannelRef)
        case odoochat.LinkChanged():
            assert_type(event.state, LinkState)
        case odoochat.EventsMissed():
            assert_type(event.count, int)
        case odoochat.NotificationReceived():
            assert_type(event.type, str)
        case _:
            pass


async def kept(odoo: Client, path: Path) -> None:
    assert_type(odoo.archive, odoochat.ClientArchive)
    assert_type(await odoo.archive.search("word from:ann", 10, channel=odoo.channel(1)), list[Message])
    told: list[odoochat.SyncProgress] = []
    result = await odoo.archive.sync([1], files=True, progress=told.append)
    assert_type(result, odoochat.SyncResult)
    facts = await odoo.archive.facts()
    assert_type(facts, odoochat.ArchiveFacts)
    assert_type(facts.channels, tuple[odoochat.ChannelFacts, ...])
    shown = await odoo.archive.export(1, path, "json", replace=True)
    assert_type(shown, odoochat.ExportResult)
    assert_type([*odoochat.read_export(shown.path)], list[Message])
    async with odoochat.Archive(path) as archive:
        assert_type(await archive.spans(1), list[odoochat.ArchivedRange])
        assert_type(await archive.files(), list[odoochat.StoredFile])
        async for each in archive.messages(1):
            assert_type(each, odoochat.ArchivedMessage)
            assert_type(each.deleted, bool)


async def pool() -> None:
    async with odoochat.Pool("https://odoo.example.com", db="company", presence=None) as pool:
        account = await pool.add(login="bob", password="secret")
        assert_type(account, odoochat.Account)
        assert_type(account.client, Client)
        assert_type(account.state, odoochat.AccountState)
        options: odoochat.AccountOptions = {"login": "carol", "api_key": "secret"}
        assert_type(await pool.start(**options).wait_connected(10), Client)
        assert_type(pool.events(), odoochat.PoolSubscription[Event])
        async for each in pool.events(MessagePosted):
            assert_type(each, odoochat.PoolEvent[MessagePosted])
            assert_type(each.event, MessagePosted | odoochat.EventsMissed | odoochat.AccountEnded)
        await pool.remove("bob")


def every_error(error: OdooChatError) -> str:
    match error:
        case odoochat.ConfigError() | odoochat.UsageError():
            return "a mistake in the program"
        case odoochat.Unreachable():
            assert_type(error.cause, odoochat.UnreachableCause)
            return f"no connection: {error.cause}"
        case odoochat.RateLimited() | odoochat.Blocked():
            assert_type(error.cause, odoochat.BlockedCause)
            return f"refused: {error.cause}"
        case odoochat.TimedOut():
            return "try again later"
        case odoochat.LinkClosed():
            return f"{error.code} {error.reason}"
        case odoochat.LinkError():
            return "the network failed"
        case odoochat.BadCredentials() | odoochat.TotpRequired() | odoochat.SessionExpired():
            return "log in again"
        case odoochat.SessionNotKept() | odoochat.ApiKeyOnly() | odoochat.LoginError():
            return "log in otherwise"
        case odoochat.AccessDenied() | odoochat.NotFound() | odoochat.Rejected() | odoochat.ServerFault():
            return error.message
        case odoochat.NotSupported():
            return error.feature
        case odoochat.ArchiveError():
            return "the disk"
        case odoochat.NotOdoo():
            assert_type(error.cause, odoochat.NotOdooCause)
            return f"check the address: {error.excerpt}"
        case odoochat.ProtocolError():
            return error.excerpt
        case _:
            return ""


def aliases(
    file: odoochat.File, mentioned: odoochat.Mentioned, place: odoochat.Linkable, options: odoochat.SendOptions
) -> None:
    options["markup"] = "html"
    options["files"] = [file]
    options["mentions"] = [mentioned, place]
    assert_type(odoochat.FOREVER, datetime)


def bot_of_one_account(url: str) -> None:
    bot = odoochat.Bot("other")  # typing/bot.py has everything that a bot can do
    odoochat.run(bot, url, login="bot", password="secret")
