"""Two screens at once: nothing is sent twice, and what one of them left is not lost."""

from __future__ import annotations

from pathlib import Path

import msgspec

import odoochat
from odoochat.sandbox import Sandbox
from odoochat.tui.app import Profile
from odoochat.tui.profiles import ServerUser
from odoochat.tui.storage.drafts import Drafts, Unsent
from odoochat.tui.storage.screen_folder import ScreenFolder
from tests.tui.chat_pilot import opened


def test_each_screen_has_a_folder_of_its_own(tmp_path: Path) -> None:
    first, second = ScreenFolder(tmp_path), ScreenFolder(tmp_path)
    assert first.folder == tmp_path
    assert second.folder not in (first.folder, first.folder.parent)
    first.close()
    third = ScreenFolder(tmp_path)
    assert third.folder == tmp_path
    second.close()
    third.close()


def test_the_number_of_screens_has_no_limit(tmp_path: Path) -> None:
    screens = [ScreenFolder(tmp_path) for _ in range(30)]
    assert len({screen.folder for screen in screens}) == 30
    drafts = Drafts(screens[-1].folder / "work.json")
    drafts.keep("1", "of the last")
    assert drafts.save()
    for screen in screens:
        screen.close()
    last = ScreenFolder(tmp_path)
    assert Drafts(last.folder / "work.json").text("1") == "of the last"
    last.close()


def test_what_an_ended_screen_left_is_taken_over(tmp_path: Path) -> None:
    first, second = ScreenFolder(tmp_path), ScreenFolder(tmp_path)
    for slot, text in ((first, "of the first"), (second, "of the second")):
        drafts = Drafts(slot.folder / "work.json")
        drafts.keep("1", text)
        drafts.keep(text, text)
        drafts.sent(text)
        drafts.unsent.append(Unsent(f"waiting-{text}", 1, text))
        assert drafts.save()
        (slot.folder / "outbox").mkdir()
        (slot.folder / "outbox" / "alice.json").write_bytes(msgspec.json.encode([text]))
    left = second.folder / "work.json"
    first.close()
    first = ScreenFolder(tmp_path)
    assert left.exists(), "its screen is still open"
    first.close()
    second.close()
    first = ScreenFolder(tmp_path)
    found = Drafts(first.folder / "work.json")
    assert found.text("1") == "of the first\nof the second"
    assert found.places() == {"1", "of the first", "of the second"}
    assert sorted(u.text for u in found.unsent) == ["of the first", "of the second"]
    assert sorted(found.history) == ["of the first", "of the second"]
    kept = msgspec.json.decode((first.folder / "outbox" / "alice.json").read_bytes())
    assert sorted(kept) == ["of the first", "of the second"]
    assert not left.exists()
    first.close()
    again = ScreenFolder(tmp_path)
    assert Drafts(again.folder / "work.json").text("1") == found.text("1"), "it is not taken twice"
    again.close()


def test_a_damaged_file_is_left(tmp_path: Path) -> None:
    first, second = ScreenFolder(tmp_path), ScreenFolder(tmp_path)
    (second.folder / "work.json").write_text("{broken")
    first.close()
    second.close()
    ScreenFolder(tmp_path).close()
    assert (second.folder / "work.json").read_text() == "{broken"


def test_a_disk_that_refuses_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert ScreenFolder(tmp_path / "file" / "state").folder == tmp_path / "file" / "state"


async def test_what_waits_is_posted_once_though_two_screens_were_open(tmp_path: Path) -> None:
    box = await Sandbox(19, path=str(tmp_path / "world")).start()
    port = box.port
    await box.close()
    state = tmp_path / "state"
    slots = ScreenFolder(state), ScreenFolder(state)
    url = f"http://127.0.0.1:{port}"
    alice = ServerUser(url, login="alice")
    here = Profile("work", "work", lambda _: odoochat.connect(url, login="alice", password="alice"), alice)
    drafts = Drafts(slots[0].folder / "work.json")
    drafts.unsent.append(Unsent("waiting-1", 1, "once?"))
    assert drafts.save()
    async with Sandbox(19, port, path=str(tmp_path / "world")) as box:
        for slot in slots:
            async with opened(here, folder=slot.folder) as stand:
                await stand.connected()
                await stand.idle()
        said = [row["body"] for row in box.world.history("general")]
        assert sum("once?" in body for body in said) == 1
    for slot in slots:
        slot.close()
