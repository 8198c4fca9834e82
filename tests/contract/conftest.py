"""The server and the people of a contract test."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import odoochat
from tests.contract import servers
from tests.contract.company import Crowd
from tests.contract.servers import Server
from tests.timings import QUICK_POLLS

VERSIONS = (14, 15, 16, 17, 18, 19, 20)
SANDBOXES = [f"sandbox{v}" for v in VERSIONS]
REAL = ["real19", "real14", *(["named"] if "ODOOCHAT_TEST_URL" in os.environ else [])]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every contract test runs on every server; with `via`, once for each transport that the server has."""
    if "server" not in metafunc.fixturenames:
        return
    names = [*SANDBOXES, *REAL]
    # What such a server would have to be prepared for is not asked of it.
    beyond = (
        "tess" in metafunc.fixturenames
        or metafunc.module.__name__.endswith("test_portal")
        or ("key" in metafunc.function.__name__ and "ODOOCHAT_TEST_ALICE_API_KEY" not in os.environ)
    )
    if "named" in names and beyond:
        names.remove("named")
    marks = {name: [pytest.mark.odoo] if name in REAL else [] for name in names}
    if "by" in metafunc.fixturenames:
        both = [pytest.param(n, by, marks=marks[n], id=f"{n}-{by}") for n in names for by in ("session", "key")]
        metafunc.parametrize(("server", "by"), both, indirect=["server"])
        return
    if "via" not in metafunc.fixturenames:
        metafunc.parametrize("server", [pytest.param(n, marks=marks[n]) for n in names], indirect=True)
        return
    both = []
    for name in names:
        major = servers.named_version() if name == "named" else int("".join(c for c in name if c.isdigit()))
        vias = ("websocket", "peek", "rpc") if major >= 16 else ("longpoll", "rpc")
        both += [pytest.param(name, via, marks=marks[name], id=f"{name}-{via}") for via in vias]
    metafunc.parametrize(("server", "via"), both, indirect=["server"])


@pytest.fixture
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """The server of this run. A real one that is not there is a failure, never a skip."""
    name: str = request.param
    if name.startswith("sandbox"):
        async with servers.sandbox(int(name.removeprefix("sandbox"))) as made:
            yield made
    elif name == "named":
        yield servers.named()
    else:
        found = servers.real(int(name.removeprefix("real")))
        request.getfixturevalue("crowds")(found)
        yield found


@pytest.fixture(scope="session")
def crowds() -> Iterator[Callable[[Server], None]]:
    """Lets other people write on real servers until the tests are over: `crowds(server)`."""
    made: dict[str, Crowd] = {}

    def begin(server: Server) -> None:
        if server.name not in made:
            made[server.name] = Crowd(server.url, server.db, server.version, server.passwords["admin"])

    yield begin
    for crowd in made.values():
        crowd.stop()


@pytest.fixture
def person(server: Server) -> Callable[..., Any]:
    """Connects a user: `person("alice")`, `person("bob", transport="peek")`."""

    def connect(login: str, **more: Any) -> Any:
        by: dict[str, Any] = {"login": login}
        if not {"password", "api_key", "session_id"} & set(more):
            by["password"] = server.passwords[login]
        url = more.pop("url", server.url)
        timing = QUICK_POLLS if server.name.startswith("sandbox") else None
        return odoochat.connect(url, **{"db": server.db, "timing": timing, **by, **more})

    return connect


@pytest.fixture
def acting(server: Server, by: str, person: Callable[..., Any]) -> Callable[..., Any]:
    """Connects a user without a live link, by password or by API key: `acting("alice")`."""

    def connect(login: str, **more: Any) -> Any:
        how = {"api_key": server.keys[login]} if by == "key" else {}
        return person(login, **{"live": False, **how, **more})

    return connect


@pytest.fixture
def unique() -> str:
    """A unique text: real servers keep the messages of earlier runs."""
    return f"u{uuid.uuid4().hex[:11]}"  # digits alone would be an id
