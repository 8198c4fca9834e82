"""The world of a sandbox: one Odoo database, the actions that change it, and the version that it has."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from odoochat.sandbox.crowd import Crowd
from odoochat.sandbox.database.accounts import ADMINISTRATOR
from odoochat.sandbox.database.messages import MessageValues
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.errors import not_found
from odoochat.sandbox.seed import seed
from odoochat.sandbox.versions.capabilities import capabilities_of
from odoochat.sandbox.versions.notifier import EventNotifier
from odoochat.sandbox.versions.payloads import Payloads
from odoochat.sandbox.versions.store_payloads import StorePayloads
from odoochat.sandbox.world.channels import ChannelActions
from odoochat.sandbox.world.deadlines import Deadlines
from odoochat.sandbox.world.members import MemberActions
from odoochat.sandbox.world.messages import MessageActions
from odoochat.sandbox.world.polls import PollActions
from odoochat.sandbox.world.records import RecordActions


class World:
    """One database of a sandbox, without HTTP.

    Args:
        version: the major version of Odoo.
        path: an SQLite file, or ":memory:".
        name: the database's name.
        seeding: "company" (users admin, alice, bob, carol, dave and ann; a few channels with some history),
            "crowd" (the same, and other people who write nine of ten messages), "bare" (admin, alice, bob and the
            channel general, like a new server), or None. A file with data is left as it is.
        clock: returns the current time, in seconds since 1970.

    Attributes:
        state: the stored data.
        notifier: notifies the clients of what happened.
        messages: posts, edits and marks messages.
        members: types, reads, shows and hides channels.
        channels: creates, joins, leaves and changes channels.
        records: posts on business documents.
        polls: creates polls and votes.
        deadlines: carries out what is due.
    """

    def __init__(
        self,
        version: float = 19,
        path: str = ":memory:",
        *,
        name: str = "sandbox",
        seeding: str | None = "company",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.state = State(name, version, path, clock)
        self.closing: list[Callable[[], None]] = []  # called when the world is closed
        try:
            self._fill(seeding)
        except BaseException:
            self.close()
            raise

    def _fill(self, seeding: str | None) -> None:
        """Set up the notifier and the actions, and fill a new database."""
        self.notifier = EventNotifier(self.state)
        self.messages = MessageActions(self.state, self.notifier)
        self.members = MemberActions(self.state, self.notifier)
        self.channels = ChannelActions(self.state, self.notifier, self.messages, self.members)
        self.records = RecordActions(self.state, self.notifier, self.messages)
        self.polls = PollActions(self.state, self.notifier, self.messages)
        self.deadlines = Deadlines(self.state, self.members, self.records, self.polls)
        if seeding is not None and not self.state.db.value("SELECT COUNT(*) FROM user"):
            seed(self.state, self.messages, "company" if seeding == "crowd" else seeding)
            if seeding == "crowd":
                Crowd(self.state, self.messages, self.records).settle()
                self.state.bus.restart()

    @property
    def name(self) -> str:
        """The database's name."""
        return self.state.name

    @property
    def version(self) -> float:
        """The major version of Odoo."""
        return self.state.version

    @property
    def payloads(self) -> Payloads:
        """Answers with messages and channels in the shape of the version."""
        return self.notifier.payloads

    @property
    def stores(self) -> StorePayloads:
        """The payloads of 18 and later; a route that needs them is not there before."""
        if not isinstance(self.notifier.payloads, StorePayloads):
            raise not_found()
        return self.notifier.payloads

    def change_version(self, version: float) -> None:
        """Become another version, as after an upgrade; data and sessions remain.

        Args:
            version: the major version, 14 to 20.

        Raises:
            ValueError: the sandbox does not have this version.
        """
        capabilities_of(version)  # an unknown version changes nothing
        before = self.state.channel_model
        self.state.version = version
        self.notifier.follow_version()
        model = self.state.channel_model
        self.state.db.run("UPDATE message SET model = ? WHERE model = ?", model, before)
        self.state.db.run("UPDATE attachment SET res_model = ? WHERE res_model = ?", model, before)

    # for tests: people by login, channels by name

    def uid(self, login: str) -> int:
        """Return the id of a user.

        Args:
            login: the user.
        """
        return self.state.accounts.uid(login)

    def partner(self, login: str) -> int:
        """Return the id of a user's partner.

        Args:
            login: the user.
        """
        return self.state.accounts.partner_of(self.uid(login))

    def model(self, name: str, /, **fields: type | str) -> None:
        """Declare a model whose records have a discussion: `world.model("crm.lead", partner_id="res.partner")`.

        Employees may create, read, change and delete its records by RPC; the field ``name`` is always there. A
        database that is kept in a file keeps the records; declare their model again after each start.

        Args:
            name: the technical name of the model.
            fields: str, int, float, bool, date, datetime, or the name of the model that a many2one points to.

        Raises:
            ValueError: a name or a type is not valid.
        """
        self.state.own_models.declare(name, fields)

    def add_user(self, login: str, *, name: str | None = None, admin: bool = False, portal: bool = False) -> int:
        """Add a user, whose password is the login; an employee joins the channel general, as in Odoo.

        Args:
            login: the login name.
            name: the name; the login with a capital letter when it is None.
            admin: whether they are an administrator.
            portal: whether they are a customer with a login, not an employee.

        Returns:
            Id of the user.

        Raises:
            ValueError: the login is empty or in use.
        """
        if not login.strip() or self.state.accounts.by_login(login) is not None:
            raise ValueError(f"the login {login!r} is {'in use' if login.strip() else 'empty'}")
        uid = self.state.accounts.add_user(login, name=name, admin=admin, portal=portal)
        general = self.state.channels.by_name("general")
        if general is not None and not portal:
            self.state.members.add(general["id"], self.state.accounts.partner_of(uid))
        return uid

    def add_channel(
        self, name: str, *members: str, kind: str = "channel", private: bool = False, description: str | None = None
    ) -> int:
        """Add a channel; its members are notified.

        Args:
            name: its name.
            *members: logins of its members; the first one creates it, an administrator when there is none.
            kind: "channel" or "group".
            private: whether only its members may read it; a group is always private.
            description: its description.

        Returns:
            Id of the channel.

        Raises:
            KeyError: there is no such user.
            ValueError: there is a channel of this name, or the kind is unknown.
        """
        if kind not in ("channel", "group"):
            raise ValueError(f"kind must be 'channel' or 'group', not {kind!r}")
        if self.state.channels.by_name(name) is not None:
            raise ValueError(f"there is a channel {name!r} already")
        partners = [self.partner(login) for login in members]
        creator = self.uid(members[0]) if members else ADMINISTRATOR
        public = "private" if private or kind == "group" else None
        return self.channels.create(creator, name, kind, public=public, partners=partners, description=description)

    def add_members(self, channel: str, *members: str) -> bool:
        """Make users members of a channel, which is added when there is none; it posts no lines ("joined …").

        Args:
            channel: its name.
            *members: logins of the users.

        Returns:
            Whether one of them was not a member before.

        Raises:
            KeyError: there is no such user.
        """
        row = self.state.channels.by_name(channel)
        if row is None:
            self.add_channel(channel, *members)
            return True
        partners = [self.partner(login) for login in members]
        missing = [one for one in partners if self.state.members.find(row["id"], one) is None]
        for partner in missing:
            self.notifier.send("joined", row, self.state.members.add(row["id"], partner), None)
        return bool(missing)

    def add_record(self, model: str, login: str, values: Row) -> int:
        """Add a record of a declared model, which its creator follows.

        Args:
            model: the technical name of the model.
            login: its creator.
            values: its fields.

        Returns:
            Id of the record.

        Raises:
            LookupError: the model is not declared, or it has no such field, or there is no such user.
        """
        own = self.state.own_models
        if model not in own:
            raise LookupError(f"the model {model!r} is not declared; declare it: model({model!r}, …)")
        unknown = [name for name in values if name not in own.types(model)]
        if unknown:
            raise LookupError(f"{model} has no field {unknown[0]!r}; it has {', '.join(own.types(model))}")
        return self.records.create_own(self.uid(login), model, values)

    def channel(self, name: str) -> int:
        """Return the id of a channel.

        Args:
            name: its name.

        Raises:
            KeyError: there is no such channel.
        """
        row = self.state.channels.by_name(name)
        if row is None:
            raise KeyError(name)
        return int(row["id"])

    def post(self, login: str, channel: str | int, text: str, **options: Any) -> int:
        """Post a message.

        Args:
            login: author.
            channel: id or name of the channel.
            text: body of the message.
            **options: those of `MessageValues`, besides the body.

        Returns:
            Id of the message.
        """
        target = self.channel(channel) if isinstance(channel, str) else channel
        return self.messages.post(self.uid(login), target, MessageValues(text, **options))

    def typing(self, login: str, channel: str | int, is_typing: bool = True) -> None:
        """Notify that a user types, or stopped.

        Args:
            login: the user.
            channel: id or name of the channel.
            is_typing: whether they type.
        """
        target = self.channel(channel) if isinstance(channel, str) else channel
        self.members.typing(self.uid(login), target, is_typing)

    def chat(self, login: str, *others: str) -> int:
        """Open a direct chat.

        Args:
            login: user who opens it.
            *others: logins of the other users.

        Returns:
            Id of the chat, which may have existed before.
        """
        return self.channels.chat(self.uid(login), [self.partner(other) for other in others])

    def history(self, channel: str | int) -> list[Row]:
        """Return all messages of a channel, oldest first.

        Args:
            channel: its id or name.
        """
        target = self.channel(channel) if isinstance(channel, str) else channel
        return self.state.messages.page(target, limit=None)[::-1]

    @contextmanager
    def late_commit(self, login: str) -> Iterator[None]:
        """Keep what a user posts invisible until the block ends, with ids taken at once.

        Args:
            login: the user.
        """
        with self.messages.open_transaction(self.uid(login)):
            yield

    def close(self) -> None:
        """Close the database."""
        for end in self.closing:
            end()
        self.closing.clear()
        self.state.files.close()
        self.state.db.close()
