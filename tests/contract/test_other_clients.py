"""Other people's clients log in, search, read, write and post, and the descriptions of fields that they read are true."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import odoochat
from odoochat.sandbox.orm.descriptions import described_fields
from odoochat.sandbox.orm.models import fields_of, models_of
from odoochat.sandbox.versions.field_types import TYPES
from odoochat.sandbox.versions.fields import newest
from odoochat.sandbox.world.world import World
from tests.contract import servers
from tests.contract.servers import Server

COMPARED = ("type", "string", "relation", "readonly", "required", "store")
BEYOND = {("channel", "allow_public_upload")}
"""Fields of the sandbox that modules add that the real servers do not have."""


NAMES = ["sandbox14", "sandbox19", *(pytest.param(f"real{v}", marks=pytest.mark.odoo) for v in (14, 19))]


@pytest.fixture(params=NAMES)
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """A server; one sandbox for each generation is enough, because the programs take seconds."""
    name: str = request.param
    if name.startswith("real"):
        yield servers.real(int(name.removeprefix("real")))
        return
    async with servers.sandbox(int(name.removeprefix("sandbox"))) as made:
        yield made


async def test_other_clients_read_write_and_post(place: Server, unique: str) -> None:
    program = Path(__file__).with_name("other_clients.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, program, place.url, place.db, place.passwords["admin"], unique,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    done: dict[str, list[str]] = json.loads(out)
    assert done.pop("odooly of an employee") == ["Bob"]
    assert set(done) == {"odoorpc", "odooly", "odoolib by json", "odoolib by xml"}
    for email, body in done.values():
        assert email.startswith(unique)
        assert "hello" in body


async def test_fields_are_described_as_the_server_does(place: Server) -> None:
    world = World(place.version)
    password = place.passwords["admin"]
    async with odoochat.connect(place.url, db=place.db, login="admin", password=password, live=False) as odoo:
        for model, kind in models_of(world.state).items():
            if model.startswith("bus."):
                continue
            expected = described_fields(world.state, model, None, COMPARED)
            found = await odoo.execute(model, "fields_get", attributes=list(COMPARED))
            beyond = {name for there, name in BEYOND if there == kind}
            assert {name: found[name] for name in expected if name not in beyond} == {
                name: facts for name, facts in expected.items() if name not in beyond
            }, model
        assert await odoo.execute("res.partner", "fields_get", allfields=["name", "nothing"], attributes=["type"]) == {
            "name": {"type": "char"}
        }
        (row,) = await odoo.execute(
            "ir.model", "search_read", domain=[["model", "=", "res.partner"]], fields=["name", "state"]
        )
        assert (row["name"], row["state"]) == ("Contact", "base")
    world.close()


def test_every_field_has_a_type() -> None:
    for version in (14, 15, 16, 17, 18, 19, 20):
        world = World(version)
        types = newest(TYPES, version)
        for kind in set(models_of(world.state).values()):
            unnamed = {name for name in fields_of(world.state, kind) if "." not in name} - set(types[kind])
            assert unnamed == set(), (version, kind)
        world.close()
