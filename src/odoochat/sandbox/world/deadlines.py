"""Emulates Odoo's scheduled actions: ends mutes and polls, and sends scheduled messages."""

from __future__ import annotations

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.world.members import MemberActions
from odoochat.sandbox.world.polls import PollActions
from odoochat.sandbox.world.records import RecordActions

__all__ = ["Deadlines"]


class Deadlines:
    """Runs actions that are due.

    Source: ``_cleanup_expired_mutes`` in addons/mail/models/discuss/discuss_channel_member.py and
    ``_post_messages_cron`` in addons/mail/models/mail_scheduled_message.py (19.0). The notification for an expired mute
    matches that of a live Odoo 19 server.

    Args:
        state: the stored data.
        members: changes memberships.
        records: posts on records.
        polls: ends polls.
    """

    def __init__(self, state: State, members: MemberActions, records: RecordActions, polls: PollActions) -> None:
        self._state = state
        self._members = members
        self._records = records
        self._polls = polls

    def run(self) -> None:
        """End expired mutes and polls, and send scheduled messages that are due.

        A message is deleted if its author is no longer allowed to send it. Odoo also notifies the author; the
        sandbox does not.
        """
        now = self._state.now()
        for member in self._state.members.muted_until(now):
            self._members.write(member, {"mute_until_dt": None}, by_method=True)
        for row in self._state.records.scheduled():
            if row["scheduled_date"] and str(row["scheduled_date"]) <= now:
                self._send(row)
        self._polls.end_due()

    def _send(self, row: Row) -> None:
        try:
            self._records.send_scheduled(int(row["create_uid"]), row)
        except OdooError:
            self._state.records.unschedule(row["id"])
