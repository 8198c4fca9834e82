"""What only a process of its own shows: signals, pipes, terminals, the log, what is not installed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import textwrap
from collections.abc import Awaitable, Callable, Sequence
from importlib import metadata
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from odoochat.cli.extras import install_hint
from odoochat.sandbox import Sandbox

from .conftest import Ran, be, ended, hears_ctrl_c, serving
from .test_chat import received

Run = Callable[..., Awaitable[Ran]]
Spawn = Callable[..., Awaitable[asyncio.subprocess.Process]]
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of POSIX")


async def python(code: str) -> Ran:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(code),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    return await ended(process)


async def test_without_cyclopts_it_says_what_to_install() -> None:
    ran = await python(
        """
        import sys
        sys.modules["cyclopts"] = None
        from odoochat.cli import main
        sys.exit(main(["channels"]))
        """
    )
    assert (ran.code, ran.out) == (2, "")
    assert (
        ran.err
        == f'odoochat: the command line (odoochat[cli]) needs cyclopts: {sys.executable} -m pip install "cyclopts>=5.4"\n'
    )


def test_in_a_source_folder_it_says_to_install_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", missing)
    assert install_hint("cli").endswith(' -m pip install "/path/to/odoochat[cli]"')


async def test_the_help_is_quick_and_needs_no_network(spawn: Spawn) -> None:
    ran = await ended(await spawn("--help"))
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize(
    ("command", "code", "printed", "error"),
    [
        ("atexit.register(print, 'exit handler') and 7", 7, "exit handler\n", ""),
        ("threading.Timer(0.1, print, ['thread']).start() or 3", 3, "thread\n", ""),
        ("sys.exit('stopped')", 1, "freed\n", "stopped\n"),
    ],
    ids=["handler", "thread", "error"],
)
async def test_a_process_ends_after_its_exit_handlers_and_frees_nothing(
    command: str, code: int, printed: str, error: str
) -> None:
    ran = await python(
        f"""
        import atexit, sys, threading
        import odoochat.__main__ as program

        class Loud:
            def __del__(self):
                print("freed")

        kept = Loud()
        program.main = lambda: {command}
        sys.exit(program.run())
        """
    )
    assert (ran.code, ran.out) == (code, printed)
    assert ran.err == error


async def test_exit_handlers_from_before_the_program_are_called() -> None:
    ran = await python(
        """
        import atexit, sys
        atexit.register(print, "from sitecustomize")
        import odoochat.__main__ as program

        sys.stderr.close()
        sys.stderr = None
        program.main = lambda: 7 if sys.stderr is not None else 8
        sys.exit(program.run())
        """
    )
    assert (ran.code, ran.out, ran.err) == (7, "from sitecustomize\n", "")


async def test_the_end_of_a_bot_closes_its_files(
    spawn: Spawn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, closed_port: int
) -> None:
    (tmp_path / "logging_bot.py").write_text(
        "from odoochat.bot import Bot\nbot = Bot()\nlog = open('log.txt', 'w')\nlog.write('begun')\n"
    )
    monkeypatch.chdir(tmp_path)
    be(monkeypatch, f"http://127.0.0.1:{closed_port}", "alice")
    ran = await ended(await spawn("bot", "run", "logging_bot:bot"))
    assert ran.code == 3, ran.err
    assert (tmp_path / "log.txt").read_text() == "begun"


# ------------------------------------------------------------------- signals, pipes


ENDS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@posix
@pytest.mark.parametrize(("end", "code"), ENDS)
async def test_a_signal_ends_listening_quietly(
    spawn: Spawn, alice: Sandbox, tmp_path: Path, end: signal.Signals, code: int
) -> None:
    process = await spawn("listen", "--state", tmp_path / "state.json")
    await received(process, "connected by")
    process.send_signal(end)
    assert await ended(process) == Ran(code, "", "")
    assert (tmp_path / "state.json").exists(), "written when the client closes"
    async with asyncio.timeout(30):
        while alice.connections:  # the server notices the end of a connection a little later
            await asyncio.sleep(0.01)


@posix
@pytest.mark.parametrize(("end", "code"), ENDS)
@pytest.mark.parametrize(
    ("command", "serves"),
    [("channels", 0), ("sync", 0), ("listen", 0), ("webhook serve --port 0", 1), ("mcp --http --port 0", 1)],
)
async def test_a_signal_while_connecting(
    spawn: Spawn, monkeypatch: pytest.MonkeyPatch, command: str, serves: bool, end: signal.Signals, code: int
) -> None:
    asked = asyncio.Event()

    async def silent(request: web.Request) -> web.Response:
        asked.set()
        await asyncio.Event().wait()
        return web.Response()

    async with serving(silent) as url:
        be(monkeypatch, url, "alice")
        process = await spawn(*command.split(), ODOOCHAT_MCP_TOKEN="a token of the tests")
        async with asyncio.timeout(30):
            await asked.wait()
        process.send_signal(end)
        assert await ended(process) == Ran(0 if serves else code, "", "")


async def test_metrics_of_listening(spawn: Spawn, alice: Sandbox) -> None:
    process = await spawn("listen", "--metrics", 0, "--count", 1, "--timeout", 20)
    assert process.stderr is not None
    address = (await process.stderr.readline()).decode().removeprefix("metrics: ").strip()
    assert address.startswith("http://127.0.0.1:")
    await received(process, "connected by")
    async with aiohttp.ClientSession() as http:
        async with http.get(address) as answer:
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert "\nodoochat_link_open 1\n" in await answer.text()
        async with http.get(address.removesuffix("metrics")) as answer:
            assert answer.status == 404
    port = address.split(":")[2].split("/")[0]
    ran = await ended(await spawn("listen", "--metrics", port, "--timeout", 1))
    assert (ran.code, ran.out) == (2, "")
    assert f"--metrics {port}: " in ran.err
    assert "choose another port" in ran.err
    alice.world.post("bob", "general", "hello")
    assert (await ended(process)).code == 0
    ran = await ended(await spawn("listen", "--metrics", 70000))
    assert (ran.code, ran.err) == (2, "odoochat: --metrics must be a port from 0 to 65535, not 70000\n")


@posix
async def test_a_reader_that_closes_the_pipe(spawn: Spawn, alice: Sandbox) -> None:
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "default::ResourceWarning", "-m", "odoochat", "listen", "--json",
        stdin=asyncio.subprocess.DEVNULL, stdout=writing, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    os.close(writing)
    await received(process, "connected by")
    os.close(reading)
    alice.world.post("bob", "general", "to nobody")
    async with asyncio.timeout(20):
        _, err = await process.communicate()
    assert (process.returncode, err) == (0, b""), "the reader has what he wanted"


# ------------------------------------------------------------------------- the log


async def test_the_story_on_stderr(spawn: Spawn, alice: Sandbox) -> None:
    alice.faults.delay(0.01)
    ran = await ended(await spawn("send", "general", "printed", "-v"))
    assert ran.code == 0
    assert ran.out.strip().isdigit()
    assert "session opened for alice" in ran.err
    assert "sent by discuss.channel.message_post to general" in ran.err
    ran = await ended(await spawn("listen", "-vv", "--timeout", "0.5"))
    assert ran.code == 0
    assert "checking websocket" in ran.err
    assert "connected by websocket" in ran.err


@pytest.mark.parametrize("way", ["password", "session_id", "api_key"])
async def test_no_secret_is_shown(
    spawn: Spawn, run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    alice.faults.change_password("alice", "correct-horse")
    monkeypatch.delenv("ODOOCHAT_PASSWORD")
    secrets = {"password": "correct-horse", "api_key": alice.api_key("alice")}
    secrets["session_id"] = await session_of(alice, "alice", "correct-horse")
    monkeypatch.setenv(f"ODOOCHAT_{way.upper()}", secrets[way])
    for command in (["doctor"], ["channels"], ["listen", "--timeout", "0.3"]):
        ran = await ended(await spawn(*command, "-vv"))
        assert ran.code == 0
        assert "alice" in ran.err
        assert not any(secret in ran.out + ran.err for secret in secrets.values())


async def session_of(box: Sandbox, login: str, password: str) -> str:
    """A session's cookie, as one finds it in a browser."""
    params = {"db": box.db, "login": login, "password": password}
    async with aiohttp.ClientSession() as browser:
        url = f"{box.url}/web/session/authenticate"
        async with browser.post(url, json={"jsonrpc": "2.0", "params": params}) as answer:
            return answer.cookies["session_id"].value


