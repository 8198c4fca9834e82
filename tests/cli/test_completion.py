"""What the shell completes: commands, options, and names, without a word to any server."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from odoochat.cli import completion
from odoochat.sandbox import Sandbox

from .conftest import Ran, be
from .test_process import Terminal

Run = Callable[..., Awaitable[Ran]]
bash = pytest.mark.skipif(sys.platform == "win32" or not shutil.which("bash"), reason="needs bash")


def completed(ran: Ran) -> list[str]:
    """The candidates of the answer to ``__complete``."""
    lines = [line for line in ran.out.splitlines() if line and not line.startswith("\x1f")]
    return [line.split("\t")[0] for line in lines]


async def test_names_come_from_the_last_connection(run: Run, alice: Sandbox) -> None:
    assert completed(await run("__complete", "send", "")) == []
    await run("channels")
    assert set(completed(await run("__complete", "send", ""))) >= {"general", "support", "random", "@Bob"}
    assert "#general" in completed(await run("__complete", "history", "#g"))
    assert "general" in completed(await run("__complete", "search", "x", "--in", ""))
    assert "general" in completed(await run("__complete", "forward", "7", ""))
    assert completed(await run("__complete", "create", "x", "--invite", "B")) == ["Bob"]
    assert completed(await run("__complete", "edit", "")) == []


async def test_the_server_is_not_asked(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    await run("channels")
    monkeypatch.delenv("ODOOCHAT_PASSWORD")
    alice.faults.fail(times=1000, status=500)
    assert "general" in completed(await run("__complete", "send", ""))


async def test_each_server_and_login_has_its_own(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    await run("login", "work")
    be(monkeypatch, alice.url, "ann")
    await run("channels")
    hers = completed(await run("__complete", "send", ""))
    assert "general" in hers and "random" not in hers
    for name in ("URL", "LOGIN", "PASSWORD"):
        monkeypatch.delenv(f"ODOOCHAT_{name}")
    await run("channels")
    assert "random" in completed(await run("__complete", "send", "--profile", "work", ""))
    assert "random" in completed(await run("__complete", "send", ""))
    assert completed(await run("__complete", "send", "--profile", "nope", "")) == []
    assert completed(await run("__complete", "send", "--url", "http://elsewhere.invalid", "")) == []


async def test_the_file_is_private_and_small(run: Run, alice: Sandbox, tmp_path: Path) -> None:
    await run("create", "evil\x1b[31m $(touch pwned)\n`id`")
    await run("channels")
    files = list((tmp_path / "cache").rglob("*.json"))
    assert len(files) == 1
    if sys.platform != "win32":
        assert files[0].stat().st_mode & 0o077 == 0
        assert files[0].parent.stat().st_mode & 0o077 == 0
    assert "alice" not in files[0].read_text("utf-8")
    names = completed(await run("__complete", "send", "evil"))
    assert names == ["evil $(touch pwned) `id`"]
    files[0].write_text("no JSON")
    assert completed(await run("__complete", "send", "")) == []


def test_a_folder_that_cannot_be_written_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(completion, "user_cache_dir", lambda *_, **__: str(tmp_path / "file"))
    completion.save_names("http://x", "a", "", [])
    assert completion.saved_names("http://x", "a", "") == []


class Shell:
    """A bash that has our script, and an ``odoochat`` on its path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        program = folder / "bin" / "odoochat"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m odoochat "$@"\n')
        program.chmod(0o755)

    @property
    def environ(self) -> dict[str, str]:
        path = f"{self._folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "HOME": str(self._folder)}

    async def words(self, *words: str) -> list[str]:
        """What bash gets for a line whose last word is completed."""
        line = " ".join(words)
        parts = " ".join(f"'{w}'" for word in words for w in (word.replace("@", "\n@\n").split("\n")) if w or not word)
        code = f"""
            source {self._folder}/script
            COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=({parts}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
            _odoochat_names; printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", code, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=self.environ
        )
        out, err = await process.communicate()
        assert err == b"", err.decode()
        return [line for line in out.decode().splitlines() if line]


@pytest.fixture
async def shell(run: Run, tmp_path: Path) -> Shell:
    ran = await run("--install-completion", "--shell", "bash", "--output", tmp_path / "script")
    assert (ran.code, ran.out) == (0, f"{tmp_path / 'script'}\n")
    return Shell(tmp_path)


@pytest.mark.parametrize("name", ["zsh", "fish", "powershell"])
async def test_other_shells_ask_us_for_names(run: Run, tmp_path: Path, name: str) -> None:
    assert (await run("--install-completion", "--shell", name, "--output", tmp_path / "script")).code == 0
    text = (tmp_path / "script").read_text("utf-8-sig")
    assert "thread" in text
    assert "__complete" in text or "CYCLOPTS_COMPLETION_WORDS" in text


async def test_a_full_disk_leaves_no_half_script(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_text

    def full(path: Path, text: str, encoding: str | None = None, **options: str) -> int:
        if "COMPREPLY" in text:
            write(path, text[:100], encoding, **options)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, text, encoding, **options)

    monkeypatch.setattr(Path, "write_text", full)
    ran = await run("--install-completion", "--shell", "bash", "--output", tmp_path / "script")
    assert (ran.code, ran.out) == (2, "")
    assert f"cannot write {tmp_path / 'script'}: No space left on device" in ran.err
    assert not (tmp_path / "script").exists()


@bash
async def test_bash_completes_commands_and_options(shell: Shell) -> None:
    assert await shell.words("odoochat", "thr") == ["thread", "threads"]
    assert "--reply-to" in await shell.words("odoochat", "send", "--re")
    assert await shell.words("odoochat", "notify", "general", "men") == ["mentions"]


@bash
async def test_bash_completes_names(shell: Shell, run: Run, alice: Sandbox) -> None:
    await run("create", "two words $(touch pwned)")
    await run("channels")
    assert await shell.words("odoochat", "send", "gen") == ["general"]
    assert await shell.words("odoochat", "send", "tw") == ["two\\ words\\ \\$\\(touch\\ pwned\\)"]
    assert await shell.words("odoochat", "send", "@B") == ["@Bob"]
    assert await shell.words("odoochat", "send", "@") == ["@Bob"]
    assert not Path("pwned").exists()


@bash
async def test_bash_at_a_terminal(shell: Shell, run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    await run("create", "two words")
    await run("channels")
    for name, value in shell.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PS1", "ready> ")
    screen = Terminal(program=["bash", "--norc", "--noprofile", "-i"])
    await screen.see("ready> ")
    screen.type(f"source {shell.environ['HOME']}/script\n")
    for typed, seen in (
        ("send gen", "send general"),
        ("send two\\ w", r"send two\ words"),
        ("history @B", "history @Bob"),
    ):
        await screen.see("ready> ")
        screen.type(f"odoochat {typed}\t")
        await screen.see(f"odoochat {seen}")
        screen.type("\x15\n")
    screen.type("exit\n")
    await screen.end()
