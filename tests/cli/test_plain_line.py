"""Plain command lines mean the same without cyclopts as with it."""

from __future__ import annotations

import inspect
import json
import random
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from odoochat.cli.command_index import load_index
from odoochat.cli.options import ServerOptions
from odoochat.cli.parsing import add_command, arguments_of, new_app

FUNCTIONS = load_index()
VALUES = [
    "general", "#general", "@bob", "hi there", "7", "007", "2.5", "-1", "-", "--", "", "a=b", "res.partner", "x.png",
    "1e3", "0x10", "١", "true", "no", "--json=1", "https://odoo.example.com",
]  # fmt: skip
PARSER = """
import json, sys
from dataclasses import is_dataclass, asdict
from importlib import import_module
from odoochat.cli.plain_line import parse_plain
shown = lambda value: asdict(value) if is_dataclass(value) else value
found = []
for module, function, words in json.load(sys.stdin):
    assert "cyclopts" not in sys.modules, "the lines of a module without cyclopts come first"
    command = getattr(import_module(module), function)
    call = None if "cyclopts" in sys.modules else parse_plain(command, words)
    for name in [name for name in sys.modules if name.startswith("cyclopts")]:
        del sys.modules[name]
    found.append(call and [call.positional, {name: shown(value) for name, value in call.named.items()}])
print(json.dumps(found, default=str))
"""


def parsed(lines: list[tuple[str, str, list[str]]]) -> list[Any]:
    """What lines mean without cyclopts, in a process that has not loaded it; None for those left to cyclopts."""
    done = subprocess.run(
        [sys.executable, "-c", PARSER], input=json.dumps(lines), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def by_cyclopts(module: str, function: str, words: list[str]) -> dict[str, Any]:
    """What cyclopts makes of a line: the arguments that the function receives."""
    command = getattr(import_module(module), function)
    app = new_app()
    add_command(app, command)
    _, bound, _ = app.parse_args([function, *words], exit_on_error=False, print_error=False)
    bound.apply_defaults()
    return dict(bound.arguments)


def arguments(module: str, function: str, call: list[Any]) -> dict[str, Any]:
    """The arguments that a function receives from a plain call that went through JSON."""
    positional, named = call
    signature = inspect.signature(getattr(import_module(module), function))
    bound = signature.bind(*positional, **named)
    bound.apply_defaults()
    return dict(bound.arguments)


def comparable(values: dict[str, Any]) -> Any:
    return json.loads(json.dumps(values, default=lambda v: vars(v) if isinstance(v, ServerOptions) else str(v)))


def random_line(function: str, options: list[str], choice: random.Random) -> list[str]:
    words: list[str] = []
    for _ in range(choice.randrange(5)):
        kind = choice.random()
        if kind < 0.45:
            words.append(choice.choice(VALUES[:4]) if choice.random() < 0.7 else choice.choice(VALUES))
        elif kind < 0.95 and options:
            name = choice.choice(options)
            value = choice.choice(["7", "x", choice.choice(VALUES)])
            words += [[name], [name, value], [f"{name}={value}"]][choice.randrange(3)]
        else:
            words.append(choice.choice(["--help", "-h", "--nothing", "-v", "-vv", "--jso", "--no-json"]))
    return words


def test_plain_lines_mean_what_cyclopts_makes_of_them() -> None:
    choice = random.Random(5)
    lines: list[tuple[str, str, list[str]]] = []
    for name, (module, function) in FUNCTIONS.items():
        app = new_app()
        add_command(app, getattr(import_module(module), function))
        options = [option for each in arguments_of(app, name) for option in each.names if option.startswith("--")]
        lines += [(module, function, random_line(name, options, choice)) for _ in range(30)]
    plain = 0
    for (module, function, words), call in zip(lines, parsed(lines), strict=True):
        if call is None:
            continue
        plain += 1
        expected = by_cyclopts(module, function, words)
        assert comparable(arguments(module, function, call)) == comparable(expected), (function, words)
    assert plain > 120


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("send general hello", [["general", "hello"], {}]),
        ("send @bob hello --json --reply-to 7", [["@bob", "hello"], {"json": True, "reply_to": 7}]),
        ("send general hi --file a.png --file=b.png", [["general", "hi"], {"file": ["a.png", "b.png"]}]),
        ("send general --help", None),
        ("send general -v hello", None),
        ("send general --jsn", None),
        ("send general -", None),
        ("send general -- -x", None),
        ("send general hello again", None),
        ("send general hello --reply-to seven", None),
        ("send general hello --reply-to -7", None),
        ("send general hello --json --json", None),
        ("send general hello --json=true", None),
        ("send general hello --record res.partner 7", None),
        ("send general hello --url", None),
        ("members", None),
    ],
)
def test_lines_that_are_plain(words: str, call: Any) -> None:
    name, *rest = words.split()
    (found,) = parsed([(*FUNCTIONS[name], rest)])
    assert found == call


def test_options_of_the_server_are_parsed() -> None:
    (found,) = parsed([(*FUNCTIONS["chat"], ["general", "--url", "https://a", "--request-timeout=2.5", "--insecure"])])
    assert found[0] == ["general"]
    server = found[1]["server"]
    assert (server["url"], server["request_timeout"], server["insecure"]) == ("https://a", 2.5, True)


def test_a_plain_line_loads_no_cyclopts(tmp_path: Path) -> None:
    code = (
        "import sys; from odoochat.cli import main\n"
        "code = main(['send', 'general', 'hi', '--url', 'http://127.0.0.1:9'])\n"
        "print(code, 'cyclopts' in sys.modules, 'rich' in sys.modules)"
    )
    environment = {"HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.split() == ["2", "False", "False"], done.stderr
    assert "no credentials" in done.stderr
