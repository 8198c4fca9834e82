"""Drafts: what was typed stays, whatever happens to the message, edit or files that were sent before it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from odoochat import Channel
from odoochat.errors import NotFound, Rejected
from odoochat.sandbox import Sandbox
from odoochat.tui.draft import Draft
from odoochat.tui.storage.drafts import Answering, Drafts

from . import company
from .chat_pilot import ChatPilot

REFUSED = Rejected("UserError", "not now")


class Server:
    """Holds calls back until their outcome is set.

    Attributes:
        calls: number of calls so far.
        outcome: when it is set, the calls return or raise.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def __call__(self, *_: Any, **__: Any) -> None:
        self.calls += 1
        await asyncio.shield(self.outcome)


async def post_first(alice: ChatPilot) -> None:
    await alice.type("first")
    await alice.press("enter")
    window = alice.chat.widgets.timeline.window
    await alice.until(lambda: window.messages[-1].text == "first" and not window.pending, "the message")


async def edit_first(alice: ChatPilot) -> None:
    await alice.press("escape")
    alice.chat.widgets.timeline.choose(alice.chat.widgets.timeline.window.messages[-1].id)
    await alice.press("e")
    await alice.until(lambda: alice.chat.widgets.composer.text == "first", "the text to edit")


def composer_alone() -> Any:
    """A composer without a screen."""
    composer: Any = SimpleNamespace(text="")
    composer.fill = lambda text: setattr(composer, "text", text)
    return composer


async def edit_above_a_draft(alice: ChatPilot, server: Server) -> None:
    """Types a draft, edits an earlier message, and sends the edit."""
    await post_first(alice)
    await alice.type("a draft")
    await edit_first(alice)
    await alice.type(" changed")
    await alice.press("enter")
    await alice.until(lambda: server.calls, "the edit")
    assert alice.chat.widgets.composer.text == "a draft"


async def leave(alice: ChatPilot) -> None:
    await alice.press("ctrl+n")
    await alice.until(lambda: alice.chat.conversation.channel != 1, "another channel")


