"""Models that a test declares: their records by RPC and by the client, and live messages to their followers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

import odoochat
from odoochat import InboxReceived
from odoochat.sandbox import Sandbox
from odoochat.sandbox.world.world import World

SECONDS = 20.0


@pytest.mark.parametrize("version", [14, 16, 19, 20])
async def test_records_of_a_declared_model(version: int):
    async with Sandbox(version) as box:
        box.model("crm.lead", name=str, partner_id="res.partner", revenue=float, won=bool)
        async with (
            odoochat.connect(box.url, login="ann", password="ann") as ann,
            odoochat.connect(box.url, login="bob", password="bob") as bob,
        ):
            who = box.world.partner("carol")
            values = {"name": "A big one", "partner_id": who, "revenue": 12.5}
            made = await ann.execute("crm.lead", "create", vals_list=[values])
            number = made[0] if isinstance(made, list) else made
            other = await ann.execute("crm.lead", "create", vals_list=[{"name": "Another"}])
            fields = ["name", "partner_id", "revenue", "won"]
            (row,) = await bob.execute("crm.lead", "search_read", domain=[["partner_id", "=", who]], fields=fields)
            assert row == {
                "id": number,
                "name": "A big one",
                "partner_id": [who, "Carol"],
                "revenue": 12.5,
                "won": False,
            }
            assert await ann.execute("crm.lead", "write", [number], vals={"won": True})
            (row,) = await bob.execute("crm.lead", "read", [number], fields=["won", "display_name"])
            assert row == {"id": number, "won": True, "display_name": "A big one"}
            assert await bob.execute("crm.lead", "search_count", domain=[]) == 2
            described = await bob.execute("crm.lead", "fields_get", attributes=["type", "relation"])
            assert described["partner_id"] == {"type": "many2one", "relation": "res.partner"}
            assert described["revenue"] == {"type": "float"}

            lead = await bob.record("crm.lead", number)
            assert lead.name == "A big one"
            assert [one.name for one in await lead.followers()] == ["Ann"]
            await lead.follow()
            inbox = bob.events(InboxReceived)
            await ann.execute("crm.lead", "message_post", [number], body="by a call", subtype_xmlid="mail.mt_comment")
            event = await inbox.get(SECONDS)
            assert isinstance(event, InboxReceived)
            assert event.message.text == "by a call"
            assert event.message.record is not None
            assert (event.message.record.model, event.message.record.id) == ("crm.lead", number)
            sent = await (await ann.record("crm.lead", number)).send("by the client")
            while event.message.text != "by the client":
                event = await inbox.get(SECONDS)
                assert isinstance(event, InboxReceived)
            assert event.message.id == sent.id
            texts = [message.text async for message in lead.history(limit=2)]
            assert texts == ["by the client", "by a call"]
            await lead.unfollow()

            assert await ann.execute("crm.lead", "unlink", [number])
            with pytest.raises(odoochat.NotFound):
                await ann.record("crm.lead", number)
            assert other


async def test_wrong_fields_models_and_users():
    async with Sandbox(19) as box:
        box.model("crm.lead", closed=datetime)
        async with odoochat.connect(box.url, login="ann", password="ann", live=False) as ann:
            with pytest.raises(odoochat.OdooChatError, match="Invalid field 'nothing'"):
                await ann.execute("crm.lead", "create", vals_list=[{"nothing": 1}])
            with pytest.raises(odoochat.OdooChatError):
                await ann.execute("crm.lead", "write", [77], vals={"name": "x"})
            with pytest.raises(odoochat.NotFound):
                await ann.execute("crm.team", "search", domain=[])
        async with odoochat.connect(box.url, login="admin", password="admin", live=False) as admin:
            rows = await admin.execute("ir.model", "search_read", domain=[["model", "=", "crm.lead"]], fields=["state"])
            assert [row["state"] for row in rows] == ["manual"]
        with pytest.raises(ValueError, match="'lead' is not a technical model name"):
            box.model("lead")
        with pytest.raises(ValueError, match=r"crm\.lead\.x must be str, int"):
            box.model("crm.lead", x=list)


def test_records_stay_in_a_file(tmp_path: Path):
    path = str(tmp_path / "box.sqlite")
    for expected in (1, 2):
        world = World(19, path)
        world.model("crm.lead", closed=datetime)
        world.records.create_own(world.uid("ann"), "crm.lead", {"name": "kept", "closed": "2026-01-02 03:04:05"})
        assert len(world.state.own_models.rows("crm.lead")) == expected
        world.close()
