"""Binary fields: contents of files and pictures, as each version shows them."""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

from odoochat.sandbox.database.files import checksum_of
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.world import pictures


class View(NamedTuple):
    """The user who reads records, and the database."""

    state: State
    uid: int
    whole_files: bool = False  # whether to return large contents too (20)

    @property
    def me(self) -> int:
        """The partner of the user who reads."""
        return self.state.accounts.partner_of(self.uid)


def raw_content(view: View, row: Row) -> str:
    """Return the content of a file as text, before 20."""
    # Seen on 19 and 14: bytes that are text are returned as text, not as base64; others cannot be sent as JSON.
    try:
        return view.state.files.content(row).decode()
    except UnicodeDecodeError as error:
        raise OdooError("value", str(error)) from None


def binary_value(view: View, row: Row) -> dict[str, Any]:
    """Return the content of a file as 20 shows it."""
    return _value(view, view.state.files.content(row), row["name"], row["mimetype"] or "", row["checksum"])


def _value(view: View, raw: bytes, filename: str, mimetype: str, checksum: str) -> dict[str, Any]:
    """Return a binary field of 20: a large content only where the context asks for it.

    † Source: odoo/orm/fields_binary.py (late 19.x)
    """
    shown: dict[str, Any] = {"size": len(raw), "checksum": checksum, **({"filename": filename} if filename else {})}
    if view.whole_files or len(raw) <= (8192 if mimetype.startswith("image/") else 2048):
        shown["content"] = base64.b64encode(raw).decode()
    return shown


def picture(view: View, name: str | None) -> Any:
    """Return the avatar of a name."""
    raw = pictures.letter(name or "?")
    if view.state.capabilities.binary_objects:
        return _value(view, raw, "", "image/png", checksum_of(raw))
    return base64.b64encode(raw).decode()
