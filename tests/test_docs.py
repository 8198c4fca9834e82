"""The documentation is true: its examples run, its commands and paths exist, its links lead somewhere."""

from __future__ import annotations

import ast
import asyncio
import configparser
import inspect
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
from cyclopts import MissingArgumentError

import odoochat
from odoochat.cli.app import app
from odoochat.cli.checks import _NGINX
from odoochat.cli.words import command_first
from odoochat.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS: dict[str, list[str]] = SETTINGS["project"]["optional-dependencies"]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
DOCS = [path for path in sorted((ROOT / "docs").rglob("*.md")) if path.parent.name != "protocol"]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *DOCS]
GENERATED = ("modules.md", "cli.md", "keys.md", "features.md")
TESTS = r"^ *(?:async )?def test_"
"""Examples with such functions run in a pytest of their own."""
FILES = ["report.pdf", "plan.pdf"]
"""Files that the examples send."""


class Block(NamedTuple):
    """A code block of a page, with the line on which its code begins, and the name of the file that it is."""

    page: str
    line: int
    language: str
    title: str
    code: str


def blocks(path: Path) -> Iterator[Block]:
    text = path.read_text("utf-8")
    for found in re.finditer(r'^```(\w*)(?: title="(.*?)")?\n(.*?)^```$', text, re.MULTILINE | re.DOTALL):
        page = path.relative_to(ROOT).as_posix()
        yield Block(page, text.count("\n", 0, found.start(3)) + 1, found[1], found[2] or "", found[3])


BLOCKS = [block for path in PAGES for block in blocks(path)]
EXAMPLES = [block for block in BLOCKS if block.language == "python" and not block.title]
FILES_OF_PAGES = [block for block in BLOCKS if block.title]
BLOCKING = ("docs/blocking.md", "docs/howto/migrate.md")
BOTS = "docs/bot.md"  # tests/bot/test_docs.py runs these
PYTHON = list(dict.fromkeys(b.page for b in EXAMPLES if b.page not in (*BLOCKING, BOTS)))
SHELL = [block for block in BLOCKS if not block.language]


def named(block: Block) -> str:
    return f"{block.page}:{block.line}"


def test_every_block_has_a_language_that_is_checked():
    checked = {"", "python", "mermaid", "text", "ini", "nginx", "sh", "yaml", "dockerfile", "toml"}
    assert {block.language for block in BLOCKS} == checked
    assert len(PYTHON) >= 3
    assert len(SHELL) >= 5


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "toml"], ids=named)
def test_settings_of_the_relay_are_valid(block: Block, tmp_path: Path) -> None:
    from odoochat.relay.settings import load_relay_settings

    path = tmp_path / block.title
    path.write_text(block.code)
    assert load_relay_settings(path, {"RELAY_PASSWORD": "x"}).accounts


# ----------------------------------------------------------------------------- Python examples


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox(19) as running:
        yield running


async def cookie(box: Sandbox) -> str:
    """Return the cookie of a session of ann, as a browser has it."""
    params = {"db": box.db, "login": "ann", "password": "ann"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{box.url}/web/session/authenticate", json={"params": params}) as answer,
    ):
        return answer.cookies["session_id"].value


async def invitation(box: Sandbox) -> str:
    async with odoochat.connect(box.url, login="bob", password="bob", live=False) as bob:
        channel = await bob.create("visitors", public=True)
        return await channel.settings.invitation()


