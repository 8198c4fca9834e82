"""A store in a folder, for brokers that have none."""

from __future__ import annotations

from pathlib import Path

import pytest

from odoochat.errors import ConfigError
from odoochat.relay.brokers.broker import Conflict
from odoochat.relay.brokers.folder_store import FolderStore


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
