"""Private files: only their owner reads them, they are whole, and a failure leaves nothing behind."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from odoochat.config import Profiles
from odoochat.config.keyring import SecretStore
from odoochat.errors import ConfigError
from odoochat.private_file import make_private_folder, write_private

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")


@pytest.fixture
def no_umask() -> Iterator[None]:
    """A process that hides nothing by default."""
    kept = os.umask(0)
    yield
    os.umask(kept)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
@pytest.mark.usefixtures("no_umask")
def test_file_and_every_new_folder_are_private_under_any_umask(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "secret.json"
    write_private(path, b"one")
    write_private(path, "zwei €")
    assert path.read_text("utf-8") == "zwei €"
    assert mode(path) == 0o600
    assert [mode(folder) for folder in (path.parent, path.parent.parent)] == [0o700, 0o700]
    assert [p.name for p in path.parent.iterdir()] == ["secret.json"]


@posix
@pytest.mark.usefixtures("no_umask")
def test_profiles_are_private_under_any_umask(tmp_path: Path) -> None:
    Profiles(tmp_path / "config" / "odoochat").write("work", {"url": "https://x.example.com", "login": "ann"})
    made = tmp_path / "config" / "odoochat" / "profiles.toml"
    assert [mode(p) for p in (made, made.parent, made.parent.parent)] == [0o600, 0o700, 0o700]


@posix
def test_a_readable_file_becomes_private_when_it_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert mode(path) == 0o600


@pytest.mark.parametrize("broken", ["write", "fsync", "replace"])
def test_a_failed_write_of_the_profiles_keeps_the_old_and_leaves_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    profiles = Profiles(tmp_path, SecretStore(lambda: None))
    profiles.write("work", {"url": "https://x.example.com", "login": "ann", "password": "first"})
    before = profiles.path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if broken == "write":

        class Full:
            def __init__(self, handle: int, _: str) -> None:
                self.handle = handle

            def __enter__(self) -> Self:
                return self

            def __exit__(self, *_: object) -> None:
                os.close(self.handle)

            def write(self, data: bytes) -> None:
                os.write(self.handle, data[: len(data) // 2])
                full()

        monkeypatch.setattr("odoochat.private_file.os.fdopen", Full)
    else:
        monkeypatch.setattr(f"odoochat.private_file.os.{broken}", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        profiles.write("home", {"url": "https://y.example.com", "login": "ann", "password": "s3cret-second"})
    assert profiles.path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["profiles.toml"]


@posix
def test_a_link_at_the_temporary_name_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    monkeypatch.setattr("odoochat.private_file.secrets.token_hex", lambda _: "known")
    (tmp_path / ".kept.known.tmp").symlink_to(victim)
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "kept", b"password")
    assert victim.read_text() == "mine"
    assert (tmp_path / ".kept.known.tmp").is_symlink()


@posix
def test_a_link_at_the_files_own_name_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "kept").symlink_to(victim)
    write_private(tmp_path / "kept", b"password")
    assert victim.read_text() == "mine"
    assert not (tmp_path / "kept").is_symlink()


def test_a_long_name_of_wide_characters_fits(tmp_path: Path) -> None:
    path = tmp_path / ("€" * 85)
    write_private(path, b"x")
    assert path.read_bytes() == b"x"


def test_a_file_where_the_folder_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("")
    with pytest.raises(OSError, match="folder"):
        make_private_folder(tmp_path / "folder")
    with pytest.raises(OSError, match="folder"):
        write_private(tmp_path / "folder" / "file", b"")
