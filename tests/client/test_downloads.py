"""Downloads from servers with false sizes, and into folders where other users put traps."""

from __future__ import annotations

import asyncio
import gzip
import os
import random
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from odoochat import OdooChatError, ProtocolError
from odoochat.client import file_names
from odoochat.client.part_file import PartFile
from odoochat.sandbox import Sandbox
from tests.timings import quick_connect

DATA = random.Random(7).randbytes(100_000)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither FIFOs nor unprivileged links")


class Liar:
    """Passes everything on to a sandbox, but answers for the files itself."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.answer: Handler | None = None
        self.asked: list[dict[str, str]] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/web/content/"):
            self.asked.append(dict(request.headers))
            if self.answer is not None:
                return await self.answer(request)
        headers = {k: v for k, v in request.headers.items() if k.lower() not in ("host", "content-length")}
        url = self.box.url + request.path_qs
        async with (
            aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(
                request.method, url, data=await request.read(), headers=headers, allow_redirects=False
            ) as got,
        ):
            kept = [(k, v) for k, v in got.headers.items() if k.lower() not in ("content-length", "transfer-encoding")]
            response = web.Response(status=got.status, body=await got.read())
            response.headers.clear()
            for name, value in kept:
                response.headers.add(name, value)
            return response


@asynccontextmanager
async def lying(box: Sandbox) -> AsyncIterator[Liar]:
    liar = Liar(box)
    app = web.Application(client_max_size=2**28)
    app.router.add_route("*", "/{path:.*}", liar.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    addresses: list[Any] = runner.addresses
    liar.url = f"http://127.0.0.1:{addresses[0][1]}"
    try:
        yield liar
    finally:
        await runner.cleanup()


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    async with Sandbox(19) as box, lying(box) as one:
        yield one


@asynccontextmanager
async def alice_with_file(liar: Liar, data: bytes = DATA, name: str = "film.bin") -> AsyncIterator[tuple[Any, int]]:
    """alice's client, through the liar, and the id of a file that she sent."""
    async with quick_connect(liar.url, db=liar.box.db, login="alice", password="alice", live=False) as alice:
        message = await alice.channel("general").send("a file", files=[(name, data)])
        yield alice, message.attachments[0].id


def sends(data: bytes, status: int = 200, *, endless: bool = False, **headers: str) -> Handler:
    """A handler that sends these bytes, over and over if wanted."""

    async def answer(request: web.Request) -> web.StreamResponse:
        sent = {"Content-Disposition": "attachment", **{k.replace("_", "-"): v for k, v in headers.items()}}
        response = web.StreamResponse(status=status, headers=sent)
        await response.prepare(request)
        await response.write(data)
        while endless:
            await response.write(data)
        await response.write_eof()
        return response

    return answer


def part_of(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.endswith(".part")]


async def begun(alice: Any, number: int, folder: Path, liar: Liar, much: int) -> Path:
    """Has a download cut after so many bytes; gives its part file."""

    async def cut(request: web.Request) -> web.StreamResponse:
        if "Range" in request.headers:
            raise web.HTTPBadGateway
        response = web.StreamResponse(headers={"Content-Length": str(len(DATA)), "Content-Disposition": "attachment"})
        await response.prepare(request)
        await response.write(DATA[:much])
        await asyncio.sleep(0.05)
        assert request.transport is not None
        request.transport.close()
        return response

    liar.answer = cut
    with pytest.raises(OdooChatError):
        await alice.files.download(number, folder)
    liar.answer = None
    liar.asked.clear()
    return next(iter(part_of(folder)), folder / "none")


# ---------------------------------------------------------------- more than was announced


@pytest.mark.parametrize("how", ["read", "download"])
@pytest.mark.parametrize("length", [True, False])
async def test_no_more_is_taken_than_was_announced(liar: Liar, tmp_path: Path, how: str, length: bool) -> None:
    async with alice_with_file(liar, b"ten bytes!") as (alice, number):
        more: dict[str, Any] = {"Content_Length": str(600 * 2**20)} if length else {}
        liar.answer = sends(bytes(2**20), endless=True, **more)
        with pytest.raises(ProtocolError, match="announced 10 bytes"):
            async with asyncio.timeout(20):
                await (alice.files.read(number) if how == "read" else alice.files.download(number, tmp_path))
        assert list(tmp_path.iterdir()) == []


