"""What survives a restart: what was delivered, and what waits to be sent."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import stat

import msgspec
import pytest

from odoochat import ConfigError, LinkChanged, MessagePosted, Unreachable
from odoochat.client import persistence
from odoochat.client.persistence import OutboxFile
from odoochat.core.state import ClientState
from odoochat.sandbox import Sandbox
from tests.timings import QUICK, quick_connect


def connect(box: Sandbox, **more):
    return quick_connect(box.url, **({"login": "alice", "password": "alice"} | more))


async def received_by(odoo, count: int, patience: float = 10) -> list[str]:
    arrived = odoo.events(MessagePosted)
    return [(await arrived.get(patience)).message.text for _ in range(count)]


async def test_what_was_missed_comes_after_the_restart_once(box, tmp_path):
    state = tmp_path / "state.json"
    async with connect(box, state=state) as odoo:
        arrived = odoo.events(MessagePosted)
        box.world.post("bob", "general", "first")
        assert (await arrived.get(10)).message.text == "first"
        box.world.post("bob", "general", "second")
        assert (await arrived.get(10)).message.text == "second"
    box.world.post("bob", "general", "missed 1")
    box.world.post("bob", "support", "missed 2")
    async with connect(box, state=state) as odoo:
        await asyncio.sleep(0.1)  # nothing may be lost between connecting and listening
        assert await received_by(odoo, 2) == ["missed 1", "missed 2"]
    async with connect(box, state=state) as odoo:
        arrived = odoo.events(MessagePosted)
        box.world.post("bob", "general", "third")
        assert (await arrived.get(10)).message.text == "third"


@pytest.mark.parametrize("version", [14, 19])
async def test_what_was_missed_waits_for_a_subscriber_of_a_link_by_rpc(version, tmp_path):
    state = tmp_path / "state.json"
    async with Sandbox(version) as box:
        async with connect(box, state=state, transport="rpc"):
            pass
        box.world.post("bob", "general", "missed")
        async with connect(box, state=state, transport="rpc") as odoo:
            assert await received_by(odoo, 1) == ["missed"]
            box.world.post("bob", "general", "later")
            assert await received_by(odoo, 1) == ["later"]


async def test_what_was_not_handled_comes_again(box19, tmp_path):
    state = tmp_path / "state.json"
    with pytest.raises(RuntimeError, match="handler"):
        async with connect(box19, state=state) as odoo:
            arrived = odoo.events(MessagePosted)
            for n in range(3):
                box19.world.post("bob", "general", f"text {n}")
            assert (await arrived.get(10)).message.text == "text 0"
            assert (await arrived.get(10)).message.text == "text 1"
            raise RuntimeError("the handler failed")
    async with connect(box19, state=state) as odoo:
        assert await received_by(odoo, 2) == ["text 1", "text 2"]


async def test_a_late_commit_over_a_restart_is_delivered(box19, tmp_path):
    state = tmp_path / "state.json"
    with box19.faults.late_commit("carol"):
        box19.world.post("carol", "support", "late")
        async with connect(box19, state=state) as odoo:
            arrived = odoo.events(MessagePosted)
            box19.world.post("bob", "general", "early")
            assert (await arrived.get(10)).message.text == "early"
    async with connect(box19, state=state) as odoo:
        assert await received_by(odoo, 1) == ["late"]


class Kept:
    """A record that is kept elsewhere, here the one of a file."""

    def __init__(self, file):
        self._file = file

    def read(self):
        return self._file.read_bytes()

    async def write(self, data):
        self._file.write_bytes(data)


async def test_the_state_is_private_and_of_one_user(box19, tmp_path):
    state = tmp_path / "state.json"
    async with connect(box19, state=state):
        pass
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert "alice" not in json.loads(state.read_text())["account"]
    with pytest.raises(ConfigError, match="belongs to"):
        async with connect(box19, state=state, login="bob", password="bob"):
            pass
    with pytest.raises(ConfigError, match="belongs to .*; keep each account's record apart"):
        async with connect(box19, state=Kept(state), login="bob", password="bob"):
            pass
    state.write_text("{}")
    with pytest.raises(ConfigError, match="not an odoochat state file"):
        async with connect(box19, state=state):
            pass


async def test_what_waits_to_be_sent_survives(tmp_path):
    async with Sandbox(19, path=str(tmp_path / "world.sqlite")) as box:
        port = box.port
        odoo = await connect(box, outbox=tmp_path / "out", timeout=1)
    sends = [asyncio.create_task(odoo.channel("general").send(f"waits {n}")) for n in range(3)]
    while len(odoo.outbox) < 3:
        await asyncio.sleep(0.01)
    assert [e.text for e in odoo.outbox] == ["waits 0", "waits 1", "waits 2"]
    assert odoo.outbox.cancel(list(odoo.outbox)[2])
    await odoo.close()
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    assert all(isinstance(o, BaseException) for o in outcomes)
    async with (
        Sandbox(19, port, path=str(tmp_path / "world.sqlite")) as box,
        connect(box, login="bob", password="bob") as bob,
    ):
        arrived = bob.events(MessagePosted)
        async with connect(box, outbox=tmp_path / "out") as odoo:
            assert [(await arrived.get(10)).message.text for _ in range(2)] == ["waits 0", "waits 1"]
            while odoo.outbox:
                await asyncio.sleep(0.01)
        assert list((tmp_path / "out").glob("*.json")) == []
        async with connect(box, outbox=tmp_path / "out") as odoo:
            await odoo.channel("general").send("done")
        assert (await arrived.get(10)).message.text == "done"


@pytest.mark.parametrize("where", ["outbox", "state"])
async def test_a_pipe_or_link_of_another_user_is_reported_and_not_waited_for(box19, tmp_path, where):
    path = OutboxFile(tmp_path, f"{box19.world.uid('alice')}@{box19.db}@{box19.url}").path
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero"), os.mkdir):
        make(path)
        with pytest.raises(ConfigError, match="cannot read"):
            await asyncio.wait_for(_come_and_go(box19, **{where: tmp_path if where == "outbox" else path}), 20)
        path.rmdir() if path.is_dir() else path.unlink()


async def _come_and_go(box: Sandbox, **how) -> None:
    async with connect(box, **how):
        pass


@pytest.mark.parametrize("kept", [b"\xff{", b"{}", b'[{"text": 5}]', b"[" * 100_000, b'[{"message":{}}]'])
async def test_a_damaged_outbox_is_reported(box19, tmp_path, kept):
    path = OutboxFile(tmp_path, f"{box19.world.uid('alice')}@{box19.db}@{box19.url}").path
    path.write_bytes(kept)
    with pytest.raises(ConfigError, match="damaged"):
        await _come_and_go(box19, outbox=tmp_path)
    assert path.read_bytes() == kept
    state = tmp_path / "state"
    state.write_bytes(kept)
    with pytest.raises(ConfigError, match="state"):
        await _come_and_go(box19, state=state)


async def test_an_outbox_that_is_no_folder_is_reported(box19, tmp_path):
    (tmp_path / "file").write_text("")
    for outbox in (tmp_path / "file", tmp_path / "file" / "in it"):
        with pytest.raises(ConfigError, match="not a folder"):
            await _come_and_go(box19, outbox=outbox)


def test_databases_with_similar_names_share_no_outbox(tmp_path):
    owners = ["5@a_b@http://x", "5@a-b@http://x", "5@a@b@http://x", "5@A-b@http://x", f"5@{'d' * 300}@http://x"]
    files = {OutboxFile(tmp_path, owner).path.name.casefold() for owner in owners}
    assert len(files) == len(owners)
    for owner in owners:
        OutboxFile(tmp_path, owner).write(b"[1]")


async def test_two_clients_do_not_post_the_messages_of_one_outbox(box19, tmp_path):
    async with connect(box19, outbox=tmp_path) as first:
        box19.faults.fail(1_000, status=429)
        sending = asyncio.create_task(first.channel("general").send("once"))
        async with asyncio.timeout(20):
            while not any(each.attempts for each in first.outbox):
                await asyncio.sleep(0.01)
        box19.faults.clear()
        with pytest.raises(ConfigError, match="another client is using the outbox"):
            async with connect(box19, outbox=tmp_path):
                pass
        async with connect(box19, login="bob", password="bob", outbox=tmp_path):
            await sending  # another user's messages are in a file of their own
    async with connect(box19, outbox=tmp_path):
        assert [row["body"] for row in box19.world.history("general")].count("<span>once</span>") == 1


async def test_two_clients_do_not_share_a_state_file(box19, tmp_path):
    state = tmp_path / "state"
    async with connect(box19, state=state) as odoo:
        arrived = odoo.events(MessagePosted)
        box19.world.post("bob", "general", "handled")
        assert (await arrived.get(10)).message.text == "handled"
        with pytest.raises(ConfigError, match="another client is using the state file"):
            async with connect(box19, state=state):
                pass
    async with connect(box19, state=state) as odoo:
        box19.world.post("bob", "general", "later")
        assert await received_by(odoo, 1) == ["later"]


async def test_a_file_system_without_locks_is_used_without(box19, tmp_path, monkeypatch):
    def refuse(path: object) -> int:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(persistence, "lock_private", refuse)
    async with connect(box19, state=tmp_path / "state", outbox=tmp_path) as odoo:
        assert (await odoo.channel("general").send("unlocked")).text == "unlocked"
    assert (tmp_path / "state").exists()


async def test_a_send_that_was_under_way_is_looked_for_after_the_restart(box19, tmp_path):
    odoo = await connect(box19, outbox=tmp_path / "out")
    box19.faults.cut_answer(1, "message_post")
    send = asyncio.create_task(odoo.channel("general").send("under way"))
    while not any("under way" in row["body"] for row in box19.world.history("general")):
        await asyncio.sleep(0.005)
    await odoo.close()
    await asyncio.gather(send, return_exceptions=True)
    async with connect(box19, outbox=tmp_path / "out") as odoo:
        while odoo.outbox:
            await asyncio.sleep(0.01)
    bodies = [row["body"] for row in box19.world.history("general")]
    assert sum("under way" in body for body in bodies) == 1


async def test_without_a_live_link_send_fails_at_once_and_withdraws(box19):
    async with connect(box19, live=False) as odoo:
        await box19.close()
        with pytest.raises(Unreachable):
            await odoo.channel("general").send("nobody there")
        assert list(odoo.outbox) == []


async def test_a_full_disk_keeps_no_message_from_going_out(box19, tmp_path, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(OutboxFile, "write", refuse)
    async with quick_connect(box19.url, login="alice", password="alice", outbox=tmp_path) as alice:
        message = await alice.channel("general").send("on a full disk")
        assert list(alice.outbox) == []
        assert (await alice.fetch_message(message.id)).text == "on a full disk"
    received = [r.message for r in caplog.records if "No space left" in r.message and r.levelname == "WARNING"]
    assert len(received) == 1


async def test_a_post_that_got_through_ends_the_wait_for_the_link(box19):
    async with quick_connect(box19.url, login="alice", password="alice") as alice:
        await alice.link.wait_open(10)
        arrived = alice.events(LinkChanged)
        box19.faults.refuse_websocket()
        box19.faults.drop(code=1006)
        while (await arrived.get(10)).state != "waiting":
            pass
        woken: list[bool] = []
        alice._connection.live_link.wake = lambda: woken.append(True)
        await alice.channel("general").send("the server is there")
        assert woken


async def test_a_disk_that_was_full_is_written_to_again(box19, tmp_path, monkeypatch, caplog):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    state = tmp_path / "state.json"
    timing = msgspec.structs.replace(QUICK, save=0.02)
    async with quick_connect(box19.url, login="alice", password="alice", state=state, timing=timing) as alice:
        arrived = alice.events(MessagePosted)
        with monkeypatch.context() as patch:
            patch.setattr(persistence, "write_private", full)
            box19.world.post("bob", "general", "on a full disk")
            assert (await arrived.get(10)).message.text == "on a full disk"
            async with asyncio.timeout(10):
                while not any("No space left" in r.message for r in caplog.records):
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
        assert [r.levelname for r in caplog.records if "No space left" in r.message].count("WARNING") == 1
        before = state.read_bytes() if state.exists() else b""
        async with asyncio.timeout(10):
            while not state.exists() or state.read_bytes() == before:
                await asyncio.sleep(0.01)
    assert list(tmp_path.glob("[!.]*")) == [state]


async def test_a_disk_that_is_full_at_the_end_is_reported_and_everything_is_closed(box19, tmp_path, monkeypatch):
    alice = await connect(box19, state=tmp_path / "state.json")
    await alice.link.wait_open(10)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(persistence, "write_private", full)
    await alice.channel("general").send("something to save")  # an unchanged state is not written
    with pytest.raises(ConfigError, match=r"cannot write the state file .*state\.json: No space left"):
        await alice.close()
    assert alice._connection.session.http._connections._pool.closed
    async with asyncio.timeout(10):
        while box19.connections:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("given", [[3, 1, 2], [1, 2, 1, 3, 4]])
def test_the_partners_remembered_longest_are_forgotten_first(given: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odoochat.core.state.USERS_REMEMBERED", 2)
    state = ClientState()
    simple: dict[int, int] = {}
    for uid in given:
        state.partner_of(uid, uid + 100)
        simple[uid] = uid + 100
        while len(simple) > 2:
            del simple[next(iter(simple))]
    assert {uid: state.partner_of(uid) for uid in range(1, 6)} == {uid: simple.get(uid, 0) for uid in range(1, 6)}
