"""``demo``: the sandbox, colleagues who answer, and every step told and seen to work."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

import odoochat
from odoochat.cli.commands.chat import has_screen, has_terminal, say_what_is_missing
from odoochat.cli.connection import finish, start_log
from odoochat.cli.exit_codes import DONE, FAILED
from odoochat.cli.streams import json_line, out
from odoochat.client.client import Client
from odoochat.client.subscription import Subscription
from odoochat.errors import OdooChatError, TimedOut
from odoochat.events import Event, LinkChanged, MessagePosted, TypingChanged
from odoochat.render import message_lines

if TYPE_CHECKING:
    from odoochat.sandbox.server import Sandbox

__all__ = ["demo"]

STEP_SECONDS = 30.0


class _Log(logging.Handler):
    """Keeps what the library tells of itself: the story is checked against it."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def told(self, words: str) -> bool:
        """Whether some line began so."""
        return any(line.startswith(words) for line in self.lines)


class _Story:
    """Tells steps, each with whether it was seen to work."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._begun = time.monotonic()
        self.failed = 0

    def step(self, text: str, seen: bool, detail: str = "") -> None:
        """One step."""
        self.failed += not seen
        seconds = time.monotonic() - self._begun
        if self._json:
            out(json_line({"step": text, "ok": seen, "detail": detail, "seconds": round(seconds, 2)}))
        else:
            out(f"{'ok  ' if seen else 'FAIL'} {seconds:5.1f} s  {text}" + (f": {detail}" if detail else ""))


class _Ear:
    """Hears everything in the background, and waits for what a step expects."""

    def __init__(self, heard: Subscription[Event]) -> None:
        self._heard = heard
        self.events: list[Event] = []
        self._more = asyncio.Condition()
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for event in self._heard:
            async with self._more:
                self.events.append(event)
                self._more.notify_all()

    async def until(self, wanted: str, since: int, *kinds: type[Event], **facts: object) -> Event | None:
        """The first event after `since` of a kind and with these facts; None when none comes in time."""

        def find() -> Event | None:
            for event in self.events[since:]:
                if isinstance(event, kinds) and all(getattr(event, k) == v for k, v in facts.items()):
                    return event
            return None

        try:
            async with asyncio.timeout(STEP_SECONDS), self._more:
                await self._more.wait_for(find)
        except TimeoutError:
            logging.getLogger("odoochat").info("the demo waited in vain for: %s", wanted)
        return find()

    async def texts(self, expected: set[str]) -> Counter[str]:
        """How often each text was heard, once all of them were."""

        def counted() -> Counter[str]:
            return Counter(e.message.text for e in self.events if isinstance(e, MessagePosted))

        try:
            async with asyncio.timeout(STEP_SECONDS), self._more:
                await self._more.wait_for(lambda: expected <= set(counted()))
            await asyncio.sleep(0.3)  # what comes twice comes late
        except TimeoutError:
            pass
        return counted()

    async def close(self) -> None:
        self._heard.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def demo(
    *,
    version: Literal[14, 15, 16, 17, 18, 19, 20] = 19,
    json: bool = False,
    told: bool = False,
    verbose: Annotated[int, Parameter(alias="-v", count=True)] = 0,
) -> int:
    """Show it all on the embedded server: no Odoo needed.

    On a terminal it opens the chat screen, with colleagues who answer. Without one, or with --told, it tells each step
    as a story, and exits 0 only when every step was seen to work.

    Parameters
    ----------
    version
        The Odoo version that the embedded server plays.
    json
        Print one JSON object a step.
    told
        Tell the story on a terminal as well.
    verbose
        Tells on stderr what is done; twice for more.
    """
    if has_terminal() and not (json or told):
        if has_screen():
            return finish(lambda: _screen(version))
        say_what_is_missing()
    start_log(verbose)
    return finish(lambda: _demo(version, json=json))


# What the colleagues say by themselves: seconds after the start, who, where, what, and the name of a picture.
_SCENE = (
    (2.0, "bob", "general", "Good morning Alice! Is the release on its way?", ""),
    (5.0, "carol", "general", "The sea this morning, before the first ticket:", "morning.png"),
    (9.0, "carol", "support", "Ticket 4712: the printer on the second floor prints only in blue.", ""),
    (16.0, "dave", "random", "Coffee in ten minutes?", ""),
    (24.0, "bob", "@alice", "Hi Alice, can you look at my draft of the announcement?", ""),
)


async def _liven(box: Sandbox) -> None:
    """Lets the colleagues begin a conversation."""
    from odoochat.sandbox.database.files import PENDING_MODEL
    from odoochat.sandbox.world.pictures import morning

    world, begun = box.world, time.monotonic()
    for seconds, who, where, text, picture in _SCENE:
        await asyncio.sleep(max(begun + seconds - time.monotonic(), 0))
        channel = world.chat(who, where.removeprefix("@")) if where.startswith("@") else world.channel(where)
        world.typing(who, channel, True)
        await asyncio.sleep(1.0)
        world.typing(who, channel, False)
        files = [world.state.files.add(picture, morning(), uid=world.uid(who), model=PENDING_MODEL)] if picture else []
        world.post(who, channel, text, attachments=files)


async def _screen(version: int) -> int:
    """The chat screen as Alice, in the sandbox's small company; nothing of it stays on disk."""
    from odoochat.tui.app import ChatApp, Profile

    async with _company(version) as box:
        me: dict[str, Any] = {"login": "alice", "password": "alice", "presence": "online"}
        profile = Profile("sandbox", "", lambda _: odoochat.connect(box.url, **me))
        liven = asyncio.create_task(_liven(box), name="odoochat demo")
        try:
            app = ChatApp([profile], "general")
            await app.run_async()
            return app.return_code or DONE
        finally:
            liven.cancel()
            await asyncio.gather(liven, return_exceptions=True)