async def test_a_refused_edit_is_put_above_the_draft(alice: ChatPilot, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    monkeypatch.setattr(Channel, "edit", server)
    await edit_above_a_draft(alice, server)
    server.outcome.set_exception(REFUSED)
    await alice.until(lambda: alice.chat.widgets.composer.text == "first changed\na draft", "both texts")


async def test_a_refused_edit_keeps_the_draft_of_a_channel_that_is_not_open(
    alice: ChatPilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    monkeypatch.setattr(Channel, "edit", server)
    await edit_above_a_draft(alice, server)
    await leave(alice)
    server.outcome.set_exception(REFUSED)
    await alice.shows_toast("not now")
    assert alice.chat.widgets.composer.text == ""
    await alice.press("ctrl+b")
    await alice.until(lambda: alice.chat.widgets.composer.text == "first changed\na draft", "both texts")


async def send_file(alice: ChatPilot, file: Path, server: Server, text: str = "with a file") -> None:
    file.write_text("content")
    alice.chat.conversation.draft.files = [file]
    await alice.type(text)
    await alice.press("enter")
    await alice.until(lambda: server.calls, "the upload")


@pytest.mark.parametrize("is_refused", [True, False])
async def test_what_is_typed_during_an_upload_stays(
    alice: ChatPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_refused: bool
) -> None:
    server = Server()
    monkeypatch.setattr(Channel, "send", server)
    await send_file(alice, tmp_path / "one.txt", server)
    await alice.type("typed since")
    await leave(alice)
    if is_refused:
        server.outcome.set_exception(REFUSED)
        await alice.shows_toast("not now")
    else:
        server.outcome.set_result(None)
    await alice.until(lambda: not alice.chat.transfers, "the end of the upload")
    await alice.press("ctrl+b")
    expected = "with a file\ntyped since" if is_refused else "typed since"
    await alice.until(lambda: alice.chat.widgets.composer.text == expected, expected)
    assert alice.chat.conversation.draft.files == ([tmp_path / "one.txt"] if is_refused else [])


async def test_files_that_could_not_be_sent_come_before_those_attached_since(
    alice: ChatPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    monkeypatch.setattr(Channel, "send", server)
    await send_file(alice, tmp_path / "one.txt", server)
    alice.chat.conversation.draft.files.append(tmp_path / "two.txt")
    await alice.type("typed since")
    server.outcome.set_exception(REFUSED)
    await alice.until(lambda: alice.chat.widgets.composer.text == "with a file\ntyped since", "both texts")
    assert alice.chat.conversation.draft.files == [tmp_path / "one.txt", tmp_path / "two.txt"]


async def test_a_text_is_not_put_into_the_text_of_an_edit(alice: ChatPilot, box: Sandbox) -> None:
    await post_first(alice)
    await edit_first(alice)
    draft = alice.chat.conversation.draft
    draft.give_back(1, "not sent")
    assert alice.chat.widgets.composer.text == "first"
    draft.cancel()
    assert alice.chat.widgets.composer.text == "not sent"


async def test_a_text_that_is_part_of_a_word_of_the_draft_stays(alice: ChatPilot) -> None:
    draft = alice.chat.conversation.draft
    draft.give_back(2, "a longer text")
    draft.give_back(2, "on")
    assert alice.screen.session.drafts.text("2") == "on\na longer text"
    draft.give_back(2, "on")
    assert alice.screen.session.drafts.text("2") == "on\na longer text"


async def recall(alice: ChatPilot, text: str) -> None:
    await alice.press("ctrl+up")
    await alice.until(lambda: alice.chat.widgets.composer.text == text, "the recalled text")


async def test_sending_a_recalled_text_keeps_the_draft(alice: ChatPilot) -> None:
    await alice.type("hello")
    await alice.press("enter")
    await alice.type("a draft")
    await recall(alice, "hello")
    await alice.press("enter")
    await alice.until(lambda: alice.chat.widgets.composer.text == "a draft", "the draft")
    await alice.type(" again")
    assert alice.screen.session.drafts.text("1") == "a draft again"


async def test_sending_a_recalled_text_with_a_file_keeps_the_draft(
    alice: ChatPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    await alice.type("hello")
    await alice.press("enter")
    await alice.type("a draft")
    await recall(alice, "hello")
    monkeypatch.setattr(Channel, "send", server)
    await send_file(alice, tmp_path / "one.txt", server, text="")
    await alice.until(lambda: alice.chat.widgets.composer.text == "a draft", "the draft")
    await leave(alice)
    assert alice.screen.session.drafts.text("1") == "a draft"
    server.outcome.set_result(None)
    await alice.until(lambda: not alice.chat.transfers, "the end of the upload")


async def test_running_a_recalled_command_keeps_the_draft(alice: ChatPilot) -> None:
    await alice.type("/topic news")
    await alice.press("enter")
    await alice.until(lambda: not alice.chat.widgets.composer.text, "the end of the command")
    await alice.type("a draft")
    await recall(alice, "/topic news")
    await alice.press("enter")
    await alice.until(lambda: alice.chat.widgets.composer.text == "a draft", "the draft")
    assert alice.screen.session.drafts.text("1") == "a draft"


async def test_a_command_in_an_edit_keeps_the_draft(alice: ChatPilot) -> None:
    await post_first(alice)
    await alice.type("a draft")
    await edit_first(alice)
    alice.chat.widgets.composer.fill("/topic news")
    await alice.press("enter")
    await alice.until(lambda: not alice.chat.widgets.composer.text, "the end of the command")
    assert alice.screen.session.drafts.text("1") == "a draft"


def draft_alone(*history: str) -> tuple[Draft, Any, Drafts]:
    """A draft in channel 1 without a screen, its composer, and what is stored."""
    composer, drafts = composer_alone(), Drafts(None)
    drafts.history = [*history]
    draft = Draft(SimpleNamespace(drafts=drafts, get=lambda _number: None), composer)  # type: ignore[arg-type]
    draft.open(1)
    return draft, composer, drafts


def type_over(draft: Draft, composer: Any, text: str) -> None:
    composer.text = text
    draft.keep()


def test_changing_a_recalled_text_keeps_the_draft() -> None:
    draft, composer, drafts = draft_alone("older", "newer")
    type_over(draft, composer, "a draft")
    draft.recall(-1)
    assert (composer.text, drafts.text("1")) == ("newer", "a draft")
    type_over(draft, composer, "newer!")
    assert drafts.text("1") == "newer!\na draft"
    draft.take_out()
    assert (composer.text, drafts.text("1")) == ("a draft", "a draft")


def test_a_changed_recalled_text_stays_when_another_one_is_recalled() -> None:
    draft, composer, drafts = draft_alone("older", "newer")
    type_over(draft, composer, "a draft")
    draft.recall(-1)
    type_over(draft, composer, "newer!")
    draft.recall(-1)
    assert composer.text == "older"
    draft.recall(1)
    draft.recall(1)
    assert composer.text == drafts.text("1") == "newer!\na draft"
    draft.recall(1)
    assert composer.text == "newer!\na draft"


def test_what_could_not_be_sent_is_put_above_the_draft_that_a_recalled_text_hides() -> None:
    draft, composer, drafts = draft_alone("newer")
    type_over(draft, composer, "a draft")
    draft.recall(-1)
    draft.give_back(1, "not sent")
    assert (composer.text, drafts.text("1")) == ("newer", "not sent\na draft")
    draft.recall(1)
    assert composer.text == "not sent\na draft"


def test_a_text_recalled_into_an_edit_hides_the_edited_text() -> None:
    draft, composer, drafts = draft_alone("newer")
    type_over(draft, composer, "a draft")
    draft.edit(company.messages()[0], "edited")
    type_over(draft, composer, "edited!")
    draft.recall(-1)
    draft.keep()
    assert drafts.answering["1"].edited == "edited!"
    draft.recall(1)
    assert composer.text == "edited!"
    draft.cancel()
    assert composer.text == "a draft"


def test_a_recalled_text_stays_so_although_the_history_changes() -> None:
    draft, composer, drafts = draft_alone("older", "newer")
    type_over(draft, composer, "a draft")
    draft.recall(-1)
    drafts.history = ["of another account"]
    draft.keep()
    assert drafts.text("1") == "a draft"


def test_the_draft_that_a_recalled_text_hides_stays_with_its_account() -> None:
    draft, composer, drafts = draft_alone("newer")
    drafts.owner = "6"
    drafts.keep("1", "a draft")
    draft.open(1)
    draft.recall(-1)
    drafts.owner, drafts.history = "7", []
    drafts.keep("1", "")
    assert draft.change_account()
    assert composer.text == drafts.text("1") == ""


def test_a_command_that_has_run_does_not_come_back() -> None:
    draft, composer, drafts = draft_alone("newer")
    type_over(draft, composer, "/topic news")
    draft.recall(-1)
    drafts.sent("/topic news")
    draft.remove(1, "/topic news")
    draft.recall(1)
    draft.recall(1)
    assert composer.text == drafts.text("1") == ""


def test_a_command_above_a_draft_is_removed_from_a_channel_that_is_not_open() -> None:
    draft, composer, drafts = draft_alone("/topic old")
    type_over(draft, composer, "a draft")
    draft.recall(-1)
    type_over(draft, composer, "/topic new")
    draft.leave()
    draft.open(2)
    draft.remove(1, "/topic new")
    assert drafts.text("1") == "a draft"


def test_only_a_whole_command_is_removed() -> None:
    draft, _, drafts = draft_alone()
    for text in ("/topic news today", "see\n/topic news"):
        drafts.keep("2", text)
        draft.remove(2, "/topic news")
        assert drafts.text("2") == text


def test_a_text_recalled_into_an_edit_puts_the_edited_text_into_the_draft() -> None:
    draft, composer, drafts = draft_alone("newer")
    type_over(draft, composer, "a draft")
    draft.edit(company.messages()[0], "edited")
    type_over(draft, composer, "edited!")
    draft.recall(-1)
    draft.take_out()
    assert composer.text == drafts.text("1") == "edited!\na draft"
    assert draft.editing is None


@pytest.mark.parametrize("is_changed", [True, False])
def test_editing_another_message_puts_a_changed_text_into_the_draft(is_changed: bool) -> None:
    draft, composer, _ = draft_alone()
    first, second = company.messages()[:2]
    type_over(draft, composer, "a draft")
    draft.edit(first, first.text)
    if is_changed:
        type_over(draft, composer, "changed")
    draft.edit(second, second.text)
    assert (draft.editing, composer.text) == (second, second.text)
    draft.cancel()
    assert composer.text == ("changed\na draft" if is_changed else "a draft")


def test_editing_a_message_twice_keeps_its_text() -> None:
    draft, composer, _ = draft_alone()
    message = company.messages()[0]
    draft.edit(message, message.text)
    type_over(draft, composer, "changed")
    draft.edit(message, message.text)
    assert composer.text == "changed"


def test_sending_before_the_edited_message_is_fetched_keeps_the_edited_text() -> None:
    draft, composer, drafts = draft_alone()
    drafts.answer("1", Answering(None, 7, "edited text"))
    type_over(draft, composer, "a draft")
    draft.take_out()
    assert drafts.answering["1"].edited == "edited text"
    assert composer.text == ""


def test_the_text_of_an_edit_that_was_not_fetched_stays_when_its_channel_is_closed() -> None:
    draft, composer, drafts = draft_alone()
    drafts.answer("1", Answering(None, 7, "edited text"))
    type_over(draft, composer, "a draft")
    draft.close()
    assert composer.text == drafts.text("1") == "edited text\na draft"
    draft.open(2)
    assert drafts.places() == {"2"}
    assert drafts.text("2") == "edited text\na draft"


@pytest.mark.parametrize(("text", "expected"), [("/leave", "a draft"), ("/msg @Bob hello", "/msg @Bob hello\na draft")])
def test_only_a_command_that_is_being_run_goes_with_a_closed_channel(text: str, expected: str) -> None:
    draft, composer, drafts = draft_alone()
    draft.running.append("/leave")
    type_over(draft, composer, "a draft")
    draft.edit(company.messages()[0], "edited")
    type_over(draft, composer, text)
    draft.close()
    draft.open(2)
    assert composer.text == drafts.text("2") == expected


async def test_an_edit_without_text_is_not_sent(
    alice: ChatPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    monkeypatch.setattr(Channel, "edit", server)
    await post_first(alice)
    await edit_first(alice)
    alice.chat.conversation.draft.files = [tmp_path / "one.txt"]
    alice.chat.widgets.composer.fill("")
    await alice.press("enter")
    await alice.shows_toast("an edited message needs text")
    assert not server.calls
    assert alice.chat.conversation.draft.editing is not None


@pytest.mark.parametrize("hides", ["recall", "edit"])
def test_what_a_closed_channel_hides_joins_the_next_draft(hides: str) -> None:
    draft, composer, drafts = draft_alone("newer")
    type_over(draft, composer, "a draft")
    if hides == "recall":
        draft.recall(-1)
    else:
        draft.edit(company.messages()[0], "edited")
    draft.close()
    draft.leave()
    draft.open(2)
    assert composer.text == drafts.text("2") == {"recall": "a draft", "edit": "edited\na draft"}[hides]
    assert drafts.places() == {"2"}
    assert not drafts.answering


async def test_a_refused_edit_is_kept_after_a_text_was_recalled_into_it(
    alice: ChatPilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    monkeypatch.setattr(Channel, "edit", server)
    await post_first(alice)
    await edit_first(alice)
    await recall(alice, "first")
    await alice.type(" changed")
    await alice.press("enter")
    await alice.until(lambda: server.calls, "the edit")
    server.outcome.set_exception(REFUSED)
    await alice.until(lambda: alice.chat.widgets.composer.text == "first changed", "the text")
    await alice.type("!")
    assert alice.screen.session.drafts.text("1") == "first changed!"


async def test_what_is_given_back_is_on_disk(alice: ChatPilot, tmp_path: Path) -> None:
    drafts = alice.screen.session.drafts
    alice.chat.conversation.draft.give_back(2, "not sent")
    assert drafts._path is not None
    assert Drafts(drafts._path).text("2") == "not sent"


async def test_a_refused_file_is_an_answer_again(
    alice: ChatPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    monkeypatch.setattr(Channel, "send", server)
    window = alice.chat.widgets.timeline.window
    message = next(m for m in window.messages if m.text)
    alice.chat.conversation.draft.belongs_to(replying=message)
    await send_file(alice, tmp_path / "one.txt", server)
    assert alice.chat.conversation.draft.replying is None
    server.outcome.set_exception(REFUSED)
    await alice.until(lambda: alice.chat.conversation.draft.replying == message, "the answered message")


async def test_the_text_of_an_edit_whose_message_is_gone_becomes_the_draft() -> None:
    async def fetch_message(_number: int) -> object:
        raise NotFound("message", "no such message")

    composer = composer_alone()
    drafts = Drafts(None)
    drafts.answer("1", Answering(None, 7, "edited text"))
    session: Any = SimpleNamespace(
        drafts=drafts,
        client=SimpleNamespace(fetch_message=fetch_message),
        get=lambda _number: None,
        keep=lambda _messages: None,
    )
    draft = Draft(session, composer)
    draft.open(1)
    assert await draft.find_answered()
    assert composer.text == "edited text"
    assert drafts.text("1") == "edited text"


async def test_what_was_written_in_a_closed_channel_joins_the_next_draft() -> None:
    composer = composer_alone()
    drafts = Drafts(None)
    drafts.keep("2", "of channel 2")
    draft = Draft(SimpleNamespace(drafts=drafts, get=lambda _number: None), composer)  # type: ignore[arg-type]
    draft.open(1)
    composer.text, draft.files = "of channel 1", [Path("one.txt")]
    draft.close()
    draft.leave()
    draft.open(2)
    assert composer.text == "of channel 1\nof channel 2"
    assert draft.files == [Path("one.txt")]


async def test_files_are_not_attached_to_the_draft_of_another_account() -> None:
    composer = composer_alone()
    drafts = Drafts(None)
    drafts.owner = "6"
    draft = Draft(SimpleNamespace(drafts=drafts, get=lambda _number: None), composer)  # type: ignore[arg-type]
    draft.open(1)
    draft.give_back(1, "", [Path("one.txt")])
    draft.give_back(2, "", [Path("two.txt")])
    drafts.owner = "7"
    assert draft.change_account()
    assert draft.files == []
    draft.leave()
    draft.open(2)
    assert draft.files == []


async def test_what_is_typed_while_the_answered_message_is_fetched_stays() -> None:
    """The composer reports typed text later, so it may be newer than the stored draft."""
    message = company.messages()[0]
    composer = composer_alone()
    drafts = Drafts(None)
    drafts.answer("1", Answering(reply_to=message.id))

    async def fetch_message(_number: int) -> object:
        composer.text = "typed meanwhile"
        return message

    kept: list[object] = []
    session: Any = SimpleNamespace(
        drafts=drafts,
        client=SimpleNamespace(fetch_message=fetch_message),
        keep=kept.extend,
        get=lambda _number: message if kept else None,
    )
    draft = Draft(session, composer)
    draft.open(1)
    assert await draft.find_answered()
    assert draft.replying == message
    assert composer.text == "typed meanwhile"
