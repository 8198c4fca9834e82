"""Draws the diagrams of docs/architecture.md: the layers from the import contracts, the link from its state machine."""

from __future__ import annotations

import copy
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, get_args

if TYPE_CHECKING:
    from odoochat.core.link import Link

ROOT = Path(__file__).resolve().parent.parent


def contracts() -> list[dict[str, object]]:
    """Return the import contracts of pyproject.toml, in their order."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: list[dict[str, object]] = settings["tool"]["importlinter"]["contracts"]
    return found


def layers() -> str:
    """Draw the layers as a Mermaid flowchart, highest layer first, with the modules of a layer side by side."""
    (found,) = (contract["layers"] for contract in contracts() if contract["type"] == "layers")
    assert isinstance(found, list)
    lines = ["```mermaid", "flowchart TD"]
    for number, layer in enumerate(found):
        lines.append(f'    subgraph layer{number}[" "]')
        lines.append("        direction LR")
        lines += [f'        {name}["{name}"]' for name in re.split(r"\s*[|:]\s*", layer)]
        lines.append("    end")
    lines += [f"    layer{number} --> layer{number + 1}" for number in range(len(found) - 1)]
    return "\n".join([*lines, "```"])


def forbidden() -> str:
    """Write the other import contracts as a table: name, importing modules, and modules that these must not import."""
    lines = ["| contract | modules | may not import |", "|---|---|---|"]
    for contract in contracts():
        if contract["type"] == "forbidden":
            columns = (names(contract["source_modules"]), names(contract["forbidden_modules"]))
            lines.append(f"| {contract['name']} | {' | '.join(columns)} |")
    return "\n".join(lines)


def names(modules: object) -> str:
    """Join module names in code style, without the name of the package."""
    assert isinstance(modules, list)
    return ", ".join(f"`{str(name).removeprefix('odoochat.')}`" for name in modules)


# ------------------------------------------------------------------------------------- the link

STATES = ("connecting", "open", "waiting", "renewing", "closed")


def link() -> str:
    """Draw the state machine of the live link as a Mermaid state diagram.

    Every edge is observed: a real `Link` is brought into each state, and receives each report.
    """
    edges: dict[tuple[str, str], list[str]] = defaultdict(list)
    for state in STATES:
        for label, after in observed(state):
            edges[state, after].append(label)
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> connecting"]
    for (before, after), labels in sorted(edges.items(), key=lambda e: tuple(map(STATES.index, e[0]))):
        failed = [label.removeprefix("failed ") for label in labels if label.startswith("failed ")]
        shown = ["failed (" + ", ".join(failed) + ")"] if failed else []
        shown += [label for label in labels if not label.startswith("failed ")]
        lines.append(f"    {before} --> {after} : {'<br/>'.join(shown)}")
    return "\n".join([*lines, "    closed --> [*]", "```"])


def observed(state: str) -> Iterator[tuple[str, str]]:
    """Yield each report that a driver can make in a state, with the resulting state."""
    from odoochat.errors import SessionExpired

    reports: dict[str, Callable[[Link], object]] = {}
    if state == "connecting":
        reports["the server answers"] = lambda machine: machine.opened(100.0)
    if state in {"connecting", "open"}:
        for verdict, error in failures().items():
            reports[f"failed {verdict}"] = lambda machine, error=error: machine.failed(error, 100.0)  # type: ignore[misc]
    if state == "connecting":
        reports["hung → next transport"] = lambda machine: machine.failed(failures()["again"], 100.0, hung=True)
        reports["third failure in a row → next transport"] = third_failure
    if state == "open":
        reports["better transport works → take it"] = lambda machine: machine.upgraded(machine.via, 100.0)
    if state == "waiting":
        reports["time is up"] = lambda machine: machine.next(100.0)
    if state == "renewing":
        reports["new session"] = lambda machine: machine.renewed()
        reports["old session is valid → next transport"] = lambda machine: machine.session_lives(100.0)
        reports["no session can be had"] = lambda machine: machine.offer((), SessionExpired("the password was changed"))
    for label, report in reports.items():
        machine = brought_to(state)
        assert where(machine) == state, (state, label)
        report(machine)
        yield label, where(machine)


def third_failure(machine: Link) -> None:
    """Report three failures in a row, waiting between them."""
    for _ in range(3):
        machine.next(100.0)
        machine.failed(failures()["again"], 100.0)


def brought_to(state: str) -> Link:
    """Return a link on the better of two transports, in one of the states."""
    from odoochat.core.link import Link
    from odoochat.errors import LinkClosed

    machine = Link(("websocket", "peek"), random=lambda: 0.5)
    if state == "open":
        machine.opened(0.0)
    elif state == "waiting":
        machine.failed(LinkClosed(1006), 0.0)
    elif state == "renewing":
        machine.failed(LinkClosed(4001), 0.0)
    elif state == "closed":
        machine.offer(())
    return machine


def where(machine: Link) -> str:
    """Return the state of a link, named after its next action."""
    from odoochat.core.link import Dial, Renew, Stop, Wait

    if machine.is_open:
        return "open"
    step = copy.copy(machine).next(100.0)
    return {Dial: "connecting", Wait: "waiting", Renew: "renewing", Stop: "closed"}[type(step)]


def failures() -> dict[str, BaseException]:
    """Return one error for each verdict about a failed link."""
    from odoochat.core.retry import CloseVerdict, judge
    from odoochat.errors import LinkClosed

    samples = [LinkClosed(code) for code in (1006, 1012, 1013, 4001, 4002)] + [LinkClosed(1000, "OUTDATED_VERSION")]
    found: dict[str, BaseException] = {judge(error): error for error in samples}
    missing = set(get_args(CloseVerdict)) - set(found)
    assert not missing, f"add an error for {missing} to tools/diagrams.py"
    return found


VERDICTS = {
    "again": "wait with backoff, then connect again",
    "now": "connect again at once if the link was open, else as `again`",
    "slow": "as `again`, at least 2 seconds",
    "wide": "as `again`, spread over 10 seconds: the server lost all its clients at the same moment",
    "login": "get a new session, then connect again",
    "version": "load the new version of the server, then connect again",
}


def verdicts() -> str:
    """Write the table of what the link does after each kind of failure, from the code that classifies failures."""
    from odoochat.core.retry import judge
    from odoochat.errors import LinkClosed, SessionExpired, Unreachable

    rows: dict[str, list[str]] = defaultdict(list)
    for code in (*range(1000, 1016), *range(4000, 4010)):
        if (verdict := judge(LinkClosed(code))) != judge(LinkClosed(1006)):
            rows[verdict].append(f"close code {code}")
    rows[judge(LinkClosed(1000, "OUTDATED_VERSION"))].append("close code 1000 with `OUTDATED_VERSION`")
    rows[judge(SessionExpired("no session"))].append("a refused login or session")
    rows[judge(Unreachable("no network"))].append("all other close codes and errors")
    lines = ["| verdict | after | the link then |", "|---|---|---|"]
    lines += [f"| `{verdict}` | {', '.join(rows[verdict])} | {meaning} |" for verdict, meaning in VERDICTS.items()]
    assert set(rows) == set(VERDICTS), f"describe each verdict in tools/diagrams.py: {set(rows) ^ set(VERDICTS)}"
    return "\n".join(lines)
