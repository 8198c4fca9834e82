"""Drafts, with any sequence of actions: no typed text is lost, doubled, or put into another channel."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import integers, sampled_from

from odoochat.tui.draft import Draft
from odoochat.tui.storage.drafts import Answering, Drafts

WORD = re.compile(r"word\d+;")


def message(number: int) -> Any:
    return SimpleNamespace(id=number, text=f"message {number}")


class Writing(RuleBasedStateMachine):
    """One user writes in channels 1 and 2. Each typed word is unique.

    Attributes:
        words: where each word is that was neither sent nor deleted; 0 for the composer while no channel is open.
    """

    def __init__(self) -> None:
        super().__init__()
        self.composer: Any = SimpleNamespace(text="")
        self.composer.fill = lambda text: setattr(self.composer, "text", text)
        self.drafts = Drafts(None)
        self.drafts.history = ["older", "newer"]
        self.cache = {1: message(1), 2: message(2)}
        self.words: dict[str, int] = {}
        self.count = self.closed = 0
        self.sent: list[tuple[int, str]] = []
        self.running: list[tuple[int, str]] = []
        self.channel = 1
        self.draft = self.new()

    def new(self) -> Draft:
        session: Any = SimpleNamespace(drafts=self.drafts, get=self.cache.get)
        self.composer.text = ""
        draft = Draft(session, self.composer)
        draft.open(self.channel)
        return draft

    def forget(self, text: str) -> None:
        for word in WORD.findall(text):
            self.words.pop(word, None)

    def word(self) -> str:
        self.count += 1
        word = f"word{self.count};"
        self.words[word] = self.channel
        return word

    @rule()
    def type_a_line(self) -> None:
        self.composer.text = "\n".join(filter(None, [self.composer.text, self.word()]))
        self.draft.keep()

    @rule()
    def delete(self) -> None:
        self.forget(self.composer.text)
        self.composer.text = ""
        self.draft.keep()

    @rule()
    def replace_by_a_command(self) -> None:
        self.forget(self.composer.text)
        self.count += 1
        self.composer.text = f"/topic {self.count}"
        self.draft.keep()

    @precondition(lambda self: self.channel and bool(re.fullmatch(r"/topic \d+", self.composer.text)))
    @rule()
    def run(self) -> None:
        self.running.append((self.channel, self.composer.text))
        self.draft.running.append(self.composer.text)

    @precondition(lambda self: self.running)
    @rule()
    def end_command(self) -> None:
        channel, command = self.running.pop(0)
        self.draft.running.remove(command)
        self.drafts.sent(command)
        self.draft.remove(channel, command)

    @rule(step=sampled_from([-1, 1]))
    def recall(self, step: int) -> None:
        self.draft.recall(step)

    @precondition(lambda self: self.channel)
    @rule(number=integers(1, 2))
    def edit(self, number: int) -> None:
        self.cache[number] = message(number)
        self.draft.edit(self.cache[number], self.cache[number].text)

    @precondition(lambda self: self.channel)
    @rule()
    def reply(self) -> None:
        if self.draft.editing is not None:
            self.forget(self.draft._written)
        self.draft.reply(message(2))

    @precondition(lambda self: self.channel)
    @rule()
    def cancel(self) -> None:
        if self.draft.editing is not None:
            self.forget(self.draft._written)
        if self.draft.editing is not None or self.draft.replying is not None:
            self.draft.cancel()

    @precondition(lambda self: self.channel and self.composer.text.strip() and self.composer.text[0] != "/")
    @rule()
    def send(self) -> None:
        text = self.composer.text
        self.forget(text)
        self.sent.append((self.channel, text))
        self.draft.take_out()

    @precondition(lambda self: self.sent)
    @rule()
    def accept(self) -> None:
        self.sent.pop(0)

    @precondition(lambda self: self.sent)
    @rule()
    def refuse(self) -> None:
        channel, text = self.sent.pop(0)
        is_left = not self.channel and channel == self.closed
        for word in WORD.findall(text):
            self.words[word] = 0 if is_left else channel
        self.draft.give_back(channel, text)

    @rule(channel=integers(1, 2))
    def open(self, channel: int) -> None:
        if channel == self.channel:
            return
        self.draft.leave()
        self.draft.open(channel)
        if not self.channel:
            self.words = {word: place or channel for word, place in self.words.items()}
        self.channel = channel

    @precondition(lambda self: self.channel)
    @rule()
    def close(self) -> None:
        self.words = {word: 0 if place == self.channel else place for word, place in self.words.items()}
        self.closed, self.channel = self.channel, 0
        self.draft.close()

    @rule()
    def restart(self) -> None:
        self.draft.keep()
        self.channel = self.channel or self.closed
        self.words = {word: place or self.channel for word, place in self.words.items()}
        self.sent, self.running = [], []
        self.draft = self.new()

    @rule(number=integers(1, 2))
    def lose_a_message(self, number: int) -> None:
        self.cache.pop(number, None)

    def texts(self) -> dict[int, str]:
        """What is written in each channel."""
        drafts, here = self.drafts, str(self.channel)
        found: dict[int, str] = {self.channel: self.draft._written}
        if self.draft.editing is not None:
            found[self.channel] += "\n" + drafts.text(here)
        for place in drafts.places() | set(drafts.answering):
            if place != here and not (not self.channel and place == str(self.closed)):
                found[int(place)] = drafts.text(place)
            if self.draft.editing is None or place != here:
                found[int(place)] = f"{found.get(int(place), '')}\n{drafts.answering.get(place, Answering()).edited}"
        return found

    @invariant()
    def every_word_is_in_its_place(self) -> None:
        found = {place: WORD.findall(text) for place, text in self.texts().items()}
        for place, words in found.items():
            assert sorted(words) == sorted(word for word, at in self.words.items() if at == place)
        assert set(self.words.values()) <= set(found)

    @invariant()
    def what_the_composer_shows_is_stored(self) -> None:
        place = str(self.channel or self.closed)
        if place != "0" and (not self.channel or self.draft.editing is None) and self.draft._written.strip():
            assert self.drafts.text(place) == self.draft._written


TestWriting = Writing.TestCase
TestWriting.settings = settings(max_examples=1000, stateful_step_count=30, deadline=None)
