"""Settings: which source wins, what profiles keep, and that secrets stay where they belong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from odoochat.config import Profiles, Settings, load
from odoochat.config.fields import LOADED, SAVED
from odoochat.config.keyring import SecretStore
from odoochat.errors import ConfigError
from odoochat.tui.settings import load as chat_settings

WORK = {"url": "https://odoo.example.com", "db": "acme", "login": "ann", "password": "s3cret"}


def stored(tmp_path: Path, ring: Any = None) -> Profiles:
    """Profiles without the machine's own keyring."""
    return Profiles(tmp_path / "kept", SecretStore(lambda: ring))


@pytest.fixture
def profiles(tmp_path: Path) -> Profiles:
    return stored(tmp_path)


class Ring:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def set_password(self, service: str, key: str, value: str) -> None:
        self.held[service, key] = value

    def get_password(self, service: str, key: str) -> str | None:
        return self.held.get((service, key))

    def delete_password(self, service: str, key: str) -> None:
        del self.held[service, key]


def test_an_option_wins_over_the_environment_and_that_over_the_profile(profiles: Profiles) -> None:
    profiles.write("default", WORK)
    environ = {"ODOOCHAT_DB": "from-env", "ODOOCHAT_LOGIN": "ann", "OTHER": "x"}
    settings = load({"db": None, "url": "odoo.example.com", "profile": "default"}, environ, profiles)
    assert (settings.url, settings.db, settings.login) == ("odoo.example.com", "from-env", "ann")
    assert settings.password == "s3cret"
    assert settings.sources == {
        "url": "option",
        "db": "environment ODOOCHAT_DB",
        "login": "environment ODOOCHAT_LOGIN",
        "password": "profile default",
    }


def test_an_empty_value_is_none(profiles: Profiles) -> None:
    settings = load({"url": ""}, {"ODOOCHAT_URL": "", "ODOOCHAT_PASSWORD": ""}, profiles)
    assert settings == Settings()
    assert not settings.has_credential


def test_no_secret_is_shown() -> None:
    secrets: dict[str, Any] = {"password": "pw-one", "api_key": "key-two", "session_id": "sid-three", "totp": "123456"}
    shown = repr(Settings(url="http://x", login="ann", **secrets))
    assert "http://x" in shown
    assert "ann" in shown
    assert not any(secret in shown for secret in secrets.values())


def test_a_credential_of_one_source_hides_those_behind_it(profiles: Profiles) -> None:
    profiles.write("default", {**WORK, "session_id": "old-session"})
    settings = load({"password": "typed"}, {}, profiles)
    assert settings.arguments() == {"db": "acme", "login": "ann", "password": "typed"}


@pytest.mark.parametrize("given", [{"url": "https://staging.example.com"}, {"login": "bob"}])
def test_a_secret_is_for_its_own_server_and_login(profiles: Profiles, given: dict[str, str]) -> None:
    profiles.write("work", WORK)
    assert load({"profile": "work", **given}, {}, profiles).password is None
    environ = {f"ODOOCHAT_{k.upper()}": v for k, v in given.items()}
    assert load({"profile": "work"}, environ, profiles).password is None


def test_the_same_server_written_otherwise_is_the_same(profiles: Profiles) -> None:
    profiles.write("work", WORK)
    assert load({"profile": "work", "url": "odoo.example.com/web"}, {}, profiles).password == "s3cret"


def test_the_only_profile_is_meant_when_none_is_named(profiles: Profiles) -> None:
    assert load({}, {}, profiles).profile is None
    profiles.write("work", WORK)
    assert load({}, {}, profiles).profile == "work"
    profiles.write("home", WORK)
    assert load({}, {}, profiles).profile is None
    profiles.write("default", WORK)
    assert load({}, {}, profiles).profile == "default"
    assert load({}, {"ODOOCHAT_PROFILE": "home"}, profiles).profile == "home"
    assert load({"profile": "work"}, {"ODOOCHAT_PROFILE": "home"}, profiles).profile == "work"


def test_another_server_takes_nothing_from_the_default_profile(profiles: Profiles) -> None:
    profiles.write("default", WORK)
    settings = load({"url": "http://localhost"}, {}, profiles)
    assert (settings.profile, settings.login, settings.db) == (None, None, None)


def test_a_profile_that_is_not_there_is_named_with_those_that_are(profiles: Profiles) -> None:
    with pytest.raises(ConfigError, match="odoochat login"):
        load({"profile": "work"}, {}, profiles)
    profiles.write("home", WORK)
    with pytest.raises(ConfigError, match=r"'work'.*home"):
        load({"profile": "work"}, {}, profiles)


