"""Several threads, callbacks, running loops, forks and forgotten closes."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import odoochat
from odoochat import MessagePosted, UsageError, sync
from tests.sync.conftest import SECONDS, SandboxThread


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("odoochat")}


def test_threads_share_a_client(ann: sync.Client, room: sync.Channel):
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda n: room.send(f"message {n}"), range(40)))
    assert len({message.id for message in sent}) == 40
    assert {message.text for message in room.history()} >= {f"message {n}" for n in range(40)}


def test_clients_share_one_thread_which_ends_with_the_last(server: SandboxThread):
    with server.connect("ann", live=False), server.connect("bob", live=False):
        assert len([t for t in threading.enumerate() if t.name == "odoochat"]) == 1
    assert threads() == set()
    with server.connect("ann", live=False) as again:
        assert again.channels()


def test_closing_ends_the_waits_of_other_threads(server: SandboxThread):
    odoo = server.connect("ann")
    events, begun = odoo.events(MessagePosted), threading.Semaphore(0)

    def iterate() -> list[object]:
        begun.release()
        return list(events)

    def wait() -> Any:
        begun.release()
        return odoo.wait_for(odoochat.MemberLeft)

    with ThreadPoolExecutor(2) as pool:
        iterating, waiting = pool.submit(iterate), pool.submit(wait)
        for _ in range(2):
            assert begun.acquire(timeout=SECONDS)
        odoo.close()
        odoo.close()
        assert iterating.result(SECONDS) == []
        with pytest.raises(UsageError, match="client (is|was) closed"):
            waiting.result(SECONDS)


def test_several_threads_may_close(server: SandboxThread):
    odoo, other = server.connect("ann"), server.connect("bob", live=False)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: odoo.close(), range(8))) == [None] * 8
    assert other.channels()  # the loop still serves it
    other.close()


def test_after_the_close_known_facts_stay_and_calls_say_why_not(server: SandboxThread):
    with server.connect("ann") as odoo:
        general = odoo.channel("general")
    assert odoo.me.login == "ann"
    assert general.name == "general"
    assert "closed" in repr(odoo)
    calls: list[Callable[[], object]] = [
        lambda: general.send("x"), lambda: list(general.history()), odoo.events, odoo.refresh,
        lambda: general.typing().__enter__(),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(UsageError, match="closed|not connected"):
            call()


def test_a_blocking_call_in_a_callback_is_refused(ann: sync.Client, room: sync.Channel):
    errors: list[Exception] = []

    def calls(event: MessagePosted) -> bool:
        try:
            room.send("from a callback")
        except UsageError as error:
            errors.append(error)
        assert ann.channel("general").name == "general"  # what is known is there
        with pytest.raises(UsageError, match="callback"):
            ann.close()
        return True

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ann.wait_for, MessagePosted, where=calls, timeout=SECONDS)
        while not waiting.done():
            room.send("go")
        waiting.result()
    assert "a blocking call in a callback would wait for itself" in str(errors[0])


async def test_it_works_where_a_loop_runs_already(server: SandboxThread):
    """As in a notebook, whose cells run in the thread of a loop."""
    assert asyncio.get_running_loop()
    with server.connect("ann") as odoo:
        posts = odoo.events(MessagePosted)
        sent = odoo.channel("general").send("from a cell")
        assert isinstance(event := posts.get(timeout=SECONDS), MessagePosted)
        assert event.message == sent


def test_context_variables_reach_callbacks(ann: sync.Client, room: sync.Channel):
    tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant")
    tenant.set("acme")
    seen: list[str] = []
    room.upload(("a.txt", b"abc"), progress=lambda _: seen.append(tenant.get("")))
    assert set(seen) == {"acme"}


def test_a_forgotten_client_warns_and_is_closed(server: SandboxThread):
    odoo = server.connect("ann")
    connections = server.box.connections
    channel = odoo.channel("general")
    del odoo
    assert channel.send("a channel keeps its client open").text
    kept = [channel]
    del channel
    with pytest.warns(ResourceWarning, match=r"unclosed <Client http://.* ann>; use `with odoochat.sync.connect"):
        kept.clear()
    server.until(lambda: server.box.connections == connections - 1)


def test_a_forgotten_subscription_drops_out(ann: sync.Client, room: sync.Channel):
    events = ann.events(MessagePosted, maxsize=1)
    queue = events._target._queue  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    del events
    gc.collect()
    room.send("after it")
    assert len(queue) == 0
    assert queue not in queue._subscribers._queues


FORK = """
import os, sys, odoochat
from odoochat import sync
odoo = sync.connect(sys.argv[1], db=sys.argv[2], login="ann", password="ann")
child = os.fork()
if not child:
    try:
        odoo.channel("general").send("from the child")
    except odoochat.UsageError as error:
        assert "connected in another process" in str(error), error
    else:
        os._exit(1)
    odoo.close()
    with sync.connect(sys.argv[1], db=sys.argv[2], login="bob", password="bob") as bob:
        assert bob.channel("general").send("from a client of the child").id
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
posts = odoo.events(odoochat.MessagePosted)
print(odoo.channel("general").send("from the parent").text)
assert posts.get(timeout=20)
odoo.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_fork_leaves_the_parents_client_whole(server: SandboxThread):
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", FORK]
    done = subprocess.run([*command, server.box.url, server.box.db], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == "from the parent\n"
