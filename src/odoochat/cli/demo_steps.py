"""The steps of ``odoochat demo``, each verified on both the client and the server."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import odoochat
from odoochat.cli.exit_codes import DONE, FAILED
from odoochat.cli.streams import json_line, print_result
from odoochat.errors import OdooChatError, TimedOut
from odoochat.events import Event, LinkChanged, MessagePosted, TypingChanged
from odoochat.render import message_lines

if TYPE_CHECKING:
    from odoochat.client.client import Client
    from odoochat.client.subscription import Subscription
    from odoochat.sandbox.server import Sandbox

__all__ = ["company", "run_steps"]

BEST_TRANSPORTS = {"websocket": "WebSocket", "longpoll": "long polling"}
"""The best transports and their names. Each Odoo version supports one of the two."""


@asynccontextmanager
async def company(version: int) -> AsyncGenerator[Sandbox]:
    """Run a sandbox with simulated colleagues who reply.

    Args:
        version: Odoo major version, 14 to 20.

    Yields:
        The running sandbox.
    """
    from odoochat.sandbox.server import Sandbox
    from odoochat.sandbox.world.colleagues import Colleagues

    async with Sandbox(version) as box, Colleagues(box.world, thinking=0.3, writing=0.6):
        yield box


async def run_steps(version: int, *, json: bool, patience: float = 30.0) -> int:
    """Run all steps and print their results.

    Args:
        version: Odoo major version, 14 to 20.
        json: whether to print one JSON object per step.
        patience: seconds to wait for each expected event.

    Returns:
        The exit code: `FAILED` if any step failed.
    """
    report, log = _StepReport(json=json), _LogRecorder()
    logger = logging.getLogger("odoochat")
    level = logger.level
    logger.addHandler(log)
    logger.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        async with company(version) as box:
            report.step(f"a sandbox Odoo {version} with a small company is running", True, box.url)
            async with odoochat.connect(box.url, login="alice", password="alice") as odoo:  # noqa: S106
                events = _EventRecorder(odoo.events(), patience)
                try:
                    await _Walkthrough(report, log, box, odoo, events).run()
                finally:
                    await events.close()
    except OdooChatError as error:
        report.step("an error ended the demo", False, str(error))
    finally:
        logger.removeHandler(log)
        logger.setLevel(level)
    report.print_summary()
    return FAILED if report.failed else DONE


class _StepReport:
    """Prints steps with their results.

    Args:
        json: whether to print JSON.

    Attributes:
        failed: the number of failed steps.
    """

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._started = time.monotonic()
        self.failed = 0

    def step(self, text: str, ok: bool, detail: str = "") -> None:
        """Print the result of a step.

        Args:
            text: description of the step.
            ok: whether it succeeded.
            detail: what was observed.
        """
        self.failed += not ok
        seconds = time.monotonic() - self._started
        if self._json:
            print_result(json_line({"step": text, "ok": ok, "detail": detail, "seconds": round(seconds, 2)}))
        else:
            print_result(f"{'ok  ' if ok else 'FAIL'} {seconds:5.1f} s  {text}" + (f": {detail}" if detail else ""))

    def delivered_once(self, text: str, expected: set[str], counts: Counter[str]) -> None:
        """Print whether every message arrived exactly once.

        Args:
            text: description of the step.
            expected: the texts of the messages.
            counts: the number of deliveries of each text.
        """
        lost = sum(counts[t] == 0 for t in expected)
        duplicated = sum(counts[t] > 1 for t in expected)
        detail = f"{len(expected)} posted, {lost} lost, {duplicated} duplicated"
        self.step(text, not lost and not duplicated, detail)

    def print_summary(self) -> None:
        """Print the overall result and suggest what to try next."""
        if self._json:
            return
        print_result("all steps worked" if not self.failed else f"{self.failed} steps failed")
        print_result("next: run odoochat sandbox, and odoochat listen and odoochat send in two other terminals")


class _LogRecorder(logging.Handler):
    """Records the library's log output, which some steps check."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def has(self, beginning: str) -> bool:
        """Return whether a recorded line starts with the text."""
        return any(line.startswith(beginning) for line in self.lines)


