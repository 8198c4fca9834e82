"""Files: streamed uploads and downloads with progress; pictures."""

from __future__ import annotations

import hashlib
import random

import pytest

from odoochat import NotFound, Progress, UsageError
from tests.contract.features import covers

SIZE = 3 * 2**20 + 1


@covers("upload", "download")
async def test_up_and_down(server, by, acting, person, unique, tmp_path):
    data = random.Random(unique).randbytes(SIZE)
    path = tmp_path / f"{unique} größe.bin"
    path.write_bytes(data)
    progress_seen: list[Progress] = []
    async with acting("alice") as alice, person("bob", live=False) as bob:
        message = await alice.channel("general").send(
            f"{unique} files", files=[path, ("empty.txt", b"")], progress=progress_seen.append
        )
        assert [a.name for a in message.attachments] == [path.name, "empty.txt"]
        assert [(p.done, p.total) for p in progress_seen][-1] == (SIZE, SIZE)
        assert [p.done for p in progress_seen] == sorted(p.done for p in progress_seen)
        down = tmp_path / "down"
        down.mkdir()
        theirs = (await bob.fetch_message(message.id)).attachments[0]
        for reader in (bob, alice):
            progress_seen.clear()
            there = await reader.files.download(theirs, down, progress=progress_seen.append)
            assert hashlib.sha1(there.read_bytes()).digest() == hashlib.sha1(data).digest()
            assert progress_seen[-1].done == SIZE
        assert sorted(p.name for p in down.iterdir()) == [f"{unique} größe (1).bin", f"{unique} größe.bin"]
        with pytest.raises(UsageError, match="already exists"):
            await bob.files.download(theirs, down / path.name)
        assert await bob.files.read(message.attachments[1]) == b""
        assert [a.id for a in await bob.channel("general").files(2)] == [a.id for a in reversed(message.attachments)]
        with pytest.raises(NotFound, match="no file"):
            await alice.files.download(2**31 - 1, down)


@covers("download")
async def test_what_others_sent_comes_by_key_too(server, by, acting, person, unique, tmp_path):
    async with person("bob", live=False) as bob, acting("alice") as alice:
        message = await bob.channel("general").send(f"{unique}", files=[("../../evil\x1b[31m.txt", b"theirs")])
        there = await alice.files.download(message.attachments[0].id, tmp_path)
        assert there.parent == tmp_path
        assert there.read_bytes() == b"theirs"


@covers("avatar")
async def test_pictures(server, by, acting, person):
    async with acting("alice") as alice:
        await alice.files.avatar(alice.channel("general"))
        picture = await alice.files.avatar(await alice.people.person("bob"))
        if server.version >= 15:  # 14 gives those alone that somebody put there
            assert picture[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0") or picture.lstrip()[:4] in (b"<?xm", b"<svg")


async def test_the_limit_is_known_before(server, person, tmp_path):
    async with person("alice", live=False) as alice:
        if server.version < 15:
            assert alice.files.limit is None
            return
        limit = alice.files.limit
        assert limit is not None
        path = tmp_path / "large"
        with path.open("wb") as file:
            file.truncate(limit + 1)
        sent = alice._connection.session.http.request_count
        with pytest.raises(UsageError, match="the server accepts"):
            await alice.channel("general").upload(path)
        assert alice._connection.session.http.request_count == sent, "nothing was sent"


async def test_what_is_no_file_is_reported(server, person, tmp_path):
    async with person("alice", live=False) as alice:
        for bad, why in ((tmp_path, "folder"), (tmp_path / "none", "no such file")):
            with pytest.raises(UsageError, match=why):
                await alice.channel("general").upload(bad)
