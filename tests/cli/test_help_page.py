"""The help that is printed without loading the commands is what cyclopts prints after loading them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import import_module
from io import StringIO

import pytest
from rich.console import Console

from odoochat.cli import help_page, main
from odoochat.cli.app import app
from odoochat.cli.command_index import load_index
from odoochat.cli.help_page import PAGES_FILE, HelpPage, load_help_page, render_help_page

PAGES = sorted(json.loads(PAGES_FILE.read_text("utf-8"))["pages"])


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def page(command: str) -> HelpPage:
    found = load_help_page(command)
    assert found is not None
    return found


def of_cyclopts(command: str, width: int) -> list[str]:
    printed = StringIO()
    console = Console(file=printed, width=width, color_system=None, legacy_windows=False)
    app.help_print(command.split(), console=console)
    return lines(printed.getvalue())


@pytest.mark.parametrize("width", [60, 66, 80, 100, 160])
@pytest.mark.parametrize(
    "command", ["", "send", "react", "listen", "webhook token add", "relay", "--install-completion"]
)
def test_a_page_is_that_of_cyclopts(command: str, width: int) -> None:
    assert lines(render_help_page(page(command), width)) == of_cyclopts(command, width)


@pytest.mark.parametrize("command", PAGES)
def test_each_page_is_that_of_cyclopts(command: str) -> None:
    assert lines(render_help_page(page(command), 80)) == of_cyclopts(command, 80)


def test_only_the_width_breaks_lines() -> None:
    assert not [row for name in PAGES for _, rows in page(name)["panels"] for row in rows if "\n" in row[1]]
    text = render_help_page(page("send"), 200)
    assert "(Odoo 18 and later) and #general become mentions; names that do not match anything stay plain text." in text
    assert "If omitted, HTTP_PROXY, HTTPS_PROXY and NO_PROXY apply." in text


def test_each_command_has_a_page() -> None:
    assert {"", "send", "bot", "bot run", "webhook token", "webhook token add"} <= set(PAGES)
    assert set(load_index()) <= set(PAGES)
    assert load_help_page("nonsense") is None


@pytest.mark.parametrize("command", ["", "listen", "react", "webhook token add"])
def test_colors_change_nothing_else(command: str) -> None:
    for width in (60, 80, 120):
        plain, styled = (render_help_page(page(command), width, styled=styled) for styled in (False, True))
        assert styled != plain
        assert re.sub(r"\x1b\[[\d;]+m", "", styled) == plain


def test_what_is_required_and_the_notes_have_colors_of_their_own() -> None:
    styled = render_help_page(page("react"), 80, styled=True)
    assert "\x1b[1;31m*  \x1b[0m\x1b[36m" in styled
    assert "\x1b[31m[required]\x1b[0m" in styled
    notes = re.findall(r"\x1b\[2m(\S+)\x1b\[0m", render_help_page(page("listen"), 60, styled=True))
    # They are broken into lines, and each part has the color.
    assert " ".join(notes).startswith("[choices: auto, websocket, peek, longpoll, rpc] [default: auto]")


def test_the_index_names_the_function_of_each_command() -> None:
    functions = load_index()
    assert {"send", "listen", "chat"} <= functions.keys()
    for name, (module, function) in functions.items():
        assert app[name].default_command is getattr(import_module(module), function)


@pytest.mark.parametrize(
    ("words", "code", "usage"),
    [
        ([], 2, "odoochat COMMAND"),
        (["-h"], 0, "odoochat COMMAND"),
        (["--help"], 0, "odoochat COMMAND"),
        (["--json", "--help"], 0, "odoochat COMMAND"),
        (["send", "--help"], 0, "odoochat send [OPTIONS] CHANNEL [TEXT]"),
        (["send", "-h"], 0, "odoochat send [OPTIONS] CHANNEL [TEXT]"),
        (["send", "general", "--help"], 0, "odoochat send [OPTIONS] CHANNEL [TEXT]"),
        (["webhook", "token", "add", "--help"], 0, "odoochat webhook token add [OPTIONS] NAME CHANNEL"),
    ],
)
def test_the_page_is_printed(words: list[str], code: int, usage: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == code
    assert f"Usage: {usage}\n" in capsys.readouterr().out


def test_an_unknown_command_has_no_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sned", "--help"]) == 2
    assert "sned" in capsys.readouterr().err


def test_a_page_loads_neither_the_command_nor_cyclopts() -> None:
    code = "import sys; from odoochat.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, "send", "--help"], check=True, capture_output=True, text=True, encoding="utf-8"
    )
    assert "--reply-to" in done.stdout
    loaded = set(done.stderr.split())
    assert not loaded & {"cyclopts", "rich", "asyncio", "aiohttp", "odoochat.cli.commands.send"}


def test_cyclopts_prints_the_page_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(help_page.NARROWEST - 1))
    assert not help_page.print_help_page("send")
    assert main(["send", "--help"]) == 0
    assert "Usage: odoochat send" in capsys.readouterr().out


def test_a_default_is_shown_as_typed() -> None:
    texts = [text for name in PAGES for _, rows in page(name)["panels"] for _, text in rows]
    shown = {default for text in texts for default in re.findall(r"\[default: (.+?)\]", text)}
    assert {"30", "60", "1440"} <= shown
    assert not [default for default in shown if default.endswith(".0")]
