"""Accounts that share the files of one profile: nothing is sent or shown as another account's, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import odoochat
from odoochat.sandbox import Sandbox
from odoochat.tui.app import Profile
from odoochat.tui.storage.drafts import Answering, Drafts, Unsent
from odoochat.tui.storage.screen_folder import ScreenFolder
from tests.tui.chat_pilot import opened

ALICE, BOB = "6@odoo@http://localhost", "7@odoo@http://localhost"
ELSEWHERE = "6@other@http://localhost"


def nameless(url: str, login: str) -> Profile:
    """A profile as with a session id or an API key: its user is known only once it is connected."""
    return Profile("screen", "shared", lambda _: odoochat.connect(url, login=login, password=login, patience=600.0))


def texts(drafts: Drafts) -> list[str]:
    return [each.text for each in drafts.unsent]


async def test_a_message_of_an_unknown_writer_is_not_sent_as_the_next_account(tmp_path: Path) -> None:
    box = await Sandbox(19, path=str(tmp_path / "world")).start()
    url, port = box.url, box.port
    async with opened(nameless(url, "alice"), folder=tmp_path) as stand:
        await stand.connected()
    await box.close()
    async with opened(nameless(url, "alice"), folder=tmp_path) as stand:
        await stand.type("written by alice")
        await stand.press("enter")
        await stand.until(lambda: stand.screen.session.drafts.unsent)
    async with Sandbox(19, port, path=str(tmp_path / "world")) as box:
        for login in ("bob", "alice"):
            async with opened(nameless(url, login), folder=tmp_path) as stand:
                await stand.connected()
                await stand.idle()
                await stand.shows("not sent: it was written before the account")
                assert not any("written by alice" in row["body"] for row in box.world.history("general"))
                if login == "alice":
                    await stand.press("escape", "e")
                    await stand.until(lambda: stand.chat.widgets.composer.text == "written by alice")
                    await stand.press("enter")
                    await stand.until(lambda: not stand.screen.session.send_queue.sending)
                    await stand.idle()
        (row,) = [row for row in box.world.history("general") if "written by alice" in row["body"]]
        alice = await author_of(url, "alice")
        assert row["author_id"] == alice


async def author_of(url: str, login: str) -> int:
    async with odoochat.connect(url, login=login, password=login, live=False) as client:
        return client.me.partner_id


async def test_each_account_sees_its_own_draft(box: Sandbox, tmp_path: Path) -> None:
    for login in ("alice", "bob"):
        async with opened(nameless(box.url, login), folder=tmp_path) as stand:
            await stand.connected()
            await stand.until(lambda: not stand.chat.widgets.composer.text, "an empty composer")
            await stand.type(f"draft of {login}")
    for login in ("alice", "bob"):
        async with opened(nameless(box.url, login), folder=tmp_path) as stand:
            await stand.connected()
            assert stand.chat.widgets.composer.text == f"draft of {login}"


async def test_what_is_typed_before_connecting_is_kept(box: Sandbox, tmp_path: Path) -> None:
    async with opened(nameless(box.url, "alice"), folder=tmp_path) as stand:
        await stand.connected()
        await stand.type("draft of alice")
    drafts = Drafts(tmp_path / "shared.json")
    drafts.keep("1", "typed by bob")
    assert drafts.belongs_to(BOB, "bob")
    assert drafts.text("1") == "typed by bob"
    async with opened(nameless(box.url, "alice"), folder=tmp_path) as stand:
        await stand.connected()
        assert stand.chat.widgets.composer.text == "draft of alice"


@pytest.mark.parametrize("other", [BOB, ELSEWHERE])
def test_another_account_finds_nothing_and_leaves_everything(tmp_path: Path, other: str) -> None:
    path = tmp_path / "a.json"
    drafts = Drafts(path)
    assert not drafts.belongs_to(ALICE, "alice")
    drafts.keep("1", "draft")
    drafts.answer("2", Answering(5))
    drafts.sent("sent")
    drafts.favourites, drafts.muted, drafts.last, drafts.emojis = {1}, {2}, 3, {"x": 1}
    drafts.unsent = [Unsent("m1", 1, "waiting", owner=ALICE), Unsent("m2", 1, "refused", "no", owner=ALICE)]
    assert drafts.save()
    kept = contents(drafts)

    drafts = Drafts(path, "alice")
    drafts.unsent.append(Unsent("m3", 1, "written now"))
    assert drafts.belongs_to(other, "alice")
    assert texts(drafts) == ["written now"]
    assert drafts.unsent[0].error, "its channel may be one of the other account's"
    assert not (drafts.places() or drafts.answering or drafts.history or drafts.favourites or drafts.muted)
    drafts.unsent.clear()
    drafts.keep("9", "of the other")
    assert drafts.save()

    drafts = Drafts(path)
    assert drafts.belongs_to(ALICE, "alice")
    assert contents(drafts) == kept
    assert drafts.belongs_to(other, "bob")
    assert drafts.places() == {"9"} and drafts.text("9") == "of the other"
    assert drafts.belongs_to(ALICE, "alice")
    assert contents(Drafts(path)) == kept


def contents(drafts: Drafts) -> dict[str, Any]:
    found = {name: value for name, value in vars(drafts).items() if not name.startswith("_") and name != "account"}
    return {**found, "texts": {place: drafts.text(place) for place in drafts.places()}}


def test_a_login_in_the_settings_names_the_writer(tmp_path: Path) -> None:
    for login, connected, error in (("alice", "alice", False), ("alice", "bob", True), ("", "alice", True)):
        path = tmp_path / f"{login}-{connected}.json"
        drafts = Drafts(path, login)
        drafts.unsent.append(Unsent("m1", 1, "written offline"))
        assert drafts.save()
        drafts = Drafts(path, login)
        drafts.unsent.append(Unsent("m2", 1, "written now"))
        drafts.belongs_to(ALICE, connected)
        assert [bool(each.error) for each in drafts.unsent] == [error, False]


def test_a_disk_that_is_full_loses_nothing_of_another_account(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    drafts = Drafts(path)
    drafts.belongs_to(ALICE, "alice")
    drafts.keep("1", "draft")
    drafts.save()
    before, aside = path.read_bytes(), drafts.beside(ALICE)
    assert aside is not None
    aside.mkdir()
    drafts = Drafts(path)
    drafts.belongs_to(BOB, "bob")
    drafts.keep("1", "of bob")
    assert drafts.save()
    assert path.read_bytes() == before
    drafts = Drafts(path)
    drafts.belongs_to(BOB, "bob")
    assert drafts.text("1") == "of bob"


def test_an_ended_screen_of_another_account_is_kept_apart(tmp_path: Path) -> None:
    first, second = ScreenFolder(tmp_path), ScreenFolder(tmp_path)
    for slot, owner in ((first, ALICE), (second, BOB)):
        drafts = Drafts(slot.folder / "a.json")
        drafts.belongs_to(owner, "")
        drafts.keep("1", owner)
        drafts.unsent = [Unsent(owner, 1, owner, owner=owner)]
        assert drafts.save()
        slot.close()
    first = ScreenFolder(tmp_path)
    for owner in (ALICE, BOB, ALICE):
        drafts = Drafts(first.folder / "a.json")
        drafts.belongs_to(owner, "")
        assert (drafts.text("1"), texts(drafts)) == (owner, [owner])
    first.close()
