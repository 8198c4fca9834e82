"""Requests about people."""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.wire.requests.call import Call

__all__ = ["fetch_partner_names"]


def fetch_partner_names(ids: Sequence[int]) -> Call:
    """Fetch partners' plain names, including archived partners.

    Args:
        ids: partner ids.
    """
    domain = [["id", "in", list(ids)], ["active", "in", [True, False]]]
    return Call("res.partner", "search_read", None, {"domain": domain, "fields": ["name"]})
