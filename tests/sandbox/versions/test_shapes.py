"""The sandbox sends what real servers sent: the same keys, and values of the same type."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from odoochat.sandbox import Sandbox

from .scenario import play14, play19
from .scenario_verbs import verbs14, verbs19
from .shapes import differences

RECORDED = Path(__file__).parent.parent / "recorded"
Play = Callable[[str, str], Awaitable[dict[str, Any]]]

# Parts of Odoo that a chat server does not need. Nothing else may differ.
VIEWS = {f".view_info.{name}" for name in ["activity", "calendar", "form", "graph", "kanban", "pivot", "search"]}
LEFT_OUT = {(19, "authenticate"): VIEWS, (19, "session_info"): VIEWS}


async def played(version: int, play: Play) -> dict[str, Any]:
    async with Sandbox(version, seeding="bare") as sandbox:
        return await play(sandbox.url, sandbox.db)


@pytest.mark.parametrize(
    ("version", "name", "play"),
    [(14, "odoo14", play14), (19, "odoo19", play19), (14, "verbs14", verbs14), (19, "verbs19", verbs19)],
)
async def test_every_answer_has_the_recorded_shape(version: int, name: str, play: Play) -> None:
    recorded = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    ours = await played(version, play)
    assert set(ours) == set(recorded)
    found = {
        name: [
            line
            for line in differences(real, ours[name])
            if line.partition(":")[0] not in LEFT_OUT.get((version, name), set())
        ]
        for name, real in recorded.items()
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_a_difference_is_found() -> None:
    real = {"id": 1, "name": "a", "author": [3, "Bob"], "list": [{"id": 1, "x": False}, {"id": 2, "x": "s"}]}
    assert differences(real, real) == []
    assert differences(real, {**real, "id": "1"}) == [".id: int '1', not str '1'"]
    assert differences(real, {**real, "extra": 1}) == [".extra: too much"]
    assert differences({"a": {"b": 1}}, {"a": {}}) == [".a.b: missing"]
    assert differences(real, {**real, "author": ["Bob", 3]}) != []
    assert differences(real, {**real, "list": [{"id": 1, "x": 5}]}) == [".list[].x: str 's', not int '5'"]
