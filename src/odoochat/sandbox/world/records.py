"""Actions on records: post, follow, change a contact."""

from __future__ import annotations

from collections.abc import Iterable

from odoochat.sandbox import errors
from odoochat.sandbox.database.messages import COMMENT, NOTE, MessageValues
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.versions.notifier import EventNotifier
from odoochat.sandbox.world.messages import MessageActions

TRACKED = {"name": "Name", "email": "Email"}  # contact fields whose changes are tracked


class RecordActions:
    """Posts on records; followers and mentioned partners receive the message in their inbox."""

    def __init__(self, state: State, notifier: EventNotifier, messages: MessageActions) -> None:
        self.state = state
        self.notifier = notifier
        self.messages = messages

    def check(self, uid: int, model: str, record_id: int, operation: str = "write") -> None:
        """Raise an error unless the record exists and the user may perform the operation."""
        if self.state.records.name(model, record_id) is None:
            raise errors.no_record(model, record_id, uid)
        allowed = (
            self.state.records.writable(uid, model) if operation != "read" else self.state.accounts.is_internal(uid)
        )
        if not allowed:
            raise no_group(model, "modify" if operation == "write" else operation)

    def post(self, uid: int, model: str, record_id: int, values: MessageValues) -> int:
        """Post on a record and return the message id. A note notifies only the mentioned partners.

        Args:
            uid: the posting user's id.
            model: the record's model.
            record_id: record id.
            values: the message to post.
        """
        state = self.state
        self.check(uid, model, record_id)
        row = self.messages.store(uid, model, record_id, values)
        if values.message_type != "notification" and row["author_id"]:
            state.records.follow(model, record_id, [row["author_id"]])
        followers = state.records.partners(model, record_id) if values.subtype == COMMENT else []
        mentioned = [one for one in values.partners if state.accounts.partner(one)]
        for partner in self.messages.fill_inboxes(row, [*followers, *mentioned]):
            self.notifier.send("inbox", row, partner)
        return int(row["id"])

    def create(self, uid: int, values: Row) -> int:
        """Create a contact with its creator as a follower, and post a system message about it."""
        if not self.state.records.writable(uid):
            raise no_group("res.partner", "create")
        made = self.state.accounts.add_partner(str(values.get("name") or ""), values.get("email") or None)
        self.state.records.follow("res.partner", made, [self.state.accounts.partner_of(uid)])
        self._line(uid, made, "Contact created")
        return made

    def write(self, uid: int, partner_id: int, values: Row) -> None:
        """Update a contact and post a system message listing the changes."""
        self.check(uid, "res.partner", partner_id)
        before = self.state.accounts.partner(partner_id) or {}
        fresh = {name: values[name] or None for name in TRACKED if name in values}
        changed = {name: value for name, value in fresh.items() if before.get(name) != value}
        if not changed:
            return
        self.state.accounts.change_partner(partner_id, **changed)
        message = self._line(uid, partner_id, "")
        for name, value in changed.items():
            self.state.records.track(message, name, TRACKED[name], before.get(name), value)

    def delete(self, uid: int, partner_id: int) -> None:
        """Delete a contact and its messages, and notify mentioned partners."""
        self.check(uid, "res.partner", partner_id, "unlink")
        if self.state.accounts.user_of(partner_id) is not None:
            raise errors.OdooError("user", "You cannot delete contacts linked to an active user.")
        self._delete_thread("res.partner", partner_id)
        self.state.accounts.delete_partner(partner_id)

    def _line(self, uid: int, record_id: int, text: str, model: str = "res.partner") -> int:
        return self.post(uid, model, record_id, MessageValues(text, message_type="notification", subtype=NOTE))

    # records of declared models

    def create_own(self, uid: int, model: str, values: Row) -> int:
        """Create a record of a declared model with its creator as a follower, and post a system message about it."""
        if not self.state.accounts.is_internal(uid):
            raise errors.no_right(model, model, "create", uid)
        made = self.state.own_models.add(model, uid, values)
        self.state.records.follow(model, made, [self.state.accounts.partner_of(uid)])
        self._line(uid, made, "Record created", model)
        return made

    def write_own(self, uid: int, model: str, record_id: int, values: Row) -> None:
        """Update a record of a declared model."""
        self.check(uid, model, record_id)
        self.state.own_models.change(model, record_id, values)

    def delete_own(self, uid: int, model: str, record_id: int) -> None:
        """Delete a record of a declared model and its messages, and notify mentioned partners."""
        self.check(uid, model, record_id, "unlink")
        self._delete_thread(model, record_id)
        self.state.own_models.delete(model, record_id)

    def _delete_thread(self, model: str, record_id: int) -> None:
        for message, mentioned in self.state.messages.delete_thread(model, record_id):
            for partner in mentioned:
                self.notifier.send("unlinked", [message], partner)
        self.state.records.unfollow(model, record_id, self.state.records.partners(model, record_id))

    def subscribe(self, uid: int, model: str, record_id: int, partners: Iterable[int]) -> None:
        """Add followers to a record."""
        wanted = list(partners)
        self._check_followers(uid, model, record_id, wanted)
        self.state.records.follow(model, record_id, wanted)

    def unsubscribe(self, uid: int, model: str, record_id: int, partners: Iterable[int]) -> None:
        """Remove followers from a record."""
        wanted = list(partners)
        self._check_followers(uid, model, record_id, wanted)
        self.state.records.unfollow(model, record_id, wanted)

    def _check_followers(self, uid: int, model: str, record_id: int, partners: list[int]) -> None:
        """Raise an error unless the user may read the record, or write to it if the change affects other followers."""
        alone = partners in ([], [self.state.accounts.partner_of(uid)])
        self.check(uid, model, record_id, "read" if alone else "write")

    def send_scheduled(self, uid: int, row: Row) -> None:
        """Send a scheduled message immediately."""
        values = MessageValues(row["body"], subtype=NOTE if row["is_note"] else COMMENT, is_html=True)
        if row["model"] == self.state.channel_model:
            self.messages.post(uid, row["res_id"], values)
        else:
            self.post(uid, row["model"], row["res_id"], values)
        self.state.records.unschedule(row["id"])


def no_group(model: str, operation: str) -> errors.OdooError:
    """Return the error for a user without the right to create contacts."""
    return errors.OdooError(
        "access",
        f"You are not allowed to {operation} 'Contact' ({model}) records.\n\nThis operation is allowed for the "
        "following groups:\n\t- Contact/Creation\n\nContact your administrator to request access if necessary.",
    )
