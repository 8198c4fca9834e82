"""Two screens and one browser talk to each other on a server; all see the same."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

import aiohttp
import pytest
from textual import events

from odoochat.sandbox import Sandbox
from tests.contract.servers import real

from . import company
from .chat_pilot import ChatPilot, opened, profile


class Place:
    """A server for the story."""

    def __init__(self, url: str, db: str, version: int) -> None:
        self.url, self.db, self.version = url, db, version


class Browser:
    """Speaks as the web clients of Odoo 14 and 19 do, with none of our code."""

    def __init__(self, place: Place, login: str) -> None:
        self._url, self._db, self._login, self._version = place.url, place.db, login, place.version
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Self:
        await self.ask("/web/session/authenticate", db=self._db, login=self._login, password=self._login)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def ask(self, route: str, **params: Any) -> Any:
        body = {"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}
        async with self._session.post(self._url + route, json=body) as answer:
            told = await answer.json()
        assert "error" not in told, told
        return told["result"]

    async def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        told = {"model": "mail.channel", "method": method, "args": args, "kwargs": kwargs}
        return await self.ask(f"/web/dataset/call_kw/mail.channel/{method}", **told)

    async def post(self, channel: int, text: str) -> int:
        if self._version == 14:
            words = {"body": text, "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
            return int(await self.call("message_post", channel, **words))
        data = {"body": text, "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        made = await self.ask(
            "/mail/message/post", thread_model="discuss.channel", thread_id=channel, post_data=data, context={}
        )
        return int(made["message_id"])

    async def texts(self, channel: int) -> str:
        if self._version == 14:
            return str(await self.call("channel_fetch_message", channel, limit=30))
        found = await self.ask("/discuss/channel/messages", channel_id=channel, fetch_params={"limit": 30})
        return str(found)


@pytest.fixture(
    params=["sandbox14", "sandbox19", *(pytest.param(f"real{v}", marks=pytest.mark.odoo) for v in (14, 19))]
)
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    version = int(request.param[-2:])
    if request.param.startswith("sandbox"):
        async with Sandbox(version) as box:
            yield Place(box.url, box.db, version)
        return
    try:
        server = real(version)
    except RuntimeError as error:
        if request.config.getoption("--odoo"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    yield Place(server.url, server.db, version)


async def screen(ready: asyncio.Queue[ChatPilot], over: asyncio.Event, place: Place, login: str, folder: Path) -> None:
    """A screen in a task of its own: Textual knows one application a context."""
    async with opened(profile(place.url, login, db=place.db), folder=folder) as stand:
        await stand.connected()
        ready.put_nowait(stand)
        await over.wait()


@pytest.mark.timeout(120)
async def test_two_screens_and_a_browser(place: Place, tmp_path: Path) -> None:
    over = asyncio.Event()
    tasks, stands = [], []
    for login in ("alice", "bob"):
        ready: asyncio.Queue[ChatPilot] = asyncio.Queue()
        (tmp_path / login).mkdir()
        tasks.append(asyncio.create_task(screen(ready, over, place, login, tmp_path / login)))
        getter = asyncio.create_task(ready.get())
        await asyncio.wait([getter, tasks[-1]], return_when=asyncio.FIRST_COMPLETED)
        if tasks[-1].done():
            tasks[-1].result()
        stands.append(await getter)
    alice, bob = stands
    try:
        async with Browser(place, "admin") as admin:
            await (tell if place.version == 19 else tell_of_14)(alice, bob, admin)
    finally:
        over.set()
        await asyncio.gather(*tasks)


async def room(stand: ChatPilot, *people: str) -> int:
    """A channel of its own for a story: the server may be a busy one."""
    client = stand.screen.session.client
    assert client is not None
    made = await client.create(f"story {uuid.uuid4().hex[:8]}", people=people)
    await stand.until(lambda: made.id in stand.screen.session.channels)
    with stand.app._context():
        stand.chat.conversation.open(made.id)
    await stand.until(lambda: made.id in stand.screen.session.checked)
    return made.id


async def quotes(stand: ChatPilot, text: str) -> None:
    """Waits until the last answer shows what it answers."""
    await stand.until(lambda: text in stand.text.partition("↪")[2], f"{text!r} as a quote")


async def selects_own(stand: ChatPilot, text: str) -> None:
    """Selects the newest message once it is posted: others may see it before its own screen has the server's answer."""

    def posted() -> bool:
        window = stand.chat.widgets.timeline.window
        return not window.pending and bool(window.messages) and window.messages[-1].text == text

    await stand.until(posted, f"{text!r} to be posted")
    await stand.press("escape")
    await stand.until(lambda: getattr(stand.chat.conversation.target, "text", "") == text, "the selection")


