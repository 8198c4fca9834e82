"""One user on one server as the screen sees it: the link, what is known, and what waits to be sent."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from odoochat.core.channel_matching import matching_channels
from odoochat.errors import LinkError, NotFound, OdooChatError, ServerFault
from odoochat.events import (
    ChannelChanged,
    ChannelJoined,
    ChannelLeft,
    Event,
    EventsMissed,
    LinkChanged,
    MessageDeleted,
    MessageEdited,
    MessageFailed,
    MessagePosted,
    MessageSeen,
    PinChanged,
    PresenceChanged,
    ReactionChanged,
    StarChanged,
    TypingChanged,
)
from odoochat.model import Author, ChannelInfo, Me, Member, Message, Reaction
from odoochat.tui.storage.cache import Cache
from odoochat.tui.storage.drafts import Drafts
from odoochat.tui.storage.outgoing import Outgoing

if TYPE_CHECKING:
    # The client brings the network's libraries: they are loaded after the first paint.
    from odoochat.client.channel import Channel
    from odoochat.client.client import Client
    from odoochat.tui.verbs import Verbs

__all__ = ["Desk", "Opener"]

log = logging.getLogger("odoochat")

Ask = Callable[[], Awaitable[str]]
Opener = Callable[[Ask], Any]
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
KEEP_SECONDS = 0.5
KEEP_COUNT = 100
"""Messages that are written to the cache at once."""
SLICE_SECONDS = 0.008
PAUSE_SECONDS = 0.004
"""Events are taken in for so long, and then keys and paints have so long, when many events come at once."""


async def _nobody() -> str:
    return ""


class Desk:
    """Connects in the background, keeps the cache, and tells the screen what changed.

    Args:
        name: of the profile.
        opener: gives a fresh `odoochat.connect(…)`, in a thread; called again when the link ended for good and is
            wanted anew. It is given a function that asks for the code of a second factor.
        cache: what is shown before the server answers.
        drafts: what must not be lost.

    Attributes:
        outgoing: what I write on its way out.
        tell: hears every event, after the desk has taken it in.
        changed: called when something changed that has no event.
        ask_code: asks for the code of a second factor.
        link, link_since: the link, and when it became so (of the monotonic clock).
    """

    def __init__(self, name: str, opener: Opener, cache: Cache, drafts: Drafts) -> None:
        self.name = name
        self.cache = cache
        self.drafts = drafts
        self.client: Client | None = None
        self.verbs: Verbs | None = None
        self.link = LinkChanged("connecting")
        self.link_since = time.monotonic()
        self.sessionless = False
        self.me = cache.me or Me(0, 0, "")
        self.channels: dict[int, ChannelInfo] = {info.id: info for info in cache.channels()}
        self.statuses: dict[int, str] = {}
        self.names: dict[int, str] = {}
        self._names_read = False
        self.typing_in: set[int] = set()
        self.seen: dict[int, dict[int, tuple[str, int]]] = {}
        self.members: dict[int, list[Member]] = {}
        self.checked: set[int] = set()
        self.tell: Callable[[Event], None] = lambda _: None
        self.changed: Callable[[], None] = lambda: None
        self.ask_code: Ask = _nobody
        self.outgoing = Outgoing(drafts, self.run, self._outgoing_changed)
        self._opener = opener
        self._task: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[Any]] = set()
        self._dirty: dict[int, Message] = {}
        self._dirty_channels = False
        self._flush_later: asyncio.TimerHandle | None = None
        self._hurry = asyncio.Event()

    # ---------------------------------------------------------------------- life

    def start(self) -> None:
        """Begins to connect."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name=f"odoochat desk {self.name}")

    async def close(self) -> None:
        """Ends the link; keeps what must be kept."""
        for task in [self._task, *self._background]:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(t for t in [self._task, *self._background] if t), return_exceptions=True)
        self.flush()
        self.drafts.save()
        self.cache.close()

    def retry_now(self) -> None:
        """Tries again at once, when it waits or gave up."""
        if self._task is None or self._task.done():
            self.start()
        else:
            self._hurry.set()

    async def _run(self) -> None:
        failures = 0
        while True:
            self._set_link(LinkChanged("connecting"))
            try:
                client = await self._connect()
            except (LinkError, ServerFault, OSError) as error:
                seconds = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
                failures += 1
                await self._wait(seconds, str(error))
                continue
            except OdooChatError as error:
                self._set_link(LinkChanged("closed", reason=str(error)))
                return
            failures = 0
            try:
                await self._listen(client)
            except OdooChatError as error:
                self._set_link(LinkChanged("closed", reason=str(error)))
            finally:
                self.client = self.verbs = self.outgoing.client = self.outgoing.verbs = None
                await client.close()
            return

    async def _wait(self, seconds: float, reason: str) -> None:
        self._hurry.clear()
        self._set_link(LinkChanged("waiting", retry_in=seconds, reason=reason))
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            pass

    async def _connect(self) -> Client:
        # A file that is being imported blocks: in a thread the first keys are heard meanwhile.
        connect = await asyncio.to_thread(self._opener, self.ask_code)
        client: Client = await connect.open()
        return client

    async def _listen(self, client: Client) -> None:
        from odoochat.tui.verbs import Verbs

        events = client.events(maxsize=20_000)
        self.client = self.outgoing.client = client
        self.verbs = self.outgoing.verbs = Verbs(client)
        self.me, self.sessionless = client.me, client.credential == "api key"
        self.cache.belongs_to(f"{client.me.uid}@{client.db}@{client.url}")
        self.cache.note_me(client.me)
        self.channels = {c.id: c.info for c in client.channels()}
        self.cache.keep_channels(self.channels.values())
        self.checked.clear()
        self._set_link(client.link)
        self.changed()
        self.run(self._read_statuses(), "presence")
        self.outgoing.resume()
        begun = time.monotonic()
        async for event in events:
            self._take(event)
            self.tell(event)
            if time.monotonic() - begun > SLICE_SECONDS:
                await asyncio.sleep(PAUSE_SECONDS)
                begun = time.monotonic()

    async def _read_statuses(self) -> None:
        """Who of my direct chats is there; later changes come as events."""
        assert self.verbs is not None
        partners = {p for i in self.channels.values() if i.kind == "chat" for p in i.partners} - {self.me.partner_id}
        try:
            self.statuses |= await self.verbs.statuses(partners) if partners else {}
        except OdooChatError as error:
            log.debug("checking presence: %s", error)
        self.changed()

    async def read_members(self, channel: int, *, again: bool = False) -> None:
        """Learns who is in a channel, and how far they have read: for completion, the list, and the marks."""
        if self.verbs is None or (channel in self.members and not again):
            return
        try:
            found = await self.verbs.members(channel)
        except OdooChatError as error:
            log.debug("checking members: %s", error)
            return
        self.members[channel] = found
        seen = self.seen.setdefault(channel, {})
        for member in found:
            if member.author.kind == "partner" and member.seen > seen.get(member.author.id, ("", 0))[1]:
                seen[member.author.id] = (member.author.name, member.seen)
        self.changed()

    def _set_link(self, link: LinkChanged) -> None:
        self.link, self.link_since = link, time.monotonic()
        self.tell(link)

    def _outgoing_changed(self) -> None:
        self.changed()

    def run(self, job: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Runs something in the background; it ends with the desk."""
        task = asyncio.create_task(job, name=f"odoochat {name}")
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    # -------------------------------------------------------------------- taking in

    def _take(self, event: Event) -> None:
        match event:
            case LinkChanged():
                self.link, self.link_since = event, time.monotonic()
            case MessagePosted(message=message):
                if message.channel.id not in self.checked and self.cache.low(message.channel.id) is not None:
                    self.cache.set_low(message.channel.id, None)
                self.keep([message])
                self._renew(message.channel.id)
            case MessageEdited(message=message):
                if self.get(message.id) is not None:
                    self.keep([message])
            case MessageDeleted(id=number):
                self._dirty.pop(number, None)
                self.cache.drop(number)
            case ReactionChanged():
                self._react(event)
            case PinChanged(message_id=number, pinned=pinned):
                self._amend(number, pinned=pinned)
            case StarChanged(message_ids=numbers, starred=starred):
                for number in numbers:
                    self._amend(number, starred=starred)
            case TypingChanged(channel=channel):
                self.typing_in.add(channel.id)
            case PresenceChanged(author=author, status=status):
                self.statuses[author.id] = status
            case MessageSeen(channel=channel, author=author, message_id=number):
                self.seen.setdefault(channel.id, {})[author.id] = (author.name, number)
                self._renew(channel.id)
            case ChannelJoined(channel=info) | ChannelChanged(channel=info):
                self.channels[info.id] = info
                self._later(channels=True)
            case ChannelLeft(channel=channel):
                self.channels.pop(channel.id, None)
                self._later(channels=True)
            case MessageFailed(local_id=local_id, channel=channel, text=text, error=error):
                self.outgoing.failed(local_id, channel.id, text, error)
            case EventsMissed():
                self.checked.clear()
                self.cache.forget_lows()
            case _:
                pass

    def _renew(self, channel_id: int) -> None:
        channel = self._channel(channel_id)
        if channel is not None:
            self.channels[channel_id] = channel.info
            self._later(channels=True)

    def _channel(self, channel_id: int) -> Channel | None:
        """A channel of the client's, None when it is none (any more): its store knows before the event is heard."""
        try:
            return self.client.channel(channel_id) if self.client is not None else None
        except NotFound:
            return None

    def _amend(self, message_id: int, **facts: Any) -> None:
        if (old := self.get(message_id)) is not None:
            self._dirty[message_id] = msgspec.structs.replace(old, **facts)
            self._later()

    def _react(self, event: ReactionChanged) -> None:
        old = self.get(event.message_id)
        if old is None:
            return
        kept = [r for r in old.reactions if r.content != event.content]
        before = next((r for r in old.reactions if r.content == event.content), None)
        if event.count:
            authors = event.authors or (before.authors if before else ())
            fresh = Reaction(event.content, event.count, authors)
            at = old.reactions.index(before) if before else len(kept)
            kept.insert(at, fresh)
        self._amend(event.message_id, reactions=tuple(kept))

    # ----------------------------------------------------------------------- cache

    def get(self, message_id: int) -> Message | None:
        """A message that is known."""
        return self._dirty.get(message_id) or self.cache.get(message_id)

    def keep(self, messages: Iterable[Message]) -> list[Message]:
        """Store messages; they are written a little later, many at once.

        Returns:
            The messages with what was known of them before and is not in them.
        """
        kept = [self._with_reactions(message) for message in messages]
        for message in kept:
            self._dirty[message.id] = message
            if message.author.name and message.author.kind == "partner":
                self.names[message.author.id] = message.author.name
        if len(self._dirty) >= KEEP_COUNT:
            self.flush()
        else:
            self._later()
        return kept

    def _with_reactions(self, message: Message) -> Message:
        """The message with the reactions that were known before, when it does not hold them itself."""
        if message.reactions_known or message.reactions or (old := self.get(message.id)) is None:
            return message
        return msgspec.structs.replace(message, reactions=old.reactions)

    def _later(self, *, channels: bool = False) -> None:
        self._dirty_channels = self._dirty_channels or channels
        if self._flush_later is None:
            self._flush_later = asyncio.get_running_loop().call_later(KEEP_SECONDS, self.flush)

    def flush(self) -> None:
        """Writes what waits to be kept."""
        if self._flush_later is not None:
            self._flush_later.cancel()
            self._flush_later = None
        if self._dirty:
            self.cache.keep(self._dirty.values())
            self._dirty.clear()
        if self._dirty_channels:
            self._dirty_channels = False
            self.cache.keep_channels(self.channels.values())

    # ------------------------------------------------------------------------ facts

    def first(self, wanted: str) -> int:
        """The conversation to open at first: what is wanted, by id or name, else what was open last, or the latest.

        0 when there is none.
        """
        if wanted:
            found = matching_channels(wanted, self.channels.values())
            return found[0].id if found else 0
        if self.drafts.last in self.channels:
            return self.drafts.last
        latest = sorted(self.channels.values(), key=lambda i: -(i.last_activity.timestamp() if i.last_activity else 0))
        return latest[0].id if latest else 0

    def name_of(self, partner_id: int) -> str:
        """A partner's name, empty when it is unknown."""
        if partner_id == self.me.partner_id:
            return self.me.name
        if not self._names_read:
            self._names_read = True
            self.names = {**self.cache.names(), **self.names}
        return self.names.get(partner_id, "")

    def typists(self, channel_id: int) -> list[Author]:
        """Who is writing in a channel now."""
        channel = self._channel(channel_id)
        return [a for a in channel.typists() if a.id != self.me.partner_id] if channel is not None else []
