"""The file of an archive: permissions, schemas, damage, several processes."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from odoochat.archive.archive import Archive
from odoochat.archive.database import ArchiveFile, transaction
from odoochat.archive.messages import MessageTable
from odoochat.archive.ranges import ArchivedRange, RangeTable
from odoochat.archive.schema import SCHEMA
from odoochat.errors import ArchiveError, UsageError
from odoochat.model import ChannelInfo, Me
from odoochat.tui.storage.cache import Cache
from tests.archive.texts import message


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
async def test_only_the_owner_reads_the_file_and_what_is_beside_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        async with Archive(tmp_path / "folder" / "a.sqlite") as archive:
            await archive.keep([message(1, "secret")])
            files = [*(tmp_path / "folder").iterdir()]
            assert len(files) == 3  # with its log and its shared memory
            assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
    finally:
        os.umask(old)


async def test_a_read_only_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.sqlite"
    async with Archive(path) as archive:
        await archive.keep([message(1, "kept")])
    path.with_name("a.sqlite-wal").mkdir()  # SQLite fails as on a read-only disk, also for root
    with pytest.raises(ArchiveError, match="unable to open database file"):
        await Archive(path).open()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(ArchiveError, match=r"a\.sqlite: its folder cannot be written to"):
        await Archive(path).open()


async def test_a_newer_schema_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    async with Archive(path) as archive:
        await archive.keep([message(1, "kept")])
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(
        ArchiveError,
        match=rf"a\.sqlite was created by a newer version of odoochat \(schema {SCHEMA + 1}.*update odoochat",
    ):
        await Archive(path).open()
    assert path.read_bytes() == before
    cache = Cache(path)  # the screen goes on without it
    assert cache.error is not None and "newer version of odoochat" in cache.error
    cache.close()
    assert path.read_bytes() == before


def _old_cache(path: Path) -> None:
    """The file of the chat screen before there was an archive."""
    db = sqlite3.connect(path)
    db.executescript(
        "CREATE TABLE message (id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, text TEXT NOT NULL, data BLOB NOT NULL);"
        "CREATE INDEX message_of_channel ON message (channel, id);"
        "CREATE TABLE channel (id INTEGER PRIMARY KEY, low INTEGER, data BLOB NOT NULL);"
        "CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
        "INSERT INTO fact VALUES ('format', '1'), ('owner', '7@db@url'), ('pictures', '{\"3\":2}');"
    )
    for each in [message(n, f"text {n}") for n in range(1, 1202)]:
        db.execute("INSERT INTO message VALUES (?, ?, ?, ?)", (each.id, 1, each.text, msgspec.msgpack.encode(each)))
    db.execute("INSERT INTO message VALUES (5000, 1, 'x', x'c1')")  # unreadable
    info = ChannelInfo(1, "general", unread=2)
    db.execute("INSERT INTO channel VALUES (1, 5, ?)", (msgspec.msgpack.encode(info),))
    db.commit()
    db.close()


def test_the_cache_of_earlier_versions_becomes_the_archive(tmp_path: Path) -> None:
    older, path = tmp_path / "cache" / "a.sqlite", tmp_path / "data" / "a.sqlite"
    older.parent.mkdir()
    _old_cache(older)
    cache = Cache(path, older)
    assert cache.error is None and not older.exists()
    assert [m.id for m in cache.before(1, None, 3)] == [1199, 1200, 1201]
    assert cache.low(1) == 5 and cache.channels()[0].unread == 2 and cache.fact("owner") == "7@db@url"
    assert cache.pictures.refused(3)
    assert [m.id for m in cache.search('"text 700"', None, 9)] == [700]
    cache.close()
    again = Cache(path, older)  # once only
    assert again.get(1201) is not None
    again.close()


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database at all, " * 100)


def _torn(path: Path) -> None:
    """The first page is whole, the others are not."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))


