"""Streamed uploads, partial downloads, avatars, and the files of a channel."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from odoochat.sandbox import Sandbox
from odoochat.sandbox.http.site import Options
from tests.sandbox.raw import Raw

routed = pytest.mark.parametrize("sandbox", [16, 17, 18, 19], indirect=True)
every = pytest.mark.parametrize("sandbox", [14, 16, 17, 18, 19], indirect=True)
CONTENT = b"0123456789" * 10


async def csrf(raw: Raw) -> str:
    async with raw.http.get(raw.url + "/web") as response:
        found = re.search(r'csrf_token: "([^"]+)"', await response.text())
    assert found is not None
    return found[1]


async def send(raw: Raw, content: Any, name: str = "a.txt", **fields: str) -> tuple[int, Any]:
    """Upload a file to channel 1; return the status and the answer."""
    form = aiohttp.FormData()
    form.add_field("csrf_token", await csrf(raw))
    for key, value in {"thread_id": "1", "thread_model": fields.pop("model", "discuss.channel"), **fields}.items():
        form.add_field(key, value)
    form.add_field("ufile", content, filename=name, content_type="text/plain")
    async with raw.http.post(raw.url + "/mail/attachment/upload", data=form) as response:
        answer: Any = await response.text()
        return response.status, await response.json() if response.content_type == "application/json" else answer


def stored(sandbox: Sandbox, name: str = "a.txt", content: bytes = CONTENT, **values: Any) -> int:
    return sandbox.world.state.files.add(
        name, content, uid=sandbox.world.uid("alice"), **{"model": sandbox.world.state.channel_model, "res_id": 1, **values}
    )  # fmt: skip


async def get(raw: Raw, path: str, **headers: str) -> tuple[int, bytes, Any]:
    async with raw.http.get(raw.url + path, headers={k.replace("_", "-"): v for k, v in headers.items()}) as response:
        return response.status, await response.read(), response.headers


@routed
async def test_parts_of_a_file(sandbox: Sandbox, alice: Raw) -> None:
    path = f"/web/content/{stored(sandbox)}?download=true"
    status, body, headers = await get(alice, path)
    etag = '"29b0e7878271645fffb7eec7db4a7473a1c00bc1"'
    assert (status, body, headers["ETag"], headers["Accept-Ranges"]) == (200, CONTENT, etag, "bytes")
    assert headers["Content-Disposition"] == "attachment; filename=a.txt"
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    status, body, headers = await get(alice, path, Range="bytes=10-19")
    assert (status, body, headers["Content-Range"]) == (206, b"0123456789", "bytes 10-19/100")
    status, body, headers = await get(alice, path, Range="bytes=95-", If_Range=etag)
    assert (status, body, headers["Content-Range"]) == (206, b"56789", "bytes 95-99/100")
    assert (await get(alice, path, Range="bytes=-5"))[:2] == (206, b"56789")
    assert (await get(alice, path, Range="bytes=95-", If_Range='"other"'))[:2] == (200, CONTENT)
    for beyond in ("bytes=500-", "bytes=0-1,5-6", "lines=1-2"):
        status, _, headers = await get(alice, path, Range=beyond)
        assert (status, headers["Content-Range"]) == (416, "bytes */100")
    assert (await get(alice, path, If_None_Match=etag))[:2] == (304, b"")
    assert (await get(alice, path, If_Modified_Since=(await get(alice, path))[2]["Last-Modified"]))[0] == 304
    async with alice.http.head(alice.url + path) as response:
        assert (response.status, response.headers["Content-Length"]) == (200, "100")


@pytest.mark.parametrize("sandbox", [14], indirect=True)
async def test_14_knows_no_parts(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    one = stored(sandbox)
    status, body, headers = await get(alice, f"/web/content/{one}?download=true", Range="bytes=10-19")
    assert (status, body) == (200, CONTENT)
    assert headers["ETag"] == "29b0e7878271645fffb7eec7db4a7473a1c00bc1"
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''a.txt"
    assert (await get(alice, f"/web/content/{one}", If_None_Match=headers["ETag"]))[0] == 304
    waiting = stored(sandbox, model="mail.compose.message", res_id=0)
    assert (await get(bob, f"/web/content/{waiting}"))[0] == 200  # scheduled messages are visible to every employee


@routed
async def test_a_cut_download_goes_on_where_it_ended(sandbox: Sandbox, alice: Raw) -> None:
    content = bytes(range(256)) * 4096  # 1 MiB
    path = f"/web/content/{stored(sandbox, content=content)}"
    sandbox.faults.cut_download(300_000)
    got = bytearray()
    with pytest.raises(aiohttp.ClientPayloadError):
        async with alice.http.get(alice.url + path) as response:
            async for chunk in response.content.iter_any():
                got += chunk
    assert len(got) == 300_000
    status, rest, headers = await get(alice, path, Range=f"bytes={len(got)}-", If_Range=response.headers["ETag"])
    assert (status, bytes(got) + rest) == (206, content)
    assert headers["Content-Range"] == f"bytes 300000-{len(content) - 1}/{len(content)}"


@pytest.mark.parametrize("version", [14, 19])
async def test_large_files_pass_without_being_held(version: int) -> None:
    size, block = 48 * 2**20, bytes(2**20)

    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(size // len(block)):
            yield block

    async with (
        Sandbox(version, options=Options(upload_limit=2**30)) as sandbox,
        Raw(sandbox.url, sandbox.db, "alice") as alice,
    ):
        await alice.log_in()
        token = await csrf(alice)
        tracemalloc.start()
        form = aiohttp.FormData()
        form.add_field("csrf_token", token)
        for name, value in (("thread_id", "1"), ("thread_model", "discuss.channel"), ("is_pending", "true"),
                            ("model", "mail.compose.message"), ("id", "0")):  # fmt: skip
            form.add_field(name, value)
        form.add_field("ufile", blocks(), filename="big.bin", content_type="application/octet-stream")
        path = "/mail/attachment/upload" if version >= 15 else "/web/binary/upload_attachment"
        async with alice.http.post(alice.url + path, data=form) as response:
            assert response.status == 200
        (row,) = sandbox.world.state.files.all()
        assert row["size"] == size
        got = 0
        async with alice.http.get(f"{alice.url}/web/content/{row['id']}") as response:
            async for chunk in response.content.iter_chunked(2**18):
                got += len(chunk)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert got == size
        assert peak < 24 * 2**20, peak


async def test_too_large_is_refused() -> None:
    async with (
        Sandbox(19, options=Options(upload_limit=1000)) as sandbox,
        Raw(sandbox.url, sandbox.db, "alice") as alice,
    ):
        await alice.log_in()
        assert alice.session["max_file_upload_size"] == 1000
        status, text = await send(alice, b"x" * 1001)
        assert (status, "exceeds the capacity limit" in text) == (413, True)
        assert (await send(alice, b"x" * 500))[0] == 200
        assert (await send(alice, b"x", thread_id="999"))[0] == 404


@routed
async def test_avatars(sandbox: Sandbox, alice: Raw) -> None:
    me = sandbox.users["alice"][1]
    status, body, headers = await get(alice, f"/web/image/res.partner/{me}/avatar_128")
    assert (status, headers["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    assert body.startswith(b"<?xml") and b">A</text>" in body
    status, body, headers = await get(alice, "/web/image/res.partner/99999/avatar_128")
    assert (status, headers["Content-Type"], body[:4]) == (200, "image/png", b"\x89PNG")


@pytest.mark.parametrize("sandbox", [17, 18, 19], indirect=True)
async def test_the_files_of_a_channel(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    first, second = stored(sandbox), stored(sandbox, "b.txt")
    found = await bob.route("/discuss/channel/attachments", channel_id=1, limit=5)
    rows = found if sandbox.version < 18 else (found if sandbox.version < 19 else found["store_data"])["ir.attachment"]
    assert [row["id"] for row in rows] == [second, first]
    found = await bob.route("/discuss/channel/attachments", channel_id=1, before=second)
    rows = found if sandbox.version < 18 else (found if sandbox.version < 19 else found["store_data"])["ir.attachment"]
    assert [row["id"] for row in rows] == [first]
    status = (await get(bob, f"/discuss/channel/1/attachment/{first}"))[0]
    assert status == (404 if sandbox.version >= 19 else 200)  # 19 has no such route


@pytest.mark.parametrize("sandbox", [17, 18, 19], indirect=True)
async def test_members_may_delete_each_others_files(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    one = stored(sandbox)
    message = sandbox.world.post("alice", 1, "file", attachments=[one])
    waiting = stored(sandbox, model="mail.compose.message", res_id=0)
    listener = await alice.socket(sandbox.world.state.bus.last_id())
    await bob.route("/mail/attachment/delete", attachment_id=one)
    notified = await listener.until("ir.attachment/delete")
    assert (notified["id"], notified["message"]["id"]) == (one, message)
    assert (await bob.error("/mail/attachment/delete", attachment_id=waiting))["code"] == 404
    assert (await get(bob, f"/web/content/{waiting}"))[0] == 404


@every
async def test_raw_is_text_where_it_can_be(sandbox: Sandbox, alice: Raw) -> None:
    (row,) = await alice.x("ir.attachment", "read", [stored(sandbox, content=b"hello")], ["raw", "datas", "file_size"])
    assert (row["raw"], row["datas"], row["file_size"]) == ("hello", "aGVsbG8=", 5)