def test_a_fresh_profile_needs_not_be_there_and_keeps_its_secret_to_itself(profiles: Profiles) -> None:
    assert load({"profile": "new"}, {}, profiles, fresh=True).profile == "new"
    profiles.write("work", WORK)
    settings = load({"profile": "work"}, {}, profiles, fresh=True)
    assert (settings.url, settings.login, settings.password) == (WORK["url"], "ann", None)
    settings = load({"profile": "work", "url": "http://localhost"}, {}, profiles, fresh=True)
    assert (settings.db, settings.login) == (None, None), "they belong to the server that the profile had"


def test_a_profile_comes_back_as_it_was_and_only_its_owner_may_read_it(profiles: Profiles) -> None:
    odd = {**WORK, "password": 'q"uo\\te\n\t\x01 ünï 🎉 # = [x]'}
    where = profiles.write("work", odd)
    assert str(profiles.path) in where
    assert profiles.read("work") == odd
    if sys.platform != "win32":
        assert profiles.path.stat().st_mode & 0o777 == 0o600
        assert {p.name for p in profiles.path.parent.iterdir()} == {".profiles.toml.lock", "profiles.toml"}


def test_a_dropped_profile_is_gone_and_the_others_stay(profiles: Profiles) -> None:
    profiles.write("work", WORK)
    profiles.write("home", {"url": "http://localhost"})
    profiles.remove("work")
    assert profiles.names() == ["home"]
    assert "s3cret" not in profiles.path.read_text()
    with pytest.raises(ConfigError, match="no profile 'work'"):
        profiles.remove("work")


@pytest.mark.parametrize("name", ["", "my profile", "a.b", "[x]", 'x"', "a\nb", "büro", "a=b", "#"])
def test_a_name_that_would_spoil_the_file_is_refused(profiles: Profiles, name: str) -> None:
    with pytest.raises(ConfigError, match="invalid profile name"):
        profiles.write(name, WORK)
    assert not profiles.path.exists()


@pytest.mark.parametrize("content", [b"[work\nurl=", b"\xff\xfe"])
def test_a_damaged_file_is_named(profiles: Profiles, content: bytes) -> None:
    profiles.path.parent.mkdir()
    profiles.path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"profiles\.toml"):
        load({"profile": "work"}, {}, profiles)


def test_what_is_no_text_in_the_file_is_left_out(profiles: Profiles) -> None:
    profiles.path.parent.mkdir()
    profiles.path.write_text('top = 1\n[work]\nurl = "http://x"\ndb = 5\nunknown = "y"\n')
    assert profiles.read("work") == {"url": "http://x"}


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file stands in the way")
    with pytest.raises(ConfigError, match="cannot"):
        Profiles(tmp_path / "kept").write("work", WORK)


def test_secrets_go_to_the_keyring_where_there_is_one(tmp_path: Path) -> None:
    ring = Ring()
    profiles = stored(tmp_path, ring)
    assert profiles.write("work", WORK) == "in the system's keyring"
    assert "s3cret" not in profiles.path.read_text()
    assert load({}, {}, profiles).password == "s3cret"
    profiles.write("work", {"url": WORK["url"], "api_key": "a-key"})  # the password does not stay behind
    assert load({}, {}, profiles).arguments() == {"api_key": "a-key"}
    profiles.remove("work")
    assert not ring.held


@pytest.mark.parametrize("fault", ["raises", "keeps nothing"])
def test_a_keyring_that_fails_leaves_the_file(tmp_path: Path, fault: str) -> None:
    class Broken(Ring):
        def set_password(self, service: str, key: str, value: str) -> None:
            if fault == "raises":
                raise RuntimeError("locked")

    profiles = stored(tmp_path, Broken())
    assert str(profiles.path) in profiles.write("work", WORK)
    assert load({}, {}, profiles).password == "s3cret"


def test_settings_need_no_network() -> None:
    code = "import sys, odoochat.config; print([m for m in ('asyncio', 'aiohttp') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


NETWORK = {"proxy": "http://proxy:3128", "ca_file": "/ca.pem", "client_cert": "/c.pem", "client_key": "/k.pem"}


def test_proxy_and_certificates_from_every_source(profiles: Profiles) -> None:
    profiles.write("work", {**WORK, **NETWORK, "verify": "false"})
    kept = load({"profile": "work"}, {}, profiles)
    assert kept.network() == {**NETWORK, "verify": False}
    environ = {"ODOOCHAT_PROXY": "http://me:pw@other:1", "ODOOCHAT_CA_FILE": "/e.pem", "ODOOCHAT_VERIFY": "true"}
    mixed = load({"profile": "work", "ca_file": "/o.pem"}, environ, profiles)
    assert mixed.network() == {**NETWORK, "proxy": "http://me:pw@other:1", "ca_file": "/o.pem"}
    assert "pw" not in repr(mixed)
    assert load({"verify": "false"}, environ, profiles).verify is False
    assert load({}, {}, Profiles(profiles.path.parent / "none")).network() == {}


