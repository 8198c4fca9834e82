"""Server information for users (``odoo.server``): address, version, features of the login, links to messages."""

from __future__ import annotations

from odoochat.client.session import Session
from odoochat.errors import ApiKeyOnly, NotSupported, UsageError
from odoochat.model import CannedAnswer, Message, Version
from odoochat.wire.content.body import safe_line, safe_text
from odoochat.wire.values import records
from odoochat.wire.versions.features import FEATURES

__all__ = ["ServerInfo"]


class ServerInfo:
    """The server of a client.

    Args:
        session: the login.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def url(self) -> str:
        """The server's address, after redirects, without a slash at its end."""
        return self._session.url

    @property
    def db(self) -> str:
        """The name of the database."""
        return self._session.identity.db

    @property
    def version(self) -> Version:
        """The version of Odoo."""
        return self._session.version

    @property
    def channel_model(self) -> str:
        """The technical name of the model of channels: ``discuss.channel``, up to Odoo 16 ``mail.channel``."""
        return self._session.dialect.table.channel_model

    @property
    def best_link(self) -> str:
        """The best live link that this login can have, and why, in one sentence."""
        return self._session.identity.best

    @property
    def trusted_device(self) -> str | None:
        """The cookie by which the server asks this device for no second factor for 90 days, or None if there is none.

        It is a secret. Pass it to `odoochat.connect` as ``trusted_device`` the next time.
        """
        return self._session.trusted_device

    def require(self, feature: str) -> None:
        """Raise an error when this version of Odoo, or this kind of login, lacks a feature.

        Args:
            feature: a name of docs/features.md: ``react``, ``pin``, ``thread``…

        Raises:
            NotSupported: another version has it.
            ApiKeyOnly: another kind of login has it.
            UsageError: no such feature.
        """
        if feature not in FEATURES:
            raise UsageError(f"no feature is named {feature!r}; docs/features.md lists them")
        self._session.require(feature)

    def can(self, feature: str) -> bool:
        """Return whether this version of Odoo, with this kind of login, has a feature.

        Args:
            feature: a name of docs/features.md, as for `require`.

        Raises:
            UsageError: no such feature.
        """
        try:
            self.require(feature)
        except (NotSupported, ApiKeyOnly):
            return False
        return True

    def link_to(self, message: Message | int) -> str:
        """Return the address at which a browser shows a message to those who may read it.

        Args:
            message: the message, or its id.
        """
        number = message.id if isinstance(message, Message) else message
        return self._session.url + self._session.dialect.messages.link(number)

    async def canned_answers(self) -> list[CannedAnswer]:
        """Fetch the prepared answers that the current user may use.

        Returns:
            The responses.
        """
        rows = records(await self._session.do(self._session.dialect.messages.fetch_canned()))
        return [
            CannedAnswer(
                row["id"], safe_line(str(row.get("source") or "")), safe_text(str(row.get("substitution") or ""))
            )
            for row in rows
        ]
