"""Server: the Odoo server behind a session, with its address, version and dialect."""

from __future__ import annotations

import logging

from odoochat.model import Version
from odoochat.net.http import Http
from odoochat.wire.versions.dialect import Dialect
from odoochat.wire.versions.features import Login
from odoochat.wire.versions.registry import dialect_for

__all__ = ["OdooServer"]

log = logging.getLogger("odoochat")


class OdooServer:
    """One Odoo server.

    Args:
        http: sends requests to the server.

    Attributes:
        dialect: builds requests and decodes responses for the server's version; set by `identify`.
    """

    dialect: Dialect

    def __init__(self, http: Http) -> None:
        self.http = http
        self._known: tuple[Version, bool] | None = None

    @property
    def url(self) -> str:
        """The address after redirects, without a trailing slash."""
        return str(self.http.base).rstrip("/")

    @property
    def version(self) -> Version:
        """The Odoo version."""
        return self.dialect.version

    def identify(self, version: Version, *, by_session: bool) -> bool:
        """Record the version that the server reports.

        Args:
            version: the version.
            by_session: whether the login has a session.

        Returns:
            Whether the version has changed.

        Raises:
            NotSupported: odoochat does not support the version.
        """
        known, self._known = self._known, (version, by_session)
        if known == self._known:
            return False
        self.dialect = dialect_for(version, by_session=by_session)
        before = known[0] if known is not None and known[0] != version else None
        if before is not None:
            log.info(
                "server is now Odoo %s, was %s",
                version,
                before,
                extra={"event": "server.upgraded", "version": str(version), "before": str(before)},
            )
        return before is not None

    def require(self, feature: str, login: Login) -> None:
        """Raise an error if the version or a kind of login does not support a feature.

        Args:
            feature: a name from docs/features.md.
            login: the kind of login.

        Raises:
            NotSupported, ApiKeyOnly: see `Dialect.require`.
        """
        self.dialect.require(feature, login)
