"""The cache on disk: odd values, damaged rows, and files that are none."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from odoochat.errors import ConfigError
from odoochat.model import Attachment, Author, ChannelInfo, ChannelRef, Me, Message
from odoochat.tui.settings import load
from odoochat.tui.storage.cache import Cache
from odoochat.tui.storage.drafts import Drafts
from odoochat.tui.storage.picture_attempts import PictureAttempts
from odoochat.tui.storage.screen_folder import ScreenFolder
from tests.tui import company


def message(number: int, **facts: object) -> Message:
    plain = Message(number, ChannelRef(1), Author(1, "partner", "Ann"), f"text {number}", "", company.BEGUN)
    return msgspec.structs.replace(plain, **facts)


def ids(cache: Cache) -> list[int]:
    return [each.id for each in cache.before(1, None, 100)]


@pytest.mark.parametrize(
    "odd",
    [
        message(2**70),
        message(2**63),
        message(-(2**63) - 1),
        message(7, channel=ChannelRef(2**65)),
        message(7, channel=ChannelRef(2**63)),
        message(7, author=Author(2**80)),
        message(7, attachments=(Attachment(2**90),)),
    ],
)
def test_an_odd_value_is_left_out_and_the_rest_is_kept(tmp_path: Path, odd: Message) -> None:
    cache = Cache(tmp_path / "a.sqlite")
    cache.keep([message(1), odd, message(3)])
    cache.keep([message(4)])
    assert ids(cache) == [1, 3, 4]
    assert cache.error is None
    cache.close()
    again = Cache(tmp_path / "a.sqlite")
    assert ids(again) == [1, 3, 4]
    again.close()


def test_odd_arguments_of_other_calls_do_not_stop_the_cache(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "a.sqlite")
    cache.keep_channels([ChannelInfo(1, "one"), ChannelInfo(2**70, "two"), ChannelInfo(3, "thr\udcffee")])
    cache.set_low(2**70, 2**70)
    cache.set_low(1, 2**70)
    cache.drop(2**70)
    cache.note("odd", "\udcff")
    cache.note_me(Me(1, 1, "\udcff"))
    assert cache.get(2**70) is None
    assert cache.before(2**70, 2**70, 10) == [] and cache.after(1, 2**70, 10) == []
    assert cache.search("\udcff", None, 10) == []
    cache.keep([message(4)])
    cache.note("name", "value")
    assert cache.error is None
    assert ids(cache) == [4] and cache.fact("name") == "value"
    assert [info.id for info in cache.channels()] == [1, 3]
    cache.close()


def test_rows_that_cannot_be_decoded_are_left_out(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "a.sqlite")
    cache.keep([message(number) for number in range(1, 5)])
    cache.keep_channels([ChannelInfo(1, "one"), ChannelInfo(2, "two")])
    cache.note("me", "{")
    cache._db.execute("UPDATE message SET data = x'c1' WHERE id = 2")
    cache._db.execute("UPDATE channel SET data = x'00' WHERE id = 2")
    assert ids(cache) == [1, 3, 4]
    assert [info.id for info in cache.channels()] == [1]
    assert cache.get(2) is None and cache.me is None
    assert cache.names() == {1: "Ann"}
    cache.close()


def test_writing_resumes_when_there_is_room_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "a.sqlite")
    pages = cache._db.execute("PRAGMA page_count").fetchone()[0]
    cache._db.execute(f"PRAGMA max_page_count = {pages + 1}")
    cache.keep_channels([ChannelInfo(1, "one")])
    cache.set_low(1, 5)
    cache.keep([message(1, text="x" * 50_000)])
    assert cache.low(1) is None  # a message is missing
    assert cache.error is not None and "full" in cache.error
    cache._db.execute("PRAGMA max_page_count = 1000000")
    cache.keep([message(2)])
    assert cache.error is None and ids(cache) == [2]
    cache.close()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link(path: Path) -> None:
    path.symlink_to(path.parent / "target")


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100_000_000_000)  # a sparse file: it takes no room


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [_pipe, _link, _huge, _folder])
def test_a_file_that_is_none_is_not_opened(tmp_path: Path, make: object) -> None:
    path = tmp_path / "a.sqlite"
    make(path)  # type: ignore[operator]
    cache = Cache(path)
    assert cache.error is not None and "a.sqlite" in cache.error
    cache.keep([message(1)])
    assert ids(cache) == [1]
    assert cache.error is not None
    cache.close()
    assert not (tmp_path / "target").exists()
    drafts = Drafts(path)
    assert drafts.error is not None
    drafts.keep("1", "words")
    drafts.save()
    assert not (tmp_path / "target").exists()


def test_attempts_outlive_the_process(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "a.sqlite")
    for number in (1, 2, 3):
        cache.pictures.begin(number)
    cache.pictures.succeeded(1)
    cache.pictures.failed(2)
    cache.close()  # 3 ended the process
    cache = Cache(tmp_path / "a.sqlite")
    assert [cache.pictures.refused(number) for number in (1, 2, 3)] == [False, True, False]
    cache.pictures.begin(3)
    cache.close()
    cache = Cache(tmp_path / "a.sqlite")
    assert cache.pictures.refused(3)
    for number in range(10, 10 + 2 * PictureAttempts.MAX_KEPT):
        cache.pictures.failed(number)
    assert not cache.pictures.refused(2)
    cache.belongs_to("one")
    cache.belongs_to("another")
    assert not cache.pictures.refused(10 + 2 * PictureAttempts.MAX_KEPT - 1)
    cache.close()


def test_drafts_go_on_beside_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{")
    drafts = Drafts(path)
    assert drafts.error is not None
    drafts.keep("1", "words")
    assert drafts.save() and path.read_text() == "{"
    assert Drafts(path).text("1") == "words"


@pytest.mark.parametrize("make", [_pipe, _link, _huge, _folder])
def test_settings_that_are_no_file_are_named(tmp_path: Path, make: object) -> None:
    path = tmp_path / "chat.toml"
    make(path)  # type: ignore[operator]
    if make is _link:
        (tmp_path / "target").write_text('theme = "light"')
        assert load(path).theme == "light"  # settings may be a link
    else:
        with pytest.raises(ConfigError, match="chat.toml"):
            load(path)


@pytest.mark.parametrize("make", [_pipe, _link, _folder])
def test_a_lock_that_is_no_file_does_not_stop_the_screen(tmp_path: Path, make: object) -> None:
    make(tmp_path / "screen.lock")  # type: ignore[operator]
    folder_of_screen = ScreenFolder(tmp_path)
    folder_of_screen.close()
    assert not (tmp_path / "target").exists()
