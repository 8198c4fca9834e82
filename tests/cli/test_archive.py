"""The commands of the archive: sync, export, archive, and search --offline."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from odoochat import read_export
from odoochat.archive import location
from odoochat.sandbox import Sandbox
from tests.cli.conftest import Ran

Run = Callable[..., Awaitable[Ran]]


@pytest.fixture
async def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(location, "archive_folder", lambda: tmp_path / "archive")
    async with Sandbox() as made:
        for name, value in {"URL": made.url, "LOGIN": "alice", "PASSWORD": "alice"}.items():
            monkeypatch.setenv(f"ODOOCHAT_{name}", value)
        yield made


async def test_from_nothing_to_an_export(
    sandbox: Sandbox, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = await run("search", "--offline", "morning")
    assert early.code == 2 and "create one with `odoochat sync`" in early.err
    synced = await run("sync", "general", "@bob", "--json")
    assert synced.code == 0 and synced.objects[0]["channels"] == 2 and synced.objects[0]["messages"] == 8
    everything = await run("sync")
    assert "from 4 channels" in everything.out and everything.code == 0
    monkeypatch.delenv("ODOOCHAT_PASSWORD")  # from here on the server is not needed
    found = await run("search", "--offline", "coffee from:bob", "--json")
    assert [m["text"] for m in found.objects] == ["Morning. The coffee machine works again."]
    assert len((await run("search", "--offline", "morning", "--in", "general", "--json")).objects) == 2
    nothing = await run("search", "--offline", "morning", "--in", "random", "--json")
    assert nothing.code == 0 and nothing.objects == [] and "nothing found in the archive" in nothing.err
    offline = await run("export", "general", "--to", tmp_path / "g.jsonl", "--offline")
    assert offline.code == 0 and [m.text for m in read_export(tmp_path / "g.jsonl")][1] == "Good morning everyone!"
    facts = (await run("archive", "--json")).objects[0]
    assert facts["messages"] == 12 and {c["name"]: c["complete"] for c in facts["channels"]}["general"] is True
    assert "complete" in (await run("archive")).out
    ahead = await run("archive", "--prune", "0d")  # as any age, if the clock is far ahead
    assert ahead.code == 2 and "would delete every message: the newest is from 20" in ahead.err
    assert (await run("archive", "--prune", "1d")).out.startswith("deleted 0 messages")
    later = datetime.now(UTC).date() + timedelta(days=2)  # the messages are dated in this very second
    assert (await run("archive", "--prune", later)).out.startswith("deleted 12 messages")


async def test_an_export_fetches_first_and_says_what_is_missing(sandbox: Sandbox, run: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("plan")
    await run("upload", "general", tmp_path / "plan.txt")
    done = await run("export", "general", "--to", tmp_path / "out", "--json")
    assert done.code == 0 and done.objects[0]["files"] == 1 and done.objects[0]["left_out"] == []
    assert "Good morning everyone!" in (tmp_path / "out" / "index.html").read_text("utf-8")
    without = await run("export", "general", "--to", tmp_path / "g.md")
    assert "not included: 1 file; export to a folder to include them" in without.err
    again = await run("export", "general", "--to", tmp_path / "g.md")
    assert again.code == 2 and "--force" in again.err
    assert (await run("export", "general", "--to", tmp_path / "g.md", "--force")).code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["search", "--offline", "form:x"], 2, "did you mean from:"),
        (["search", "--offline", "in:nowhere x"], 5, "in:nowhere: no such channel in the archive; it has general"),
        (["search", "--offline", "..."], 2, "no words"),
        (["export", "nowhere", "--to", "x.html", "--offline"], 5, "nowhere"),
        (["export", "general", "--to", "x.doc"], 2, "the suffix .doc is not a supported format"),
        (["export", "general", "--to", "x.md", "--format", "pdf"], 2, "--format pdf is not a supported format"),
        (["archive", "--prune", "3x"], 2, "--prune 3x is neither an age nor a date; use 90d, 12m, 2y or 2024-05-31"),
        (["archive", "--prune", "99999999y"], 2, "too long ago"),
        (["sync", "--since", "May"], 2, "--since May is not a date; use the form 2024"),
        (["sync", "nowhere"], 5, "nowhere"),
    ],
)
async def test_bad_input_is_named(sandbox: Sandbox, run: Run, words: list[str], code: int, said: str) -> None:
    assert (await run("sync", "general")).code == 0
    done = await run(*words)
    assert done.code == code and said in done.err and len(done.err.splitlines()) == 1, done


async def test_a_newer_file_is_refused(sandbox: Sandbox, run: Run, tmp_path: Path) -> None:
    import sqlite3

    await run("sync", "general")
    path = Path(json.loads((await run("archive", "--json")).out)["path"])
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    done = await run("archive")
    assert done.code == 1 and "was created by a newer version of odoochat" in done.err
