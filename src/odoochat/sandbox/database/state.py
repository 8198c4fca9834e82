"""A world's state: one database, its clock, and the objects that store its data."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from odoochat.sandbox.database.accounts import Accounts
from odoochat.sandbox.database.bus import BusLog
from odoochat.sandbox.database.canned_responses import CannedResponses
from odoochat.sandbox.database.channels import Channels
from odoochat.sandbox.database.files import StoredFiles
from odoochat.sandbox.database.guests import StoredGuests
from odoochat.sandbox.database.link_previews import LinkPreviews
from odoochat.sandbox.database.marks import MessageMarks
from odoochat.sandbox.database.members import StoredMembers
from odoochat.sandbox.database.messages import Messages
from odoochat.sandbox.database.own_models import OwnModels
from odoochat.sandbox.database.polls import StoredPolls
from odoochat.sandbox.database.records import CHANNELS, Records
from odoochat.sandbox.database.schema import Database, Row
from odoochat.sandbox.database.sessions import Sessions
from odoochat.sandbox.database.statuses import UserStatuses
from odoochat.sandbox.versions.capabilities import Capabilities, capabilities_of


class State:
    """A database's stored data, grouped by subject."""

    def __init__(self, name: str, version: float, path: str, clock: Callable[[], float] = time.time) -> None:
        self.name = name
        self.version = version
        self.clock = clock
        self.url = "http://localhost:8069"
        self.db = Database(path)
        self.bus = BusLog(self.db, clock)
        self.guests = StoredGuests(self.db, self.now)
        self.accounts = Accounts(self.db, clock, self.now, self.guests)
        self.statuses = UserStatuses(self.db, clock, self.accounts)
        self.sessions = Sessions(self.db, clock, lambda: self.capabilities)
        self.members = StoredMembers(self.db, self.now, counts_notes=lambda: self.capabilities.counts_notes)
        self.channels = Channels(
            self.db, self.now, self.accounts, self.members, grouped=lambda: self.capabilities.groups_bind_members
        )
        self.marks = MessageMarks(self.db)
        self.messages = Messages(self.db, self.now, self.marks)
        self.files = StoredFiles(self.db, self.now, path)
        self.canned = CannedResponses(self.db, self.now)
        self.previews = LinkPreviews(self.db, self.now)
        self.own_models = OwnModels(self.db, self.now)
        self.records = Records(self.db, self.now, self.accounts, self.own_models)
        self.polls = StoredPolls(self.db, self.now, clock)

    def now(self) -> str:
        """Return the current time in Odoo's format: UTC without a time zone."""
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%d %H:%M:%S")

    @property
    def capabilities(self) -> Capabilities:
        """The version's capabilities."""
        return capabilities_of(self.version)

    def thread_name(self, model: str | None, record_id: int | None) -> str | None:
        """Return the name of a channel or record, or None if it does not exist."""
        if model in CHANNELS:
            channel = self.channels.get(record_id or 0)
            return None if channel is None else channel["name"] or ""
        return self.records.name(model or "", record_id or 0)

    def readable(self, uid: int | None, model: str | None, record_id: int | None) -> bool:
        """Return whether a user may read the channel or record of a message or file."""
        if model == self.channel_model:
            return self.channels.readable(uid, self.channels.get(record_id or 0))
        return self.records.readable(uid, model or "", record_id or 0)

    def channel(self, channel_id: int) -> Row:
        """Return an existing channel's row."""
        row = self.channels.get(channel_id)
        assert row is not None, channel_id
        return row

    def partner(self, partner_id: int) -> Row:
        """Return an existing partner's row, or a guest's for a negative id."""
        row = self.accounts.partner(partner_id)
        assert row is not None, partner_id
        return row

    def im_status(self, partner_id: int) -> str:
        """Return a person's status; in versions without a WebSocket, people without a recent poll are offline."""
        return self.statuses.shown(partner_id, polling=self.capabilities.polls_for_status)

    @property
    def channel_model(self) -> str:
        """The channel model in this version."""
        return self.capabilities.channel_model

    @property
    def member_model(self) -> str:
        """The channel member model in this version."""
        return self.capabilities.member_model
