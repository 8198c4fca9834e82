"""The tools that generate pages notice what is missing."""

from __future__ import annotations

import importlib
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
    for name in ("docs", "diagrams", "log_lines"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("tool", ["log_lines"], indirect=True)
def test_log_lines_name_their_values(tool: ModuleType, tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        'log.info("connected to %s in %.1f s", self._url, seconds)\n'
        'log.debug("not listed")\n'
        'log.log(logging.DEBUG if again else logging.WARNING, "a|b: %s", type(error).__name__)\n',
        "utf-8",
    )
    assert list(tool.calls(module)) == [("INFO", "connected to {url} in {seconds} s"), ("WARNING", r"a\|b: {error}")]


@pytest.mark.parametrize("tool", ["log_lines"], indirect=True)
def test_a_log_line_must_be_constant(tool: ModuleType) -> None:
    module = TOOLS.parent / "module.py"
    with pytest.raises(SystemExit, match="must log a constant text"):
        list(tool.calls_of('log.info(f"connected to {url}")\n', module))


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