async def test_one_byte_more_is_too_much(liar: Liar, tmp_path: Path) -> None:
    async with alice_with_file(liar, b"ten bytes!") as (alice, number):
        liar.answer = sends(b"ten bytes!!")
        with pytest.raises(ProtocolError, match="announced 10 bytes"):
            await alice.files.read(number)


async def test_a_compressed_file_is_neither_asked_for_nor_taken(liar: Liar, tmp_path: Path) -> None:
    async with alice_with_file(liar) as (alice, number):
        liar.answer = sends(gzip.compress(bytes(50 * 2**20)), Content_Encoding="gzip")
        for call in (alice.files.read(number), alice.files.download(number, tmp_path)):
            with pytest.raises(ProtocolError, match="content encoding"):
                await call
        assert {asked["Accept-Encoding"] for asked in liar.asked} == {"identity"}
        assert list(tmp_path.iterdir()) == []


async def test_a_file_that_is_too_short_is_no_file(liar: Liar, tmp_path: Path) -> None:
    async with alice_with_file(liar) as (alice, number):
        for said in (sends(b""), sends(DATA[:10], Content_Length="10")):
            liar.answer = said
            with pytest.raises(OdooChatError, match="only"):
                await alice.files.download(number, tmp_path)
        assert not (tmp_path / "film.bin").exists()


@pytest.mark.parametrize("how", ["read", "download"])
async def test_other_bytes_of_the_same_length_are_noticed(liar: Liar, tmp_path: Path, how: str) -> None:
    async with alice_with_file(liar) as (alice, number):
        liar.answer = sends(bytes(len(DATA)))
        with pytest.raises(ProtocolError, match="checksum mismatch"):
            await (alice.files.read(number) if how == "read" else alice.files.download(number, tmp_path))
        assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------ resuming


async def test_a_download_continues_after_a_cut(liar: Liar, tmp_path: Path) -> None:
    async with alice_with_file(liar) as (alice, number):
        part = await begun(alice, number, tmp_path, liar, 40_000)
        assert part.stat().st_size == 40_000
        assert stat.S_IMODE(part.stat().st_mode) == 0o600 or sys.platform == "win32"
        assert (await alice.files.download(number, tmp_path)).read_bytes() == DATA
        assert [asked.get("Range") for asked in liar.asked] == ["bytes=40000-"]
        assert part_of(tmp_path) == []


WRONG = {
    "another start": sends(DATA[:60_000], 206, Content_Range="bytes 0-59999/100000"),
    "another size": sends(DATA[40_000:], 206, Content_Range="bytes 40000-99999/100001"),
    "beyond the end": sends(DATA[40_000:], 206, Content_Range="bytes 40000-100000/*"),
    "backwards": sends(DATA[40_000:], 206, Content_Range="bytes 40000-30000/100000"),
    "another length": sends(DATA[:5], 206, Content_Range="bytes 40000-99999/100000", Content_Length="5"),
    "none at all": sends(DATA[40_000:], 206),
    "nonsense": sends(DATA[40_000:], 206, Content_Range="bytes x-y/z"),
    "huge": sends(DATA[40_000:], 206, Content_Range=f"bytes {'9' * 5000}-1/2"),
    "not satisfiable": sends(b"", 416, Content_Range="bytes */100000"),
}


@pytest.mark.parametrize("what", WRONG)
async def test_a_part_that_does_not_fit_means_from_the_beginning(liar: Liar, tmp_path: Path, what: str) -> None:
    async with alice_with_file(liar) as (alice, number):
        await begun(alice, number, tmp_path, liar, 40_000)

        async def answer(request: web.Request) -> web.StreamResponse:
            return await (WRONG[what] if "Range" in request.headers else sends(DATA))(request)

        liar.answer = answer
        assert (await alice.files.download(number, tmp_path)).read_bytes() == DATA
        assert [asked.get("Range") for asked in liar.asked] == ["bytes=40000-", None]
        liar.answer = WRONG[what]
        with pytest.raises(OdooChatError):
            await alice.files.read(number)


