"""Odoo 19: the store dict with plain ids and marked-up bodies, JSON-2."""

from __future__ import annotations

from odoochat.wire.decoders.store import Odoo18

__all__ = ["Odoo19"]


class Odoo19(Odoo18):
    """Odoo 19: ``message_post`` answers a list, the web client's helpers moved into ``/mail/action``."""

    generation = 19
    json2 = True
