"""The key table: what can be done by a key, where, and by which key of which set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding, BindingType

__all__ = ["SETS", "TABLE", "Key", "KeySet", "Where", "bindings", "keymap", "shown"]

Where = Literal["everywhere", "messages", "writing", "list"]
KeySet = Literal["default", "vim", "emacs"]
SETS: tuple[KeySet, ...] = ("default", "vim", "emacs")

PLACES: dict[Where, str] = {
    "everywhere": "Everywhere",
    "messages": "On a message (message mode)",
    "writing": "While writing",
    "list": "In the list of conversations",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that a key does.

    Attributes:
        name: of the command, as settings name it.
        label: what it does, in a few words.
        where: in which part of the screen the key is heard.
        default, vim, emacs: the keys of the three sets, separated by commas; vim and emacs as the default when empty.
        hint: the word in the hint bar, none when empty.
    """

    name: str
    label: str
    where: Where
    default: str
    vim: str = ""
    emacs: str = ""
    hint: str = ""

    def keys(self, chosen: KeySet = "default") -> str:
        """The keys in a set."""
        return {"default": self.default, "vim": self.vim, "emacs": self.emacs}[chosen] or self.default


TABLE: tuple[Key, ...] = (
    Key("switch", "find a channel, a person or a command", "everywhere", "ctrl+k", emacs="alt+x,ctrl+k", hint="go to"),
    Key("next-unread", "the next unread conversation", "everywhere", "ctrl+n", emacs="alt+u", hint="unread"),
    Key("next-mention", "the next conversation that mentions me", "everywhere", "ctrl+t", emacs="alt+m"),
    Key("back", "back to the conversation before", "everywhere", "ctrl+b", emacs="alt+b", hint="back"),
    Key("next-conversation", "the next conversation of the list", "everywhere", "alt+down", vim="alt+down,alt+j"),
    Key("previous-conversation", "the previous conversation of the list", "everywhere", "alt+up", vim="alt+up,alt+k"),
    Key("search-here", "search in this conversation", "everywhere", "ctrl+f", emacs="ctrl+s", hint="search"),
    Key("search-everywhere", "search everywhere", "everywhere", "ctrl+g", emacs="alt+s"),
    Key("inbox", "where I am mentioned, and not read yet", "everywhere", "alt+i"),
    Key("starred", "the messages with my star", "everywhere", "alt+s", emacs="alt+r"),
    Key("pins", "the pinned messages of this conversation", "everywhere", "alt+p", emacs="alt+k"),
    Key("help", "all keys", "everywhere", "f1", hint="keys"),
    Key("settings", "the settings", "everywhere", "f2"),
    Key("theme", "the next theme", "everywhere", "f3"),
    Key("next-profile", "the next profile", "everywhere", "f4"),
    Key("refresh", "ask the server again, at once", "everywhere", "f5"),
    Key("members", "show or hide the members", "everywhere", "f6"),
    Key("sidebar", "show or hide the list of conversations", "everywhere", "f7"),
    Key("mute", "mute this conversation, or unmute it", "everywhere", "f8"),
    Key("favourite", "put this conversation on top, or back", "everywhere", "f9"),
    Key("upload", "send a file", "everywhere", "ctrl+o", emacs="alt+o"),
    Key("list", "to the list of conversations", "everywhere", "ctrl+l", emacs="alt+l"),
    Key("quit", "leave", "everywhere", "ctrl+q"),
    Key("up", "the message above", "messages", "up", vim="k,up", emacs="ctrl+p,up"),
    Key("down", "the message below", "messages", "down", vim="j,down", emacs="ctrl+n,down"),
    Key("page-up", "a page up", "messages", "pageup", vim="ctrl+u,pageup", emacs="alt+v,pageup"),
    Key("page-down", "a page down", "messages", "pagedown", vim="ctrl+d,pagedown", emacs="ctrl+v,pagedown"),
    Key("first", "the oldest message loaded", "messages", "home", vim="g,home", emacs="alt+less_than_sign,home"),
    Key("last", "the newest message", "messages", "end", vim="G,end", emacs="alt+greater_than_sign,end"),
    Key("unread-line", "to the first unread message", "messages", "n"),
    Key("reply", "answer it", "messages", "r,enter", hint="reply"),
    Key("edit", "edit it (mine), or try again what was not sent", "messages", "e", hint="edit"),
    Key("delete", "delete it (mine)", "messages", "d,delete", vim="x,delete", hint="delete"),
    Key("react", "react with an emoji", "messages", "plus,a", hint="react"),
    Key("pin", "pin it to the conversation, or unpin it", "messages", "p", hint="pin"),
    Key("star", "put a star on it, or take it off", "messages", "s", hint="star"),
    Key("copy", "copy its text", "messages", "c,y", vim="y", emacs="alt+w", hint="copy"),
    Key("open", "open its links and files", "messages", "o", hint="open"),
    Key("save", "save its files", "messages", "w", hint="save"),
    Key("jump", "jump to the message that it answers", "messages", "j", vim="t"),
    Key("thread", "open its thread, or begin one", "messages", "t", vim="T", hint="thread"),
    Key("seen-by", "who has read it", "messages", "v"),
    Key("mark-unread", "unread from here", "messages", "u", vim="U"),
    Key("help-here", "all keys", "messages", "question_mark", hint="keys"),
    Key("write", "back to writing", "messages", "escape,i,tab", emacs="ctrl+g,escape,tab", hint="write"),
    Key("send", "send", "writing", "enter", hint="send"),
    Key("newline", "a new line", "writing", "alt+enter,shift+enter,ctrl+j", hint="new line"),
    Key(
        "choose-message", "message mode: act on a message", "writing", "escape", emacs="escape,ctrl+g", hint="messages"
    ),
    Key("complete", "complete @people, #channels, :emoji: and /commands", "writing", "tab", hint="complete"),
    Key("older-text", "what was written before", "writing", "ctrl+up", emacs="alt+p"),
    Key("newer-text", "what was written after", "writing", "ctrl+down", emacs="alt+n"),
    Key("scroll-up", "scroll the messages up", "writing", "pageup", emacs="alt+v,pageup"),
    Key("scroll-down", "scroll the messages down", "writing", "pagedown", emacs="ctrl+v,pagedown"),
    Key("editor", "write in $EDITOR", "writing", "ctrl+e", vim="ctrl+e", emacs="alt+e"),
    Key("line-up", "the line above", "writing", "up", emacs="ctrl+p,up"),
    Key("line-down", "the line below", "writing", "down", emacs="ctrl+n,down"),
    Key("list-up", "the conversation above", "list", "up", vim="k,up", emacs="ctrl+p,up"),
    Key("list-down", "the conversation below", "list", "down", vim="j,down", emacs="ctrl+n,down"),
    Key("list-open", "open it", "list", "enter", vim="enter,l", hint="open"),
    Key(
        "list-leave",
        "back to writing",
        "list",
        "escape,tab",
        vim="escape,tab,i",
        emacs="escape,tab,ctrl+g",
        hint="write",
    ),
)