async def test_a_defect_is_shown_whole_only_when_asked_for(alice: Sandbox) -> None:
    code = """
        import sys
        from odoochat.cli import main
        from odoochat.cli.commands import channels
        def broken(*_): raise RuntimeError("boom")
        channels.channel_lines = broken
        sys.exit(main(["channels", {more}]))
        """
    ran = await python(code.format(more=""))
    assert (ran.code, ran.err) == (1, "odoochat: internal error; please report it: RuntimeError: boom\n")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(code.format(more='"-vv"')),
        stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await process.communicate()
    assert process.returncode == 1
    assert b"Traceback" in err
    assert b"RuntimeError: boom" in err


# -------------------------------------------------------------------- at a terminal


class Terminal:
    """A command at a terminal of its own."""

    def __init__(self, *arguments: str, program: Sequence[str] = ()) -> None:
        import pty

        program = program or [sys.executable, "-m", "odoochat", *arguments]
        self.pid, self.fd = pty.fork()
        if self.pid == 0:  # the child
            hears_ctrl_c()
            os.execvp(program[0], [*program])
        self.shown = ""
        os.set_blocking(self.fd, False)

    async def see(self, words: str) -> None:
        """Waits until the screen shows some words."""
        try:
            async with asyncio.timeout(15):
                while words not in self.shown:
                    await self._more()
        except TimeoutError:
            raise AssertionError(f"{words!r} is not in {self.shown!r}") from None

    async def _more(self) -> bool:
        try:
            data = os.read(self.fd, 4096)
        except BlockingIOError:
            await asyncio.sleep(0.02)
            return True
        except OSError:  # the other side is closed
            return False
        self.shown += data.decode()
        return bool(data)

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    async def end(self) -> int:
        """Waits for the end; gives the exit code."""
        async with asyncio.timeout(15):
            while await self._more():
                pass
            while True:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    os.close(self.fd)
                    return os.waitstatus_to_exitcode(status)
                await asyncio.sleep(0.02)


