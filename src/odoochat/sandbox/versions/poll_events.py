"""Notifications about polls (Odoo 20).

† Based on the source only (addons/mail/models/mail_poll.py, controllers/poll.py of late 19.x and 20.0); not checked
against a live server.
"""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.people import NAME
from odoochat.sandbox.versions.polls import CHOICE, COUNTS
from odoochat.sandbox.versions.sender import BusSender
from odoochat.sandbox.versions.store import RecordStore


def poll_deleted(sender: BusSender, messages: list[Row]) -> None:
    """Notify a channel that a poll was deleted and that its messages no longer reference it."""
    for message in messages:
        record = {"id": message["id"], "started_poll_ids": [], "ended_poll_ids": []}
        sender.insert(message["res_id"], {"mail.message": [record]})


def chosen(sender: BusSender, options: list[Row], uid: int) -> None:
    """Notify the user's own devices of the user's choice."""
    facts = sender.facts.read_by(uid)
    sender.insert_for(facts.me, {"mail.poll.option": [CHOICE.of(facts, option) for option in options]})


def counted(sender: BusSender, poll: Row, *, added: Sequence[Row] = (), removed: Sequence[Row] = ()) -> None:
    """Notify all members of the counts for all options, and of added or removed votes."""
    start = sender.state.messages.get(poll["start_message_id"])
    if start is None:
        return
    store = RecordStore()
    for option in sender.state.polls.options(poll["id"]):
        record = COUNTS.of(sender.facts, option)
        gone = [vote["id"] for vote in removed if vote["option_id"] == option["id"]]
        if gone:
            record["vote_ids"] = [["DELETE", gone]]
        store.add("mail.poll.option", record)
    for vote in added:
        add_vote(sender, store, vote)
    sender.insert(start["res_id"], store)


def add_vote(sender: BusSender, store: RecordStore, vote: Row) -> None:
    """Add a vote, and the user who voted, to a store."""
    record = {"guest_id": False, "id": vote["id"], "option_id": vote["option_id"], "user_id": vote["user_id"]}
    store.add("mail.poll.vote", record)
    partner = sender.state.accounts.partner_of(vote["user_id"])
    store.add("res.users", {"id": vote["user_id"], "partner_id": partner})
    sender.stores.add_person(store, partner, NAME)
