"""The real-time client for Odoo Discuss: a library, a command line and an embedded server to test against.

Layout: `errors`, `model` and `events` are the words; `wire` reads and writes what Odoo versions say; `core` decides;
`net` holds the sockets; `client` puts them together; `cli` and `sandbox` stand on top. Names below are loaded when
they are first used (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from odoochat.client.channel import Channel as Channel
    from odoochat.client.client import Client as Client
    from odoochat.client.connect import connect as connect
    from odoochat.client.connect import connect_guest as connect_guest
    from odoochat.client.conversation import Conversation as Conversation
    from odoochat.client.record import Record as Record
    from odoochat.client.subscription import Subscription as Subscription
    from odoochat.errors import *
    from odoochat.events import *
    from odoochat.model import *

__version__ = "0.1.0"

_MODULES = {
    "odoochat.client.channel": ("Channel",),
    "odoochat.client.client": ("Client",),
    "odoochat.client.connect": ("connect", "connect_guest"),
    "odoochat.client.conversation": ("Conversation",),
    "odoochat.client.subscription": ("Subscription",),
    "odoochat.client.record": ("Record",),
    "odoochat.errors": (
        "AccessDenied", "ApiKeyOnly", "BadCredentials", "Blocked", "ConfigError", "LinkClosed", "LinkError",
        "LoginError", "NotFound", "NotSupported", "OdooChatError", "ProtocolError", "RateLimited", "Rejected",
        "ServerFault", "SessionExpired", "SessionNotKept", "TimedOut", "TotpRequired", "Unreachable", "UsageError",
    ),
    "odoochat.events": (
        "AttachmentRemoved", "ChannelChanged", "ChannelJoined", "ChannelLeft", "CountersChanged", "Event",
        "EventsMissed", "InboxRead", "InboxReceived", "LinkChanged", "LinkState", "MemberJoined",
        "MemberLeft", "MessageDeleted", "MessageEdited", "MessageFailed", "MessagePending", "MessagePosted",
        "MessageSeen", "NoticeReceived", "NotificationReceived", "PinChanged", "PollChanged", "PresenceChanged",
        "PreviewsChanged", "ReactionChanged", "StarChanged", "TypingChanged", "Via",
    ),
    "odoochat.model": (
        "Attachment", "Author", "AuthorKind", "CannedAnswer", "ChannelInfo", "ChannelRef", "Counters",
        "FOREVER", "LinkPreview", "Me", "Member", "Message", "Person", "Poll", "PollOption", "Progress",
        "Reaction", "RecordRef", "ScheduledMessage", "Version", "same_facts",
    ),
}  # fmt: skip

_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_HOME)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if (module := _HOME.get(name)) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
