"""The page docs/benchmarks.md and its plots, written from the results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import plots
from bench.figures import Row, aim_text
from bench.plots import number
from bench.results import ROOT, Results, Run
from bench.suite import BENCHES, Bench

FOLDER = ROOT / "docs"
PLOTS = "assets/benchmarks"

INTRODUCTION = """\
# Benchmarks

The cost of odoochat, compared in the same run with a raw implementation, with other clients, or with a limit.
`make bench` writes this page; `make bench ONLY=calls` measures one section again and replaces it.

How to read the tables:

- The two sides take turns: odoochat, the other side, odoochat, and so on. *Difference* is the median and the 95th
  percentile of how much more odoochat takes in such a pair; a negative value means that odoochat takes less.
- *Ratio* divides the medians. An aim without a unit limits the ratio; one with a unit limits the difference. *Before*
  is the ratio in the previous run. If more is better, the p95 column contains the 5th percentile.
- A *limit* is a fixed number that was not measured.
- Each benchmark runs in its own processes, from compiled bytecode. Both sides use Python's default garbage collector
  settings, unless the section says otherwise.
- odoochat parses JSON with msgspec. The other side uses the standard library's `json.loads`, unless its name says
  otherwise.
- Odoo is a real Odoo 19 on loopback, with two cores for everything. Many users are measured against the
  [sandbox](testing.md) in a separate process.
"""


def files(results: Results) -> dict[str, str]:
    """Return the page and its plots, by path below docs/.

    Args:
        results: the last runs.
    """
    done = [(bench, results.benches[bench.name]) for bench in BENCHES if results.benches.get(bench.name)]
    groups = [(bench.name, runs[-1].rows) for bench, runs in done]
    plotted = {f"{PLOTS}/{bench.name}.svg": plots.bars(bench.title, runs[-1].rows) for bench, runs in done}
    elsewhere: dict[str, str] = {}
    for bench, runs in done:
        if hasattr(bench.module, "page"):
            elsewhere |= bench.module.page(runs[-1].rows, FOLDER)
    return {
        **elsewhere,
        "benchmarks.md": "\n".join(_page(done)).rstrip("\n") + "\n",
        f"{PLOTS}/overview.svg": plots.distances("Distance of each figure from its aim", groups),
        **plotted,
    }


def write(results: Results, folder: Path = FOLDER) -> None:
    """Write the page and its plots, and remove other plots.

    Args:
        results: the last runs.
        folder: the docs folder.
    """
    pictures = folder / PLOTS
    pictures.mkdir(parents=True, exist_ok=True)
    for old in pictures.glob("*.svg"):
        old.unlink()
    for path, text in files(results).items():
        (folder / path).write_text(text, "utf-8")


def _page(done: Sequence[tuple[Bench, Sequence[Run]]]) -> Iterator[str]:
    yield INTRODUCTION
    if not done:
        return
    newest = max((runs[-1] for _, runs in done), key=lambda run: run.at)
    rows = [row for _, runs in done for row in runs[-1].rows]
    yield f"Machine: {newest.machine}.\n"
    held = sum(row.holds for row in rows)
    yield f"{held} of {len(rows)} aims are met. Figures to the left of the line are better than their aims:\n"
    yield f"![Distance of each figure from its aim]({PLOTS}/overview.svg)\n"
    yield "| benchmark | aims met | in the previous run | measured | commit |"
    yield "|---|---|---|---|---|"
    for bench, runs in done:
        anchor = _anchor(bench.title)
        before = _share(runs[-2]) if len(runs) > 1 else ""
        yield f"| [{bench.title}](#{anchor}) | {_share(runs[-1])} | {before} | {runs[-1].at} UTC | {runs[-1].commit} |"
    for bench, runs in done:
        yield ""
        yield from _section(bench, runs)


def _share(run: Run) -> str:
    return f"{sum(row.holds for row in run.rows)} of {len(run.rows)}"


def _anchor(title: str) -> str:
    kept = "".join(c for c in title.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def _section(bench: Bench, runs: Sequence[Run]) -> Iterator[str]:
    run = runs[-1]
    before = {row.what + row.against: row for row in runs[-2].rows} if len(runs) > 1 else {}
    yield f"## {bench.title}\n"
    if bench.how:
        yield f"{bench.how}\n"
    yield "| measured | odoochat | p95 | against | median | p95 | ratio | before | difference | aim | holds |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for row in run.rows:
        yield _table_row(row, before.get(row.what + row.against))
    yield ""
    yield f"![{bench.title}]({PLOTS}/{bench.name}.svg)\n"
    reasons: dict[str, list[str]] = {}
    for row in run.rows:
        if not row.holds:
            reasons.setdefault(bench.why(row.what), []).append(row.what)
    if reasons:
        yield "Why an aim is missed:\n"
        for text, names in reasons.items():
            shown = f"{names[0]} and {len(names) - 1} more" if len(names) > 3 else "; ".join(names)
            yield f"- *{_cell(shown)}*: {text or 'not explained yet.'}"
        yield ""
    yield f"`make bench ONLY={bench.name}` took {run.seconds:.0f} s; the load average before it was {run.load}."


def _table_row(row: Row, before: Row | None) -> str:
    ours, theirs, by = row.ours, row.theirs, row.difference
    cells = [
        ", ".join(filter(None, (_cell(row.what), row.unit))), number(ours.median),
        number(ours.worse) if ours.count > 1 else "",
        f"limit: {_cell(row.against)}" if row.limit else _cell(row.against), number(theirs.median),
        number(theirs.worse) if theirs.count > 1 and not row.limit else "",
        f"{row.ratio:.3f}", f"{before.ratio:.3f}" if before else "",
        f"{number(by.median)}, p95 {number(by.worse)}" if by else "",
        aim_text(row), "yes" if row.holds else "**no**",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