def bindings(where: Where) -> list[BindingType]:
    """The bindings of a part of the screen, with the keys of the default set; `keymap` changes them."""
    return [
        Binding(
            key.default, f"screen.do('{key.name}')", key.label, id=key.name, priority=where in ("everywhere", "writing")
        )
        for key in TABLE
        if key.where == where
    ]


def keymap(chosen: KeySet, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """The keys of each command: those of a set, and the user's own above them."""
    return {key.name: (own or {}).get(key.name) or key.keys(chosen) for key in TABLE}


_WORDS = {
    "question_mark": "?",
    "plus": "+",
    "escape": "Esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "delete": "Del",
    "less_than_sign": "<",
    "greater_than_sign": ">",
}


def shown(keys: str) -> str:
    """Keys as people read them: ``ctrl+k`` is ``Ctrl-K``."""
    return " ".join(_one(key) for key in keys.split(",") if key)


def _one(key: str) -> str:
    *modifiers, last = key.split("+") if key != "+" else ["+"]
    last = _WORDS.get(last, last.capitalize() if len(last) > 1 else last)
    if modifiers:
        last = last.upper() if len(last) == 1 else last
    return "-".join([*(m.capitalize() for m in modifiers), last])


def of_place(where: Where) -> Iterable[Key]:
    """The keys of a part of the screen."""
    return (key for key in TABLE if key.where == where)
