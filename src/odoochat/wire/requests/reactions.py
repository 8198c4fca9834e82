"""Requests for the reactions of earlier messages, in as few calls as each version allows.

No model gives reactions to users: ``mail.message.reaction`` and ``reaction_ids`` are closed to all but administrators
(seen on 15 to 19). These return reactions:

* 15 to 17: ``mail.message.message_format``, by session and API key; it marks nothing as read (seen live).
* 18: ``/discuss/channel/messages`` with ``around``, which leaves the inbox alone; without ``around``, and on records,
  it removes the returned messages from the inbox (seen live).
* 19: the same route removes messages from the inbox in any form, ``around`` included (seen live; Source:
  addons/mail/controllers/discuss/channel.py). Messages that wait in the inbox are therefore fetched by
  ``/mail/inbox/messages``, which marks nothing, and the others by pages without any of them.
* 20: as 19, by ``/mail/store`` (from source); messages that wait in the inbox are not fetched.
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
"""Requests for one page of messages; the reactions of the remaining messages stay unknown."""

SPAN = 1_000
"""Messages that one request fetches; no version bounds the limit (18, 19: mail_message.py, `_message_fetch`)."""


class ReactionLookup(Struct, frozen=True):
    """One request, and the messages whose reactions its answer may hold.

    Attributes:
        action: the request.
        ids: ids of the messages.
    """

    action: Call | Route
    ids: tuple[int, ...]


def reaction_lookups(
    table: VersionTable, messages: Sequence[Message], *, session: bool, complete: bool
) -> list[ReactionLookup]:
    """Build the requests for the reactions of some messages.

    Args:
        table: table of the server's version.
        messages: a page, in any order, of one place or of several.
        session: whether there is a session; an API key can ask 15 to 17.
        complete: whether the page holds all messages of its place between its first and its last.

    Returns:
        At most `MAX_LOOKUPS` requests; none where the login cannot ask, and on 14, which has no reactions.
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
    """Return ids that one request can fetch, the newest first: neighbours, none of which would leave the inbox."""
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
    """Return a page around the middle of a run: half of the limit up to that message, half after it."""
    middle = (len(run) - 1) // 2
    return {"around": run[middle], "limit": 2 * max(middle + 1, len(run) - middle - 1)}
