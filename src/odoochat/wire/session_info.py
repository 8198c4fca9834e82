"""Decodes the bus details in ``session_info``, from any version and from guest pages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from odoochat.wire.values import integer, is_object

__all__ = ["page_session", "worker_of"]

_PLACE = re.compile(r"(?:__session_info__|session_info)\"?\s*[=:]\s*")


def worker_of(info: Mapping[str, Any]) -> tuple[str, int]:
    """Return the WebSocket worker version and the newest bus id; "" and 0 if unknown.

    Odoo 17 to 19 have ``websocket_worker_version``; Odoo 20 has ``bus_info: {"last_id", "worker_version"}``.
    Source: pull request 283436 of odoo/odoo, not verified on a live server.

    Args:
        info: the response from ``/web/session/authenticate`` or ``/web/session/get_session_info``.
    """
    bus = info.get("bus_info")
    if is_object(bus) and isinstance(bus.get("worker_version"), str):
        return bus["worker_version"], integer(bus.get("last_id"))
    worker = info.get("websocket_worker_version")
    return (worker if isinstance(worker, str) else ""), 0


def page_session(page: str) -> dict[str, Any]:
    """Return the ``session_info`` embedded in a page's script; empty if there is none.

    Source: ``odoo.__session_info__ = {…}`` in the templates of addons/web and addons/mail (16.0 to 20.0).

    Args:
        page: the page's HTML.
    """
    decoder = json.JSONDecoder()
    for found in islice(_PLACE.finditer(page), 8):
        try:
            value, _ = decoder.raw_decode(page, found.end())
        except (ValueError, RecursionError):
            continue
        if is_object(value):
            return value
    return {}
