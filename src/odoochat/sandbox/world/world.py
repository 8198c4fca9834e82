"""A sandbox's world: one Odoo database, the actions that change it, and its version."""

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
    """One sandbox database, without HTTP.

    Args:
        version: the major Odoo version.
        path: an SQLite file, or ":memory:".
        name: database name.
        seeding: "company" (users admin, alice, bob, carol, dave and ann; a few channels with some history), "crowd"
            (the same, plus other people who write nine out of ten messages), "bare" (admin, alice, bob and the channel
            "general", like a new server), or None. A file that already contains data is left unchanged.
        clock: returns the current time, as a Unix timestamp.

    Attributes:
        state: the stored data.
        notifier: notifies clients of events.
        messages: actions that post, edit and mark messages.
        members: actions for typing, reading, and showing or hiding channels.
        channels: actions that create, join, leave and change channels.
        records: actions that post on business documents.
        polls: actions that create polls and vote.
        deadlines: runs actions that are due.
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
        self.closing: list[Callable[[], None]] = []  # callbacks to run on close
        try:
            self._fill(seeding)
        except BaseException:
            self.close()
            raise

    def _fill(self, seeding: str | None) -> None:
        """Set up the notifier and the actions, and seed a new database."""
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
        """The database name."""
        return self.state.name

    @property
    def version(self) -> float:
        """The major Odoo version."""
        return self.state.version

    @property
    def payloads(self) -> Payloads:
        """Builds responses with messages and channels in the version's format."""
        return self.notifier.payloads

    @property
    def stores(self) -> StorePayloads:
        """Payloads for Odoo 18 and later; routes that need them do not exist in earlier versions."""
        if not isinstance(self.notifier.payloads, StorePayloads):
            raise not_found()
        return self.notifier.payloads

    def change_version(self, version: float) -> None:
        """Switch to a different version, as after an upgrade, preserving data and sessions.

        Args:
            version: the major Odoo version, 14 to 20.

        Raises:
            ValueError: the sandbox does not support this version.
        """
        capabilities_of(version)  # an unknown version must change nothing
        before = self.state.channel_model
        self.state.version = version
        self.notifier.follow_version()
        model = self.state.channel_model
        self.state.db.run("UPDATE message SET model = ? WHERE model = ?", model, before)
        self.state.db.run("UPDATE attachment SET res_model = ? WHERE res_model = ?", model, before)

    # helpers for tests: people by login, channels by name

    def uid(self, login: str) -> int:
        """Return a user's id.

        Args:
            login: the user's login.
        """
        return self.state.accounts.uid(login)

    def partner(self, login: str) -> int:
        """Return a user's partner id.

        Args:
            login: the user's login.
        """
        return self.state.accounts.partner_of(self.uid(login))

    def model(self, name: str, /, **fields: type | str) -> None:
        """Declare a model whose records have a discussion: `world.model("crm.lead", partner_id="res.partner")`.

        Employees may create, read, update and delete its records over RPC; the field ``name`` always exists. A database
        stored in a file keeps the records, but the model must be declared again after each start.

        Args:
            name: the model's technical name.
            fields: field types: str, int, float, bool, date, datetime, or a model name for a many2one.

        Raises:
            ValueError: a name or type is invalid.
        """
        self.state.own_models.declare(name, fields)

    def add_user(self, login: str, *, name: str | None = None, admin: bool = False, portal: bool = False) -> int:
        """Add a user whose password is the same as the login. As in Odoo, employees join the channel "general".

        Args:
            login: the login.
            name: the user's name; None to use the capitalized login.
            admin: whether the user is an administrator.
            portal: whether the user is a portal user (a customer with a login) instead of an employee.

        Returns:
            The user id.

        Raises:
            ValueError: the login is empty or already in use.
        """
        if not login.strip() or self.state.accounts.by_login(login) is not None:
            raise ValueError(f"the login {login!r} is {'already in use' if login.strip() else 'empty'}")
        uid = self.state.accounts.add_user(login, name=name, admin=admin, portal=portal)
        general = self.state.channels.by_name("general")
        if general is not None and not portal:
            self.state.members.add(general["id"], self.state.accounts.partner_of(uid))
        return uid

    def add_channel(
        self, name: str, *members: str, kind: str = "channel", private: bool = False, description: str | None = None
    ) -> int:
        """Add a channel and notify its members.

        Args:
            name: channel name.
            *members: logins of the members; the first one, or an administrator if there are none, creates the channel.
            kind: "channel" or "group".
            private: whether only members may read the channel; groups are always private.
            description: channel description.

        Returns:
            The channel id.

        Raises:
            KeyError: there is no such user.
            ValueError: a channel with this name already exists, or the kind is unknown.
        """
        if kind not in ("channel", "group"):
            raise ValueError(f"kind must be 'channel' or 'group', not {kind!r}")
        if self.state.channels.by_name(name) is not None:
            raise ValueError(f"a channel named {name!r} already exists")
        partners = [self.partner(login) for login in members]
        creator = self.uid(members[0]) if members else ADMINISTRATOR
        public = "private" if private or kind == "group" else None
        return self.channels.create(creator, name, kind, public=public, partners=partners, description=description)

    def add_members(self, channel: str, *members: str) -> bool:
        """Add members to a channel, creating it if necessary, without posting system messages ("joined …").

        Args:
            channel: channel name.
            *members: logins of the new members.

        Returns:
            Whether any of the users were added.

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
        """Add a record of a declared model, with its creator as a follower.

        Args:
            model: the model's technical name.
            login: the creator's login.
            values: field values by name.

        Returns:
            The record id.

        Raises:
            LookupError: the model is not declared, or the field or user does not exist.
        """
        own = self.state.own_models
        if model not in own:
            raise LookupError(f"the model {model!r} is not declared; declare it with model({model!r}, …)")
        unknown = [name for name in values if name not in own.types(model)]
        if unknown:
            raise LookupError(f"{model} has no field {unknown[0]!r}; it has {', '.join(own.types(model))}")
        return self.records.create_own(self.uid(login), model, values)

    def channel(self, name: str) -> int:
        """Return a channel's id.

        Args:
            name: channel name.

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
            login: the author's login.
            channel: channel name or id.
            text: the message body.
            **options: fields of `MessageValues` other than the body.

        Returns:
            The message id.
        """
        target = self.channel(channel) if isinstance(channel, str) else channel
        return self.messages.post(self.uid(login), target, MessageValues(text, **options))

    def typing(self, login: str, channel: str | int, is_typing: bool = True) -> None:
        """Notify members that a user is typing or has stopped.

        Args:
            login: the user's login.
            channel: channel name or id.
            is_typing: whether the user is typing.
        """
        target = self.channel(channel) if isinstance(channel, str) else channel
        self.members.typing(self.uid(login), target, is_typing)

    def chat(self, login: str, *others: str) -> int:
        """Open a direct chat.

        Args:
            login: login of the user who opens the chat.
            *others: logins of the other users.

        Returns:
            The id of the chat, which may already have existed.
        """
        return self.channels.chat(self.uid(login), [self.partner(other) for other in others])

    def history(self, channel: str | int) -> list[Row]:
        """Return all messages in a channel, oldest first.

        Args:
            channel: channel name or id.
        """
        target = self.channel(channel) if isinstance(channel, str) else channel
        return self.state.messages.page(target, limit=None)[::-1]

    @contextmanager
    def late_commit(self, login: str) -> Iterator[None]:
        """Keep a user's posts invisible until the block ends, although their ids are assigned immediately.

        Args:
            login: the user's login.
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
