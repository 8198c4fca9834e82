"""Writes the pages of docs/ that are made from the code; with --check it tells which are stale."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "odoochat"


def modules() -> str:
    """The overview of all modules, from the first lines of their docstrings."""
    lines = [
        "# The modules and their duties",
        "",
        "Made by `make docs` from the first line of each module.",
        "",
    ]
    folder = None
    for path in sorted(SOURCE.rglob("*.py"), key=lambda p: (len(p.relative_to(SOURCE).parts) > 1, str(p))):
        doc = ast.get_docstring(ast.parse(path.read_text("utf-8")))
        if not doc:
            raise SystemExit(f"{path.relative_to(ROOT)} does not say its duty: give it a docstring")
        home = str(path.parent.relative_to(SOURCE.parent))
        if home != folder:
            lines += ["", f"## {home}/", "", "| module | duty |", "|---|---|"]
            folder = home
        lines.append(row(f"`{path.name}`", doc.splitlines()[0]))
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------- the command line


def commands() -> str:
    """Every command with its arguments and options, from the functions that run them."""
    from odoochat import cli
    from odoochat.cli.app import app
    from odoochat.cli.connection import Server

    names = [name for name in app if not name.startswith("-")]
    functions: dict[str, Callable[..., Any]] = {name: app[name].default_command for name in names}
    exits = re.search(r"The exit code: (.+)", unwrapped(inspect.getdoc(cli.main)))
    assert exits, "odoochat.cli.main says the exit codes"
    lines = [
        "# The command line",
        "",
        "Made by `make docs` from the commands themselves. Results go to stdout, everything else to stderr.",
        "",
        f"Exit codes: {exits[1]}",
        "",
        "| command | does |",
        "|---|---|",
        *(row(f"[`{name}`](#{name})", summary(function)) for name, function in functions.items()),
        "",
        "## Which server, and who on it",
        "",
        "Every command that speaks to a server takes these; an option counts more than the environment, that more than",
        "the profile.",
        "",
        *table(app["channels"], told(Server), of_server=True),
    ]
    for name, function in functions.items():
        lines += ["", f"## {name}", "", summary(function), ""]
        lines += [*paragraph(function), *table(app[name], told(function), of_server=False)]
    return "\n".join(lines).rstrip() + "\n"


def table(command: Any, told: dict[str, str], *, of_server: bool) -> list[str]:
    """The rows of a command's own arguments and options, or those of the server that it takes."""
    rows = [
        row(written(argument), told[argument.field_info.name] + default(argument))
        for argument in command.assemble_argument_collection()
        if argument.show and bool(argument.keys) is of_server
    ]
    return ["| option | meaning |", "|---|---|", *rows] if rows else ["No options of its own."]


def written(argument: Any) -> str:
    """An argument as people write it: by its place, or by its name."""
    if argument.index is None:
        first = argument.names[0].removeprefix("--")
        opposites = (f"--no-{first}", f"--empty-{first}")  # not offered: see the default parameter of the app
        if argument.parameter.negative:
            opposites = ()
        return ", ".join(f"`{n}{value(argument)}`" for n in argument.names if n not in opposites)
    many = "…" if argument.field_info.kind is inspect.Parameter.VAR_POSITIONAL else ""
    name = argument.field_info.name.upper() + many
    return f"`{name}`" if argument.required else f"`[{name}]`"


MEANT = {
    "record": " MODEL ID", "minutes": " MINUTES", "mention": " PERSON", "invite": " PERSON", "file": " PATH",
    "url": " URL", "proxy": " URL", "ca_file": " PATH", "client_cert": " PATH", "client_key": " PATH",
    "state": " PATH", "in_": " CHANNEL", "post": " CHANNEL", "allow_host": " HOST",
}  # fmt: skip
"""What stands behind an option, where its type does not tell."""


def value(argument: Any) -> str:
    """What stands behind an option's name."""
    hints = [h for h in get_args(argument.hint) or (argument.hint,) if h is not type(None)]
    for hint in (argument.hint, hints[0]):
        if get_origin(hint) is Literal:
            return " " + "|".join(map(str, get_args(hint)))
    if argument.hint is bool or argument.parameter.count:
        return ""
    if argument.field_info.name in MEANT:
        return MEANT[argument.field_info.name]
    kind = get_args(hints[0])[0] if get_origin(hints[0]) in (list, tuple) else hints[0]
    return {str: " TEXT", int: " N", float: " SECONDS", Path: " PATH"}.get(kind, f" {kind.__name__.upper()}")


