"""The test kit: a running sandbox with clients for its users, a clock to move, and what was posted."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, Unpack, cast

from odoochat.sandbox.posts import PostedMessage, PostLog, channel_id
from odoochat.sandbox.thread import Relay, SandboxThread

if TYPE_CHECKING:
    from collections.abc import Iterable

    import odoochat
    import odoochat.sync
    from odoochat.client.options import LoginOptions
    from odoochat.sandbox.faults import Faults
    from odoochat.sandbox.server import Sandbox, SandboxOptions, SandboxUser
    from odoochat.sandbox.world.world import World

__all__ = ["SandboxFixture", "running_sandbox"]


class SandboxFixture:
    """A running sandbox, and clients for its users.

    The server runs in a thread of its own, and so does what is reached through `sandbox`, `world` and `faults`.

    Args:
        thread: the thread of the sandbox, which runs.
        sandbox: the sandbox.

    Attributes:
        sandbox: the running sandbox.
        url: address of the server.
        db: name of the database.
        world: the database with its actions.
        faults: faults that a test can cause.
    """

    def __init__(self, thread: SandboxThread, sandbox: Sandbox) -> None:
        self._thread = thread
        self._box = sandbox
        self.sandbox: Sandbox = cast("Sandbox", Relay(thread, sandbox))
        self.url: str = sandbox.url
        self.db: str = sandbox.db
        self.world: World = cast("World", Relay(thread, sandbox.world))
        self.faults: Faults = cast("Faults", Relay(thread, sandbox.faults))
        self._log = thread.call(PostLog, sandbox.world)

    # users, channels and records

    @property
    def version(self) -> float:
        """Major version of Odoo."""
        return float(self._box.version)

    @property
    def users(self) -> dict[str, SandboxUser]:
        """The users by login."""
        return self._thread.call(lambda: self._box.users)

    def login(self, name: str, **options: Unpack[LoginOptions]) -> odoochat.connect:
        """Connect as a user: `async with odoo_sandbox.login("ann") as ann` gives a Client.

        Args:
            name: login of the user, which is the password as well.
            **options: those of `odoochat.connect`.

        Raises:
            LookupError: there is no such user.
        """
        import odoochat

        return odoochat.connect(self.url, db=self.db, login=name, **self._login_options(name, options))

    def login_sync(self, name: str, **options: Unpack[LoginOptions]) -> odoochat.sync.Client:
        """Connect as a user without async: `with odoo_sandbox.login_sync("ann") as ann`.

        Args:
            name: login of the user, which is the password as well.
            **options: those of `odoochat.sync.connect`.

        Returns:
            The connected client.

        Raises:
            LookupError: there is no such user.
        """
        import odoochat.sync

        return odoochat.sync.connect(self.url, db=self.db, login=name, **self._login_options(name, options))

    def _login_options(self, name: str, options: LoginOptions) -> LoginOptions:
        from msgspec.structs import replace

        from odoochat.client.timing import Timing

        self._check_users(name)
        clock, timing = self._box.clock, options.get("timing") or Timing()
        if timing.clock is time.monotonic:
            timing = replace(timing, clock=lambda: time.monotonic() + clock.ahead)
        given: LoginOptions = {**options, "timing": timing}
        if not options.keys() & {"password", "api_key", "session_id"}:
            given["password"] = name
        return given

    def add_user(
        self, login: str, *, name: str | None = None, admin: bool = False, portal: bool = False
    ) -> SandboxUser:
        """Add a user, whose password is the login; an employee joins the channel general, as in Odoo.

        Args:
            login: the login name.
            name: the name; the login with a capital letter when it is None.
            admin: whether they are an administrator.
            portal: whether they are a customer with a login, not an employee.

        Raises:
            ValueError: the login is empty or in use.
        """
        self._thread.call(self._box.world.add_user, login, name=name, admin=admin, portal=portal)
        return self.users[login]

    def add_channel(
        self,
        name: str,
        *members: str,
        kind: Literal["channel", "group"] = "channel",
        private: bool = False,
        description: str | None = None,
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
            LookupError: there is no such user.
            ValueError: there is a channel of this name.
        """
        self._check_users(*members)
        add = self._box.world.add_channel
        return self._thread.call(add, name, *members, kind=kind, private=private, description=description)

    def add_members(self, channel: str, *members: str) -> bool:
        """Make users members of a channel, which is added when there is none; it posts no lines ("joined …").

        Args:
            channel: its name.
            *members: logins of the users.

        Returns:
            Whether one of them was not a member before.

        Raises:
            LookupError: there is no such user.
        """
        self._check_users(*members)
        return self._thread.call(self._box.world.add_members, channel, *members)

    def model(self, name: str, /, **fields: type | str) -> None:
        """Declare a model whose records have a discussion: `box.model("crm.lead", name=str, partner_id="res.partner")`.

        Args:
            name: the technical name of the model.
            fields: str, int, float, bool, date, datetime, or the name of the model that a many2one points to.

        Raises:
            ValueError: a name or a type is not valid.
        """
        self._thread.call(self._box.model, name, **fields)

    def add_record(self, model: str, /, *, by: str = "admin", **values: object) -> int:
        """Add a record of a declared model, which its creator follows.

        Args:
            model: the technical name of the model.
            by: login of its creator.
            values: its fields.

        Returns:
            Id of the record.

        Raises:
            LookupError: the model is not declared, or it has no such field, or there is no such user.
        """
        self._check_users(by)
        return self._thread.call(self._box.world.add_record, model, by, values)

    def post(self, login: str, channel: str | int, text: str, *, mentions: Iterable[str] = ()) -> int:
        """Post a message as a user, without a client.

        Args:
            login: the author.
            channel: name or id of the channel.
            text: its text.
            mentions: logins of the users to mention.

        Returns:
            Id of the message.

        Raises:
            LookupError: there is no such user or channel.
        """
        mentioned = list(mentions)
        self._check_users(login, *mentioned)
        world = self._box.world

        def post() -> int:
            partners = [world.partner(each) for each in mentioned]
            return world.post(login, channel_id(world, channel), text, partners=partners)

        return self._thread.call(post)

    def _check_users(self, *logins: str) -> None:
        __tracebackhide__ = True
        known = self.users
        for login in logins:
            if login not in known:
                raise LookupError(f"the sandbox has no user {login!r}; add one: add_user({login!r})")

    # time

    @property
    def now(self) -> datetime:
        """The time of the server, in UTC."""
        return datetime.fromtimestamp(self._box.clock(), UTC)

    def advance(
        self, by: timedelta | None = None, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move the clock of the server, and that by which the clients of `login` let typing notifications expire.

        Mutes and polls end, and scheduled messages are sent, when they are due. A `BotTester` moves this clock too.

        Args:
            by: how far.
            seconds: added to `by`.
            minutes: added to `by`.
            hours: added to `by`.
            days: added to `by`.

        Raises:
            ValueError: the clock would go back.
        """
        self._thread.call(self._box.advance, by, seconds=seconds, minutes=minutes, hours=hours, days=days)

    def set_time(self, moment: datetime) -> None:
        """Set the clock of the server, forwards or back; what is due then is carried out.

        Args:
            moment: the time, with a time zone.

        Raises:
            ValueError: it has no time zone.
        """
        self._thread.call(self._box.set_time, moment)

    # what was posted

    def posted(self, channel: str | int | None = None, *, by: str | None = None) -> list[str]:
        """Return the texts of the messages that were posted since the sandbox started, oldest first.

        Lines of the system ("joined the channel") and deleted messages are left out.

        Args:
            channel: name or id of a channel; None for all channels and records.
            by: login of the author; None for all.

        Raises:
            LookupError: there is no such channel or user.
        """
        return [message.text for message in self.messages(channel, by=by)]

    def messages(
        self, channel: str | int | None = None, *, by: str | None = None, record: tuple[str, int] | None = None
    ) -> list[PostedMessage]:
        """Return the messages of `posted` with all their facts.

        Args:
            channel: name or id of a channel; None for all channels and records.
            by: login of the author; None for all.
            record: model and id of a record, instead of a channel.

        Raises:
            LookupError: there is no such channel or user.
        """
        if by is not None:
            self._check_users(by)
        return self._thread.call(self._log.find, channel, by, record)

    async def wait_posted(
        self,
        channel: str | int | None = None,
        text: str | re.Pattern[str] | None = None,
        *,
        by: str | None = None,
        count: int = 1,
        timeout: float = 30.0,
    ) -> PostedMessage:
        """Wait until a message is there, also one that was posted before, or was edited to this text.

        Args:
            channel: name or id of a channel; None for all channels and records.
            text: its whole text, or a pattern that is found in it; None for any.
            by: login of the author; None for any.
            count: how many such messages to wait for.
            timeout: seconds to wait.

        Returns:
            The message; the last one when there are several to wait for.

        Raises:
            AssertionError: the time is up; it names what was posted instead.
            LookupError: there is no such channel or user.
        """
        __tracebackhide__ = True  # pytest shows the line of the test
        if by is not None:
            self._check_users(by)
        try:
            return await asyncio.wrap_future(self._thread.submit(self._log.wait(channel, text, by, count, timeout)))
        except AssertionError as error:
            raise AssertionError(str(error)) from None

    def wait_posted_sync(
        self,
        channel: str | int | None = None,
        text: str | re.Pattern[str] | None = None,
        *,
        by: str | None = None,
        count: int = 1,
        timeout: float = 30.0,
    ) -> PostedMessage:
        """Wait like `wait_posted`, without async.

        Args:
            channel: name or id of a channel; None for all channels and records.
            text: its whole text, or a pattern that is found in it; None for any.
            by: login of the author; None for any.
            count: how many such messages to wait for.
            timeout: seconds to wait.

        Returns:
            The message; the last one when there are several to wait for.

        Raises:
            AssertionError: the time is up; it names what was posted instead.
            LookupError: there is no such channel or user.
        """
        __tracebackhide__ = True
        if by is not None:
            self._check_users(by)
        waiting = self._thread.submit(self._log.wait(channel, text, by, count, timeout))
        try:
            return waiting.result()
        except AssertionError as error:
            raise AssertionError(str(error)) from None
        finally:
            waiting.cancel()


@contextmanager
def running_sandbox(version: float = 19, **options: Unpack[SandboxOptions]) -> Iterator[SandboxFixture]:
    """Run a sandbox in a thread while the block runs: for unittest, for fixtures of your own, and for notebooks.

    Args:
        version: the major version of Odoo, 14 to 20.
        **options: those of `Sandbox`.

    Yields:
        The same object as the fixture ``odoo_sandbox``.

    Raises:
        OSError: the port is in use.
        ValueError: an option is not valid.
    """

    def make() -> Sandbox:
        from odoochat.sandbox.server import Sandbox

        return Sandbox(version, **options)

    thread = SandboxThread(make)
    try:
        yield SandboxFixture(thread, thread.start())
    finally:
        thread.close()
