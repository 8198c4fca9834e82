"""The help that is printed without loading the commands is what cyclopts prints after loading them."""

from __future__ import annotations

import re
from importlib import import_module
from io import StringIO

import pytest
from rich.console import Console

from odoochat.cli import main
from odoochat.cli.app import app
from odoochat.cli.command_index import load_index
from odoochat.cli.help_page import help_page


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.parametrize("width", [60, 66, 80, 100, 160])
def test_the_page_is_that_of_cyclopts(width: int) -> None:
    printed = StringIO()
    console = Console(file=printed, width=width, color_system=None, legacy_windows=False)
    app.help_print([], console=console)
    assert lines(help_page(load_index(), width)) == lines(printed.getvalue())


def test_colors_change_nothing_else() -> None:
    plain, styled = (help_page(load_index(), 80, styled=styled) for styled in (False, True))
    assert styled != plain
    assert re.sub(r"\x1b\[\d+m", "", styled) == plain


def test_the_index_names_the_function_of_each_command() -> None:
    functions = load_index()["functions"]
    assert {"send", "listen", "chat"} <= functions.keys()
    for name, (module, function) in functions.items():
        assert app[name].default_command is getattr(import_module(module), function)


@pytest.mark.parametrize(("words", "code"), [([], 2), (["-h"], 0), (["--help"], 0), (["--json", "--help"], 0)])
def test_the_page_is_printed(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == code
    assert "Usage: odoochat COMMAND" in capsys.readouterr().out
