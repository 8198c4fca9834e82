"""Private files: only their owner reads them, they are whole, and a failure leaves nothing behind."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import pytest

from odoochat.config import Profiles
from odoochat.config.keyring import SecretStore
from odoochat.errors import ConfigError
from odoochat.private_file import lock_private, locked, make_private_folder, write_private

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
    assert sorted(p.name for p in tmp_path.iterdir()) == [".profiles.toml.lock", "profiles.toml"]


@posix
def test_a_link_at_the_temporary_name_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    monkeypatch.setattr("os.urandom", bytes)
    link = tmp_path / f".kept.{'00' * 8}.tmp"
    link.symlink_to(victim)
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "kept", b"password")
    assert victim.read_text() == "mine"
    assert link.is_symlink()


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


def test_profiles_that_are_saved_at_once_are_all_kept(tmp_path: Path) -> None:
    def save(number: int) -> None:
        made = Profiles(tmp_path, SecretStore(lambda: None))
        made.write(f"p{number}", {"url": "https://x.example.com", "login": "ann", "password": "first"})
        if number % 3 == 0:
            made.remove(f"p{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(24)))
    kept = Profiles(tmp_path, SecretStore(lambda: None)).names()
    assert kept == sorted(f"p{number}" for number in range(24) if number % 3)


def test_a_lock_is_held_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "new" / "lock"
    handle = lock_private(path)
    with pytest.raises(BlockingIOError):
        lock_private(path)
    os.close(handle)
    os.close(lock_private(path))


def test_a_change_waits_for_another_one_only_so_long(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with locked(path), pytest.raises(OSError, match="another process is changing"), locked(path, patience=0.05):
        pass
    with locked(path, patience=0.05):
        pass


def _fifo(path: Path, _: Path) -> None:
    os.mkfifo(path)


def _link(path: Path, victim: Path) -> None:
    path.symlink_to(victim)


def _folder(path: Path, _: Path) -> None:
    path.mkdir()


@posix
@pytest.mark.parametrize("place", [_fifo, _link, _folder])
def test_what_another_user_places_at_the_name_of_a_lock_is_not_used(
    tmp_path: Path, place: Callable[[Path, Path], None]
) -> None:
    path, victim = tmp_path / "lock", tmp_path / "victim"
    place(path, victim)
    with pytest.raises(OSError, match="lock|Is a directory"):
        lock_private(path)
    assert not victim.exists()


def test_saving_a_file_does_not_load_openssl(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from odoochat.private_file import write_private; "
        "write_private(pathlib.Path(sys.argv[1]), b'draft'); print('_hashlib' in sys.modules, '_ssl' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "kept"], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"]
