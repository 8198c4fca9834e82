"""The data model of Odoo Discuss: frozen messages, people and channels, independent of any client."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct

from odoochat.model.channels import FOREVER, CannedResponse, ChannelInfo, ChannelRef, Counters, RecordRef
from odoochat.model.identity import same_facts
from odoochat.model.messages import (
    Attachment,
    LinkPreview,
    Message,
    PendingMessage,
    PendingState,
    Poll,
    PollOption,
    Progress,
    Reaction,
    ScheduledMessage,
)
from odoochat.model.people import Author, AuthorKind, Me, Member, Person

__all__ = [
    "FOREVER",
    "Attachment",
    "Author",
    "AuthorKind",
    "CannedResponse",
    "ChannelInfo",
    "ChannelRef",
    "Counters",
    "LinkPreview",
    "Me",
    "Member",
    "Message",
    "PendingMessage",
    "PendingState",
    "Person",
    "Poll",
    "PollOption",
    "Progress",
    "Reaction",
    "RecordRef",
    "ScheduledMessage",
    "Version",
    "same_facts",
]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The date of a message for which the server sent no date."""


class Version(Struct, frozen=True, order=True):
    """The version of an Odoo server.

    Attributes:
        major: 14 to 20 and later; 18 for ``saas~18.5``.
        minor: 0 for a long-term release, 1 to 5 for the releases in between.
    """

    major: int
    minor: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"
