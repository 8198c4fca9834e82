"""What 20 tells of polls.

† From source only (addons/mail/models/mail_poll.py, mail_poll_option.py, mail_poll_vote.py,
controllers/poll.py of late 19.x and 20.0), no live server.
"""

from __future__ import annotations

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.payloads19 import Voice19
from odoochat.sandbox.versions.store import Store
from odoochat.sandbox.versions.store_voice import INSERT
from odoochat.sandbox.versions.voice import Json, false


class PollVoice(Voice19):
    """Polls as records of the store, and what is pushed when they change."""

    def add_polls_of(self, store: Store, record: Json, uid: int | None) -> None:
        """The polls that a message started or ended; a message without any has neither field."""
        started = self.state.polls.of_message(record["id"])
        ended = self.state.polls.of_message(record["id"], ended=True)
        if not started and not ended:
            return
        record["started_poll_ids"] = [poll["id"] for poll in started]
        record["ended_poll_ids"] = [poll["id"] for poll in ended]
        for poll in started:
            self.add_poll(store, poll, uid)
        for poll in ended:
            self.add_poll(store, poll, uid, with_message=True)

    def add_poll(self, store: Store, poll: Row, uid: int | None, *, with_message: bool = False) -> None:
        """A poll with its options; what oneself chose is told to the one who asks only."""
        options = self.state.polls.options(poll["id"])
        record: Json = {
            "allow_multiple_options": bool(poll["allow_multiple_options"]),
            "create_date": poll["create_date"],
            "create_uid": poll["create_uid"],
            "end_message_id": false(poll["end_message_id"]),
            "id": poll["id"],
            "option_ids": [option["id"] for option in options],
            "poll_end_dt": poll["poll_end_dt"],
            "poll_question": poll["poll_question"],
            "winning_option_id": false(self.state.polls.winner(poll)),
        }
        if with_message:
            record["start_message_id"] = poll["start_message_id"]
        known = [one["id"] for one in store.records("mail.poll")]
        store.add("mail.poll", record)
        shares = self.state.polls.percentages(poll["id"])
        for option in options:
            told: Json = {
                "id": option["id"],
                "number_of_votes": len(self.state.polls.votes(option["id"])),
                "option_emoji": false(option["option_emoji"]),
                "option_label": option["option_label"],
                "poll_id": poll["id"],
                "vote_percentage": shares[option["id"]],
            }
            if uid is not None:
                told["selected_by_self"] = any(v["user_id"] == uid for v in self.state.polls.votes(option["id"]))
            store.add("mail.poll.option", told)
        if with_message and poll["id"] not in known:
            start = self.state.messages.get(poll["start_message_id"])
            if start is not None:
                self.add_message(store, start, uid)

    def poll_gone(self, messages: list[Row]) -> None:
        """A poll was deleted: its messages name none any more."""
        for message in messages:
            record = {"id": message["id"], "started_poll_ids": [], "ended_poll_ids": []}
            self.to_channel(message["res_id"], INSERT, {"mail.message": [record]})

    def chosen(self, options: list[Row], uid: int) -> None:
        """What oneself chose, to oneself."""
        records = [
            {"id": o["id"], "selected_by_self": any(v["user_id"] == uid for v in self.state.polls.votes(o["id"]))}
            for o in options
        ]
        self.to_partner(self.state.accounts.partner_of(uid), INSERT, {"mail.poll.option": records})

    def counted(self, poll: Row, *, added: list[Row] | None = None, removed: list[Row] | None = None) -> None:
        """The counts of all options, and the votes that came or went, to all members."""
        start = self.state.messages.get(poll["start_message_id"])
        if start is None:
            return
        store, shares = Store(), self.state.polls.percentages(poll["id"])
        for option in self.state.polls.options(poll["id"]):
            count = len(self.state.polls.votes(option["id"]))
            record: Json = {"id": option["id"], "number_of_votes": count, "vote_percentage": shares[option["id"]]}
            gone = [vote["id"] for vote in removed or [] if vote["option_id"] == option["id"]]
            if gone:
                record["vote_ids"] = [["DELETE", gone]]
            store.add("mail.poll.option", record)
        for vote in added or []:
            self.add_vote(store, vote)
        self.to_channel(start["res_id"], INSERT, store.data())

    def add_vote(self, store: Store, vote: Row) -> None:
        """Who voted for what."""
        record = {"guest_id": False, "id": vote["id"], "option_id": vote["option_id"], "user_id": vote["user_id"]}
        store.add("mail.poll.vote", record)
        partner = self.state.accounts.partner_of(vote["user_id"])
        store.add("res.users", {"id": vote["user_id"], "partner_id": partner})
        self.add_name(store, partner)
