"""Features by version and login: the source for `NotSupported`, `ApiKeyOnly` and docs/features.md."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from odoochat.errors import ApiKeyOnly, NotSupported

__all__ = ["FEATURES", "Feature", "Login", "has", "require"]

Login = Literal["session", "key", "guest"]
Span = tuple[int, int | None]
"""First and last major version; a last version of None means that the feature has not been removed."""


class Feature(Struct, frozen=True):
    """Something that users can do in Discuss.

    Attributes:
        name: the name used in code and tests.
        title: the description shown to users.
        session: versions that support it for users with a session.
        key: versions that support it for users with only an API key; None if no version does.
        guest: versions that support it for guests; None if no version does.
        part: the section in docs/features.md.
    """

    name: str
    title: str
    session: Span
    key: Span | None
    guest: Span | None = None
    part: str = ""


def _since(first: int, last: int | None = None) -> Span:
    return first, last


def _within(span: Span | None, major: int) -> bool:
    if span is None:
        return False
    first, last = span
    return first <= major and (last is None or major <= last)


_ALL = _since(14)
_GUEST = _since(16)

_MESSAGES = (
    Feature("history", "read the history of a channel", _ALL, _ALL, _GUEST),
    Feature("live", "receive messages live", _ALL, _ALL, _GUEST),
    Feature("send", "send a message", _ALL, _ALL, _GUEST),
    Feature("reply", "reply to a message", _ALL, _ALL, _GUEST),
    Feature("markup", "Markdown and HTML", _ALL, _ALL),
    Feature("mention", "mention people and channels", _ALL, _ALL),
    Feature("mention_everyone", "mention everyone", _since(18), _since(18)),
    Feature("edit", "edit your own message", _ALL, _ALL, _GUEST),
    Feature("delete", "delete your own message", _ALL, _ALL, _GUEST),
    Feature("react", "add and remove reactions", _since(15), None, _GUEST),
    Feature("reactions", "see the reactions of older messages", _since(15), _since(15, 17), _GUEST),
    Feature("forward", "forward a message", _ALL, _ALL),
    Feature("pin", "pin messages, and list pinned ones", _since(17), _since(17)),
    Feature("star", "star messages, and list starred ones", _ALL, _since(14, 19)),
    Feature("mark_unread", "mark a message and later ones as unread", _since(18), _since(18)),
    Feature("link", "link to a message", _ALL, _ALL),
    Feature("search", "search one channel or everywhere", _ALL, _ALL),
    Feature("previews", "read link previews", _since(17), None),
    Feature("canned", "canned responses", _ALL, _ALL),
    Feature("poll", "polls", _since(20), None),
)
_CONVERSATIONS = (
    Feature("direct", "direct chats, one for each person", _ALL, _ALL),
    Feature("group", "create a group", _since(15), _since(15)),
    Feature("create", "create a channel", _ALL, _ALL),
    Feature("browse", "find channels to join", _ALL, _ALL),
    Feature("join", "join a channel", _ALL, _ALL),
    Feature("leave", "leave a channel", _ALL, _ALL),
    Feature("invite", "invite people", _ALL, _ALL),
    Feature("remove", "remove a member, if the server permits it", _ALL, _ALL),
    Feature("rename", "rename a channel", _ALL, _ALL),
    Feature("describe", "change the topic of a channel", _ALL, _ALL),
    Feature("mute", "mute a channel", _since(17), _since(17)),
    Feature("notify", "choose which messages notify you", _since(17), _since(17)),
    Feature("hide", "hide and show a channel", _ALL, _ALL),
    Feature("members", "list members with their status", _ALL, _ALL),
    Feature("thread", "create and list threads, and post in them", _since(18), None),
    Feature("replies", "count the messages of threads", _since(19), _since(19)),
    Feature("seen", "list who has read a message", _ALL, _ALL),
    Feature("invitation", "the link that invites guests", _since(15), _since(15)),
)
_ATTENTION = (
    Feature("typing", "typing indicators", _ALL, _since(14, 15), _GUEST),
    Feature("presence", "presence of other users", _ALL, _ALL),
    Feature("set_presence", "set your own presence", _ALL, _since(14, 18)),
    Feature("mark_read", "mark as read", _ALL, _ALL, _GUEST),
    Feature("unread", "unread counters, as in the web client", _ALL, _ALL),
    Feature("inbox", "the inbox: read it, and mark messages as read", _ALL, _ALL),
    Feature("mentions", "list all mentions", _ALL, _ALL),
)
_RECORDS = (
    Feature("record", "records: post, note, read", _ALL, _ALL),
    Feature("follow", "follow a record, and list its followers", _ALL, _ALL),
    Feature("scheduled", "scheduled messages of a record", _since(18), _since(18)),
)
_FILES = (
    Feature("upload", "upload files, streamed, with progress", _ALL, _ALL, _GUEST),
    Feature("download", "download files, streamed, continued after an interruption", _ALL, _ALL),
    Feature("avatar", "pictures of people and channels", _ALL, _ALL),
)
_PARTS = {
    "Messages": _MESSAGES,
    "Conversations": _CONVERSATIONS,
    "Attention": _ATTENTION,
    "Records": _RECORDS,
    "Files": _FILES,
}

FEATURES: dict[str, Feature] = {
    f.name: Feature(f.name, f.title, f.session, f.key, f.guest, part) for part, made in _PARTS.items() for f in made
}


def has(name: str, major: int, login: Login) -> bool:
    """Return whether a version supports a feature with the given login.

    Args:
        name: a key of `FEATURES`.
        major: the server's major version, 14 or later.
        login: how the user logged in.
    """
    span: Span | None = getattr(FEATURES[name], login)
    return _within(span, major)


def require(name: str, major: int, login: Login, version: object) -> None:
    """Raise an error if a version or login does not support a feature.

    Args:
        name: a key of `FEATURES`.
        major: the server's major version, 14 or later.
        login: how the user logged in.
        version: the version as shown in the error message.

    Raises:
        NotSupported: this version does not support the feature.
        ApiKeyOnly: this version supports the feature, but not with this login.
    """
    known = FEATURES[name]
    first, last = known.session
    if not _within(known.session, major):
        which = f"Odoo {first} or later" if last is None or major < first else f"Odoo {first} to {last}"
        raise NotSupported(name, f"“{known.title}” needs {which}; this server is Odoo {version}", since=first)
    if has(name, major, login):
        return
    if login == "guest":
        raise ApiKeyOnly(f"“{known.title}” is not available to guests; log in with an account")
    more = ""
    if known.key is not None:
        first, last = known.key
        more = f" (an API key alone is enough on Odoo {first} {'and later' if last is None else f'to {last}'})"
    raise ApiKeyOnly(
        f"“{known.title}” needs a session on Odoo {version}, which an API key cannot open; log in with a password{more}"
    )