@pytest.mark.parametrize("page", PYTHON)
async def test_python_examples_run(
    page: str, box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The blocks of a page run one after the other with the same names, like the cells of a notebook."""
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        (tmp_path / name).write_bytes(b"%PDF-1.4 " + name.encode())
    replaced = {
        "https://odoo.example.com/chat/7/AbCdEfGhIj": await invitation(box),
        "https://odoo.example.com": box.url,
        'db="acme"': f'db="{box.db}"',
        'proxy="http://proxy.example.com:3128"': 'proxy=""',
        # The sandbox has contacts, and only administrators may write on them.
        'odoo.record("sale.order", 42)': 'admin.record("res.partner", 3)',
        '"company.pem"': repr(str(ROOT / "tests" / "cli" / "self-signed.pem")),
    }
    names: dict[str, Any] = {"secret": "ann", "odoochat": odoochat, "__name__": "example"}
    names |= {"key": box.api_key("ann"), "cookie": await cookie(box)}
    async with (
        odoochat.connect(box.url, login="ann", password="ann") as odoo,
        odoochat.connect(box.url, login="admin", password="admin") as names["admin"],
    ):
        await odoo.channel("general").send("the green build is done")
        for block in (b for b in EXAMPLES if b.page == page and not re.search(TESTS, b.code, re.MULTILINE)):
            code = block.code
            for old, new in replaced.items():
                code = code.replace(old, new)
            names["odoo"] = odoo
            # Errors then name the line of the page.
            await run("\n" * (block.line - 1) + code, names, block, box, capsys)
            if (client := names["odoo"]) is not odoo:
                await client.close()
    tests = [b for b in EXAMPLES if b.page == page and re.search(TESTS, b.code, re.MULTILINE)]
    if tests:
        await asyncio.to_thread(run_as_tests, tests)


@pytest.mark.parametrize("page", BLOCKING)
async def test_blocking_examples_run(
    page: str, box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They run in a thread, while another user writes what ends their loops."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"secret": "ann", "odoochat": odoochat, "__name__": "example"}

    def run_all() -> None:
        host, port = box.url.removeprefix("http://").split(":")
        rpc = '"odoo.example.com", protocol="jsonrpc+ssl", port=443'
        for block in (b for b in EXAMPLES if b.page == page):
            code = block.code.replace("https://odoo.example.com", box.url).replace('db="acme"', f'db="{box.db}"')
            code = code.replace(rpc, f'"{host}", port={port}').replace('("acme"', f'("{box.db}"')
            exec(compile("\n" * (block.line - 1) + code, block.page, "exec", dont_inherit=True), names)  # noqa: S102

    running = asyncio.create_task(asyncio.to_thread(run_all))
    async with asyncio.timeout(50), odoochat.connect(box.url, login="bob", password="bob") as bob:
        while not running.done():
            await bob.channel("general").send("stop")
            await asyncio.wait([running], timeout=0.05)
        await running
    assert "Bob stop" in capsys.readouterr().out


async def run(code: str, names: dict[str, Any], block: Block, box: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    compiled = compile(code, block.page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    capsys.readouterr()
    running = eval(compiled, names)
    if not inspect.iscoroutine(running):
        return
    endless, waits = "in odoo.events(" in code or "in pool.events(" in code, "odoo.wait_for(" in code
    if not (endless or waits):
        await asyncio.wait_for(running, 30)
        return
    # Another user writes until the example prints that, or, if it waits for one event, ends.
    task = asyncio.create_task(running)
    printed = ""
    try:
        async with asyncio.timeout(30), odoochat.connect(box.url, login="bob", password="bob") as bob:
            while "hello from bob" not in printed:
                await bob.channel("general").send("hello from bob")
                await asyncio.wait([task], timeout=0.2)
                if task.done():
                    task.result()
                    assert waits, f"{named(block)} ended"
                    return
                printed += capsys.readouterr().out
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def run_as_tests(examples: list[Block]) -> None:
    """Run the examples that hold tests in a pytest of its own, in the current folder."""
    for block in examples:
        Path(f"test_line_{block.line}.py").write_text("\n" * (block.line - 1) + block.code, "utf-8")
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-W", "error", "--strict-markers"),
        *("-p", "no:cacheprovider", "-o", "asyncio_mode=auto"),
        *("-o", "asyncio_default_fixture_loop_scope=function"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^(\d+) passed", done.stdout, re.MULTILINE)
    assert passed is not None
    # A test with the marker for versions counts once for each of them.
    assert int(passed[1]) >= sum(len(re.findall(TESTS, block.code, re.MULTILINE)) for block in examples)


# ---------------------------------------------------------------------------- files of pages


@pytest.mark.parametrize("block", [b for b in FILES_OF_PAGES if b.language == "python"], ids=named)
def test_files_of_pages_compile(block: Block) -> None:
    compile(block.code, block.title, "exec", dont_inherit=True)


def test_the_tests_of_the_tutorial_pass(tmp_path: Path) -> None:
    """`make tutorial` follows the whole page; this runs its last state without installing anything."""
    for block in FILES_OF_PAGES:
        if block.page == "docs/tutorial.md" and "(append)" not in block.title:
            (tmp_path / block.title).write_text(block.code, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


@pytest.mark.parametrize("block", [b for b in FILES_OF_PAGES if b.page == "docs/howto/deploy.md"], ids=named)
def test_files_to_deploy_are_in_the_repository(block: Block) -> None:
    assert (ROOT / "packaging" / block.title).read_text("utf-8") == block.code


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "ini"], ids=named)
def test_ini_files_can_be_read(block: Block) -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read_string(f"[environment]\n{block.code}" if block.title.endswith(".env") else block.code)
    for section in parser.values():
        for name in section:
            assert not name.startswith("ODOOCHAT_") or is_variable(name), name


def test_the_page_about_nginx_has_what_the_doctor_advises() -> None:
    advised = re.findall(r"(proxy_(?:pass|http_version|set_header) [^;]+);", _NGINX)
    code = next(block.code for block in BLOCKS if block.language == "nginx")
    location = re.search(r"location /websocket \{(.*?)\}", code, re.DOTALL)
    assert location is not None
    assert len(advised) >= 7
    for directive in advised:
        wanted = directive.replace("Connection upgrade", "Connection $connection_upgrade")  # also right without one
        assert f"{wanted};" in location[1]
    for block in BLOCKS:
        if block.language == "nginx":
            assert block.code.count("{") == block.code.count("}")
            for line in block.code.splitlines():
                assert not line.strip() or line.strip().endswith((";", "{", "}")), line


# ------------------------------------------------------------------------------ shell examples


def commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each command of a shell line, without redirections."""
    words = shlex.shlex(line.replace('"$id"', "4711"), posix=True, punctuation_chars="();<>|&")
    words.whitespace_split = True
    words.commenters = "#"
    command: list[str] = []
    after_redirection = False
    for word in words:
        if set(word) <= set("();<>|&"):
            after_redirection = set(word) <= set("<>")
            if not after_redirection:
                yield command
                command = []
        elif after_redirection:
            after_redirection = False
        elif command or not re.fullmatch(r"\w+=.*", word):
            command.append(word)
    yield command


@pytest.mark.parametrize("block", SHELL, ids=named)
def test_shell_examples_exist(block: Block) -> None:
    for line in block.code.replace("\\\n", " ").splitlines():
        for words in commands(line):
            check_command(words, block.page)
        for variable in re.findall(r"\bODOOCHAT_\w+", line):
            assert is_variable(variable), variable


def is_variable(name: str) -> bool:
    """Whether the sources, the tests or the tools read this variable."""
    if name.startswith("ODOOCHAT_TEST_"):
        return True
    short = name.removeprefix("ODOOCHAT_").lower()
    config = (ROOT / "src" / "odoochat" / "config" / "fields.py").read_text("utf-8")
    return re.search(rf"\b{short}\b|{name}", config) is not None


def check_command(words: list[str], page: str) -> None:
    match words:
        case ["odoochat", *rest]:
            check_odoochat(rest)
        case ["make", *rest]:
            check_make(rest)
        case ["pip" | ".venv/bin/pip", "install", *rest]:
            check_extras(rest)
        case [".venv/bin/python" | "python", "-m", module, *_] if module != "pytest":
            path = ROOT / module.replace(".", "/")
            assert path.is_dir() or path.with_suffix(".py").exists() or module == "build", module
        case [".venv/bin/python" | "python", script, *_] if script.endswith(".py"):
            assert (ROOT / script).exists() or script in files_of(page), script
        case [name, *_] if "/" in name and not name.startswith((".venv/", "-")):
            assert (ROOT / name).exists(), name


def files_of(page: str) -> set[str]:
    """Return the files that a page tells the reader to write."""
    return {block.title for block in FILES_OF_PAGES if block.page == page}


def check_odoochat(words: list[str]) -> None:
    """Parse a command as the program would: its name, options, and the types of its arguments."""
    if "--help" in words or words[:1] == ["--version"]:
        return
    app.parse_args(command_first(words), print_error=False, exit_on_error=False)


def check_make(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for word in words:
        name, assigned, _ = word.partition("=")
        pattern = rf"^{name} \?=|\$\({name}\)" if assigned else rf"^{re.escape(name)}:"
        assert re.search(pattern, makefile, re.MULTILINE), f"make {word}"


def check_extras(words: list[str]) -> None:
    for extras in re.findall(r"\[([\w,]+)\]", " ".join(words)):
        assert set(extras.split(",")) <= set(EXTRAS)


def test_odoochat_is_not_installed_from_an_index() -> None:
    """It is not on one yet, so its name there could belong to anybody."""
    from_index = re.compile(r"pip install [^\n`]*(?<![\w./-])odoochat(?![\w.-]).*")
    texts = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in (*PAGES, *SOURCES)}
    assert {name: found for name, text in texts.items() if (found := from_index.findall(text))} == {}


def test_errors_name_the_requirements_of_the_extras() -> None:
    sources = "".join(path.read_text("utf-8") for path in SOURCES)
    named = re.findall(r'pip install "(\w[^"]*)"', sources)
    assert named
    assert set(named) <= {need for needs in EXTRAS.values() for need in needs}


@pytest.mark.parametrize("block", [block for block in BLOCKS if "pip install" in block.code], ids=named)
def test_what_is_installed_includes_the_command_that_is_run(block: Block) -> None:
    with_command = {"cli", *(name for name, needs in EXTRAS.items() if re.search(r"odoochat\[.*\bcli\b", str(needs)))}
    extras = {name for found in re.findall(r"\[([\w,]+)\]", block.code) for name in found.split(",")}
    if re.search(r'(?:^|&& exec )odoochat |"odoochat",', block.code, re.MULTILINE):
        assert extras & with_command


# ------------------------------------------------------------------------- prose: links and names


def prose(path: Path) -> str:
    return re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize(
    "path", [*PAGES, ROOT / "CHANGELOG.md", ROOT / "docs" / "protocol" / "README.md"], ids=lambda path: path.name
)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"https?://", target):
            continue
        name, _, anchor = target.partition("#")
        page = path if not name else path.parent / name
        assert page.exists(), target
        assert not anchor or anchor in anchors(page), target


