"""Stored link previews, generated without fetching the linked pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urlsplit

from odoochat.sandbox.database.schema import Database, Row

_ANCHOR = re.compile(r"<a\b([^>]*)>", re.IGNORECASE)
_HREF = re.compile(r"""\bhref=["']?([^"'\s>]+)""", re.IGNORECASE)
_MOST = 5


class LinkPreviews:
    """Link previews for a database's messages.

    Args:
        db: the database that stores them.
        now: returns the current time in Odoo's format.
    """

    def __init__(self, db: Database, now: Callable[[], str]) -> None:
        self._db = db
        self._now = now

    def create(self, message: Row, own_url: str = "") -> list[Row]:
        """Create previews for the links in a message, except links to the server itself."""
        known = {row["source_url"] for row in self.of_message(message["id"])}
        for url in _links(message["body"] or "")[:_MOST]:
            inside = own_url and re.match(rf"{re.escape(own_url)}/(odoo|web|chat)(/|$|#|\?)", url)
            if url not in known and not inside:
                known.add(url)
                self._db.insert("preview", message_id=message["id"], source_url=url, create_date=self._now())
        return self.of_message(message["id"])

    def of_message(self, message_id: int) -> list[Row]:
        """Return a message's link previews."""
        return self._db.rows("SELECT * FROM preview WHERE message_id = ? ORDER BY id", message_id)

    def all(self) -> list[Row]:
        """Return all link previews."""
        return self._db.rows("SELECT * FROM preview ORDER BY id")


def _links(body: str) -> list[str]:
    found = [
        unescape(href[1])
        for anchor in _ANCHOR.findall(body)
        if "data-oe-model" not in anchor and (href := _HREF.search(anchor))
    ]
    return list(dict.fromkeys(url for url in found if urlsplit(url).scheme in ("http", "https")))


def described(row: Row) -> dict[str, object]:
    """Return a preview's details without fetching the page."""
    parts = urlsplit(row["source_url"])
    name = f"{parts.netloc}{parts.path}".rstrip("/")
    return {
        "image_mimetype": False,
        "og_description": f"What {parts.netloc} says about itself.",
        "og_image": False,
        "og_mimetype": False,
        "og_site_name": parts.netloc,
        "og_title": name,
        "og_type": "website",
        "source_url": row["source_url"],
    }
