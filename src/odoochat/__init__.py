"""A real-time client for Odoo Discuss: a library, a command line and an embedded test server.

Layout: `errors`, `model` and `events` define the vocabulary; `wire` encodes and decodes each Odoo version's protocol;
    `core` contains the I/O-free logic, `net` the network I/O, and `archive` the on-disk storage; `client` combines them
    for one user and `pool` for many; `bot`, `cli` and `sandbox` build on them. The names below are imported lazily
    (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from odoochat import sync as sync
    from odoochat.archive.archive import Archive as Archive
    from odoochat.archive.archive import ArchivedMessage as ArchivedMessage
    from odoochat.archive.export.exporter import ExportResult as ExportResult
    from odoochat.archive.export.json_lines import read_export as read_export
    from odoochat.archive.facts import ArchiveFacts as ArchiveFacts
    from odoochat.archive.facts import ChannelFacts as ChannelFacts
    from odoochat.archive.files import StoredFile as StoredFile
    from odoochat.archive.ranges import ArchivedRange as ArchivedRange
    from odoochat.bot.bot import Bot as Bot
    from odoochat.bot.bot import run as run
    from odoochat.client.archive_sync import SyncProgress as SyncProgress
    from odoochat.client.archive_sync import SyncResult as SyncResult
    from odoochat.client.channel import Channel as Channel
    from odoochat.client.channel import ChannelThreads as ChannelThreads
    from odoochat.client.channel_members import ChannelMembers as ChannelMembers
    from odoochat.client.channel_polls import ChannelPolls as ChannelPolls
    from odoochat.client.channel_settings import ChannelSettings as ChannelSettings
    from odoochat.client.channel_settings import Notify as Notify
    from odoochat.client.channel_typing import ChannelTyping as ChannelTyping
    from odoochat.client.client import Client as Client
    from odoochat.client.client_archive import ClientArchive as ClientArchive
    from odoochat.client.client_link import ClientLink as ClientLink
    from odoochat.client.client_outbox import ClientOutbox as ClientOutbox
    from odoochat.client.connect import connect as connect
    from odoochat.client.connect import connect_guest as connect_guest
    from odoochat.client.conversation import Conversation as Conversation
    from odoochat.client.files import File as File
    from odoochat.client.files import Files as Files
    from odoochat.client.inbox import Inbox as Inbox
    from odoochat.client.people import People as People
    from odoochat.client.posting import Linkable as Linkable
    from odoochat.client.posting import SendOptions as SendOptions
    from odoochat.client.presence import Status as Status
    from odoochat.client.record import Record as Record
    from odoochat.client.server_info import ServerInfo as ServerInfo
    from odoochat.client.services import Markup as Markup
    from odoochat.client.services import Mentioned as Mentioned
    from odoochat.client.subscription import Subscription as Subscription
    from odoochat.errors import *
    from odoochat.events import *
    from odoochat.metrics import Metrics as Metrics
    from odoochat.model import *
    from odoochat.net.login import Credential as Credential
    from odoochat.pool.account import Account as Account
    from odoochat.pool.account import AccountState as AccountState
    from odoochat.pool.options import AccountOptions as AccountOptions
    from odoochat.pool.pool import Pool as Pool
    from odoochat.pool.subscription import AccountEnded as AccountEnded
    from odoochat.pool.subscription import PoolEvent as PoolEvent
    from odoochat.pool.subscription import PoolSubscription as PoolSubscription

__version__ = "0.1.0"

_MODULES = {
    "odoochat.bot.bot": ("Bot", "run"),
    "odoochat.archive.archive": ("Archive", "ArchivedMessage"),
    "odoochat.archive.export.exporter": ("ExportResult",),
    "odoochat.archive.export.json_lines": ("read_export",),
    "odoochat.archive.facts": ("ArchiveFacts", "ChannelFacts"),
    "odoochat.archive.files": ("StoredFile",),
    "odoochat.archive.ranges": ("ArchivedRange",),
    "odoochat.client.archive_sync": ("SyncProgress", "SyncResult"),
    "odoochat.client.client_archive": ("ClientArchive",),
    "odoochat.client.channel": ("Channel", "ChannelThreads"),
    "odoochat.client.channel_members": ("ChannelMembers",),
    "odoochat.client.channel_polls": ("ChannelPolls",),
    "odoochat.client.channel_settings": ("ChannelSettings", "Notify"),
    "odoochat.client.channel_typing": ("ChannelTyping",),
    "odoochat.client.client": ("Client",),
    "odoochat.client.client_link": ("ClientLink",),
    "odoochat.client.client_outbox": ("ClientOutbox",),
    "odoochat.client.connect": ("connect", "connect_guest"),
    "odoochat.client.conversation": ("Conversation",),
    "odoochat.client.files": ("File", "Files"),
    "odoochat.client.inbox": ("Inbox",),
    "odoochat.client.server_info": ("ServerInfo",),
    "odoochat.metrics": ("Metrics",),
    "odoochat.client.people": ("People",),
    "odoochat.client.posting": ("Linkable", "SendOptions"),
    "odoochat.client.presence": ("Status",),
    "odoochat.client.record": ("Record",),
    "odoochat.client.services": ("Markup", "Mentioned"),
    "odoochat.client.subscription": ("Subscription",),
    "odoochat.errors": (
        "AccessDenied", "ApiKeyOnly", "ArchiveError", "BadCredentials", "Blocked", "BlockedCause", "ConfigError",
        "LinkClosed", "LinkError", "LoginError", "NotFound", "NotOdoo", "NotOdooCause", "NotSupported",
        "OdooChatError", "ProtocolError", "RateLimited", "Rejected", "ServerFault", "SessionExpired",
        "SessionNotKept", "TimedOut", "TotpRequired", "Unreachable", "UnreachableCause", "UsageError",
    ),
    "odoochat.net.login": ("Credential",),
    "odoochat.pool.account": ("Account", "AccountState"),
    "odoochat.pool.options": ("AccountOptions",),
    "odoochat.pool.pool": ("Pool",),
    "odoochat.pool.subscription": ("AccountEnded", "PoolEvent", "PoolSubscription"),
    "odoochat.events": (
        "AttachmentRemoved", "ChannelChanged", "ChannelJoined", "ChannelLeft", "CountersChanged", "Event",
        "EventsMissed", "InboxRead", "InboxReceived", "LinkChanged", "LinkState", "MemberJoined",
        "MemberLeft", "MessageDeleted", "MessageEdited", "MessageFailed", "MessagePending", "MessagePosted",
        "MessageSeen", "NoticeReceived", "NotificationReceived", "PinChanged", "PollChanged", "PresenceChanged",
        "PreviewsChanged", "ReactionChanged", "StarChanged", "TypingChanged", "Via",
    ),
    "odoochat.model": (
        "Attachment", "Author", "AuthorKind", "CannedResponse", "ChannelInfo", "ChannelRef", "Counters",
        "FOREVER", "LinkPreview", "Me", "Member", "Message", "PendingMessage",
        "PendingState", "Person", "Poll", "PollOption", "Progress",
        "Reaction", "RecordRef", "ScheduledMessage", "Version", "same_facts",
    ),
}  # fmt: skip

_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_HOME)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name == "sync":
        return import_module("odoochat.sync")
    if (module := _HOME.get(name)) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
