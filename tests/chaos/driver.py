"""One run: a real Odoo, writers, listeners, senders, faults; and the account of it from Odoo's own tables."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from html import unescape
from typing import Any

import aiohttp
from msgspec import Struct

from odoochat import OdooChatError
from tests.chaos.faults import Faults
from tests.chaos.listening import WHO, Listener, Verdict
from tests.chaos.odoo import Hand, HandError, Odoo, World

CHANNELS = 5
HANDS = 3  # writers beside the server, as a second worker or a cron job is; the other two post through it
HTTP = 2
OTHERS = 9  # messages that nobody of the run may read, for each one that all hear
COMMITS = """
CREATE TABLE chaos_commit (seq bigserial, message_id integer, at double precision);
CREATE FUNCTION chaos_committed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos_commit (message_id, at) VALUES (NEW.id, extract(epoch FROM clock_timestamp()));
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER chaos_committed AFTER INSERT ON mail_message
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chaos_committed();
"""
NO_COMMITS = """
SET client_min_messages = warning;
DROP TRIGGER IF EXISTS chaos_committed ON mail_message;
DROP FUNCTION IF EXISTS chaos_committed();
DROP TABLE IF EXISTS chaos_commit;
"""


class Plan(Struct, frozen=True):
    """How much of what.

    Attributes:
        messages: of the five writers together.
        sends: of the two clients of odoochat together.
        seconds: of faults at least; the writers are paced to end with them, and where they cannot the faults go on.
        gap: seconds between two faults of one listener, on average.
    """

    version: int
    messages: int
    sends: int
    seconds: float
    gap: float
    seed: int
    fresh: bool


class Sent(Struct):
    """Outcome of each send of a client: the id by text, or the error."""

    returned: dict[str, int] = {}
    raised: dict[str, str] = {}


class Run:
    """One run on one server."""

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self.plan = plan
        self.say = say
        self.odoo = Odoo(plan.version)
        self.tag = f"c{plan.seed}t{int(time.time()) % 1_000_000}"
        self.listeners: list[Listener] = []
        self.senders: list[Listener] = []
        self.world: World
        self.faults: Faults
        self.sent = Sent()
        self.written: Counter[str] = Counter()
        self.conflicts = 0
        self.others = 0
        self.renames = 0
        self.verdicts: list[Verdict] = []
        self.bad: list[str] = []

    # ---------------------------------------------------------------------- story

    async def run(self) -> bool:
        """Runs; whether nothing was lost and nothing doubled."""
        plan, say = self.plan, self.say
        began = time.monotonic()
        say(
            f"chaos on Odoo {plan.version}: seed {plan.seed}, {plan.messages} messages, {plan.sends} sends, "
            f"{plan.seconds:.0f} s of faults"
        )
        await self.odoo.begin(fresh=plan.fresh)
        try:
            await self.odoo.rows(NO_COMMITS)
            await self.odoo.rows(COMMITS)
            async with AsyncExitStack() as stack:
                hands = await asyncio.gather(*(stack.enter_async_context(Hand(self.odoo)) for _ in range(HANDS)))
                await self._people(hands[0])
                for who in (*self.listeners, *self.senders):
                    stack.push_async_callback(who.stop)
                await asyncio.gather(*(who.start() for who in (*self.listeners, *self.senders)))
                say(f"{time.monotonic() - began:.1f} s: everybody is there")
                await self._storm(hands)
                await self._calm()
                await self._judge()
        finally:
            try:
                await self.odoo.rows(NO_COMMITS)
            finally:
                await self.odoo.end()
        say(f"{time.monotonic() - began:.1f} s in all")
        self._report()
        return not self.bad

    async def _people(self, hand: Hand) -> None:
        tag = self.tag
        live = ("websocket", "peek") if self.plan.version >= 16 else ("longpoll",)
        hows: dict[str, dict[str, Any]] = {via: {"transport": via} for via in live}
        hows["rpc"] = {"transport": "rpc"}
        hows["rpc+key"] = {"transport": "rpc", "key": True}
        hows["auto"] = {}
        writers = [f"{tag}-w{i}" for i in range(HANDS + HTTP)]
        senders = [f"{tag}-s0", f"{tag}-s1"]
        logins = {name: f"{tag}-{name.replace('+', '-')}" for name in hows}
        channels = [f"{tag}-{i}" for i in range(CHANNELS)]
        keys = [*writers[HANDS:], senders[1], logins["rpc+key"]]
        self.world = await hand.world([*writers, *senders, *logins.values()], channels, keys)
        self.writers = writers
        for name, how in hows.items():
            login = logins[name]
            by = {"api_key": self.world.keys[login]} if how.pop("key", False) else {"password": login}
            self.listeners.append(Listener(name, self.odoo, self.world.channels, {"login": login, **by, **how}))
        key = self.world.keys[senders[1]]
        for login, by in ((senders[0], {"password": senders[0]}), (senders[1], {"api_key": key})):
            name = "sender" if "password" in by else "sender+key"
            self.senders.append(Listener(name, self.odoo, self.world.channels, {"login": login, **by}))

    async def _storm(self, hands: list[Hand]) -> None:
        plan = self.plan
        self.faults = Faults(
            self.odoo,
            self.world,
            [*self.listeners, *self.senders],
            seed=plan.seed,
            seconds=plan.seconds,
            gap=plan.gap,
        )
        # those who post through the server wait while it is away: they get the smaller share
        small = plan.messages // 12
        shares = [(plan.messages - HTTP * small) // HANDS] * HANDS + [small] * HTTP
        shares[0] += plan.messages - sum(shares)
        writing = asyncio.gather(
            *(
                self._write(n, shares[n], plan.seconds * 0.95 / shares[n], hand)
                for n, hand in enumerate([*hands, *[None] * HTTP])
            )
        )
        each = plan.sends // (2 * CHANNELS)
        sending = asyncio.gather(
            *(
                self._send(sender, channel, each, plan.seconds * 0.9 / each)
                for sender in self.senders
                for channel in self.world.channels
            )
        )
        storm = asyncio.ensure_future(self.faults.run())
        jobs: set[asyncio.Future[Any]] = {storm, writing, sending}
        began = time.monotonic()
        try:
            # the faults last as long as there is something to write, within bounds
            while (passed := time.monotonic() - began) < plan.seconds or not (writing.done() and sending.done()):
                if passed > plan.seconds * 1.5:
                    break
                await asyncio.wait(jobs, timeout=0.5, return_when=asyncio.FIRST_EXCEPTION)
                for job in jobs:
                    if job.done():
                        job.result()
            storm.cancel()
            await asyncio.gather(storm, return_exceptions=True)
            await self.faults.heal()
            self.say(
                f"the faults are over after {time.monotonic() - began:.0f} s; {sum(self.written.values())} written, "
                f"{len(self.sent.returned)} sent"
            )
            async with asyncio.timeout(plan.seconds * 0.5 + 150):
                await asyncio.gather(writing, sending)
        except TimeoutError:
            self.bad.append("the writers or senders did not come to an end")
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            await self.faults.heal()

    # -------------------------------------------------------------------- writers

    async def _write(self, n: int, count: int, pace: float, hand: Hand | None) -> None:
        login = self.writers[n]
        chance = random.Random(f"{self.plan.seed} writer {n}")
        start = time.monotonic()
        async with aiohttp.ClientSession() as http:
            for number in range(count):
                await asyncio.sleep(start + number * pace - time.monotonic())
                channel = chance.choice(self.world.channels)
                text = f"{self.tag} {login} {number:06d}"
                late = chance.random() < 0.03
                if hand is not None:
                    odd = {"unknown": chance.random() < 0.05, "old": chance.random() < 0.05}
                    await self._by_hand(hand, login, channel, text, chance.uniform(0.2, 2.5) if late else 0.0, odd)
                    await self._others(hand, chance)
                else:
                    await self._by_http(http, login, channel, text)
                self.written[login] += 1

    async def _others(self, hand: Hand, chance: random.Random) -> None:
        """For each message nine of others, sometimes a rename, sometimes a gap of ids."""
        try:
            await hand.crowd(self.world, OTHERS, gap=chance.choice((0, 0, 0, 700)))
            self.others += OTHERS
            if chance.random() < 0.05:
                who = chance.choice(self.writers)
                await hand.rename(self.world.uids[who], f"{who} renamed {chance.randrange(1000)}")
                self.renames += 1
        except HandError:
            self.conflicts += 1

    async def _by_hand(
        self, hand: Hand, login: str, channel: int, text: str, open_for: float, odd: dict[str, Any]
    ) -> None:
        while True:
            try:
                await hand.post(self.world.uids[login], channel, text, flush=bool(open_for), commit=not open_for, **odd)
                if open_for:
                    await asyncio.sleep(open_for)  # its ids are given, and nobody sees it yet
                    await hand.commit()
                return
            except HandError:  # two posts at once wrote the same row: Odoo's server tries again too
                self.conflicts += 1
                await asyncio.sleep(0.05)

    async def _by_http(self, http: aiohttp.ClientSession, login: str, channel: int, text: str) -> None:
        uid, key, model = self.world.uids[login], self.world.keys[login], self.odoo.model
        unclear = False
        while True:
            try:
                if unclear:
                    for pause in (0.0, 1.0, 3.0):  # a request under way is not visible yet
                        await asyncio.sleep(pause)
                        domain = [["model", "=", model], ["res_id", "=", channel], ["body", "like", text]]
                        if await self.odoo.call(http, uid, key, "mail.message", "search", domain):
                            return
                    unclear = False
                unclear = True
                await self.odoo.call(
                    http, uid, key, model, "message_post", [channel],
                    body=text, message_type="comment", subtype_xmlid="mail.mt_comment",
                )  # fmt: skip
                return
            except (aiohttp.ClientError, TimeoutError, OSError, RuntimeError, ValueError):
                await asyncio.sleep(0.5)

    async def _send(self, sender: Listener, channel: int, count: int, pace: float) -> None:
        WHO.set(sender.name)
        assert sender.client is not None
        start = time.monotonic()
        for number in range(count):
            await asyncio.sleep(max(0.0, start + number * pace - time.monotonic()))
            text = f"{self.tag} {sender.name} {channel} {number:06d}"
            try:
                async with asyncio.timeout(240):
                    message = await sender.client.channel(channel).send(text)
            except (OdooChatError, TimeoutError) as error:
                self.sent.raised[text] = f"{type(error).__name__}: {error}"
                continue
            self.sent.returned[text] = message.id
            if message.text != text or message.channel.id != channel:
                self.bad.append(f"send({text!r}) returned {message!r}")

    # -------------------------------------------------------------------- account

    async def _truth(self) -> dict[int, tuple[int, str]]:
        ids = ",".join(str(c) for c in self.world.channels)
        rows = await self.odoo.rows(
            f"SELECT id, res_id, replace(body, chr(10), ' ') FROM mail_message WHERE model = '{self.odoo.model}' "
            f"AND res_id IN ({ids}) AND message_type = 'comment' ORDER BY id"
        )
        return {int(i): (int(c), unescape(re.sub(r"<[^>]*>", "", body)).strip()) for i, c, body in rows}

    async def _calm(self) -> None:
        """Waits until everybody has everything, or nothing moves for a minute."""
        began = time.monotonic()
        truth = await self._truth()
        everybody = [*self.listeners, *self.senders]
        for who in everybody:
            who.progressed = began
        while True:
            behind = {w.name: len(truth.keys() - w.seen.keys()) for w in everybody}
            behind = {name: n for name, n in behind.items() if n}
            if not behind:
                break
            if time.monotonic() - max(w.progressed for w in everybody) > 60:
                self.say(f"no progress for 60 s; still missing: {behind}")
                break
            await asyncio.sleep(0.5)
        self.say(f"caught up {time.monotonic() - began:.1f} s after the last fault")
        await asyncio.sleep(3)  # time for doubles

    async def _judge(self) -> None:
        truth = await self._truth()
        committed: dict[int, float] = {}
        for number, at in await self.odoo.rows("SELECT message_id, at FROM chaos_commit"):
            committed[int(number)] = float(at)
        where = {i: channel for i, (channel, _) in truth.items()}
        self.verdicts = [Verdict(w, where, committed) for w in (*self.listeners, *self.senders)]
        texts = Counter(text for _, text in truth.values())
        self.truth, self.texts = truth, texts
        for verdict in self.verdicts:
            if not verdict.good:
                self.bad.append(self._complaint(verdict))
        # what the writers wrote themselves: a proof of the measure, not of odoochat
        wrong = [t for t, n in texts.items() if n > 1 and "sender" not in t]
        if wrong:
            self.say(f"note: {len(wrong)} of the raw writers' own texts stand twice in the tables: {wrong[:3]}")
        missing = [t for t in self.sent.returned if not texts[t]]
        double = [t for t in (*self.sent.returned, *self.sent.raised) if texts[t] > 1]
        liars = [
            t for t, e in self.sent.raised.items() if texts[t] and "unclear whether" not in e and "was posted" not in e
        ]
        wrong_ids = [t for t, i in self.sent.returned.items() if truth.get(i, (0, ""))[1] != t]
        refused = [
            t for t, e in self.sent.raised.items() if not texts[t] and not e.startswith(("TimedOut", "Unreachable"))
        ]
        self.sends = {
            "refused": refused,
            "missing": missing,
            "double": double,
            "raised but posted": liars,
            "wrong id": wrong_ids,
        }
        order: dict[tuple[str, str], int] = {}
        late = []
        for _, text in (truth[i] for i in sorted(truth)):
            if " sender" in text:
                _, who, channel, number = text.split(" ")
                if int(number) < order.get((who, channel), -1):
                    late.append(text)
                order[who, channel] = int(number)
        self.sends["out of order"] = late
        for what, those in self.sends.items():
            if those:
                self.bad.append(f"sends {what}: {len(those)}: {those[:5]}")

    def _complaint(self, verdict: Verdict) -> str:
        listener = verdict.listener
        parts = [
            f"{what} {len(those)}: {those[:10]}"
            for what, those in (
                ("lost", verdict.lost),
                ("doubled", verdict.doubled),
                ("not in the tables", verdict.strange),
                ("in another channel", verdict.elsewhere),
                ("out of order", verdict.misplaced),
            )
            if those
        ]
        if listener.missed:
            parts.append(f"missed by a full queue: {listener.missed}")
        if listener.error is not None:
            parts.append(f"ended with {listener.error!r}")
        return f"{listener.name}: " + "; ".join(parts)

    def _report(self) -> None:
        say = self.say
        say("")
        say(f"Odoo {self.plan.version}, seed {self.plan.seed}: {len(self.truth)} messages in Odoo's tables")
        head = (
            "listener",
            "heard",
            "lost",
            "doubled",
            "out of order",
            "late commits",
            "overtaken",
            "links opened",
            "faults",
        )
        say("| " + " | ".join(head) + " |")
        say("|" + "---|" * len(head))
        for verdict in self.verdicts:
            who = verdict.listener
            faults = sum(
                who.proxy.done[k] for k in who.proxy.done if k not in ("bytes lost in holes", "answers cut in fact")
            )
            cells = (
                who.name, len(who.seen), len(verdict.lost), len(verdict.doubled), len(verdict.misplaced),
                len(verdict.late),
                f"{len(verdict.overtaken)} ({max((o[2] for o in verdict.overtaken), default=0.0):.1f} s)",
                who.reconnects, faults,
            )  # fmt: skip
            say("| " + " | ".join(str(c) for c in cells) + " |")
        say(
            "out of order: told after a higher id of its channel though committed before it; late commits: committed "
            "after a higher id, so rightly told later; overtaken: of those, also by one committed after it"
        )
        total = len(self.sent.returned) + len(self.sent.raised)
        say(
            f"sends: {total}, returned {len(self.sent.returned)}, raised {len(self.sent.raised)}, "
            + ", ".join(f"{what} {len(those)}" for what, those in self.sends.items())
        )
        for error, n in Counter(self.sent.raised.values()).items():
            say(f"  raised {n} times: {error}")
        net: Counter[str] = Counter()
        for who in (*self.listeners, *self.senders):
            net.update(who.proxy.done)
        say("network: " + ", ".join(f"{what} {n}" for what, n in sorted(net.items())))
        say(
            "sessions: "
            + (", ".join(f"{what} {n}" for what, n in self.faults.sessions.items()) or "none")
            + f"; could not be ended: {len(self.faults.failed)}"
        )
        say(f"others: {self.others} messages that nobody here may read, {self.renames} renames")
        say(
            "server: "
            + ", ".join(f"{what} {n}" for what, n in self.faults.server.items())
            + f"; conflicts of the writers' transactions: {self.conflicts}"
        )
        for text in self.bad:
            say(f"BAD  {text}")
        say("good: nothing lost, nothing doubled, order kept" if not self.bad else f"FAILED: seed {self.plan.seed}")
        logging.getLogger("odoochat").info("faults: %s", self.faults.log)