def default(argument: Any) -> str:
    """The value of an option that is not given, when it has one worth a word."""
    given = argument.field_info.default
    if given in (None, False, "", 0, inspect.Parameter.empty):
        return ""
    return f" Default: {given:g}." if isinstance(given, float) else f" Default: {given}."


def told(thing: object) -> dict[str, str]:
    """What the docstring says of each parameter or attribute."""
    doc = inspect.getdoc(thing) or ""
    if "Attributes:" in doc:
        section = inspect.cleandoc(doc.split("Attributes:\n", 1)[1])
        found = re.findall(r"^(\w+): (.+(?:\n +.+)*)", section, re.MULTILINE)
    else:
        section = doc.partition("Parameters\n----------\n")[2]
        found = re.findall(r"^(\w+)\n((?: +.+\n?)+)", section, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in found}


def summary(function: object) -> str:
    """The first line of a docstring."""
    return unwrapped(inspect.getdoc(function)).split("\n")[0]


def paragraph(function: object) -> list[str]:
    """What a docstring says between its first line and the parameters."""
    doc = (inspect.getdoc(function) or "").partition("Parameters\n----------\n")[0]
    rest = doc.partition("\n")[2].strip()
    return [rest, ""] if rest else []


def unwrapped(doc: str | None) -> str:
    """A docstring with every paragraph in one line."""
    return "\n".join(" ".join(p.split()) for p in re.split(r"\n\s*\n", doc or ""))


def row(*cells: str) -> str:
    """A row of a table."""
    return "| " + " | ".join(c.replace("|", r"\|") for c in cells) + " |"


# ------------------------------------------------------------------------------ the chat screen


def keys() -> str:
    """The key table of the chat screen, from the table itself."""
    from odoochat.tui.keys import PLACES, SETS, of_place, shown

    lines = [
        "# The keys of the chat screen",
        "",
        "Made by `make docs` from the key table. In the settings (F2), `keys` chooses a set, and `[bindings]` gives",
        'single commands other keys: `switch = "ctrl+p"`.',
    ]
    for where, place in PLACES.items():
        lines += ["", f"## {place}", "", row("command", "does", *SETS), row(*["---"] * (2 + len(SETS)))]
        for key in of_place(where):
            lines.append(row(f"`{key.name}`", key.label, *(shown(key.keys(chosen)) for chosen in SETS)))
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------ the features


def features() -> str:
    """What each version lets whom do, from the table that the client itself asks."""
    from odoochat.wire.versions.features import FEATURES, GENERATIONS, has

    lines = [
        "# What each version can do",
        "",
        "Made by `make docs` from `wire/versions/features.py`, the table by which verbs raise `NotSupported` and",
        "`ApiKeyOnly`. Each ✓ stands for a contract test (`tests/contract`, marked `@covers`), which runs on the",
        "sandbox of every version and on real 14 and 19; where there is no ✓, the same test wants the one clear error.",
        "The suite also ran on live 15 to 18. 20 is from its sources alone (†): no live server of it was at hand.",
        "",
        "✓ with a session (password, cookie) and with an API key; **s** with a session alone; **g**: guests too.",
        '`odoo.can("react")` tells it of the server and the login at hand, by these names.',
    ]
    part = ""
    for feature in FEATURES.values():
        if feature.part != part:
            part = feature.part
            heads = " | ".join(str(g) for g in GENERATIONS)
            lines += ["", f"## {part}", "", f"| name | | {heads} |", "|---|---|" + ":-:|" * len(GENERATIONS)]
        cells = []
        for generation in GENERATIONS:
            session, key, guest = (has(feature.name, generation, by) for by in ("session", "key", "guest"))
            cells.append(("✓" if key else "s" if session else "") + (" g" if guest else ""))
        lines.append(f"| `{feature.name}` | {feature.title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


PAGES = {
    "docs/features.md": features,
    "docs/modules.md": modules,
    "docs/cli.md": commands,
    "docs/keys.md": keys,
}


def stale(pages: Iterable[str]) -> list[str]:
    """The pages that do not say what the code says."""
    return [p for p in pages if not (ROOT / p).exists() or (ROOT / p).read_text("utf-8") != PAGES[p]()]


def main() -> int:
    """Writes or checks; 1 when something is stale."""
    found = stale(PAGES)
    if "--check" in sys.argv:
        if found:
            print(f"stale: {', '.join(found)}: run `make docs` and commit", file=sys.stderr)
        return 1 if found else 0
    for name in found:
        (ROOT / name).write_text(PAGES[name](), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
