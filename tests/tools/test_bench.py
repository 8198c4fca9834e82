"""The runner of the benchmarks keeps what they measure, and its page and plots say it."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from bench import __main__ as runner
from bench import page
from bench.figures import Figure, aim_text, in_turn, line
from bench.plots import distance
from bench.results import KEPT, Results, Run, load
from bench.suite import BENCHES, Bench, chosen

HELD = Figure("quick", "ms", [1.0, 2.0, 3.0], [2.0, 4.0, 5.0], 1.0, against="a | loop")
MISSED = Figure("slow", "ms", [4.0, 8.0, 9.0], [2.0, 4.0, 4.5], 1.5)
RATE = Figure("rate", "k", [1.0, 3.0], [4.0], 0.5, more_is_better=True, limit=True)
MORE = Figure("more", "ms", [11.0, 14.0, 15.0], [1.0, 2.0, 3.0], 12.0, measure="difference")


def run_of(*figures: Figure) -> Run:
    return Run("2026-01-01 10:00", "abc", 0.1, 2.0, "2 cores", [figure.row() for figure in figures])


def test_ratios_and_paired_differences() -> None:
    assert (HELD.ratio, HELD.holds, HELD.differences) == (0.5, True, [-1.0, -2.0, -2.0])
    assert (MISSED.ratio, MISSED.holds) == (2.0, False)
    assert (RATE.ratio, RATE.holds, RATE.differences) == (0.5, True, [])
    assert (MORE.measured, MORE.holds) == (12.0, True)
    assert not Figure("more", "ms", [2.0, 2.0], [1.0, 1.0], 0.5, measure="difference").holds
    assert [aim_text(figure.row()) for figure in (HELD, RATE, MORE)] == ["≤ 1", "≥ 0.5", "≤ 12 ms more"]
    assert line(MISSED.row()).endswith("MISSED")
    assert not line(HELD.row()).endswith("MISSED")


def test_the_worse_end_of_a_rate_is_the_low_one() -> None:
    rates = [float(number) for number in range(1, 101)]
    assert Figure("", "k", rates, [1.0], 1, more_is_better=True).row().ours.worse < 10
    assert Figure("", "ms", rates, [1.0], 1).row().ours.worse > 90


def test_distances_from_the_aim_below_one_hold() -> None:
    for figure in (HELD, MISSED, RATE, MORE):
        assert (distance(figure.row()) <= 1) == figure.holds


def test_sides_take_turns_and_each_begins_as_often() -> None:
    order: list[str] = []

    def side(name: str) -> float:
        order.append(name)
        return float(len(order))

    ours, raw = in_turn(4, lambda: side("a"), lambda: side("b"))
    assert "".join(order) == "ba" + "ab" + "ba" + "ab" + "ba"
    assert (len(ours), len(raw)) == (4, 4)


def test_the_last_runs_are_kept(tmp_path: Path) -> None:
    results = Results()
    for figure in (RATE, HELD, MISSED):
        results.add("decode", run_of(figure))
    results.save(tmp_path / "results.json")
    (*_, before, last) = load(tmp_path / "results.json").benches["decode"]
    assert [run.rows[0].what for run in (before, last)] == ["quick", "slow"]
    assert len(results.benches["decode"]) == KEPT


def test_the_page_compares_the_last_run_with_the_one_before(tmp_path: Path) -> None:
    results = Results()
    slower = Figure("quick", "ms", [1.5, 3.0, 4.0], HELD.raw, 1.0, against="a | loop")
    results.add("decode", run_of(HELD))
    results.add("decode", run_of(slower, MISSED))
    results.add("chat", run_of(MORE, RATE))
    page.write(results, tmp_path)
    text = (tmp_path / "benchmarks.md").read_text("utf-8")
    assert "3 of 4 aims are met" in text
    assert r"| quick, ms | 3 | 3.9 | a \| loop | 4 | 4.9 | 0.750 | 0.500 |" in text
    assert "*slow*: " in text
    pictures = re.findall(r"!\[.*\]\((.*)\)", text)
    assert len(pictures) == 3
    for picture in pictures:
        drawn = ET.fromstring((tmp_path / picture).read_text("utf-8"))
        assert "prefers-color-scheme: dark" in "".join(drawn.itertext())
    for anchor in re.findall(r"\(#(.*?)\)", text):
        assert anchor in {
            re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in re.findall("## (.*)", text)
        }


@pytest.mark.parametrize("bench", BENCHES, ids=lambda bench: bench.name)
def test_each_benchmark_says_what_it_measures(bench) -> None:
    assert bench.title
    assert bench.how
    assert callable(bench.module.run)
    assert bench.why("any") == bench.why("any").strip()


def test_an_unknown_benchmark_is_named() -> None:
    assert [bench.name for bench in chosen(["chat", "decode"])] == ["chat", "decode"]
    with pytest.raises(LookupError, match='no benchmark "char"; there are .*decode'):
        chosen(["char"])


def test_benchmarks_that_wait_run_beside_each_other_at_the_end() -> None:
    groups = runner._groups([Bench("a", 9, waits=True), Bench("b", 1), Bench("c", 1, waits=True), Bench("d", 1)])
    assert [[bench.name for bench in group] for group in groups] == [["b"], ["d"], ["c", "a"]]


def test_a_benchmark_that_takes_too_long_is_ended(capfd: pytest.CaptureFixture[str]) -> None:
    started = runner._Started(Bench("archive", 0.1), quick=False)
    assert started.result() is None
    started.end()
    assert started._process.returncode == -signal.SIGKILL
    assert "archive: not finished after 0 s" in capfd.readouterr().out
