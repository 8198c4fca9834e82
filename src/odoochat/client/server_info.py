"""Server info (``odoo.server``): address, version, available features, and links to messages."""

from __future__ import annotations

from odoochat.client.session import Session
from odoochat.errors import ApiKeyOnly, NotSupported, UsageError
from odoochat.model import CannedResponse, Message, Version
from odoochat.wire.content.body import safe_line, safe_text
from odoochat.wire.values import records
from odoochat.wire.versions.features import FEATURES

__all__ = ["ServerInfo"]


class ServerInfo:
    """Information about a client's server.

    Args:
        session: the login.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def url(self) -> str:
        """The server's address after redirects, without a trailing slash."""
        return self._session.url

    @property
    def db(self) -> str:
        """The name of the database."""
        return self._session.identity.db

    @property
    def version(self) -> Version:
        """The Odoo version."""
        return self._session.version

    @property
    def channel_model(self) -> str:
        """The technical name of the channel model: ``discuss.channel``, or ``mail.channel`` up to Odoo 16."""
        return self._session.dialect.table.channel_model

    @property
    def best_link(self) -> str:
        """One sentence that describes the best live link available to this login, and why."""
        return self._session.identity.best

    @property
    def trusted_device(self) -> str | None:
        """The cookie that exempts this device from the second factor for 90 days, or None if there is none.

        This is a secret. Pass it to `odoochat.connect` as ``trusted_device`` next time.
        """
        return self._session.trusted_device

    def require(self, feature: str) -> None:
        """Raise an error if this Odoo version or this kind of login does not support a feature.

        Args:
            feature: a name from docs/features.md: ``react``, ``pin``, ``thread``…

        Raises:
            NotSupported: this version does not support it.
            ApiKeyOnly: this kind of login does not support it.
            UsageError: there is no such feature.
        """
        if feature not in FEATURES:
            raise UsageError(f"no feature is named {feature!r}; docs/features.md lists them")
        self._session.require(feature)

    def can(self, feature: str) -> bool:
        """Return whether this Odoo version supports a feature for this kind of login.

        Args:
            feature: a name from docs/features.md, as for `require`.

        Raises:
            UsageError: there is no such feature.
        """
        try:
            self.require(feature)
        except (NotSupported, ApiKeyOnly):
            return False
        return True

    def link_to(self, message: Message | int) -> str:
        """Return the URL that opens a message in the browser, for users who are allowed to read it.

        Args:
            message: the message, or its id.
        """
        number = message.id if isinstance(message, Message) else message
        return self._session.url + self._session.dialect.messages.link(number)

    async def canned_responses(self) -> list[CannedResponse]:
        """Fetch the canned responses that the current user can use.

        Returns:
            The canned responses.
        """
        rows = records(await self._session.do(self._session.dialect.messages.fetch_canned()))
        return [
            CannedResponse(
                row["id"], safe_line(str(row.get("source") or "")), safe_text(str(row.get("substitution") or ""))
            )
            for row in rows
        ]
