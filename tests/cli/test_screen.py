"""`chat` without a terminal, and without its library."""

from __future__ import annotations

import io
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from PIL import Image

import odoochat
from odoochat.cli import main
from odoochat.cli.commands import chat, demo
from odoochat.cli.exit_codes import USAGE
from odoochat.cli.options import ServerOptions
from odoochat.config import Profiles, load
from odoochat.sandbox import Sandbox
from odoochat.tui import settings
from tests.tui.chat_pilot import opened


def test_without_a_terminal_it_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "has_terminal", lambda: False)
    assert main(["chat"]) == USAGE
    assert "needs a terminal" in capsys.readouterr().err


def test_without_its_library_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "has_terminal", lambda: True)
    monkeypatch.setitem(sys.modules, "textual", None)
    assert main(["chat", "general"]) == USAGE
    assert "odoochat[tui]" in capsys.readouterr().err


def test_without_a_server_it_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "has_terminal", lambda: True)
    for name in ("URL", "PROFILE", "LOGIN", "PASSWORD"):
        monkeypatch.delenv(f"ODOOCHAT_{name}", raising=False)
    assert main(["chat"]) == USAGE
    assert "no server" in capsys.readouterr().err


async def test_a_colleague_of_the_demo_shows_a_picture() -> None:
    scene = [(0.0, *line[1:]) for line in demo.SCENE if line[4]]
    assert scene
    async with Sandbox(19) as box, odoochat.connect(box.url, login="alice", password="alice") as alice:
        await demo.play_scene(box, scene)
        (said,) = [m async for m in alice.channel("general").history(1)]
        with Image.open(io.BytesIO(await alice.files.read(said.attachments[0]))) as picture:
            picture.load()
            assert said.attachments[0].mimetype == "image/png"
            assert len(set(picture.tobytes()[::3])) > 50


async def test_the_others_see_me_unless_the_settings_say_no(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "chat.toml"
    monkeypatch.setattr(settings, "settings_path", lambda: file)
    assert chat._shows_presence()
    file.write_text("presence = false")
    assert not chat._shows_presence()
    file.write_text("presence = 3")
    assert chat._shows_presence()


async def test_each_user_is_listed_once_and_all_connect_at_once(tmp_path: Path) -> None:
    async with Sandbox(19) as box:
        port, db = box.url.rpartition(":")[2], box.db
        saved = Profiles()
        for name, url, login in (
            ("alice", box.url, "alice"),
            ("bob", f"{box.url}/", "bob"),
            ("bob-again", f"127.0.0.1:{port}/web#action=mail", "bob"),
            ("carol", box.url, "carol"),
        ):
            saved.write(name, {"url": url, "db": db, "login": login, "password": login})
        saved.write("damaged", {"url": "ftp://odoo.example.com", "db": db, "login": "alice", "password": "alice"})
        saved.write("elsewhere", {"url": box.url, "db": "other", "login": "bob", "password": "bob"})
        given = {"url": box.url, "login": "alice", "password": "alice"}  # without the database, as on the command line
        listed = chat._screen_profiles(ServerOptions(), load(given, {}), tmp_path)
        assert [each.name for each in listed] == [f"127.0.0.1:{port}", "bob", "carol", "damaged", "elsewhere"]
        async with AsyncExitStack() as stack:
            for each, login in zip(listed[:3], ("alice", "bob", "carol"), strict=True):
                client = await stack.enter_async_context(each.opener(None))
                assert client.me.name.lower().startswith(login)
        listed = chat._screen_profiles(ServerOptions(), load({"profile": "bob-again"}, {}), tmp_path)
        assert [each.name for each in listed] == ["bob-again", "alice", "carol", "damaged", "elsewhere"]


def test_profiles_without_a_login_are_kept(tmp_path: Path) -> None:
    address = {"url": "https://odoo.example.com", "db": "odoo"}
    for name in ("one", "two"):
        Profiles().write(name, {**address, "session_id": name})
    listed = chat._screen_profiles(ServerOptions(), load({"profile": "two"}, {}), tmp_path)
    assert [each.name for each in listed] == ["two", "one"]  # they may be different users


@pytest.mark.parametrize("credential", ["session_id", "api_key"])
async def test_f4_passes_over_the_user_of_a_credential_without_a_login(tmp_path: Path, credential: str) -> None:
    async with Sandbox(19) as box, odoochat.connect(box.url, login="alice", password="alice") as browser:
        given = {"url": box.url, credential: _credential(box, browser, credential)}
        for login in ("alice", "bob"):
            Profiles().write(login, {"url": box.url, "db": box.db, "login": login, "password": login})
        profiles = chat._screen_profiles(ServerOptions(), load(given, {}), tmp_path / "outbox")
        first = profiles[0].name
        assert [each.name for each in profiles] == [first, "alice", "bob"]
        async with opened(*profiles, folder=tmp_path) as screen:
            await screen.connected()
            assert screen.app.profile_names() == [first, "bob"]
            await screen.press("f4")
            await screen.connected()
            assert screen.screen.session.me.name == "Bob"
            await screen.press("f4")
            assert screen.screen.session.me.name == "Alice"


async def test_f4_says_if_all_profiles_are_the_same_user(tmp_path: Path) -> None:
    async with Sandbox(19) as box:
        given = {"url": box.url, "api_key": box.api_key("alice")}
        Profiles().write("alice", {"url": box.url, "db": box.db, "login": "alice", "password": "alice"})
        profiles = chat._screen_profiles(ServerOptions(), load(given, {}), tmp_path / "outbox")
        async with opened(*profiles, folder=tmp_path) as screen:
            await screen.connected()
            session = screen.screen.session
            await screen.press("f4")
            await screen.shows_toast("all profiles log in as this user")
            screen.app.show_profile("alice")
            assert screen.screen.session is session


def _credential(box: Sandbox, browser: odoochat.Client, kind: str) -> str:
    return box.api_key("alice") if kind == "api_key" else str(browser._connection.session.http.session_id)


def test_profiles_without_a_login_have_files_of_their_own() -> None:
    url, saved = "https://odoo.example.com", Profiles()
    for name in ("one", "two"):
        saved.write(name, {"url": url, "session_id": name * 10})
    profiles = chat._screen_profiles(ServerOptions(), load({"url": url, "session_id": "x" * 40}, {}), Path())
    assert len({each.place for each in profiles}) == len(profiles) == 3
