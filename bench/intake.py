"""The path of a frame through a client: a link, its decoder, the state and one subscriber, without a network."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp

from odoochat.client.answers import Page
from odoochat.client.background import Background
from odoochat.client.delivery import DeliveryPipeline
from odoochat.client.link_status import LinkStatus
from odoochat.client.link_work import LinkWork
from odoochat.client.live import LiveLink
from odoochat.client.presence import Presence
from odoochat.client.queries import ServerQueries
from odoochat.client.session import Session
from odoochat.client.subscription import Subscribers, Subscription
from odoochat.client.timing import Timing
from odoochat.core.holes import Holes
from odoochat.core.link import Dial, Link
from odoochat.core.outbox import Outbox
from odoochat.core.state import ClientState
from odoochat.events import MessagePosted, Via
from odoochat.model import ChannelInfo, Counters, Me, Version
from odoochat.net.bus import Bus
from odoochat.net.http import Http
from odoochat.net.server_clients import ServerClients
from odoochat.net.transports.base import Source
from odoochat.net.transports.websocket import WebSocket
from odoochat.wire.envelopes.frames import Item
from odoochat.wire.envelopes.polled import PolledReader
from odoochat.wire.requests.echo import is_echo
from odoochat.wire.updates import Marked
from odoochat.wire.versions.dialect import Dialect
from odoochat.wire.versions.registry import dialect_for

POSTS: dict[str, str] = json.loads((Path(__file__).parent / "frames.json").read_text("utf-8"))
"""What the server sends for one post, by version: recorded from real servers for Odoo 14 and 19, otherwise from the
sandbox."""

MESSAGE, ROW, SECOND = "1000000007", "200000000", "21:51:43"
"""Placeholders in the frames for the message id, the bus ids and the time."""

ECHO = '[{"id":1,"message":{"type":"res.users.settings","payload":{"id":1}}}]'
"""What the server sends when the client checks its session."""

PER_SECOND = 20
"""Posts with the same date, as in a burst."""


def burst(major: int, first: int, count: int, *, whole: bool = False) -> list[str]:
    """Return the frames of consecutive posts.

    Args:
        major: the major Odoo version.
        first: number of the first post; the numbers ascend.
        count: number of posts.
        whole: whether each frame contains all rows that the post causes, rather than only the message.
    """
    post = POSTS[str(major)]
    if not whole:
        rows = [r for r in json.loads(post) if major == 14 or r["message"]["type"].endswith("new_message")]
        post = json.dumps(rows, separators=(",", ":"))
    found: list[str] = []
    for number in range(first, first + count):
        moment = number // PER_SECOND
        time = f"{moment // 3600 % 24:02}:{moment // 60 % 60:02}:{moment % 60:02}"
        text = post.replace(MESSAGE, str(10**9 + number)).replace(ROW, str(10**8 + number)).replace(SECOND, time)
        found.append(f'{{"jsonrpc": "2.0", "id": 1, "result": {text}}}' if major < 16 else text)
    return found


class _Socket:
    """Stands in for a WebSocket that has received everything already."""

    def __init__(self, texts: deque[str], more: asyncio.Event) -> None:
        self._texts = texts
        self._more = more
        self.closed = False

    async def send_str(self, text: str) -> None:
        pass

    async def receive(self) -> aiohttp.WSMessage:
        while not self._texts:
            self._more.clear()
            await self._more.wait()
        return aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, self._texts.popleft(), None)

    async def close(self) -> None:
        self.closed = True


class _Polls:
    """Stands in for the long polls of Odoo 14 and 15, and decodes their responses as the client does."""

    via: Via = "longpoll"
    tells_presence = False

    def __init__(self, reader: PolledReader, texts: deque[str], more: asyncio.Event) -> None:
        self._reader = reader
        self._texts = texts
        self._more = more

    async def open(self, last: int) -> list[Item]:
        return []

    async def receive(self) -> list[Item]:
        while not self._texts:
            self._more.clear()
            await self._more.wait()
        return self._reader.poll(self._texts.popleft().encode(), status=200, content_type="application/json")

    async def subscribe(self) -> None:
        pass

    async def send_presence(self, idle: int) -> None:
        pass

    async def close(self) -> None:
        pass


class _Http:
    """Stands in for the HTTP client: opens the given socket."""

    def __init__(self, dial: Callable[[], Awaitable[Any]]) -> None:
        self._dial = dial

    async def websocket(self, path: str, query: dict[str, str]) -> Any:
        return await self._dial()

    what = "the server"
    clients = ServerClients()
    translated = Http.translated


class _Session:
    """Stands in for a login."""

    calls_models = True

    def __init__(self, dialect: Dialect, http: _Http) -> None:
        self.dialect = dialect
        self.http = http
        self.me = Me(2, 6, "Alice", "alice")

    def vias(self) -> tuple[Via, ...]:
        return self.dialect.table.transports[:1]


class _Channels:
    """Stands in for the server: there is one channel."""

    def __init__(self, info: ChannelInfo) -> None:
        self._info = info

    async def mine(self) -> tuple[list[ChannelInfo], dict[int, None]]:
        return [self._info], {self._info.id: None}


class _Queries:
    """Stands in for the server: nothing is missing."""

    def __init__(self, info: ChannelInfo) -> None:
        self.channels = _Channels(info)

    async def newest(self, channels: object, *, complete: bool = True) -> list[Any]:
        return []

    async def by_ids(self, ids: object) -> list[Any]:
        return []

    async def top(self, channels: object) -> int:
        return 0

    async def missing(self, domain: object) -> Page:
        return Page([], None, full=False)

    async def marked(self) -> Marked:
        return Marked({}, frozenset(), True)


class _Presence:
    def start(self, background: object) -> None:
        pass


class Intake:
    """A client that receives frames without a network.

    Args:
        state: the client's state.
        messages: the client's only subscription.
        texts: received frames that are waiting.
        more: set when new frames have arrived.
    """

    def __init__(
        self, state: ClientState, messages: Subscription[MessagePosted], texts: deque[str], more: asyncio.Event
    ) -> None:
        self.state = state
        self._messages = messages
        self._texts = texts
        self._more = more

    async def take(self, texts: Sequence[str], posts: int) -> None:
        """Receive frames, and wait until the subscriber has read their messages.

        Args:
            texts: the frames.
            posts: number of messages in them.

        Raises:
            AssertionError: a message did not arrive, or arrived out of order.
        """
        self._texts.extend(texts)
        self._more.set()
        last = 0
        for _ in range(posts):
            event = await anext(self._messages)
            assert isinstance(event, MessagePosted)
            assert event.message.id > last
            last = event.message.id


@asynccontextmanager
async def intake(
    major: int, connect: Callable[[], Awaitable[aiohttp.ClientWebSocketResponse]] | None = None
) -> AsyncIterator[Intake]:
    """Run a client for one Odoo version, with one subscriber.

    Args:
        major: the major version.
        connect: opens a WebSocket; None to use the frames passed to `Intake.take`.

    Yields:
        The client, with an open link.
    """
    dialect, state, texts, more = dialect_for(Version(major)), ClientState(), deque[str](), asyncio.Event()
    http = _Http(connect or (lambda: asyncio.sleep(0, _Socket(texts, more))))
    session = cast(Session, _Session(dialect, http))
    state.me = session.me
    queries = cast(ServerQueries, _Queries(ChannelInfo(1, "general", last_activity=None)))
    work, status, subscribers = LinkWork(), LinkStatus(), Subscribers()
    timing = Timing(sweep=3600.0, calm_sweep=3600.0)  # the stand-ins cannot be searched for missed messages
    link = Link((), random=lambda: 0.5)

    async def dial(step: Dial) -> Source:
        if step.via == "longpoll":
            return _Polls(dialect.decoder.polled, texts, more)
        return WebSocket(
            cast(Http, http),
            dialect,
            paths=("/websocket",),
            worker="",
            echo=lambda: asyncio.sleep(0),
            is_echo=is_echo,
            works=lambda path: None,
            channels=list,
        )

    bus = Bus(link, Holes(), dial=dial, renew=lambda: asyncio.sleep(0), emit=work.put, emit_now=work.put_now)
    background = Background()
    pipeline = DeliveryPipeline(
        session,
        state=state,
        subscribers=subscribers,
        outbox=Outbox(),
        queries=queries,
        status=status,
        bus=bus,
        background=background,
        timing=timing,
        messages_wanted=True,
    )
    live = LiveLink(
        session,
        bus,
        work,
        status,
        state=state,
        subscribers=subscribers,
        publisher=pipeline.publisher,
        receiver=pipeline.receiver,
        membership=pipeline.membership,
        catchup_runner=pipeline.catchup_runner,
        presence=cast(Presence, _Presence()),
        timing=timing,
    )
    messages: Subscription[MessagePosted] = subscribers.subscribe((MessagePosted,), None, 10_000)
    await pipeline.catchup_runner.begin(resume=False)
    if major >= 16 and connect is None:
        texts.append(ECHO)
    live.start()
    try:
        async with asyncio.timeout(10):
            await status.wait_open()
        assert state.inbox.counters == Counters()
        yield Intake(state, messages, texts, more)
    finally:
        await live.stop()
        pipeline.publisher.posts.stop()
        pipeline.membership.stop()
        await background.stop()