async def tell(alice: ChatPilot, bob: ChatPilot, admin: Browser) -> None:
    mark = uuid.uuid4().hex[:8]
    channel = await room(alice, "Bob", "Administrator")
    await bob.until(lambda: channel in bob.screen.session.channels, "the new channel")
    with bob.app._context():
        bob.chat.conversation.open(channel)
    await bob.until(lambda: channel in bob.screen.session.checked)
    # Alice types: Bob sees it; she sends: all three have it.
    await alice.type(f"question {mark}")
    await bob.shows("Alice is typing")
    await alice.press("enter")
    await bob.shows(f"question {mark}")
    assert f"question {mark}" in await admin.texts(channel)
    # The browser answers: both screens have it.
    await admin.post(channel, f"answer {mark} and more")
    await alice.shows(f"answer {mark} and more")
    await bob.shows(f"answer {mark}")
    # Bob reacts to it in message mode, Alice sees it; Alice answers it, Bob sees what she quotes.
    await bob.press("escape")
    bob.chat.widgets.timeline.choose(
        next(m.id for m in bob.chat.widgets.timeline.window.messages if f"answer {mark}" in m.text)
    )
    await bob.press("+")
    await bob.until(lambda: getattr(bob.app.screen, "heading", "").startswith("React to"))
    await bob.press("enter")
    await alice.shows("👍 1")
    await alice.press("escape")
    alice.chat.widgets.timeline.choose(
        next(m.id for m in alice.chat.widgets.timeline.window.messages if f"answer {mark}" in m.text)
    )
    await alice.press("r")
    await alice.type("thanks!")
    await alice.press("enter")
    await bob.shows("thanks!")
    await quotes(bob, f"answer {mark}")
    # She edits it, then deletes it.
    await selects_own(alice, "thanks!")
    await alice.press("e")
    await alice.until(lambda: alice.chat.widgets.composer.text == "thanks!")
    await alice.type(" a lot")
    await alice.press("enter")
    await bob.shows("thanks! a lot")
    await bob.shows("(edited)")
    await selects_own(alice, "thanks! a lot")
    await alice.press("d")
    await alice.until(lambda: getattr(alice.app.screen, "heading", "").startswith("Delete"))
    await alice.press("right", "enter")
    await bob.until(lambda: "thanks! a lot" not in bob.text, "the deletion")
    # Bob pins and stars; Alice sees the pin alone.
    await bob.press("p")
    await alice.shows("pinned")
    await bob.press("s")
    await bob.shows("★")
    assert "★" not in alice.text
    # Search finds it on the server.
    await alice.press("ctrl+f")
    await alice.type(f"question {mark}")
    await alice.shows(f"question {mark}")
    await alice.press("enter")
    await alice.until(lambda: mark in getattr(alice.chat.conversation.target, "text", ""))
    assert not [n for n in alice.chat.feedback.notices if n.severity == "error"], alice.toasts
    assert not [n for n in bob.chat.feedback.notices if n.severity == "error"], bob.toasts


async def tell_of_14(alice: ChatPilot, bob: ChatPilot, admin: Browser) -> None:
    """What the oldest version can do, and what it says of the rest."""
    mark = uuid.uuid4().hex[:8]
    channel = await room(alice, "Bob", "Administrator")
    await bob.until(lambda: channel in bob.screen.session.channels, "the new channel")
    with bob.app._context():
        bob.chat.conversation.open(channel)
    await bob.until(lambda: channel in bob.screen.session.checked)
    await alice.type(f"question {mark}")
    await bob.shows("Alice is typing")
    await alice.press("enter")
    await bob.shows(f"question {mark}")
    assert f"question {mark}" in await admin.texts(channel)
    await admin.post(channel, f"answer {mark}")
    await alice.shows(f"answer {mark}")
    await bob.shows(f"answer {mark}")
    # Bob may not react, and is told which version has it; he stars it and answers.
    await bob.press("escape")
    bob.chat.widgets.timeline.choose(
        next(m.id for m in bob.chat.widgets.timeline.window.messages if f"answer {mark}" in m.text)
    )
    await bob.press("s")
    await bob.shows("★")
    assert "★" not in alice.text
    await bob.press("+")
    await bob.shows_toast("Odoo 15")
    assert bob.app.screen is bob.screen
    await bob.press("r")
    await bob.type("thanks!")
    await bob.press("enter")
    await alice.shows("thanks!")
    await quotes(bob, f"answer {mark}")
    await quotes(alice, f"answer {mark}")
    # He edits it: his own screen has it at once, hers when it asks anew, as the server tells nobody.
    await selects_own(bob, "thanks!")
    await bob.press("e")
    await bob.until(lambda: bob.chat.widgets.composer.text == "thanks!")
    await bob.type(" a lot")
    await bob.press("enter")
    await bob.shows("thanks! a lot")
    await alice.press("f5")
    await alice.shows("thanks! a lot")
    await alice.press("ctrl+f")
    await alice.type(f"question {mark}")
    await alice.shows(f"question {mark}")
    await alice.press("enter")
    await alice.until(lambda: mark in getattr(alice.chat.conversation.target, "text", ""))


@pytest.mark.timeout(90)
async def test_a_picture_goes_up_is_drawn_and_comes_down_again(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / f"sun {uuid.uuid4().hex[:6]}.png"
    path.write_bytes(company.picture())
    async with opened(profile(place.url, "alice", db=place.db), folder=tmp_path) as stand:
        await stand.connected()
        await room(stand)
        # A pasted path is offered as a file.
        stand.app.post_message(events.Paste(str(path).replace(" ", "\\ ")))
        await stand.until(lambda: getattr(stand.app.screen, "heading", "") == "Attach this file?")
        await stand.press("enter")
        await stand.shows(path.name[:16])
        await stand.press("enter")
        await stand.shows("▀▀▀▀▀▀")
        await stand.press("escape", "w")
        await stand.shows_toast("saved to")
        saved = [p for p in tmp_path.glob("sun*.png") if p != path]
        assert len(saved) == 1
        assert saved[0].read_bytes() == path.read_bytes()
        assert not stand.chat.transfers
