"""The dialect for one server: its version table, request builders and decoders."""

from __future__ import annotations

from odoochat.model import Version
from odoochat.wire.decoders.rows import RowDecoder
from odoochat.wire.requests.channels import ChannelRequests
from odoochat.wire.requests.files import FileRequests
from odoochat.wire.requests.guests import GuestRequests
from odoochat.wire.requests.membership import MembershipRequests
from odoochat.wire.requests.messages import MessageRequests
from odoochat.wire.requests.polls import PollRequests
from odoochat.wire.requests.presence import PresenceRequests
from odoochat.wire.version_table import VersionTable
from odoochat.wire.versions.features import Login, has, require

__all__ = ["Dialect"]


class Dialect:
    """Builds requests for, and decodes responses from, one Odoo version. Pure and stateless.

    Args:
        version: the server's version.
        table: the table that describes the version.
        by_session: whether the login has a session and can use the JSON routes; an API key allows only model calls.

    Attributes:
        version: the server's version.
        table: the version's names, paths and capabilities.
        by_session: whether requests are built for a login with a session.
        channels: builds channel requests.
        membership: builds requests for the user's own memberships.
        messages: builds message requests.
        files: builds requests for files and images.
        presence: builds presence requests.
        polls: builds poll requests.
        guests: builds guest requests.
        rows: decodes rows returned by model calls.
        decoder: decodes notifications and route responses.
    """

    def __init__(self, version: Version, table: VersionTable, *, by_session: bool = True) -> None:
        self.version = version
        self.table = table
        self.by_session = by_session
        self.channels = ChannelRequests(table, by_session=by_session)
        self.membership = MembershipRequests(table, by_session=by_session)
        self.messages = MessageRequests(table, by_session=by_session)
        self.files = FileRequests(table)
        self.presence = PresenceRequests(table)
        self.polls = PollRequests(table)
        self.guests = GuestRequests(table)
        self.rows = RowDecoder(table)
        self.decoder = table.decoder(table)

    def can(self, feature: str, login: Login) -> bool:
        """Return whether a user can use a feature with the given login.

        Args:
            feature: a key of `odoochat.wire.versions.features.FEATURES`.
            login: how the user logged in.
        """
        return has(feature, self.table.major, login)

    def require(self, feature: str, login: Login) -> None:
        """Raise an error if the version or the login does not support a feature.

        Args:
            feature: a key of `odoochat.wire.versions.features.FEATURES`.
            login: how the user logged in.

        Raises:
            NotSupported: this version does not support the feature.
            ApiKeyOnly: this version supports the feature, but not with this login.
        """
        require(feature, self.table.major, login, self.version)
