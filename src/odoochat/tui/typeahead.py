"""Typeahead: what the keys typed before the composer exists make of its text."""

from __future__ import annotations

from textual import events

from odoochat.tui.keyboard import Keyboard
from odoochat.tui.keys import TABLE, keymap
from odoochat.tui.settings import ChatSettings

__all__ = ["Typeahead"]


class Typeahead:
    """Applies waiting keys to the composer's text, up to the first one that does more than edit it.

    The first paint shows the text, and the composer starts with it. All later keys, such as Enter, wait for the
    composer itself: what they do depends on more than the text.

    Args:
        keyboard: holds the waiting keys.
        settings: the settings, which define the keys of commands.
    """

    def __init__(self, keyboard: Keyboard, settings: ChatSettings) -> None:
        self._keyboard = keyboard
        keys = keymap(settings.keys, settings.bindings)
        names = [key.name for key in TABLE if key.where in ("everywhere", "writing")]
        self._bound = {each.strip() for name in names for each in keys[name].split(",")}

    def preview(self, text: str) -> str:
        """Return the composer's text after the waiting keys.

        Args:
            text: the text before them, with the cursor at its end.
        """
        return self._apply(text)[0]

    def take(self, text: str) -> str:
        """Return the composer's text after the waiting keys, and remove them from the keyboard.

        Args:
            text: the text before them, with the cursor at its end.
        """
        if self._keyboard.open:
            return text  # the keyboard delivers them itself
        text, count = self._apply(text)
        self._keyboard.discard(count)
        return text

    def _apply(self, text: str) -> tuple[str, int]:
        """Return the text after the waiting keys, and the number of applied keys."""
        count = 0
        for event in self._keyboard.waiting:
            if not isinstance(event, events.Key) or not self._bound.isdisjoint((*event.aliases, event.character)):
                break
            if event.key == "backspace":
                text = text[:-1]
            elif event.is_printable and event.character is not None:
                text += event.character
            else:
                break
            count += 1
        return text, count
