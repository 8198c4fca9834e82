"""The website has every public name and every page, and its links lead to pages of the website."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import odoochat

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "tools"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """The module of tools/ whose name the test gives."""
    monkeypatch.syspath_prepend(TOOLS)
    yield import_module(request.param)
    for name in ("reference", "website", "doctor_answers", "tutorial"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("tool", ["reference"], indirect=True)
def test_the_reference_has_every_public_name(tool: ModuleType) -> None:
    names = [name for page in tool.public_names().values() for name in page]
    assert len(set(names)) == len(names)
    written = "".join(tool.reference_pages().values())
    for name in names:
        assert f"::: {name}\n" in written
    for module in tool.MODULES:
        public = import_module(f"odoochat.{module}").__all__
        modules = {each.rpartition(".")[2] for each in tool.MODULES}
        assert {f"odoochat.{module}.{name}" for name in public if name not in modules} <= set(names)
    in_bots = set(import_module("odoochat.bot").__all__)
    assert {f"odoochat.{name}" for name in odoochat.__all__ if name not in in_bots} <= set(names)


@pytest.mark.parametrize("tool", ["reference"], indirect=True)
def test_public_modules_have_a_page_of_the_reference(tool: ModuleType) -> None:
    """A package with an `__all__` that the guide pages import from must be in the reference."""
    pages = "".join(path.read_text("utf-8") for path in (ROOT / "docs").rglob("*.md"))
    for package in (ROOT / "src" / "odoochat").iterdir():
        if f"from odoochat.{package.name} import" in pages and package.name not in ("config", "otel.py"):
            assert package.name in tool.MODULES, package.name


@pytest.mark.parametrize("tool", ["website"], indirect=True)
def test_the_menu_has_every_page_once(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "STAGE", tmp_path)
    pages = tool.stage()
    listed = [
        page for part in tool.menu(pages) for entries in part.values() for entry in entries for page in entry.values()
    ]
    assert len(set(listed)) == len(listed)
    assert set(listed) == {page for page in pages if not page.startswith("protocol/") or page == "protocol/README.md"}
    assert {page for _, entries in tool.MENU for _, page in entries} <= set(pages)


@pytest.mark.parametrize("tool", ["website"], indirect=True)
def test_links_lead_to_the_website(tool: ModuleType) -> None:
    pages = {
        "docs/a.md": "a.md",
        "docs/howto/b.md": "howto/b.md",
        "CONTRIBUTING.md": "contributing.md",
        "examples": "examples.md",
    }
    text = "[b](howto/b.md#x) [c](../CONTRIBUTING.md) [code](../src/odoochat/model.py) ![p](tour/p.svg) [e](../examples/echo.py)"
    assert tool.linked(text, "docs/a.md", pages) == (
        "[b](howto/b.md#x) [c](contributing.md) code ![p](tour/p.svg) [e](examples.md#echopy)"
    )
    assert (
        tool.linked("[a](../a.md) [web](https://example.com)", "docs/howto/b.md", pages)
        == "[a](../a.md) [web](https://example.com)"
    )
    assert tool.linked("[b](docs/howto/b.md)", "CONTRIBUTING.md", pages) == "[b](howto/b.md)"
    code = "```\n[c](../CONTRIBUTING.md)\n```"
    assert tool.linked(code, "docs/a.md", pages) == code


@pytest.mark.parametrize("tool", ["doctor_answers"], indirect=True)
def test_answers_of_the_doctor(tool: ModuleType) -> None:
    code = """
def check(report, error):
    try:
        pass
    except TotpRequired as error:
        mend = "use a key"
        report.line("login", "fail", str(error), mend)
    mend = "look"
    if error:
        mend = f"use {error}"
    report.line("address", "ok", "fine")
    report.line("address", "note", f"{error} moved", mend)
    report.line("proxy", "fail", "no proxy")
"""
    assert list(tool.answers(code)) == [
        ("login", "fail", "the text of `TotpRequired`", ["use a key"]),
        ("address", "note", "… moved", ["look", "use …"]),
        ("proxy", "fail", "no proxy", tool.ADVICE),
    ]


@pytest.mark.parametrize("tool", ["doctor_answers"], indirect=True)
def test_each_row_of_the_network_errors_has_its_own_condition(tool: ModuleType) -> None:
    rows = [tuple(row.split(" | ")[:2]) for row in tool.doctor_network().splitlines()[2:]]
    assert len(set(rows)) == len(rows)
    assert ("| `Unreachable`", "plain http") in rows
    assert {cause for error, cause in rows if error == "| `Blocked`"} == {"refused", "proxy login", "unavailable"}
    assert rows[-1] == ("| `RateLimited`", "any")


@pytest.mark.parametrize("tool", ["tutorial"], indirect=True)
def test_a_tutorial_that_is_wrong_fails(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tool.Reader(tmp_path, "/nowhere") as reader:
        reader.follow(tool.Block(1, "python", "hello.py", "print('hello')\n"))
        reader.follow(tool.Block(1, "python", "hello.py (append)", "print('again', 7)\n"))
        reader.follow(tool.Block(5, "", "", f"{sys.executable} hello.py\n"))
        reader.follow(tool.Block(9, "text", "", "hello\nagain …\n"))
        monkeypatch.setattr(tool, "SECONDS", 0.1)
        with pytest.raises(tool.Failed, match="expected 'good bye'"):
            reader.follow(tool.Block(9, "text", "", "good bye\n"))
        with pytest.raises(tool.Failed, match="exit code 3"):
            reader.follow(tool.Block(9, "", "", "exit 3\n"))


@pytest.mark.parametrize("tool", ["tutorial"], indirect=True)
def test_only_a_block_that_runs_a_service_has_a_terminal_of_its_own(tool: ModuleType, tmp_path: Path) -> None:
    with tool.Reader(tmp_path, "/nowhere") as reader:
        reader.follow(tool.Block(1, "", "", "export WORD=kept\necho install uvicorn\n"))
        reader.follow(tool.Block(5, "", "", "echo $WORD\n"))
        reader.follow(tool.Block(9, "text", "", "kept\n"))
