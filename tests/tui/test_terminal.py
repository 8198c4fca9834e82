"""The chat screen in a pseudo-terminal, typed into as by a person; keys of one `type` arrive in one burst."""

from __future__ import annotations

from pathlib import Path

from odoochat.sandbox import Sandbox
from tests.tui.terminal import terminal


async def test_thumb_is_thumbs_up(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("coffee machine")
        chat.type("escape", "+", "thumb", "enter")
        await chat.shows("👍 1")
        # What was used is offered first.
        chat.type("+", "clap", "enter")
        await chat.shows("👏 1")
        chat.type("+")
        await chat.shows("React to")
        chat.type("c", "enter")
        await chat.hides("👏 1")


async def test_keys_behind_a_change_of_the_mode_belong_to_the_new_mode(box: Sandbox, tmp_path: Path) -> None:
    async with terminal(box.url, tmp_path) as chat:
        await chat.shows("I will write the announcement")
        # `r` begins an answer: the `d`, `c` and `e` behind it are letters, not commands.
        chat.type("escape", "up", "r", "decide, eh", "enter")
        await chat.shows("decide, eh", "↪ Dave: Tests are running")
        # The dialog takes what is behind its key: Enter keeps the message, which is harmless.
        chat.type("escape", "d", "enter", "i", "still here", "enter")
        await chat.shows("still here")
        assert "decide, eh" in chat.text
        # A channel that is opened takes the text behind it, also when the server must be asked first.
        chat.type("ctrl+k", "rand", "enter", "to all of random", "enter")
        await chat.shows("# random  ", "to all of random")
        box.world.channels.create(box.world.uid("carol"), "garden")
        chat.type("ctrl+k", "garden", "enter", "from the gardener", "enter")
        await chat.shows("from the gardener")
        assert "to all of random" not in chat.text
