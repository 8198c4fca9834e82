"""The world of a sandbox: one Odoo database, the actions that change it, and the version that it has."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from odoochat.sandbox.crowd import Crowd
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
