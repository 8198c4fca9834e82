"""The dialect for a server's version."""

from __future__ import annotations

from odoochat.errors import ProtocolError
from odoochat.model import Version
from odoochat.wire.decoders.flat import Odoo14, Odoo15
from odoochat.wire.decoders.record import Odoo17
from odoochat.wire.decoders.store import Odoo18
from odoochat.wire.versions.dialect import Dialect
from odoochat.wire.versions.odoo16 import Odoo16
from odoochat.wire.versions.odoo19 import Odoo19
from odoochat.wire.versions.odoo20 import Odoo20

__all__ = ["dialect_for"]

_FROM: tuple[tuple[Version, type[Dialect]], ...] = (
    (Version(19, 3), Odoo20),
    (Version(18, 4), Odoo19),
    (Version(17, 2), Odoo18),
    (Version(16, 2), Odoo17),
    (Version(15, 2), Odoo16),
    (Version(14, 1), Odoo15),
    (Version(14, 0), Odoo14),
)


def dialect_for(version: Version) -> Dialect:
    """The dialect that a version is spoken to in.

    A release between two long-term ones is nearer to the later of them (``saas-18.4`` brought JSON-2 and the store
    routes of 19: PROTOCOL of addons/rpc/controllers/json2.py). A version newer than all known ones is spoken to as
    the newest.

    Raises:
        ProtocolError: for a version before 14.
    """
    for first, dialect in _FROM:
        if version >= first:
            return dialect(version)
    raise ProtocolError(f"Odoo {version} is too old: odoochat speaks to 14 and later")
