"""Odoo 16: the first WebSocket, still ``mail.channel``."""

from __future__ import annotations

from typing import Any

from odoochat.events import PresenceChanged, Via
from odoochat.model import AuthorKind
from odoochat.wire.decoders.flat import FlatDialect
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.values import dicts, identifier
from odoochat.wire.versions.dialect import Heard, Names, Outgoing

__all__ = ["Odoo16"]


class Odoo16(FlatDialect):
    """Odoo 16: HTML bodies are cleaned, not escaped; typing is a route."""

    generation = 16
    member_model = "mail.channel.member"
    live: tuple[Via, ...] = ("websocket", "peek")
    skips_late_rows = True
    echoes_local_id = False

    def _dress(self, kwargs: dict[str, Any], message: Outgoing) -> None:
        """The body is HTML already, and nothing is echoed."""

    def decode(self, notification: Notification, names: Names) -> list[Heard]:
        """See `Dialect.decode`."""
        if notification.type == "bus/im_status" and isinstance(notification.payload, dict):
            heard: list[Heard] = []
            kinds: tuple[AuthorKind, ...] = ("partner", "guest")
            for kind in kinds:
                for row in dicts(notification.payload.get(f"{kind}s")):
                    author = names.author(kind, identifier(row.get("id")))
                    heard.append(PresenceChanged(author, str(row.get("im_status"))))
            return heard
        return super().decode(notification, names)
