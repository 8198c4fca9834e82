"""Whatever happens to one account, the others receive every message once and in order."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from itertools import product

from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoochat import AccountEnded, LoginError, MessagePosted, Pool
from odoochat.sandbox import Sandbox
from odoochat.sandbox.http.websocket import Socket
from tests.pool.world import STEADY, hire, tasks, until

HEALTHY = ["ann", "bob", "carol"]
NONSENSE: list[object] = [
    None, [], "\u202e", {"data": {"mail.message": [{"id": "x", "body": [1]}]}}, {"id": 2**70, "message": 7},
]  # fmt: skip
HOSTILE = [
    "no JSON",
    "[" * 100_000,
    "{}",
    json.dumps([{"id": 2**70, "message": {"type": "mail.record/insert", "payload": {}}}]),
    json.dumps([{"id": -1, "message": None}]),
    *(
        json.dumps([{"id": 10**6 + number, "message": {"type": kind, "payload": payload}}])
        for number, (kind, payload) in enumerate(
            product(("discuss.channel/new_message", "mail.record/insert", "mail.message/delete", "unknown"), NONSENSE)
        )
    ),
    json.dumps([{"id": 2 * 10**6, "message": {"type": "x", "payload": "y" * 5_000_000}}]),
]
LAST = "the last one"


class Troubled:
    """A pool of which some accounts have trouble."""

    def __init__(self, box: Sandbox, pool: Pool, victims: list[str]) -> None:
        self.box = box
        self.pool = pool
        self.victims = victims
        self._next = 0

    def _victim(self) -> str:
        self._next += 1
        return self.victims[self._next % len(self.victims)]

    async def wrong_password(self) -> None:
        """One more account, which the server refuses."""
        try:
            await self.pool.add(name="refused", login="dave", password="wrong")
        except LoginError:
            return
        raise AssertionError("the wrong password was accepted")

    async def password_changed(self) -> None:
        """An account that cannot log in any more."""
        login = self._victim()
        self.box.faults.change_password(login, "new")
        self.box.faults.expire_session(login)

    async def session_ended(self) -> None:
        """An account that logs in again."""
        self.box.faults.expire_session(self._victim())

    async def client_closed(self) -> None:
        """A program that closes the client of an account, which it should not do."""
        account = self.pool[self._victim()]
        if account.state == "connected":
            await account.client.close()

    async def removed(self) -> None:
        """An account that goes, and comes back unless its password was changed."""
        login = self._victim()
        await self.pool.remove(login)
        self.pool.start(login=login, password=login)

    async def observer_fails(self) -> None:
        """An exception where the events of an account are delivered."""
        connection = self.pool[self._victim()].connection
        if connection is not None:

            def fail(event: object) -> None:
                raise ZeroDivisionError

            connection.subscribers.observers = (fail,)

    async def hostile_frames(self) -> None:
        """A WebSocket of an account on which nonsense arrives."""
        uid = self.box.world.uid(self._victim())
        for line in self.box.faults._lines():
            if isinstance(line, Socket) and line._uid == uid:
                for frame in HOSTILE:
                    await line._say(frame)

    async def all_dropped(self) -> None:
        """The network fails, for all."""
        self.box.faults.drop(1006)

    async def server_stops(self) -> None:
        """The server ends all links, as before a restart."""
        self.box.faults.drop(1001)


TROUBLE: list[Callable[[Troubled], Awaitable[None]]] = [
    Troubled.wrong_password,
    Troubled.password_changed,
    Troubled.session_ended,
    Troubled.client_closed,
    Troubled.removed,
    Troubled.observer_fails,
    Troubled.hostile_frames,
    Troubled.all_dropped,
    Troubled.server_stops,
]


async def play(steps: list[int]) -> None:
    async with Sandbox() as box:
        victims = hire(box, 3)
        async with Pool(box.url, connects_per_second=1000.0, timing=STEADY) as pool:
            for login in [*HEALTHY, *victims]:
                pool.start(login=login, password=login)
            await asyncio.gather(*(account.wait_connected(30) for account in pool))
            events = pool.events(MessagePosted)
            troubled, posted = Troubled(box, pool, victims), list[str]()
            for number, step in enumerate(steps):
                posted.append(f"message {number}")
                box.world.post("alice", "general", posted[-1])
                await TROUBLE[step](troubled)
            await until(lambda: all(pool[login].state == "connected" for login in HEALTHY))
            posted.append(LAST)
            box.world.post("alice", "general", LAST)
            texts: dict[str, list[str]] = defaultdict(list)
            while any(LAST not in texts[login] for login in HEALTHY):
                account, event = await events.get(30)
                if isinstance(event, MessagePosted):
                    texts[account.name].append(event.message.text)
                else:
                    assert isinstance(event, AccountEnded), event
                    assert account.name not in HEALTHY
            for login in HEALTHY:
                assert texts[login] == posted, login
    assert tasks() == set()


@settings(max_examples=6)
@given(st.lists(st.sampled_from(range(len(TROUBLE))), min_size=1, max_size=6))
@example([*range(len(TROUBLE))])
def test_the_others_receive_everything_once(steps):
    asyncio.run(play(steps))
