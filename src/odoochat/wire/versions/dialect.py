"""The dialect of one server: its version's table, its requests and its decoders."""

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
    """Builds requests for, and decodes answers from, one Odoo version. Pure and without state.

    Args:
        version: the server's version.
        table: that describes the version.
        by_session: whether the login has a session, and with it the JSON routes; an API key has model calls only.

    Attributes:
        version: the server's version.
        table: names, paths and abilities of the version.
        by_session: whether the requests are those of a login with a session.
        channels: requests about channels.
        membership: requests about the user's own memberships.
        messages: requests about messages.
        files: requests about files and pictures.
        presence: requests about presence.
        polls: requests about polls.
        guests: requests of guests.
        rows: decodes rows of model calls.
        decoder: decodes notifications and the answers of routes.
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
        """Return whether a user with such a login can use a feature.

        Args:
            feature: a name of `odoochat.wire.versions.features.FEATURES`.
            login: how the user logged in.
        """
        return has(feature, self.table.major, login)

    def require(self, feature: str, login: Login) -> None:
        """Refuse a feature that the version or the login does not have.

        Args:
            feature: a name of `odoochat.wire.versions.features.FEATURES`.
            login: how the user logged in.

        Raises:
            NotSupported: this version cannot.
            ApiKeyOnly: this version can, but not with such a login.
        """
        require(feature, self.table.major, login, self.version)
