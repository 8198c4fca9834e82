"""A short fuzz in every run of the suite; `python -m tests.fuzz` and `make fuzz` take longer."""

from __future__ import annotations

from random import Random

import pytest

from odoochat import OdooChatError
from tests.fuzz import decoders, mutation, sessions
from tests.fuzz.figures import STALL_SECONDS, Figures

TARGETS = decoders.targets()


@pytest.mark.parametrize("target", TARGETS, ids=[t.name for t in TARGETS])
def test_decoders(target: decoders.Target) -> None:
    figures = decoders.run(target, Random(7), runs=50, seconds=10)
    assert figures.faults == []
    assert figures.runs > 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "kind",
    [pytest.param(k, marks=[] if k in sessions.KINDS[:2] else [pytest.mark.heavy]) for k in sessions.KINDS],
    ids=lambda k: "-".join(map(str, k)),
)
async def test_sessions(kind: tuple[int, str, str]) -> None:
    figures = await sessions.run(kind, Random(7), acts=6, seconds=0, rounds=1)
    assert figures.faults == []
    assert figures.runs > 0


def test_a_target_with_faults_is_found() -> None:
    def feed(given: int) -> None:
        if given % 3 == 0:
            raise OdooChatError("refused")
        if given % 3 == 1:
            raise KeyError("id")

    target = decoders.Target("broken", lambda random: random.randrange(3), feed)
    figures = decoders.run(target, Random(1), runs=30, seconds=10)
    assert figures.refused > 0
    assert "KeyError: 'id'" in figures.faults[0]


def test_a_slow_input_is_found() -> None:
    figures = Figures("slow")
    figures.took(STALL_SECONDS * 2, "the input")
    figures.took(STALL_SECONDS / 2, "another")
    assert figures.faults == ["slow: took 2.00 s: the input"]


def test_mutations_depend_on_the_seed_alone() -> None:
    value = {"id": 1, "rows": [{"a": "x"}, {"b": [1, 2]}], "text": "é"}
    before = repr(value)
    made = [[mutation.json_value(value, Random(seed)) for seed in range(50)] for _ in range(2)]
    assert made[0] == made[1]
    assert repr(value) == before
    assert len({repr(changed) for changed in made[0]}) > 20
    assert mutation.text("<p>a</p>", Random(3)) == mutation.text("<p>a</p>", Random(3))
    assert mutation.raw(b"abc", Random(3)) == mutation.raw(b"abc", Random(3))
