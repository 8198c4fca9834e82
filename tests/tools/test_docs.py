"""The tools that generate pages notice what is missing."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """The module of tools/ whose name the test gives."""
    monkeypatch.syspath_prepend(TOOLS)
    yield importlib.import_module(request.param)
    for name in ("docs", "diagrams", "doctor_answers", "man_page", "log_lines", "sync_stub"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("tool", ["log_lines"], indirect=True)
def test_log_lines_name_their_values(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        'seen = {"event": "link.seen", "url": 1}\n'
        'log.info("connected to %s in %.1f s", self._url, seconds, extra=seen)\n'
        'log.debug("not listed")\n'
        'log.log(logging.DEBUG if again else logging.WARNING, "a|b: %s", type(error).__name__, extra={"event": "a"})\n'
        'log.info("%s: %s", a or b.id, x.y, extra={"event": "b", "place": a or str(b.id), "kind": x.y})\n',
        "utf-8",
    )
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    assert list(tool.calls(module)) == [
        ("link.seen", "INFO", "connected to {url} in {seconds} s", ("url",)),
        ("a", "WARNING", r"a\|b: {error}", ()),
        ("b", "INFO", "{place}: {kind}", ("place", "kind")),
    ]


@pytest.mark.parametrize("tool", ["log_lines"], indirect=True)
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('log.info(f"connected to {url}")', "must log a constant text"),
        ('log.info("connected")', "needs extra="),
        ('log.info("connected", extra={"url": url})', "needs extra="),
        ('log.info("connected", extra={"event": "a", "name": name})', "log records use themselves: name"),
    ],
)
def test_a_log_line_is_constant_and_has_an_event(tool: ModuleType, line: str, why: str) -> None:
    with pytest.raises(SystemExit, match=why):
        list(tool.calls_of(line, TOOLS.parent / "module.py"))


@pytest.mark.parametrize("tool", ["docs"], indirect=True)
def test_a_page_needs_the_markers_of_its_sections(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tool.SECTIONS, "README.md", {"layers": tool.layers})
    with pytest.raises(SystemExit, match="README.md has no section between '<!-- generated: layers -->'"):
        tool.with_sections("README.md")


@pytest.mark.parametrize("tool", ["diagrams"], indirect=True)
def test_the_diagram_of_the_link_has_every_state(tool: ModuleType) -> None:
    drawn = tool.link()
    for state in tool.STATES:
        assert f"{state} -->" in drawn
        assert f"--> {state}" in drawn


@pytest.mark.parametrize("tool", ["docs"], indirect=True)
def test_options_have_their_unit_and_their_default_as_typed(tool: ModuleType) -> None:
    page, man = tool.commands(), tool.man()
    rows = {row.partition(" | ")[0].removeprefix("| "): row for row in page.splitlines() if row.startswith("| `--")}
    assert rows["`--rate N`"].endswith(" for each token. Default: `60`. |")
    assert "| `--to PATH` | A folder, in which each file keeps" in page
    assert " or the path of a new file. Default: `.`. |" in page
    assert rows["`--ids`, `--no-ids`"].endswith(" Default: `--ids`. |")
    assert rows["`--allow-host HOST`"].endswith(" may be repeated. |")
    assert re.findall(r"Default: (?!`[^`]+`\. \|$).*", page, re.MULTILINE) == []
    assert {option for option in rows if "SECONDS" in option} == {"`--timeout SECONDS`", "`--request-timeout SECONDS`"}
    assert "\\fB\\-\\-rate N\\fR\nMaximum messages per minute for each token. Default: \\fB60\\fR.\n" in man
    assert "a proxy's; may be repeated.\n" in man
    assert " or the path of a new file. Default: \\fB.\\fR\n" in man
