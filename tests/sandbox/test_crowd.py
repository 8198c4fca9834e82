"""A sandbox in which most messages are written by other people."""

from __future__ import annotations

import pytest

from odoochat.sandbox import Sandbox
from odoochat.sandbox.crowd import CUSTOMER, FORMER, OTHERS

from .raw import Raw

every_version = pytest.mark.parametrize("version", [14, 15, 16, 17, 18, 19, 20])


@every_version
async def test_nine_of_ten_messages_are_other_peoples(version: int) -> None:
    async with Sandbox(version, seeding="crowd") as box, Raw(box.url, box.db, "alice") as alice:
        await alice.log_in()
        db, model = box.world.state.db, box.world.state.channel_model
        before = db.value("SELECT COUNT(*) FROM message")
        for number in range(3):
            box.world.post("bob", "general", f"hello {number}")
        assert db.value("SELECT COUNT(*) FROM message") == before + 3 * (1 + OTHERS)
        found = await alice.x("mail.message", "search", [["model", "=", model]], limit=10)
        assert len(found) <= 3 if version < 20 else len(found) == 10
        ids = await alice.x("mail.message", "search", [["model", "=", model], ["res_id", "in", [1]]], limit=20)
        assert max(b - a for a, b in zip(sorted(ids)[:-1], sorted(ids)[1:], strict=True)) > OTHERS


@every_version
async def test_people_belong_to_companies(version: int) -> None:
    async with Sandbox(version, seeding="crowd") as box, Raw(box.url, box.db, "alice") as alice:
        await alice.log_in()
        rows = await alice.x("mail.message", "search_read", [["res_id", "=", 1]], ["author_id", "email_from", "date"])
        authors = [row["author_id"][1] for row in rows if row["author_id"]]
        assert "Acme Corporation, Bob" in authors
        assert "Acme Corporation, Former" in authors
        assert [row["email_from"] for row in rows if not row["author_id"]] == ["Some One <some@example.org>"]
        dates = [row["date"] for row in sorted(rows, key=lambda row: int(row["id"]))]
        assert dates != sorted(dates)
        assert not box.world.state.accounts.is_internal(box.users[CUSTOMER][0])
        assert FORMER not in box.users