@posix
async def test_a_dumb_terminal_shows_no_chat_screen(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    be(monkeypatch, box.url, "alice")
    monkeypatch.setenv("TERM", "dumb")
    screen = Terminal("chat")
    assert await screen.end() == 2
    assert "TERM is dumb" in screen.shown
    assert "\x1b" not in screen.shown


@posix
async def test_login_and_password_are_asked_for(box: Sandbox) -> None:
    screen = Terminal("channels", "--url", box.url)
    await screen.see("Login: ")
    screen.type("alice\n")
    await screen.see("Password (or API key) of alice: ")
    screen.type("alice\n")
    assert await screen.end() == 0
    assert "general" in screen.shown
    assert screen.shown.count("alice") == 2, "the password is not echoed"


@posix
async def test_a_first_login_asks_for_address_and_database() -> None:
    async with Sandbox(19, list_db=False) as box:
        screen = Terminal("login")
        await screen.see("Address of the Odoo server: ")
        screen.type(f"{box.url}/web\n")
        await screen.see("Database: ")
        screen.type("sandbox\n")
        await screen.see("Login: ")
        screen.type("alice\n")
        await screen.see("Password (or API key) of alice: ")
        screen.type("alice\n")
        assert await screen.end() == 0
        assert f"Alice on {box.url}" in screen.shown
        screen = Terminal("login")  # again, to renew the password of the profile
        await screen.see("Password (or API key) of alice: ")
        screen.type("alice\n")
        assert await screen.end() == 0


@posix
@pytest.mark.parametrize(("address", "code", "reason"), [("", 2, "no server"), ("127.0.0.1:1", 3, "127.0.0.1:1")])
async def test_a_wrong_address_is_reported_before_the_password(address: str, code: int, reason: str) -> None:
    screen = Terminal("login")
    await screen.see("Address of the Odoo server: ")
    screen.type(f"{address}\n")
    assert await screen.end() == code
    assert "Password" not in screen.shown
    assert reason in screen.shown.partition("\n")[2]


@posix
async def test_the_second_factor_is_asked_for(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    box.world.state.accounts.enable_totp("alice")
    be(monkeypatch, box.url, "alice")
    screen = Terminal("channels")
    await screen.see("Two-factor code: ")
    screen.type(box.world.state.accounts.totp_code("alice") + "\n")
    assert await screen.end() == 0
    screen = Terminal("doctor")
    await screen.see("Two-factor code: ")
    screen.type("\x04")
    assert await screen.end() == 4


@posix
@pytest.mark.parametrize("prompt", ["Login: ", "Password", "Two-factor code"])
async def test_ctrl_c_at_a_prompt(box: Sandbox, monkeypatch: pytest.MonkeyPatch, prompt: str) -> None:
    arguments = ["channels", "--url", box.url]
    if prompt == "Password":
        arguments += ["--login", "alice"]
    elif prompt == "Two-factor code":
        box.world.state.accounts.enable_totp("alice")
        be(monkeypatch, box.url, "alice")
    screen = Terminal(*arguments)
    await screen.see(prompt)
    screen.type("\x03")
    assert await screen.end() == 130
    assert "Traceback" not in screen.shown


@posix
@pytest.mark.parametrize("prompt", ["Password", "Two-factor code"])
async def test_sigterm_at_a_prompt_keeps_the_echo(box: Sandbox, monkeypatch: pytest.MonkeyPatch, prompt: str) -> None:
    import termios

    if prompt == "Two-factor code":
        box.world.state.accounts.enable_totp("alice")
        be(monkeypatch, box.url, "alice")
    screen = Terminal("channels", "--url", box.url, "--login", "alice")
    await screen.see(prompt)
    echo = os.dup(screen.fd)
    os.kill(screen.pid, signal.SIGTERM)
    try:
        assert await screen.end() == 143
        assert termios.tcgetattr(echo)[3] & termios.ECHO
    finally:
        os.close(echo)
    assert "Traceback" not in screen.shown


@posix
async def test_nothing_typed_is_wrong_usage(box: Sandbox) -> None:
    screen = Terminal("channels", "--url", box.url, "--login", "alice")
    await screen.see("Password")
    screen.type("\n")
    assert await screen.end() == 2
    assert "no credentials" in screen.shown


# ---------------------------------------------------------------- sandbox and demo


@posix
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
async def test_a_sandbox_to_try(run: Run, spawn: Spawn, monkeypatch: pytest.MonkeyPatch, end: signal.Signals) -> None:
    process = await spawn("sandbox", "--port", 0, "--version", 16, "--json")
    assert process.stdout is not None
    printed = json.loads(await process.stdout.readline())
    assert {"alice", "bob", "carol", "admin"} <= set(printed["users"])
    be(monkeypatch, printed["url"], "alice")
    assert "Odoo 16" in (await run("doctor")).out
    process.send_signal(end)
    assert await ended(process) == Ran(0, "", "stopped\n")


@posix
async def test_a_sandbox_that_is_kept(run: Run, spawn: Spawn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "company.db"
    for texts in ([], ["one"], ["one", "two"]):
        process = await spawn("sandbox", "--port", 0, "--file", file, "--quiet-company")
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().strip()
        be(monkeypatch, url, "alice")
        printed = (await run("history", "random", "--json")).objects
        assert [m["text"] for m in printed[2:]] == texts
        await run("send", "random", "one" if not texts else "two")
        process.send_signal(signal.SIGINT)
        assert (await ended(process)).code == 0


@posix
async def test_colleagues_answer_in_the_sandbox(spawn: Spawn, monkeypatch: pytest.MonkeyPatch) -> None:
    process = await spawn("sandbox", "--port", 0)
    assert process.stdout is not None
    be(monkeypatch, (await process.stdout.readline()).decode().strip(), "alice")
    listening = await spawn("listen", "general", "--json", "--count", 2, "--timeout", 20)
    await received(listening, "connected by")
    assert (await ended(await spawn("send", "general", "Hello!"))).code == 0
    ran = await ended(listening)
    assert ran.code == 0
    first, second = (printed["message"]["author"]["name"] for printed in ran.objects)
    assert first == "Alice" != second
    process.send_signal(signal.SIGINT)
    assert (await ended(process)).code == 0


async def test_a_sandbox_that_cannot_start(run: Run, box: Sandbox, tmp_path: Path) -> None:
    ran = await run("sandbox", "--port", box.port)
    assert (ran.code, ran.out) == (2, "")
    assert "--port" in ran.err
    assert (await run("sandbox", "--port", 70000)).code == 2
    file = tmp_path / "no.db"
    file.write_text("no database at all, but a text that is long enough to be looked at " * 20)
    ran = await run("sandbox", "--port", 0, "--file", file)
    assert ran.code == 2
    assert "no.db" in ran.err
    assert (await run("sandbox", "--port", 0, "--version", "13")).code == 2


DELIVERED = "every message was delivered exactly once: 10 posted, 0 lost, 0 duplicated"


@pytest.mark.parametrize(
    ("version", "transport", "model", "cut"),
    [
        (
            19,
            "WebSocket",
            "discuss.channel",
            [
                "WebSocket was cut",
                "reconnected automatically",
                DELIVERED,
                "WebSocket was blocked and polling replaced it",
                "polling delivered every message exactly once: 10 posted, 0 lost, 0 duplicated",
            ],
        ),
        (
            14,
            "long polling",
            "mail.channel",
            [
                "long poll was cut",
                "asked again automatically: a poll waits again",
                DELIVERED,
                "the link stayed open",
            ],
        ),
    ],
)
async def test_the_demo_prints_its_steps(
    spawn: Spawn, version: int, transport: str, model: str, cut: list[str]
) -> None:
    ran = await ended(await spawn("demo", "--version", version))
    assert ran.code == 0, ran
    story = [
        "logged in, a session is open",
        f"open using {transport}",
        "subscribed",
        f"message sent using {model}.message_post",
        "is typing",
        "reply was received",
        *cut,
        "all steps worked",
    ]
    at = [ran.out.index(words) for words in story]
    assert at == sorted(at)
    assert "FAIL" not in ran.out
    assert ran.err == ""


async def test_the_demo_fails_when_a_step_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from odoochat.cli.demo_steps import run_steps
    from odoochat.sandbox.world.colleagues import Colleagues

    monkeypatch.setattr(Colleagues, "start", lambda self: None)
    assert await run_steps(19, json=True, patience=2.5) == 1
    steps = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    failed = [step["step"] for step in steps if not step["ok"]]
    assert failed == ["a colleague is typing", "the reply was received"]