@asynccontextmanager
async def _company(version: int) -> AsyncIterator[Sandbox]:
    from odoochat.sandbox.server import Sandbox
    from odoochat.sandbox.world.colleagues import Colleagues

    async with Sandbox(version) as box, Colleagues(box.world, thinking=0.3, writing=0.6):
        yield box


async def _demo(version: int, *, json: bool) -> int:
    story, log = _Story(json=json), _Log()
    logger = logging.getLogger("odoochat")
    level = logger.level
    logger.addHandler(log)
    logger.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        async with _company(version) as box:
            story.step(f"a sandbox Odoo {version} with a small company is running", True, box.url)
            async with odoochat.connect(box.url, login="alice", password="alice") as odoo:  # noqa: S106
                ear = _Ear(odoo.events())
                try:
                    await _tell(story, log, box, odoo, ear)
                finally:
                    await ear.close()
    except OdooChatError as error:
        story.step("an error ended the demo", False, str(error))
    finally:
        logger.removeHandler(log)
        logger.setLevel(level)
    if not json:
        out("every step was seen to work" if not story.failed else f"{story.failed} steps failed")
        out("next: odoochat sandbox, then odoochat listen and odoochat send in two other terminals")
    return FAILED if story.failed else DONE


async def _tell(story: _Story, log: _Log, box: Sandbox, odoo: Client, ear: _Ear) -> None:
    version = f"Odoo {odoo.version}, {odoo.me.name}"
    story.step("logged in, a session is open", log.told("session opened for"), version)
    await odoo.open_link(STEP_SECONDS)
    way = "websocket" if box.version >= 16 else "longpoll"
    named = "WebSocket" if way == "websocket" else "long polling"
    story.step(f"the live link is open by {named}", odoo.via == way, odoo.best)
    channels = ", ".join(f"#{c.name}" for c in odoo.channels())
    for _ in range(100):
        if log.told("subscribed to"):
            break
        await asyncio.sleep(0.02)
    story.step("subscribed to my channels", log.told("subscribed to"), channels)
    await _chat(story, log, box, odoo, ear)
    await _cut(story, box, ear, way)
    if way == "websocket":
        await _refuse(story, box, odoo, ear)


async def _chat(story: _Story, log: _Log, box: Sandbox, odoo: Client, ear: _Ear) -> None:
    general = odoo.channel("general")
    since = len(ear.events)
    message = await general.send("Good morning! Is the **build** green?", markup="markdown")
    how = f"{box.world.state.channel_model}.message_post"
    posted = log.told(f"sent by {how}")
    story.step(f"message sent by {how}", posted, message_lines(message)[0])
    back = await ear.until("my own message", since, MessagePosted, message=message)
    story.step("it came back over the live link", back is not None)
    typing = await ear.until("somebody typing", since, TypingChanged, typing=True)
    who = typing.author.name if isinstance(typing, TypingChanged) else ""
    story.step("a colleague is typing", typing is not None, who)
    mine = odoo.me.partner_id
    answer: Event | None = None
    try:
        async with asyncio.timeout(STEP_SECONDS):
            while answer is None:
                answer = next(
                    (e for e in ear.events[since:] if isinstance(e, MessagePosted) and e.message.author.id != mine),
                    None,
                )
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass
    shown = message_lines(answer.message)[0] if isinstance(answer, MessagePosted) else ""
    story.step("the answer was received", answer is not None, shown)


async def _cut(story: _Story, box: Sandbox, ear: _Ear, way: str) -> None:
    since = len(ear.events)
    expected = {f"said during the cut, {n}" for n in range(1, 11)}
    box.faults.drop(code=1006)
    for text in sorted(expected):
        box.world.post("bob", "support", text)
    down = await ear.until("a lost link", since, LinkChanged, state="waiting")
    reason = down.reason if isinstance(down, LinkChanged) else None
    story.step("the link was cut" if way == "longpoll" else "the socket was cut", down is not None, reason or "")
    again = await ear.until("the link again", since, LinkChanged, state="open", via=way)
    story.step("the link recovered by itself", again is not None)
    _check(story, "nothing was lost, nothing came twice", expected, await ear.texts(expected))


async def _refuse(story: _Story, box: Sandbox, odoo: Client, ear: _Ear) -> None:
    since = len(ear.events)
    expected = {f"said while the WebSocket was refused, {n}" for n in range(1, 11)}
    box.faults.refuse_websocket(status=502)
    box.faults.drop(code=1006)
    polling = await ear.until("polling", since, LinkChanged, state="open", via="peek")
    story.step("the WebSocket was refused and polling took over", polling is not None, odoo.link.via or "")
    for text in sorted(expected):
        box.world.post("carol", "random", text)
    _check(story, "by polling nothing was lost either", expected, await ear.texts(expected))
    box.faults.accept_websocket()
    story.step("sending works meanwhile", bool(await _sent(odoo)), "a message to #random")


async def _sent(odoo: Client) -> int:
    try:
        return (await odoo.channel("random").send("Thanks, all here.")).id
    except TimedOut:
        return 0


def _check(story: _Story, text: str, expected: set[str], counts: Counter[str]) -> None:
    lost = sum(counts[t] == 0 for t in expected)
    doubled = sum(counts[t] > 1 for t in expected)
    story.step(text, not lost and not doubled, f"{len(expected)} posted, {lost} lost, {doubled} doubled")