def test_a_profiles_way_to_its_server_is_for_no_other(profiles: Profiles) -> None:
    profiles.write("work", {**WORK, **NETWORK, "verify": "false"})
    assert load({"profile": "work", "url": "https://evil.example.com"}, {}, profiles).network() == {}
    assert load({"profile": "work", "login": "bob"}, {}, profiles).network() == {**NETWORK, "verify": False}


def test_verify_may_be_written_as_toml_has_it(profiles: Profiles) -> None:
    profiles.path.parent.mkdir()
    profiles.path.write_text('[work]\nurl = "https://x.example.com"\nverify = false\n')
    assert load({"profile": "work"}, {}, profiles).verify is False


@pytest.mark.parametrize(("value", "on"), [("0", False), ("No", False), ("off", False), ("1", True), (" TRUE ", True)])
def test_verify_in_words(profiles: Profiles, value: str, on: bool) -> None:
    assert load({}, {"ODOOCHAT_VERIFY": value}, profiles).verify is on
    with pytest.raises(ConfigError, match="ODOOCHAT_VERIFY must be true or false, not 'perhaps'"):
        load({}, {"ODOOCHAT_VERIFY": "perhaps"}, profiles)


@pytest.mark.parametrize("key", LOADED)
@pytest.mark.parametrize("character", ["\r", "\n", "\r\n", "\0", "\udcff"])
def test_what_no_setting_can_hold(profiles: Profiles, key: str, character: str) -> None:
    value = f"s3cret{character}x"
    for options, environ in (({key: value}, {}), ({}, {f"ODOOCHAT_{key.upper()}": value})):
        with pytest.raises(ConfigError, match=r"(contains a (carriage|line|NUL)|is not valid UTF-8)") as caught:
            load(options, environ, profiles)
        assert "s3cret" not in str(caught.value)
        received = str(caught.value).lower().replace("-", "_").replace(" ", "_")
        assert key in received
    if key in SAVED and key != "password":
        with pytest.raises(ConfigError, match="of profile work (contains a|is not valid)"):
            profiles.write("work", {**WORK, key: value})
        assert profiles.names() == []


def test_a_proxys_password_is_no_option_and_is_stored_in_the_keyring(tmp_path: Path) -> None:
    ring = Ring()
    profiles = stored(tmp_path, ring)
    with pytest.raises(ConfigError, match="process list") as caught:
        load({"proxy": "http://me:pw-secret@proxy:1"}, {}, profiles)
    assert "pw-secret" not in str(caught.value)
    profiles.write("work", {**WORK, "proxy": "http://me:pw-secret@proxy:1"})
    assert "pw-secret" not in profiles.path.read_text()
    assert load({"profile": "work"}, {}, profiles).proxy == "http://me:pw-secret@proxy:1"
    profiles.remove("work")
    assert ring.held == {}


def test_files_of_a_profile_are_found_from_every_folder(
    profiles: Profiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    profiles.write("work", {**WORK, "ca_file": "ca.pem"})
    monkeypatch.chdir("/")
    assert load({"profile": "work"}, {}, profiles).ca_file == str(tmp_path / "ca.pem")


def test_a_trusted_device_is_kept_for_its_own_login(profiles: Profiles, tmp_path: Path) -> None:
    profiles.write("work", {**WORK, "trusted_device": "device-1"})
    assert load({"profile": "work"}, {}, profiles).arguments()["trusted_device"] == "device-1"
    assert "device-1" not in repr(load({"profile": "work"}, {}, profiles))
    assert "trusted_device" not in load({"profile": "work", "login": "bob", "password": "x"}, {}, profiles).arguments()
    profiles = stored(tmp_path, Ring())
    profiles.write("work", {**WORK, "trusted_device": "device-2"})
    assert "device" not in profiles.path.read_text()
    assert load({"profile": "work"}, {}, profiles).trusted_device == "device-2"


def _pipe(path: Path) -> None:
    os.mkfifo(path)


ODD_FILES: dict[str, Callable[[Path], object]] = {
    "brackets": lambda path: path.write_text("theme = " + "[" * 100_000 + "]" * 100_000),
    "digits": lambda path: path.write_text("theme = " + "9" * 5_000),
    "not TOML": lambda path: path.write_text("theme = \x1b[31m"),
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe"),
    "huge": lambda path: path.write_bytes(b"#" * 1_000_001),
    "folder": lambda path: (path / "profiles.toml").mkdir(parents=True),
    "pipe": _pipe,
    "device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have names on POSIX systems only")
@pytest.mark.parametrize("kind", ODD_FILES)
@pytest.mark.parametrize("read", [lambda path: Profiles(path).names(), chat_settings], ids=["profiles", "chat screen"])
def test_a_file_that_holds_no_settings_is_named(kind: str, read: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    ODD_FILES[kind](path)
    with pytest.raises(ConfigError, match=re.escape(str(path))) as caught:
        read(path)
    assert str(caught.value).isprintable()
