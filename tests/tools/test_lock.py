"""The lowest versions that pyproject.toml allows are those that `make test-lowest` installs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINS = dict(
    re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements" / "lowest.txt").read_text("utf-8"), re.MULTILINE)
)


def floors() -> Iterator[tuple[str, str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for wanted in chain(project["dependencies"], *project["optional-dependencies"].values()):
        name, conditions = re.fullmatch(r"([\w.-]+)(?:\[.*?\])?(.*)", wanted).groups()
        if name != "odoochat":
            floor = re.search(r">=([\d.]+)", conditions)
            yield name, floor[1] if floor else ""


def release(version: str) -> list[int]:
    numbers = [int(number) for number in version.split(".")]
    while numbers[-1:] == [0]:
        numbers.pop()
    return numbers


@pytest.mark.parametrize(("name", "floor"), sorted(set(floors())))
def test_the_floor_is_the_version_that_is_tested(name: str, floor: str) -> None:
    assert floor, f"{name} has no lowest version"
    assert release(PINS[name]) == release(floor)