class _EventRecorder:
    """Records events in the background and waits for expected ones.

    Args:
        subscription: the subscription to read events from.
        patience: seconds to wait for an event.

    Attributes:
        patience: seconds to wait for an event.
        events: the events recorded so far, oldest first.
    """

    def __init__(self, subscription: Subscription[Event], patience: float) -> None:
        self._subscription = subscription
        self.patience = patience
        self.events: list[Event] = []
        self._more = asyncio.Condition()
        self._task = asyncio.create_task(self._record())

    async def _record(self) -> None:
        async for event in self._subscription:
            async with self._more:
                self.events.append(event)
                self._more.notify_all()

    async def wait(self, expected: str, since: int, *kinds: type[Event], **fields: object) -> Event | None:
        """Wait for an event.

        Args:
            expected: description of the event, for the log.
            since: number of recorded events to skip.
            kinds: the accepted event classes.
            fields: required values of the event's fields.

        Returns:
            The first matching event, or None if none arrived in time.
        """

        def find() -> Event | None:
            for event in self.events[since:]:
                if isinstance(event, kinds) and all(getattr(event, k) == v for k, v in fields.items()):
                    return event
            return None

        try:
            async with asyncio.timeout(self.patience), self._more:
                await self._more.wait_for(find)
        except TimeoutError:
            logging.getLogger("odoochat").info("demo: no such event within %.0f s: %s", self.patience, expected)
        return find()

    async def wait_for_texts(self, expected: set[str]) -> Counter[str]:
        """Wait until messages with all these texts have arrived.

        Args:
            expected: the texts to wait for.

        Returns:
            The number of deliveries of each text.
        """

        def counted() -> Counter[str]:
            return Counter(e.message.text for e in self.events if isinstance(e, MessagePosted))

        try:
            async with asyncio.timeout(self.patience), self._more:
                await self._more.wait_for(lambda: expected <= set(counted()))
            await asyncio.sleep(0.3)  # a duplicate would arrive later
        except TimeoutError:
            pass
        return counted()

    async def close(self) -> None:
        """End the subscription."""
        self._subscription.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class _Walkthrough:
    """Runs the steps with a connected client and the sandbox."""

    def __init__(
        self, report: _StepReport, log: _LogRecorder, box: Sandbox, odoo: Client, events: _EventRecorder
    ) -> None:
        self._report = report
        self._log = log
        self._box = box
        self._odoo = odoo
        self._events = events

    async def run(self) -> None:
        """Run all steps that this Odoo version supports."""
        transport = await self._connect()
        await self._chat()
        if transport == "longpoll":
            await self._cut_poll()
        else:
            await self._cut_link(transport)
        if transport == "websocket":
            await self._refuse_websocket()

    async def _connect(self) -> str:
        odoo, report = self._odoo, self._report
        opened = self._log.has("session opened for")
        report.step("logged in, a session is open", opened, f"Odoo {odoo.server.version}, {odoo.me.name}")
        await odoo.link.wait_open(self._events.patience)
        transport = odoo.via or ""
        name = BEST_TRANSPORTS.get(transport, transport)
        report.step(f"the live connection is open using {name}", transport in BEST_TRANSPORTS, odoo.server.best_link)
        for _ in range(100):
            if self._log.has("subscribed to"):
                break
            await asyncio.sleep(0.02)
        channels = ", ".join(f"#{c.name}" for c in odoo.channels())
        report.step("subscribed to Alice's channels", self._log.has("subscribed to"), channels)
        return transport

    async def _chat(self) -> None:
        report, events = self._report, self._events
        since = len(events.events)
        message = await self._odoo.channel("general").send("Good morning! Is the **build** green?", markup="markdown")
        method = f"{self._box.world.state.channel_model}.message_post"
        report.step(f"message sent using {method}", self._log.has(f"sent by {method}"), message_lines(message)[0])
        back = await events.wait("Alice's own message", since, MessagePosted, message=message)
        report.step("it was delivered back over the live connection", back is not None)
        typing = await events.wait("a typing indicator", since, TypingChanged, typing=True)
        report.step("a colleague is typing", typing is not None, getattr(typing, "author", message.author).name)
        answer = await self._answer(since)
        report.step("the reply was received", answer is not None, message_lines(answer.message)[0] if answer else "")

    async def _answer(self, since: int) -> MessagePosted | None:
        """Wait for a message from another user."""
        me = self._odoo.me.partner_id
        try:
            async with asyncio.timeout(self._events.patience):
                while True:
                    for event in self._events.events[since:]:
                        if isinstance(event, MessagePosted) and event.message.author.id != me:
                            return event
                    await asyncio.sleep(0.05)
        except TimeoutError:
            return None

    async def _cut_link(self, transport: str) -> None:
        box, report, events = self._box, self._report, self._events
        since = len(events.events)
        expected = {f"posted during the cut, {n}" for n in range(1, 11)}
        box.faults.drop(code=1006)
        for text in sorted(expected):
            box.world.post("bob", "support", text)
        down = await events.wait("a lost connection", since, LinkChanged, state="waiting")
        reason = down.reason if isinstance(down, LinkChanged) else None
        report.step(f"the {BEST_TRANSPORTS.get(transport)} was cut", down is not None, reason or "")
        again = await events.wait("the connection again", since, LinkChanged, state="open", via=transport)
        report.step("it reconnected automatically", again is not None)
        report.delivered_once(
            "every message was delivered exactly once", expected, await events.wait_for_texts(expected)
        )

    async def _cut_poll(self) -> None:
        """Cut the waiting long poll. Unlike a WebSocket, one cut does not end the link: the client asks again."""
        box, report, events = self._box, self._report, self._events
        since = len(events.events)
        expected = {f"posted during the cut, {n}" for n in range(1, 11)}
        await self._has_poll(True)  # between two polls, there is nothing to cut
        was_waiting = box.faults.drop() > 0
        cut = time.monotonic()
        for text in sorted(expected):
            box.world.post("bob", "support", text)
        ended = await self._has_poll(False)
        report.step("the long poll was cut", was_waiting and ended, "" if was_waiting else "no poll was waiting")
        again = await self._has_poll(True)
        waited = f"a poll waits again after {time.monotonic() - cut:.1f} s"
        report.step("the client asked again automatically", again, waited if again else "no poll arrived")
        report.delivered_once(
            "every message was delivered exactly once", expected, await events.wait_for_texts(expected)
        )
        # Events are in order, so a change of the link would have been recorded before the messages.
        changes = [event.state for event in events.events[since:] if isinstance(event, LinkChanged)]
        report.step("the link stayed open", not changes, ", ".join(changes))

    async def _has_poll(self, wanted: bool) -> bool:
        """Wait until a poll waits on the server, or none does; return whether that happened in time."""
        try:
            async with asyncio.timeout(self._events.patience):
                while True:
                    if bool(self._box.connections) == wanted:
                        return True
                    await asyncio.sleep(0.01)  # shorter than the client's pause before it asks again
        except TimeoutError:
            return False

    async def _refuse_websocket(self) -> None:
        box, report, events = self._box, self._report, self._events
        since = len(events.events)
        expected = {f"posted while the WebSocket was blocked, {n}" for n in range(1, 11)}
        box.faults.refuse_websocket(status=502)
        box.faults.drop(code=1006)
        polling = await events.wait("polling", since, LinkChanged, state="open", via="peek")
        report.step("the WebSocket was blocked and polling replaced it", polling is not None, self._odoo.link.via or "")
        for text in sorted(expected):
            box.world.post("carol", "random", text)
        report.delivered_once(
            "polling delivered every message exactly once", expected, await events.wait_for_texts(expected)
        )
        box.faults.accept_websocket()
        report.step("sending still works", await self._can_send(), "a message to #random")

    async def _can_send(self) -> bool:
        try:
            return bool(await self._odoo.channel("random").send("Thanks, all here."))
        except TimedOut:
            return False
