"""Selects the keys to show in the hint bar; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.style import Style

from odoochat.model import Message
from odoochat.tui import keys
from odoochat.tui.message_window import PendingItem
from odoochat.tui.rendering.message import links
from odoochat.tui.rendering.strips import Parts
from odoochat.tui.settings import Settings
from odoochat.tui.theme import Styles

__all__ = ["HINTS", "hint_words", "message_hints", "writing_hints"]

HINTS = {
    "writing": ("send", "newline", "choose-message", "switch", "help", "next-unread", "search-here", "upload"),
    "list": ("list-open", "list-leave", "help"),
}
_HINT = {key.name: key.hint for key in keys.TABLE}


def writing_hints(*, offered: bool, answering: bool, editing: bool = False) -> tuple[str, ...]:
    """Return the composer commands, most useful first.

    Args:
        offered: whether completions are shown.
        answering: whether the draft is a reply or an edit.
        editing: whether the draft is an edit.
    """
    if offered:
        return ("complete", "choose-message:close")
    if editing:
        return ("send:save", "choose-message:cancel", "newline", "help")
    return ("send", "choose-message:cancel", "newline", "help") if answering else HINTS["writing"]


def message_hints(target: Message | PendingItem | None, *, own: bool, can: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the commands available for the selected message, most useful first.

    Args:
        target: the message.
        own: whether the user wrote it.
        can: a function that returns whether the server supports a feature listed in docs/features.md.
    """
    if target is None:
        return ("write", "help-here")
    if isinstance(target, PendingItem):
        change = ("edit", "delete:discard") if target.withdrawable else ()
        return ("write", *change, "copy", "help-here")
    names = ["write", "reply"]
    if can("react"):
        names.append("react")
    if own:
        names += ["edit", "delete"]
    if target.attachments or links(target):
        names.append("open")
    if can("thread"):
        names.append("thread")
    names += ["copy", "help-here", "star"]
    if can("pin"):
        names.append("pin")
    if target.attachments:
        names.append("save")
    return tuple(names)


def hint_words(names: Sequence[str], settings: Settings, styles: Styles, width: int) -> Parts:
    """Return the text of the hint bar: as many keys and labels as fit.

    Args:
        names: the commands, most useful first, each optionally followed by a colon and a different label.
        settings: the key set and the user's own keys.
        styles: the theme's styles.
        width: width in columns.
    """
    now = keys.keymap(settings.keys, settings.bindings)
    parts: list[tuple[str, Style]] = []
    used = 0
    for each in names:
        name, _, word = each.partition(":")
        key, label = f" {keys.shown(now[name].split(',')[0])}", f" {word or _HINT[name]} "
        used += cell_len(key) + cell_len(label)
        if used > width:
            break
        parts += [(key, styles.mention), (label, styles.dim)]
    return tuple(parts)
