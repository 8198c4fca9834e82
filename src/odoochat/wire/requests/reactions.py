"""Requests for the reactions of messages that were posted before, in as few calls as each version allows.

No model tells reactions to users: ``mail.message.reaction`` and ``reaction_ids`` are closed to all but administrators
(seen on 15 to 19). What answers with reactions:

* 15 to 17: ``mail.message.message_format``, by session and API key; it marks nothing as read (seen live).
* 18: ``/discuss/channel/messages`` with ``around``, which leaves the inbox alone; without ``around``, and on records,
  it takes what it shows out of the inbox (seen live).
* 19: the same route takes messages out of the inbox in any form, ``around`` included (seen live; Source:
  addons/mail/controllers/discuss/channel.py). So what waits in the inbox is asked of ``/mail/inbox/messages``, which
  marks nothing, and the rest by pages without any of it.
* 20: as 19, by ``/mail/store`` (from source); what waits in the inbox is not asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from odoochat.model import Message
from odoochat.wire.requests.call import Call
from odoochat.wire.requests.channels import Route

__all__ = ["MOST", "Lookup", "lookups", "message_page"]

MOST = 20
"""Requests for one page of messages; the reactions of what is left stay unknown."""

SPAN = 100
"""Messages that one request asks for."""


class Lookup(Struct, frozen=True):
    """One request, and the messages whose reactions its answer may hold.

    Attributes:
        action: what is asked.
        ids: of the messages.
    """

    action: Call | Route
    ids: tuple[int, ...]


def lookups(generation: int, messages: Sequence[Message], *, session: bool, complete: bool) -> list[Lookup]:
    """The requests for the reactions of some messages.

    Args:
        generation: 14 to 20.
        messages: a page, in any order, of one place or of several.
        session: whether there is one; an API key can ask up to 17.
        complete: whether the page holds all messages of its place between its first and its last.

    Returns:
        At most `MOST` requests; none where the login cannot ask, and on 14, which has no reactions.
    """
    if generation < 15:
        return []
    if generation < 18:
        ids = [m.id for m in messages]
        parts = [tuple(ids[at : at + 2 * SPAN]) for at in range(0, len(ids), 2 * SPAN)]
        return [Lookup(Call("mail.message", "message_format", part), part) for part in parts]
    if not session:
        return []
    places: dict[tuple[str, int], list[Message]] = {}
    waiting: list[int] = []
    for message in sorted(messages, key=lambda m: m.id):
        place = ("", message.channel.id) if message.record is None else (message.record.model, message.record.id)
        places.setdefault(place, []).append(message)
        if message.needaction and (generation >= 19 or place[0]):
            waiting.append(message.id)
    found: list[Lookup] = []
    for (model, number), there in places.items():
        gentle = generation == 18 and not model
        for run in _runs(there, gentle=gentle, complete=complete):
            page = _around(run) if gentle else {"before": run[-1] + 1, "limit": len(run)}
            found.append(Lookup(_route(generation, model, number, page), run))
    if waiting and generation < 20:
        page = {"before": waiting[-1] + 1, "limit": min(len(waiting), SPAN)}
        inner = {"fetch_params": page} if generation >= 19 else page
        found.insert(0, Lookup(Route("/mail/inbox/messages", inner), tuple(waiting)))
    return found[:MOST]


def _runs(there: Sequence[Message], *, gentle: bool, complete: bool) -> list[tuple[int, ...]]:
    """Ids that can be asked for together, the newest first: neighbours, none of which would leave the inbox."""
    runs: list[list[int]] = [[]]
    for message in there:
        if message.needaction and not gentle:
            runs.append([])
            continue
        if runs[-1] and (not complete or len(runs[-1]) >= SPAN):
            runs.append([])
        runs[-1].append(message.id)
    return [tuple(run) for run in reversed(runs) if run]


def _around(run: Sequence[int]) -> dict[str, int]:
    """A page around the middle of a run: half of the limit up to that message, half after it."""
    middle = (len(run) - 1) // 2
    return {"around": run[middle], "limit": 2 * max(middle + 1, len(run) - middle - 1)}


def _route(generation: int, model: str, number: int, page: dict[str, int]) -> Route:
    where: dict[str, object] = {"thread_model": model, "thread_id": number} if model else {"channel_id": number}
    name = "/mail/thread/messages" if model else "/discuss/channel/messages"
    if generation >= 20:
        return Route("/mail/store", {"fetch_params": [[name, {**where, "fetch_params": page}, 1]]})
    return Route(name, {**where, **({"fetch_params": page} if generation >= 19 else page)})


def message_page(generation: int, model: str, number: int, message_id: int) -> Route:
    """Asks for one message as the web client does, with all that hangs on it (17 and later).

    From 19 on, and on records, this takes the message out of the inbox, and no other one.

    Args:
        generation: 17 to 20.
        model: of the record where it stands; "" for a channel.
        number: id of the record or the channel.
        message_id: of the message.
    """
    page = {"before": message_id + 1, "limit": 1}
    if generation < 19 and not model:
        page = {"around": message_id, "limit": 2}
    return _route(generation, model, number, page)
