"""Requests for reactions to earlier messages, in as few calls as each version allows.

Users cannot read reactions through any model: ``mail.message.reaction`` and ``reaction_ids`` are restricted to
administrators (observed on live Odoo 15 to 19 servers). These calls return reactions:

* Odoo 15 to 17: ``mail.message.message_format``, with a session or an API key. It does not mark anything as read
  (observed on live servers).
* Odoo 18: ``/discuss/channel/messages`` with ``around``, which does not affect the inbox. Without ``around``, and on
  records, the route removes the returned messages from the inbox (observed on a live server).
* Odoo 19: the same route always removes messages from the inbox, even with ``around`` (observed on a live server; see
  addons/mail/controllers/discuss/channel.py). Inbox messages are therefore fetched through ``/mail/inbox/messages``,
  which does not mark anything as read, and other messages through pages that contain no inbox messages.
* Odoo 20: as in Odoo 19, through ``/mail/store`` (based on the source); inbox messages are not fetched.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from odoochat.model import Message
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.requests.pages import inbox_page, messages_page
from odoochat.wire.version_table import VersionTable

__all__ = ["MAX_LOOKUPS", "ReactionLookup", "reaction_lookups"]

MAX_LOOKUPS = 20
"""Maximum number of requests per page of messages; reactions to the remaining messages stay unknown."""

SPAN = 1_000
"""Number of messages fetched per request; no version caps it (Odoo 18 and 19: mail_message.py, `_message_fetch`)."""


class ReactionLookup(Struct, frozen=True):
    """A request, and the messages whose reactions the response may contain.

    Attributes:
        action: the request to send.
        ids: message ids.
    """

    action: Call | Route
    ids: tuple[int, ...]


def reaction_lookups(
    table: VersionTable, messages: Sequence[Message], *, session: bool, complete: bool
) -> list[ReactionLookup]:
    """Build requests for reactions to a page of messages.

    Args:
        table: the server's version table.
        messages: a page of messages, in any order, from one or more channels and records.
        session: whether the login has a session; an API key works on Odoo 15 to 17.
        complete: whether the page contains every message between its first and last one.

    Returns:
        Up to `MAX_LOOKUPS` requests; empty if the login cannot fetch reactions, and on Odoo 14, which has no reactions.
    """
    if not table.reactions:
        return []
    if table.reactions_by_format:
        ids = [m.id for m in messages]
        parts = [tuple(ids[at : at + SPAN]) for at in range(0, len(ids), SPAN)]
        return [ReactionLookup(Call("mail.message", "message_format", part), part) for part in parts]
    if not session:
        return []
    places: dict[tuple[str, int], list[Message]] = {}
    waiting: list[int] = []
    for message in sorted(messages, key=lambda m: m.id):
        place = ("", message.channel.id) if message.record is None else (message.record.model, message.record.id)
        places.setdefault(place, []).append(message)
        if message.needaction and (table.pages_mark_read or place[0]):
            waiting.append(message.id)
    found: list[ReactionLookup] = []
    for (model, number), there in places.items():
        keeps_inbox = not table.pages_mark_read and not model
        for run in _runs(there, keeps_inbox=keeps_inbox, complete=complete):
            page = _around(run) if keeps_inbox else {"before": run[-1] + 1, "limit": len(run)}
            found.append(ReactionLookup(messages_page(table, model, number, page), run))
    if waiting and table.page_style != "store":
        page = {"before": waiting[-1] + 1, "limit": min(len(waiting), SPAN)}
        found.insert(0, ReactionLookup(inbox_page(table, page), tuple(waiting)))
    return found[:MAX_LOOKUPS]


def _runs(there: Sequence[Message], *, keeps_inbox: bool, complete: bool) -> list[tuple[int, ...]]:
    """Return runs of ids, newest first; each run can be fetched in one request that leaves the inbox unchanged."""
    runs: list[list[int]] = [[]]
    for message in there:
        if message.needaction and not keeps_inbox:
            runs.append([])
            continue
        if runs[-1] and (not complete or len(runs[-1]) >= SPAN):
            runs.append([])
        runs[-1].append(message.id)
    return [tuple(run) for run in reversed(runs) if run]


def _around(run: Sequence[int]) -> dict[str, int]:
    """Return a page around the middle of a run: half of the limit up to that message, the other half after it."""
    middle = (len(run) - 1) // 2
    return {"around": run[middle], "limit": 2 * max(middle + 1, len(run) - middle - 1)}
