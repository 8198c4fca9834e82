"""docs/cli.md says what the commands take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from odoochat.cli.app import app
from odoochat.cli.options import ServerOptions
from odoochat.cli.parsing import arguments_of

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")
COMMANDS = [name for name in app if not name.startswith("-")]


def rows(title: str) -> list[tuple[str, str]]:
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| (.*?) \| (.*) \|$", section, re.MULTILINE)


@pytest.mark.parametrize("command", [*COMMANDS, "Server and login"])
def test_every_option_has_a_name_and_a_meaning(command: str) -> None:
    for name, meaning in rows(command):
        assert name.strip(), meaning
        assert meaning.strip(), name


@pytest.mark.parametrize("command", COMMANDS)
def test_the_options_are_those_of_the_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    app([command, "--help"], exit_on_error=False, result_action="return_value")
    helped = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", capsys.readouterr().out))
    written = {word for name, _ in rows(command) for word in re.findall(r"--[a-z][\w-]*", name)}
    assert written <= helped
    own = {a.names[0] for a in arguments_of(app, command) if a.show and not a.keys and a.index is None}
    assert own <= written


def test_units_are_those_of_the_option() -> None:
    assert "`--minutes SECONDS`" not in PAGE
    assert "`--minutes MINUTES`" in PAGE
    assert "--empty-" not in PAGE
    assert "TUPLE" not in PAGE


def test_every_shared_option_is_written_once() -> None:
    names = [word for name, _ in rows("Server and login") for word in re.findall(r"--[a-z][\w-]*", name)]
    assert len(names) == len(set(names)) == len(ServerOptions.__dataclass_fields__)