@pytest.mark.parametrize("same", [True, False])
async def test_a_whole_answer_to_a_part_replaces_what_is_there(liar: Liar, tmp_path: Path, same: bool) -> None:
    async with alice_with_file(liar) as (alice, number):
        part = await begun(alice, number, tmp_path, liar, 40_000)
        if not same:
            part.write_bytes(b"x" * 70_000)
        liar.answer = sends(DATA)
        assert (await alice.files.download(number, tmp_path)).read_bytes() == DATA


async def test_without_a_checksum_size_and_range_decide(
    liar: Liar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with alice_with_file(liar) as (alice, number):
        facts = alice.files._facts

        async def unchecked(which: int) -> dict[str, Any]:
            return {**await facts(which), "checksum": False}

        monkeypatch.setattr(alice.files, "_facts", unchecked)
        await begun(alice, number, tmp_path, liar, 40_000)
        liar.answer = sends(bytes(60_000), 206, Content_Range="bytes 30000-89999/100000")
        with pytest.raises(ProtocolError, match="different part"):
            await alice.files.download(number, tmp_path)
        assert list(tmp_path.iterdir()) == []


async def test_a_part_is_one_servers_and_one_accounts(tmp_path: Path) -> None:
    async with Sandbox(19) as box, lying(box) as one, lying(box) as two:
        async with alice_with_file(one) as (alice, number):
            theirs = await begun(alice, number, tmp_path, one, 40_000)
        async with quick_connect(two.url, db=box.db, login="alice", password="alice", live=False) as alice:
            assert (await alice.files.download(number, tmp_path)).read_bytes() == DATA
        assert [asked.get("Range") for asked in two.asked] == [None]
        async with quick_connect(one.url, db=box.db, login="bob", password="bob", live=False) as bob:
            assert (await bob.files.download(number, tmp_path)).read_bytes() == DATA
        assert [asked.get("Range") for asked in one.asked] == [None]
        assert part_of(tmp_path) == [theirs]


async def test_two_downloads_of_one_file_at_once(liar: Liar, tmp_path: Path) -> None:
    async with alice_with_file(liar) as (alice, number):
        paths = await asyncio.gather(*(alice.files.download(number, tmp_path) for _ in range(5)))
        assert len(set(paths)) == 5
        assert {path.read_bytes() for path in paths} == {DATA}
        assert part_of(tmp_path) == []


# --------------------------------------------------------------------- traps in the folder


@posix
@pytest.mark.parametrize("trap", ["link", "dangling link", "hard link", "fifo", "folder", "open to all", "device link"])
async def test_what_waits_at_the_parts_name_is_left_alone(liar: Liar, tmp_path: Path, trap: str) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    shared = tmp_path / "shared"
    shared.mkdir()
    async with alice_with_file(liar) as (alice, number):
        part = await begun(alice, number, shared, liar, 10)
        part.unlink()
        match trap:
            case "link":
                part.symlink_to(victim)
            case "dangling link":
                part.symlink_to(tmp_path / "made by nobody")
            case "hard link":
                part.hardlink_to(victim)
            case "fifo":
                os.mkfifo(part)
            case "folder":
                part.mkdir()
            case "open to all":
                part.write_bytes(b"evil")
                part.chmod(0o666)
            case "device link":
                part.symlink_to("/dev/zero")
        async with asyncio.timeout(20):
            there = await alice.files.download(number, shared)
        assert there == shared / "film.bin"
        assert there.read_bytes() == DATA
        assert victim.read_bytes() == b"precious"
        assert not (tmp_path / "made by nobody").exists()
        assert {path.name for path in shared.iterdir()} == {"film.bin", part.name}


@posix
@pytest.mark.parametrize("trap", ["link", "dangling link", "fifo"])
async def test_what_waits_at_the_final_name_is_left_alone(liar: Liar, tmp_path: Path, trap: str) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    shared = tmp_path / "shared"
    shared.mkdir()
    final = shared / "film.bin"
    async with alice_with_file(liar) as (alice, number):
        if trap == "fifo":
            os.mkfifo(final)
        else:
            final.symlink_to(victim if trap == "link" else tmp_path / "made by nobody")
        async with asyncio.timeout(20):
            there = await alice.files.download(number, shared)
            with pytest.raises(OdooChatError, match="already exists"):
                await alice.files.download(number, final)
        assert there == shared / "film (1).bin"
        assert there.read_bytes() == DATA
        assert victim.read_bytes() == b"precious"
        assert not (tmp_path / "made by nobody").exists()


@posix
async def test_the_file_gets_the_permissions_of_the_umask(liar: Liar, tmp_path: Path) -> None:
    kept = os.umask(0o027)
    try:
        async with alice_with_file(liar) as (alice, number):
            there = await alice.files.download(number, tmp_path)
    finally:
        os.umask(kept)
    assert stat.S_IMODE(there.stat().st_mode) == 0o640


def test_the_name_of_a_part_file_is_never_too_long(tmp_path: Path) -> None:
    part = PartFile(tmp_path / ("€" * 84), 7, "key")
    part.file.write(b"x")
    part.put_in_place(numbered=False)
    part.close()
    assert [path.name for path in tmp_path.iterdir()] == ["€" * 84]


async def test_20_is_asked_for_whole_contents(tmp_path: Path) -> None:
    async with Sandbox(20) as box, quick_connect(box.url, db=box.db, login="alice", password="alice") as alice:
        asked: list[Any] = []
        do = alice._connection.session.do

        async def watched(call: Any, *more: Any, **options: Any) -> Any:
            asked.append(call)
            return await do(call, *more, **options)

        alice._connection.session.do = watched  # type: ignore[assignment]
        await alice.files.avatar(await alice.people.person("bob"))
        read = next(call for call in asked if call.method == "read" and "avatar_128" in call.kwargs["fields"])
        assert read.kwargs["context"] == {"include_binary_content": True}


async def test_a_content_that_is_left_out_is_an_error() -> None:
    from odoochat.client.files import _content

    assert _content({"content": "eA==", "size": 1}) == b"x"
    assert _content({"size": 0}) == b""
    assert _content(False) == b""
    for left_out in ({"size": 5000, "checksum": "x"}, {"size": 1, "content": False}):
        with pytest.raises(ProtocolError, match="does not contain the content"):
            _content(left_out)
    with pytest.raises(ProtocolError, match="not valid base64"):
        _content("x")


@pytest.mark.parametrize("said", [{"id": "../../evil"}, {"id": None}, {"name": None, "id": 2**70}, {"file_size": "10"}])
async def test_facts_of_the_wrong_kind_lead_nowhere(
    liar: Liar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, Any]
) -> None:
    folder = tmp_path / "deep" / "down"
    folder.mkdir(parents=True)
    async with alice_with_file(liar) as (alice, number):
        do = alice._connection.session.do

        async def odd(call: Any, *more: Any, **options: Any) -> Any:
            rows = await do(call, *more, **options)
            return [{**row, **said} for row in rows] if call.method == "search_read" else rows

        monkeypatch.setattr(alice._connection.session, "do", odd)
        there = await alice.files.download(number, folder)
        assert there.parent == folder
        assert there.read_bytes() == DATA
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [there]


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("con .txt", "_con.txt"),
        ("CON\u00a0 .txt", "_CON.txt"),
        ("nul .a.b", "_nul .a.b"),
        ("COM¹.txt", "_COM¹.txt"),
        ("lpt³", "_lpt³"),
        ("conin$", "_conin$"),
        ("CONOUT$.log", "_CONOUT$.log"),
        ("console.txt", "console.txt"),
        ("com10.txt", "com10.txt"),
    ],
)
def test_names_of_windows_devices_are_not_used(given, safe):
    assert file_names.safe_name(given, 7) == safe
