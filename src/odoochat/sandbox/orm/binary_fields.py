"""Binary fields: the contents of files and images, in each version's format."""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

from odoochat.sandbox.database.files import checksum_of
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.world import pictures


class View(NamedTuple):
    """A database as read by one user."""

    state: State
    uid: int
    whole_files: bool = False  # whether to include large contents (20)

    @property
    def me(self) -> int:
        """The reading user's partner id."""
        return self.state.accounts.partner_of(self.uid)


def raw_content(view: View, row: Row) -> str:
    """Return a file's content as text (before Odoo 20)."""
    # Bytes that are valid text are returned as text, not base64; others cannot be sent as JSON (observed on live
    # Odoo 14 and 19 servers).
    try:
        return view.state.files.content(row).decode()
    except UnicodeDecodeError as error:
        raise OdooError("value", str(error)) from None


def binary_value(view: View, row: Row) -> dict[str, Any]:
    """Return a file's content in the format used by Odoo 20."""
    return _value(view, view.state.files.content(row), row["name"], row["mimetype"] or "", row["checksum"])


def _value(view: View, raw: bytes, filename: str, mimetype: str, checksum: str) -> dict[str, Any]:
    """Return a binary field in Odoo 20; large content is included only if the context requests it.

    † Source: odoo/orm/fields_binary.py (late 19.x)
    """
    shown: dict[str, Any] = {"size": len(raw), "checksum": checksum, **({"filename": filename} if filename else {})}
    if view.whole_files or len(raw) <= (8192 if mimetype.startswith("image/") else 2048):
        shown["content"] = base64.b64encode(raw).decode()
    return shown


def picture(view: View, name: str | None) -> Any:
    """Return the avatar for a name."""
    raw = pictures.letter(name or "?")
    if view.state.capabilities.binary_objects:
        return _value(view, raw, "", "image/png", checksum_of(raw))
    return base64.b64encode(raw).decode()
