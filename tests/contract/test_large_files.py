"""Large files: flat memory, and interrupted downloads continue."""

from __future__ import annotations

import asyncio
import json
import random
import sys

import pytest

from odoochat import Progress
from tests.chaos.proxy import Proxy
from tests.contract.features import covers

MIB = 2**20
FLAT = 8 * MIB


@pytest.fixture
async def roomy(server, person):
    """A server that takes large files: 200 MB and more on a real one."""
    if server.box is not None:
        yield 16 * MIB
        return
    async with person("admin", live=False) as admin:
        key = {"key": "web.max_file_upload_size", "value": str(512 * MIB)}
        before = await admin.execute("ir.config_parameter", "get_param", key="web.max_file_upload_size")
        await admin.execute("ir.config_parameter", "set_param", **key)
        yield 200_000_000
        value = before or False
        await admin.execute("ir.config_parameter", "set_param", key="web.max_file_upload_size", value=value)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", ["password", "key"])
async def test_memory_is_flat(server, roomy, how, tmp_path):
    if server.box is None and how == "key":
        roomy = 60_000_000  # Odoo holds a call of a model whole in its own memory, several times over
    secret = server.passwords["alice"] if how == "password" else server.keys["alice"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.contract.large", server.url, server.db, "alice", secret, how, str(roomy),
        str(tmp_path), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    progress_seen, _ = await process.communicate()
    assert process.returncode == 0
    figures = json.loads(progress_seen)
    print(f"\n{server.name} {how}: {figures}")
    assert figures["same"]
    assert figures["size"] == roomy
    assert figures["peak_up"] < FLAT
    assert figures["peak_down"] < FLAT


async def test_a_cut_download_continues(server, person, unique, tmp_path):
    data = random.Random(unique).randbytes(6 * MIB)
    async with person("alice", live=False) as alice:
        message = await alice.channel("general").upload((f"{unique}.bin", data))
        host, port = alice._connection.session.http.base.host, alice._connection.session.http.base.port
        assert host is not None
        assert port is not None
        async with Proxy(host, port) as proxy, person("alice", live=False, url=proxy.url) as cut:
            done: list[int] = []

            def progress_seen(progress: Progress) -> None:
                done.append(progress.done)
                if len(done) in (3, 9):
                    proxy.cut(fin=len(done) == 3)

            there = await cut.files.download(message.attachments[0], tmp_path, progress=progress_seen)
            assert there.read_bytes() == data
            assert done == sorted(done), "what was there is not fetched again" if server.version > 14 else ""


@covers("download")
async def test_a_cut_download_continues_in_another_call(server, by, acting, person, unique, tmp_path):
    data = random.Random(unique).randbytes(3 * MIB)
    async with acting("alice") as alice:
        message = await alice.channel("general").upload((f"{unique}.bin", data))
        begun = asyncio.Event()

        def progress_seen(progress: Progress) -> None:
            begun.set()
            if progress.done > MIB:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await alice.files.download(message.attachments[0], tmp_path, progress=progress_seen)
        (part,) = tmp_path.iterdir()
        assert part.name.startswith(".")
        assert MIB < part.stat().st_size < len(data)
        done: list[int] = []
        there = await alice.files.download(
            message.attachments[0], tmp_path, progress=lambda progress: done.append(progress.done)
        )
        assert there.read_bytes() == data
        assert done[0] > MIB
        assert [p.name for p in tmp_path.iterdir()] == [f"{unique}.bin"]
