"""The key table: each command's name, label and keys (in three sets), and where on the screen they apply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct
from textual.binding import Binding, BindingType

__all__ = ["SETS", "TABLE", "Key", "KeySet", "Where", "bindings", "keymap", "shown"]

Where = Literal["everywhere", "messages", "writing", "list"]
KeySet = Literal["default", "vim", "emacs"]
SETS: tuple[KeySet, ...] = ("default", "vim", "emacs")

PLACES: dict[Where, str] = {
    "everywhere": "Everywhere",
    "messages": "Message mode",
    "writing": "Writing",
    "list": "Channel list",
}


class Key(Struct, frozen=True):
    """A command and its keys.

    Attributes:
        name: the command's name, as in the settings.
        label: a short description.
        where: the part of the screen to which the keys apply.
        default: the keys in the default set, separated by commas.
        vim: the keys in the vim set; empty to use the default set.
        emacs: the keys in the emacs set; empty to use the default set.
        hint: the label in the hint bar; empty to leave the command out.
    """

    name: str
    label: str
    where: Where
    default: str
    vim: str = ""
    emacs: str = ""
    hint: str = ""

    def keys(self, chosen: KeySet = "default") -> str:
        """Return the command's keys in a set.

        Args:
            chosen: the key set.
        """
        return {"default": self.default, "vim": self.vim, "emacs": self.emacs}[chosen] or self.default


TABLE: tuple[Key, ...] = (
    Key("switch", "Go to a channel, person or command", "everywhere", "ctrl+k", emacs="alt+x,ctrl+k", hint="go to"),
    Key("next-unread", "Next unread", "everywhere", "ctrl+n", emacs="alt+u", hint="unread"),
    Key("next-mention", "Next mention", "everywhere", "ctrl+t", emacs="alt+m"),
    Key("back", "Previous conversation", "everywhere", "ctrl+b", emacs="alt+b", hint="back"),
    Key("next-conversation", "Next in the list", "everywhere", "alt+down", vim="alt+down,alt+j"),
    Key("previous-conversation", "Previous in the list", "everywhere", "alt+up", vim="alt+up,alt+k"),
    Key("search-here", "Search this conversation", "everywhere", "ctrl+f", emacs="ctrl+s", hint="search"),
    Key("search-everywhere", "Search everywhere", "everywhere", "ctrl+g", emacs="alt+s"),
    Key("inbox", "Inbox: unread mentions", "everywhere", "alt+i"),
    Key("starred", "Starred messages", "everywhere", "alt+s", emacs="alt+r"),
    Key("pins", "Pinned messages", "everywhere", "alt+p", emacs="alt+k"),
    Key("help", "Keyboard shortcuts", "everywhere", "f1", hint="keys"),
    Key("settings", "Settings", "everywhere", "f2"),
    Key("theme", "Next theme", "everywhere", "f3"),
    Key("next-profile", "Next profile", "everywhere", "f4"),
    Key("refresh", "Refresh", "everywhere", "f5"),
    Key("members", "Show or hide the members", "everywhere", "f6"),
    Key("sidebar", "Show or hide the channel list", "everywhere", "f7"),
    Key("mute", "Mute or unmute", "everywhere", "f8"),
    Key("favourite", "Add to favourites, or remove", "everywhere", "f9"),
    Key("upload", "Send files", "everywhere", "ctrl+o", emacs="alt+o", hint="files"),
    Key("list", "Go to the channel list", "everywhere", "ctrl+l", emacs="alt+l"),
    Key("connection", "Connection details", "everywhere", "alt+c"),
    Key("quit", "Quit", "everywhere", "ctrl+q"),
    Key("up", "Message above", "messages", "up", vim="k,up", emacs="ctrl+p,up"),
    Key("down", "Message below", "messages", "down", vim="j,down", emacs="ctrl+n,down"),
    Key("page-up", "Page up", "messages", "pageup", vim="ctrl+u,pageup", emacs="alt+v,pageup"),
    Key("page-down", "Page down", "messages", "pagedown", vim="ctrl+d,pagedown", emacs="ctrl+v,pagedown"),
    Key("first", "Oldest loaded message", "messages", "home", vim="g,home", emacs="alt+less_than_sign,home"),
    Key("last", "Newest message", "messages", "end", vim="G,end", emacs="alt+greater_than_sign,end"),
    Key("unread-line", "First unread message", "messages", "n"),
    Key("reply", "Reply", "messages", "r,enter", hint="reply"),
    Key("edit", "Edit your message, or retry an unsent one", "messages", "e", hint="edit"),
    Key("delete", "Delete your message", "messages", "d,delete", vim="x,delete", hint="delete"),
    Key("react", "React with an emoji", "messages", "plus,a", hint="react"),
    Key("pin", "Pin or unpin", "messages", "p", hint="pin"),
    Key("star", "Star or unstar", "messages", "s", hint="star"),
    Key("copy", "Copy the text", "messages", "c,y", vim="y", emacs="alt+w", hint="copy"),
    Key("open", "Open links and files", "messages", "o", hint="open"),
    Key("save", "Save files", "messages", "w", hint="save"),
    Key("jump", "Go to the message it replies to", "messages", "j", vim="t"),
    Key("thread", "Open or start its thread", "messages", "t", vim="T", hint="thread"),
    Key("seen-by", "Read by", "messages", "v"),
    Key("mark-unread", "Mark unread from here", "messages", "u", vim="U"),
    Key("help-here", "Keyboard shortcuts", "messages", "question_mark", hint="keys"),
    Key("write", "Back to writing", "messages", "escape,i,tab", emacs="ctrl+g,escape,tab", hint="write"),
    Key("send", "Send", "writing", "enter", hint="send"),
    Key("newline", "New line", "writing", "alt+enter,shift+enter,ctrl+j", hint="new line"),
    Key("choose-message", "Select a message", "writing", "escape", emacs="escape,ctrl+g", hint="messages"),
    Key("complete", "Complete @people, #channels, :emoji: and /commands", "writing", "tab", hint="complete"),
    Key("older-text", "Previous sent text", "writing", "ctrl+up", emacs="alt+p"),
    Key("newer-text", "Next sent text", "writing", "ctrl+down", emacs="alt+n"),
    Key("scroll-up", "Scroll up", "writing", "pageup", emacs="alt+v,pageup"),
    Key("scroll-down", "Scroll down", "writing", "pagedown", emacs="ctrl+v,pagedown"),
    Key("editor", "Edit in $EDITOR", "writing", "ctrl+e", vim="ctrl+e", emacs="alt+e"),
    Key("line-up", "Line above", "writing", "up", emacs="ctrl+p,up"),
    Key("line-down", "Line below", "writing", "down", emacs="ctrl+n,down"),
    Key("list-up", "Conversation above", "list", "up", vim="k,up", emacs="ctrl+p,up"),
    Key("list-down", "Conversation below", "list", "down", vim="j,down", emacs="ctrl+n,down"),
    Key("list-open", "Open", "list", "enter", vim="enter,l", hint="open"),
    Key(
        "list-leave",
        "Back to writing",
        "list",
        "escape,tab",
        vim="escape,tab,i",
        emacs="escape,tab,ctrl+g",
        hint="write",
    ),
)


def bindings(where: Where) -> list[BindingType]:
    """Return the bindings for a part of the screen. They use the default keys, which `keymap` overrides.

    Args:
        where: the part of the screen.
    """
    return [
        Binding(key.default, f"screen.do('{key.name}')", key.label, id=key.name, priority=True)
        for key in TABLE
        if key.where == where
    ]


def keymap(chosen: KeySet, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the keys of each command.

    Args:
        chosen: the key set.
        own: the user's own keys by command name, which override the key set.
    """
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
    """Format keys for display: ``ctrl+k`` becomes ``Ctrl-K``.

    Args:
        keys: the keys, separated by commas.
    """
    return " ".join(_one(key) for key in keys.split(",") if key)


def _one(key: str) -> str:
    *modifiers, last = key.split("+") if key != "+" else ["+"]
    last = _WORDS.get(last, last.capitalize() if len(last) > 1 else last)
    if modifiers:
        last = last.upper() if len(last) == 1 else last
    return "-".join([*(m.capitalize() for m in modifiers), last])


def of_place(where: Where) -> Iterable[Key]:
    """Return the commands for a part of the screen.

    Args:
        where: the part of the screen.
    """
    return (key for key in TABLE if key.where == where)
