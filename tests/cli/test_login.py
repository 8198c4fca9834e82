"""login, logout and profiles."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from odoochat.sandbox import Sandbox

from .conftest import Ran, be

Run = Callable[..., Awaitable[Ran]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "odoochat" / "profiles.toml"


def unset_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("URL", "LOGIN", "PASSWORD", "API_KEY", "SESSION_ID"):
        monkeypatch.delenv(f"ODOOCHAT_{name}", raising=False)


async def test_a_login_is_kept_for_the_next_time(
    run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    ran = await run("login")
    assert ran.code == 0
    assert ran.out == f"Alice on {alice.url} (sandbox, Odoo 19.0)\n"
    assert str(file) in ran.err
    assert "WebSocket" in ran.err
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o077 == 0
    unset_user(monkeypatch)
    assert "general" in (await run("channels")).out
    assert (await run("profiles")).out == f"* default: alice on {alice.url}\n"
    ran = await run("logout")
    assert (ran.code, ran.out) == (0, "")
    assert "alice" not in file.read_text()
    assert (await run("profiles")).out == ""
    assert (await run("channels")).code == 2


async def test_profiles_have_names(run: Run, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    be(monkeypatch, box.url, "alice")
    assert (await run("login", "--profile", "work", "--json")).objects[0]["profile"] == "work"
    be(monkeypatch, box.url, "bob")
    assert (await run("login", "home")).code == 0
    unset_user(monkeypatch)
    printed = (await run("profiles", "--json")).objects
    assert [(p["profile"], p["login"], p["db"], p["default"]) for p in printed] == [
        ("home", "bob", "sandbox", False),
        ("work", "alice", "sandbox", False),
    ]
    assert (await run("channels")).code == 2
    assert (await run("history", "@bob", "--limit", 1, "--profile", "work")).code == 0
    assert (await run("profiles")).out == f"  home: bob on {box.url}\n  work: alice on {box.url}\n", "aligned"
    monkeypatch.setenv("ODOOCHAT_PROFILE", "home")
    assert (await run("history", "@alice", "--limit", 1)).code == 0
    monkeypatch.delenv("ODOOCHAT_PROFILE")
    assert (await run("logout")).code == 2, "which of the two is not clear"
    assert (await run("logout", "work")).code == 0
    assert (await run("logout", "work")).code == 2
    monkeypatch.setenv("ODOOCHAT_PROFILE", "home")
    assert "home" in (await run("logout")).err
    assert (await run("profiles")).out == ""


async def test_another_login_in_a_profile_is_reported(
    run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "it replaced" not in (await run("login")).err
    assert "it replaced" not in (await run("login")).err
    be(monkeypatch, alice.url, "bob")
    assert f"it replaced alice on {alice.url}" in (await run("login")).err


async def test_a_refused_login_is_not_kept(
    run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    monkeypatch.setenv("ODOOCHAT_PASSWORD", "wrong")
    assert (await run("login")).code == 4
    assert not file.exists()


async def test_an_old_password_in_the_profile_is_not_taken_for_a_new_login(
    run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run("login", "work")
    alice.faults.change_password("alice", "new")
    unset_user(monkeypatch)
    assert (await run("channels")).code == 4
    assert (await run("login", "work")).code == 2, "it must be given anew"
    monkeypatch.setenv("ODOOCHAT_PASSWORD", "new")
    assert (await run("login", "work")).code == 0
    unset_user(monkeypatch)
    assert (await run("channels")).code == 0


async def test_a_key_given_as_a_password_is_kept_as_a_key(
    run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    monkeypatch.setenv("ODOOCHAT_PASSWORD", alice.api_key("alice"))
    ran = await run("login")
    assert ran.code == 0
    assert "RPC polling" in ran.err
    assert "api_key = " in file.read_text()
    assert "password = " not in file.read_text()
    assert alice.api_key("alice") not in ran.out + ran.err


async def test_logout_from_nothing(run: Run) -> None:
    assert (await run("logout")).code == 2
    assert (await run("logout", "work")).code == 2


async def test_logout_from_an_unknown_profile(run: Run, alice: Sandbox) -> None:
    ran = await run("logout", "nope")
    assert (ran.code, ran.err) == (2, "odoochat: no profile 'nope'; there is none (see `odoochat profiles`)\n")
    await run("login", "work")
    ran = await run("logout", "nope")
    assert (ran.code, ran.err) == (2, "odoochat: no profile 'nope'; your profiles: work\n")


async def test_the_name_and_the_option_say_the_same(run: Run, alice: Sandbox) -> None:
    ran = await run("login", "work", "--profile", "home")
    assert ran.code == 2
    assert "work" in ran.err and "home" in ran.err
    assert (await run("login", "work", "--profile", "work")).code == 0
    assert (await run("logout", "--profile", "work")).code == 0
    assert "no profiles" in (await run("profiles")).err


async def test_no_profile_becomes_the_default_by_a_logout(
    run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run("login")
    await run("login", "work")
    ran = await run("logout")
    assert ran.code == 0
    assert "no default" in ran.err and "work" in ran.err
    unset_user(monkeypatch)
    ran = await run("channels")
    assert ran.code == 2
    assert "--profile" in ran.err and "work" in ran.err
    assert (await run("channels", "--profile", "work")).code == 0
    assert (await run("profiles", "--json")).objects[0]["default"] is False
    be(monkeypatch, alice.url, "alice")
    await run("login")
    unset_user(monkeypatch)
    assert (await run("channels")).code == 0


async def test_a_login_without_a_terminal_does_not_advise_itself(run: Run, box: Sandbox) -> None:
    ran = await run("login", "--url", box.url)
    assert ran.code == 2
    assert "ODOOCHAT_PASSWORD" in ran.err
    assert "odoochat login" not in ran.err


@pytest.mark.parametrize("login", ["alice", None])
async def test_a_refused_key_is_called_so(
    run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch, login: str | None
) -> None:
    monkeypatch.delenv("ODOOCHAT_PASSWORD")
    monkeypatch.setenv("ODOOCHAT_API_KEY", "nonsense")
    if login is None:
        monkeypatch.delenv("ODOOCHAT_LOGIN")
    ran = await run("login")
    assert ran.code == 4
    assert "the server rejected this API key" in ran.err
    assert "nonsense" not in ran.err


async def test_options_are_named_not_arguments(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ODOOCHAT_LOGIN")
    ran = await run("channels")
    assert ran.code == 2
    assert "--login" in ran.err and "login=" not in ran.err