@pytest.mark.parametrize("path", [path for path in PAGES if path.name not in GENERATED], ids=lambda path: path.name)
def test_paths_and_targets_in_prose_exist(path: Path) -> None:
    for code in re.findall(r"`([^`\n]+)`", prose(path)):
        if code.startswith(("make ", "odoochat ", "pip install", "python tools/", "python -m tests")):
            for words in commands(code):
                with suppress(MissingArgumentError):  # prose names a command without all that it takes
                    check_command(words, path.relative_to(ROOT).as_posix())
        elif re.fullmatch(r"[\w.-]+(/[\w.*-]+)*/?", code) and is_path(code):
            places = [ROOT, ROOT / "src", ROOT / "src" / "odoochat", ROOT / "docs", path.parent]
            pattern = code.rstrip("/")
            found = any(any(place.glob(pattern)) for place in places)
            found = found or code in files_of(path.relative_to(ROOT).as_posix()) | {"bot.py"}
            assert found or ("/" not in code and any((ROOT / "src").rglob(pattern))), code


def is_path(code: str) -> bool:
    """Whether a word in code style names a file or folder of the project."""
    first = code.partition("/")[0]
    packages = {p.name for p in (ROOT / "src" / "odoochat").iterdir() if p.is_dir()}
    packages |= {"tests", "tools", "docs", "src"}
    return ("/" in code and first in packages) or code.endswith((".py", ".svg"))


def test_the_tests_of_attacks_exist() -> None:
    rows = re.findall(r"^\| (\d+)\. .*", (ROOT / "docs" / "security.md").read_text("utf-8"), re.MULTILINE)
    assert [int(number) for number in rows] == list(range(1, 21))
    named = re.findall(r"`(tests/\S+\.py)::(\w+)`", (ROOT / "docs" / "security.md").read_text("utf-8"))
    assert len(named) >= 20
    for path, name in named:
        assert re.search(rf"^(?:async )?def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), name


def test_generated_pages_are_fresh() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, str(ROOT / "tools" / "docs.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
