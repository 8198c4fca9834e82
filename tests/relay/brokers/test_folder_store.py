"""A store in a folder, for brokers that have none."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from odoochat.errors import ConfigError
from odoochat.relay.brokers.broker import BrokerDown, Conflict
from odoochat.relay.brokers.folder_store import DAY, FolderStore


async def test_entries_stay_and_a_write_on_an_older_revision_is_refused(tmp_path: Path):
    store = FolderStore(tmp_path / "state")
    await store.open()
    assert await store.read_many(["account.x"]) == [None]
    first = await store.write("account.x", b"1", 0)
    second = await store.write("account.x", b"2", first)
    for revision in (0, first):
        with pytest.raises(Conflict):
            await store.write("account.x", b"3", revision)
    await store.remember("done.1", b"y")
    await store.close()
    again = FolderStore(tmp_path / "state")
    await again.open()
    entry = await again.read("account.x")
    assert entry is not None
    assert (entry.value, entry.revision) == (b"2", second)
    assert await again.recall("done.1") == b"y"
    await again.delete("account.x")
    assert await again.read("account.x") is None
    await again.close()


async def test_a_second_process_is_refused(tmp_path: Path):
    store, other = FolderStore(tmp_path / "state"), FolderStore(tmp_path / "state")
    await store.open()
    with pytest.raises(ConfigError, match="another process is using the folder .*state; to share accounts"):
        await other.open()
    await store.close()
    await other.open()
    await other.close()


async def test_a_clock_that_is_set_forgets_nothing_too_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    now = 1000.0
    store = FolderStore(tmp_path / "state", clock=lambda: now)
    await store.open()
    await store.remember("done.1", b"y")
    today = time.time()
    for years in (1, -1):
        monkeypatch.setattr(time, "time", lambda years=years: today + years * 365 * DAY)
        await store.remember(f"done.{years}", b"y")
        assert await store.recall("done.1") == b"y"
    now += DAY + 1
    await store.remember("done.2", b"y")
    assert [path.name for path in (tmp_path / "state").glob("done.*")] == ["done.2"]
    await store.close()


async def test_what_an_earlier_process_remembered_is_forgotten_after_a_day(tmp_path: Path):
    now = 1000.0
    for number, age in enumerate((DAY / 2, 2 * DAY, -365 * DAY)):
        store = FolderStore(tmp_path / "state", clock=lambda: now)
        await store.open()
        await store.remember(f"done.{number}", b"y")
        changed = time.time() - age
        os.utime(tmp_path / "state" / f"done.{number}", (changed, changed))
        await store.close()
    store = FolderStore(tmp_path / "state", clock=lambda: now)
    await store.open()
    await store.remember("done.new", b"y")
    assert [await store.recall(f"done.{number}") for number in range(3)] == [b"y", None, b"y"]
    now += DAY * 0.6
    await store.remember("done.new", b"y")
    assert [await store.recall(f"done.{number}") for number in range(3)] == [None, None, b"y"]
    now += DAY * 0.5
    await store.remember("done.newest", b"y")
    assert [await store.recall(f"done.{number}") for number in (2, "new", "newest")] == [None, b"y", b"y"]
    await store.close()


async def test_a_disk_that_refuses_is_a_store_that_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = FolderStore(tmp_path / "state")
    await store.open()
    await store.write("account.x", b"1", 0)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(BrokerDown, match=r"cannot write .*account\.x: No space left"):
            await store.write("account.x", b"2", 1)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", full)
        with pytest.raises(BrokerDown, match=r"cannot remove .*account\.x: No space left"):
            await store.delete("account.x")
    entry = await store.read("account.x")
    assert entry is not None
    assert (entry.value, entry.revision) == (b"1", 1)
    (tmp_path / "state" / "account.x").write_bytes(b"")
    with pytest.raises(BrokerDown, match=r"account\.x is damaged"):
        await store.read("account.x")
    await store.close()
