"""The facts of a client's connection: who is logged in, on which server, and what it can do."""

from __future__ import annotations

from odoochat.client.connection import Connection
from odoochat.client.files import Files
from odoochat.client.inbox import Inbox
from odoochat.client.outbox_runner import OutboxRunner
from odoochat.client.people import People
from odoochat.core.outbox import Entry
from odoochat.errors import ApiKeyOnly, NotSupported, UsageError
from odoochat.events import LinkChanged, Via
from odoochat.model import Me, Version
from odoochat.wire.versions.features import FEATURES

__all__ = ["ConnectionFacts"]


class ConnectionFacts:
    """What is known of a client's login.

    Args:
        connection: the client's parts; it is opened and closed here.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._session = connection.session
        self._state = connection.state
        self.people = People(connection)
        self.files = Files(connection.session)
        self.inbox = Inbox(connection)

    def __repr__(self) -> str:
        return f"<Client {self.url} {self.me.login if self._connection.is_open else 'not connected'}>"

    async def open(self) -> None:
        """Log in and start the live link; called once, by `connect`."""
        await self._connection.open()

    async def close(self, *, failed: bool = False) -> None:
        """End everything; safe to call twice, and in the middle of whatever is going on.

        Args:
            failed: whether a handler failed: the message it had in hand then counts as not handled.

        Raises:
            ConfigError: the state file could not be written; everything is closed all the same.
        """
        await self._connection.close(failed=failed)

    # --------------------------------------------------------------------- facts

    @property
    def url(self) -> str:
        """The server's address, after redirects."""
        return self._connection.session.url

    @property
    def me(self) -> Me:
        """Who is logged in."""
        return self._connection.session.me

    @property
    def db(self) -> str:
        """The database."""
        return self._connection.session.identity.db

    @property
    def version(self) -> Version:
        """The server's version."""
        return self._connection.session.version

    @property
    def credential(self) -> str:
        """By what the login was made: ``password``, ``password+totp``, ``api key`` or ``session cookie``."""
        return self._connection.session.identity.way

    @property
    def trusted_device(self) -> str | None:
        """The cookie by which the server asks this device for no second factor for 90 days; None when there is none.

        It is a secret: give it to `odoochat.connect` as ``trusted_device`` the next time.
        """
        return self._connection.session.trusted_device

    def require(self, feature: str) -> None:
        """Refuses what this version of Odoo, or such a login, cannot do, as the verbs themselves do.

        Args:
            feature: a name of docs/features.md: ``react``, ``pin``, ``thread``…

        Raises:
            NotSupported: another version can.
            ApiKeyOnly: another login can.
            UsageError: there is no such feature.
        """
        if feature not in FEATURES:
            raise UsageError(f"no feature is named {feature!r}; docs/features.md lists them")
        self._connection.session.require(feature)

    def can(self, feature: str) -> bool:
        """Whether this version of Odoo and such a login can do something; its name as for `require`.

        Raises:
            UsageError: there is no such feature.
        """
        try:
            self.require(feature)
        except (NotSupported, ApiKeyOnly):
            return False
        return True

    @property
    def best(self) -> str:
        """Which live link this login can have, and why, in one sentence."""
        return self._connection.session.identity.best

    @property
    def link(self) -> LinkChanged:
        """The state of the live link."""
        return self._connection.status.now

    @property
    def via(self) -> Via | None:
        """The transport that is open, None when none is."""
        return self.link.via if self.link.state == "open" else None

    @property
    def outbox(self) -> list[Entry]:
        """What waits to be sent, oldest first."""
        return self._working.pending()

    def cancel(self, local_id: str) -> bool:
        """Withdraws a message that waits; False when it is under way or gone."""
        return self._working.cancel(local_id)

    @property
    def _working(self) -> OutboxRunner:
        return self._connection.outbox_runner
