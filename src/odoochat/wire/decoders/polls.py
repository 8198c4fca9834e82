"""Decodes the polls in a store (Odoo 20 and later).

Based on the source only (models/mail_poll.py, mail_poll_option.py, mail_poll_vote.py of late 19.x and 20.0); not
checked against a live server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odoochat.wire.content import body
from odoochat.wire.updates import PollOptionPatch, PollPatch, PollsPatch
from odoochat.wire.values import count, dicts, identifier, identifiers, items, pair, when

__all__ = ["polls_in"]


def polls_in(store: Mapping[str, Any]) -> PollsPatch | None:
    """Decode the polls in a store.

    Args:
        store: records by model.

    Returns:
        The changes, or None if the store contains nothing about polls.
    """
    started: list[tuple[int, int]] = []
    without: list[int] = []
    for row in dicts(store.get("mail.message")):
        if not (number := identifier(row.get("id"))):
            continue
        started += [(poll_id, number) for poll_id in identifiers(row.get("started_poll_ids"))]
        # The server sends both lists empty after deleting a message's poll, but not for messages that never had one.
        if row.get("started_poll_ids") == [] and row.get("ended_poll_ids") == []:
            without.append(number)
    if not (started or without or "mail.poll" in store or "mail.poll.option" in store):
        return None  # true for almost every store
    patch = PollsPatch(
        polls=tuple(_poll(row) for row in dicts(store.get("mail.poll")) if identifier(row.get("id"))),
        options=tuple(_option(row) for row in dicts(store.get("mail.poll.option")) if identifier(row.get("id"))),
        started=tuple(started),
        without=tuple(without),
    )
    return patch if patch != PollsPatch() else None


def _poll(row: Mapping[str, Any]) -> PollPatch:
    ids = (pair(thing)[0] for thing in items(row.get("option_ids")))
    return PollPatch(
        row["id"],
        question=body.safe_line(row["poll_question"], 500) if isinstance(row.get("poll_question"), str) else None,
        ends=(when(row["poll_end_dt"]),) if "poll_end_dt" in row else None,
        closed=bool(pair(row["end_message_id"])[0]) if "end_message_id" in row else None,
        several=row["allow_multiple_options"] is True if "allow_multiple_options" in row else None,
        option_ids=tuple(dict.fromkeys(i for i in ids if i)) if "option_ids" in row else None,
        message_id=pair(row.get("start_message_id"))[0] or None,
    )


def _option(row: Mapping[str, Any]) -> PollOptionPatch:
    emoji = row.get("option_emoji")
    return PollOptionPatch(
        row["id"],
        poll_id=pair(row.get("poll_id"))[0],
        label=body.safe_line(row["option_label"]) if isinstance(row.get("option_label"), str) else None,
        emoji=(body.safe_line(emoji) if isinstance(emoji, str) else "") if "option_emoji" in row else None,
        votes=count(row["number_of_votes"]) if "number_of_votes" in row else None,
        mine=row["selected_by_self"] is True if "selected_by_self" in row else None,
    )