@pytest.mark.parametrize("damage", [_garbage, _torn])
async def test_a_damaged_file_is_set_aside(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "a.sqlite"
    async with Archive(path) as archive:
        await archive.keep([message(n, "words of the day " * 20) for n in range(1, 200)])
    damage(path)
    broken = path.read_bytes()
    async with Archive(path) as archive:
        await archive.keep([message(1000, "after")])
        assert [m.id for m in await archive.search("after")] == [1000]
        aside = (await archive.facts()).set_aside
        assert aside is not None and aside.read_bytes() == broken
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 or sys.platform == "win32"


async def test_a_damaged_index_is_built_again(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    async with Archive(path) as archive:
        await archive.keep([message(n, f"words of day {n}") for n in range(1, 50)])
    db = sqlite3.connect(path)
    db.execute("UPDATE words_data SET block = x'0102030405'")
    db.commit()
    db.close()
    async with Archive(path) as archive:
        assert [m.id for m in await archive.search('"day 7"')] == [7]
        assert (await archive.facts()).messages == 49 and (await archive.facts()).set_aside is None


async def test_a_second_process_reads_and_writes_while_one_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    first = ArchiveFile(path)
    begun, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with transaction(first.connection):
            MessageTable(first.connection).keep([message(1, "first")])
            begun.set()
            go_on.wait(20)

    writer = threading.Thread(target=write)
    async with Archive(path) as second:
        await second.keep([message(2, "second")])
        writer.start()
        assert begun.wait(20)
        assert [m.id for m in await second.search("second")] == [2]  # nothing waits for the writer
        assert await second.get(1) is None
        threading.Timer(0.2, go_on.set).start()
        await second.keep([message(3, "third")])  # waits for the writer
        writer.join()
        assert await second.get(1) is not None
    first.close()


async def test_a_busy_file_is_an_error_that_names_it_and_nothing_is_half_stored(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    first = ArchiveFile(path)
    async with Archive(path, busy=0.05) as second:
        with transaction(first.connection), pytest.raises(ArchiveError, match=r"a\.sqlite.*locked"):
            await second.keep([message(3, "third")])
        assert await second.get(3) is None
        await second.keep([message(3, "third")])
        assert await second.get(3) is not None
    first.close()


async def test_another_account_is_refused(tmp_path: Path) -> None:
    async with Archive(tmp_path / "a.sqlite") as archive:
        await archive.claim("7@db@url", Me(7, 11, "Ann"))
        await archive.claim("7@db@url", Me(7, 11, "Ann"))
        with pytest.raises(ArchiveError, match="belongs to the account 7@db@url, not to 8@db@url"):
            await archive.claim("8@db@url", Me(8, 12, "Bob"))
        me = await archive.me()
        assert me is not None and me.uid == 7


def test_the_screen_sets_the_archive_of_another_account_aside_and_brings_it_back(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "a.sqlite")
    cache.belongs_to("7@db@url")
    cache.keep([message(1, "of seven")])
    cache.belongs_to("8@db@url")
    assert cache.get(1) is None
    cache.keep([message(2, "of eight")])
    cache.belongs_to("7@db@url")
    assert cache.get(1) is not None and cache.get(2) is None
    cache.close()


async def test_an_archive_that_is_not_open_says_so(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a.sqlite")
    with pytest.raises(UsageError, match="not open"):
        await archive.search("x")
    async with archive:
        with pytest.raises(UsageError, match="already open"):
            await archive.open()
    await archive.close()
    with pytest.raises(ArchiveError, match="cannot open the archive"):
        await Archive(tmp_path).open()  # a folder


def test_what_the_screen_read_counts_as_synchronized(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "a.sqlite")
    cache.keep_channels([ChannelInfo(1, "general"), ChannelInfo(2, "random")])
    cache.keep([message(n) for n in range(5, 9)])
    cache.set_low(1, 5)
    cache.set_low(2, 0)
    assert RangeTable(cache._db).of(1) == [ArchivedRange(5, 8)]
    cache.set_low(1, 0)
    assert RangeTable(cache._db).of(1) == [ArchivedRange(0, 8)]
    cache.set_low(1, None)  # what was complete stays so, whatever comes above it
    assert RangeTable(cache._db).of(1) == [ArchivedRange(0, 8)]
    cache.close()


async def test_an_interrupted_repair_of_the_index_is_completed(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    async with Archive(path) as archive:
        await archive.keep([message(n, f"words of day {n}") for n in range(1, 50)])
    db = sqlite3.connect(path)
    db.execute("PRAGMA writable_schema = ON")
    db.execute("DELETE FROM sqlite_master WHERE name = 'words'")  # where kill -9 may end it
    db.commit()
    db.close()
    async with Archive(path) as archive:
        assert [m.id for m in await archive.search('"day 7"')] == [7]
        await archive.keep([message(50, "one more")])
        assert [m.id for m in await archive.search("more")] == [50]
