"""``odoochat bot new`` and ``odoochat bot run``."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

import odoochat
from odoochat import MessagePosted
from odoochat.cli import main
from odoochat.sandbox import Sandbox

ODOOCHAT = [sys.executable, "-m", "odoochat"]


def test_a_new_project_passes_its_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["bot", "new", "lunch-bot"]) == 0
    printed = capsys.readouterr()
    assert printed.out.split() == [
        str(Path("lunch-bot", name))
        for name in ("lunch_bot.py", "test_lunch_bot.py", "README.md", "pyproject.toml", ".gitignore")
    ]
    assert "next: cd lunch-bot" in printed.err
    assert 'pip install "/path/to/odoochat[bot,cli]"\n' in Path("lunch-bot", "README.md").read_text("utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore"],
        cwd=tmp_path / "lunch-bot",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout
    assert main(["bot", "new", "lunch-bot"]) == 2
    assert "lunch-bot already exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["new", "Bad/Name"], "is not a valid bot name"),
        (["new", "class"], "is a keyword of Python"),
        (["new", "json"], "is the name of an existing module"),
        (["run", "no_such_module:bot"], "no module 'no_such_module'"),
        (["run", "json:bot"], "json has no bot named 'bot'; it has no Bot"),
        (["run", "odoochat.bot:run"], "has no bot named 'run'"),
        (["run", "a b"], "is not a valid bot reference"),
        (["run"], "bot run needs TARGET"),
    ],
)
def test_wrong_use(words: list[str], error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert main(["bot", *words]) == 2
    assert error in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("parcels:bot", "'parcels' is a folder, not a module; run the command in it (cd parcels)"),
        ("pictures", "'pictures' is a folder, not a module; use the name of a file, e.g. pictures.my_bot:bot"),
    ],
)
def test_a_folder_is_no_bot(target: str, error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "pictures").mkdir()
    assert main(["bot", "new", "parcels"]) == 0
    capsys.readouterr()
    assert main(["bot", "run", target]) == 2
    assert capsys.readouterr().err == f"odoochat: {error}\n"


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("bot = (", "SyntaxError: '(' was never closed"),
        ("settings = {}\nsettings['token']", "KeyError: 'token'"),
    ],
)
def test_an_error_in_the_module_is_shown_where_it_is(program: str, error: str, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "broken_bot.py").write_text(program, encoding="utf-8")
    assert main(["bot", "run", "broken_bot:bot"]) == 2
    printed = capsys.readouterr().err.splitlines()
    assert printed[-1] == f"odoochat: broken_bot cannot be imported: {error}"
    places = [line.strip() for line in printed if line.strip().startswith("File ")]
    line = len(program.splitlines())
    assert [place.partition(", in")[0] for place in places] == [f'File "{tmp_path / "broken_bot.py"}", line {line}']


async def test_an_error_in_a_start_hook_is_shown_where_it_is(odoo_sandbox, tmp_path: Path) -> None:
    (tmp_path / "hook_bot.py").write_text(
        "from odoochat.bot import Bot\nbot = Bot()\n\n@bot.on_start\ndef begin():\n    raise LookupError('no database')\n",
        encoding="utf-8",
    )
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "odoochat", "bot", "run", "hook_bot:bot"),
        *("--url", odoo_sandbox.url, "--db", odoo_sandbox.db, "--login", "carol"),
        cwd=tmp_path,
        env={**os.environ, "ODOOCHAT_PASSWORD": "carol"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await asyncio.wait_for(ran.communicate(), 60)
    printed = err.decode().splitlines()
    assert ran.returncode == 1
    assert printed[-1] == "odoochat: the bot failed: LookupError: no database"
    assert f'  File "{tmp_path / "hook_bot.py"}", line 6, in begin' in printed


def test_a_full_disk_leaves_no_half_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    write = Path.write_text

    def full(path: Path, *arguments: str) -> int:
        if path.name == "README.md":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, *arguments)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "write_text", full)
    assert main(["bot", "new", "lunch-bot"]) == 2
    assert "cannot write the project lunch-bot: No space left on device" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


BOT = """
from odoochat.bot import Bot, Context
bot = Bot()

@bot.message()
async def answer(ctx: Context) -> str:
    return "ANSWER"
"""


async def test_run_and_reload(tmp_path: Path) -> None:
    program = tmp_path / "my_bot.py"
    program.write_text(BOT.replace("ANSWER", "one"))
    async with Sandbox() as box, odoochat.connect(box.url, login="alice", password="alice") as alice:
        environ = {**os.environ, "ODOOCHAT_URL": box.url, "ODOOCHAT_LOGIN": "carol", "ODOOCHAT_PASSWORD": "carol"}
        process = await asyncio.create_subprocess_exec(
            *ODOOCHAT, "bot", "run", "my_bot:bot", "--reload", "--state", "state",
            cwd=tmp_path, env=environ, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        try:
            await said(process.stderr, "running as Carol")
            chat = await alice.direct("carol")
            answers = alice.events(MessagePosted)
            await chat.send("hello")
            await answered(answers, "one")
            program.write_text(BOT.replace("ANSWER", "two"))
            await said(process.stderr, "files changed, restarting")
            await said(process.stderr, "running as Carol")
            await chat.send("hello again")
            await answered(answers, "two")
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 30) == 0
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await process.wait()
        texts = [message.text async for message in chat.history(20, oldest_first=True)]
        assert texts == ["hello", "one", "hello again", "two"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not send these signals to a process")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("options", [(), ("--reload",)])
async def test_stopping_while_connecting_ends_a_bot_with_0(
    tmp_path: Path, end: signal.Signals, options: tuple[str, ...]
) -> None:
    connecting = asyncio.Event()

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connecting.set()
        await reader.read()
        writer.close()

    (tmp_path / "my_bot.py").write_text(BOT)
    server = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    environ = {**os.environ, "ODOOCHAT_URL": url, "ODOOCHAT_LOGIN": "carol", "ODOOCHAT_PASSWORD": "carol"}
    process = await asyncio.create_subprocess_exec(
        *ODOOCHAT, "bot", "run", "my_bot:bot", *options, cwd=tmp_path, env=environ, start_new_session=True
    )
    try:
        await asyncio.wait_for(connecting.wait(), 40)
        os.killpg(process.pid, end)  # a terminal also sends Ctrl-C to the child
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        server.close()
        await server.wait_closed()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not send these signals to a process")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
async def test_further_signals_do_not_change_the_exit_code(tmp_path: Path, end: signal.Signals) -> None:
    (tmp_path / "my_bot.py").write_text(BOT)
    async with Sandbox() as box:
        environ = {**os.environ, "ODOOCHAT_URL": box.url, "ODOOCHAT_LOGIN": "carol", "ODOOCHAT_PASSWORD": "carol"}
        process = await asyncio.create_subprocess_exec(
            *ODOOCHAT, "bot", "run", "my_bot:bot", cwd=tmp_path, env=environ, stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        assert process.stderr is not None
        try:
            await said(process.stderr, "running as Carol")
            ending = asyncio.create_task(process.wait())
            async with asyncio.timeout(30):
                while not ending.done():
                    with suppress(ProcessLookupError):
                        os.kill(process.pid, end)  # the process's own method can take its exit code from asyncio
                    await asyncio.wait({ending}, timeout=0.002)
            assert process.returncode == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def answered(answers: odoochat.Subscription[MessagePosted], text: str) -> None:
    """Wait for a message."""
    while True:
        event = await answers.get(30)
        if isinstance(event, MessagePosted) and event.message.text == text:
            return


async def said(stream: asyncio.StreamReader, text: str) -> None:
    """Read the log until a line contains a text."""
    log: list[str] = []
    async with asyncio.timeout(40):
        while True:
            line = (await stream.readline()).decode()
            log.append(line)
            assert line, "".join(log)
            if text in line:
                return
