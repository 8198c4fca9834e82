"""The test kit: a running sandbox with clients for its users, an adjustable clock, and access to posted messages."""

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
    """A running sandbox, with clients for its users.

    The server runs in its own thread, as do all calls made through `sandbox`, `world` and `faults`.

    Args:
        thread: the running sandbox thread.
        sandbox: the sandbox.

    Attributes:
        sandbox: the running sandbox.
        url: the server's URL.
        db: database name.
        world: the database, and actions on it.
        faults: faults that a test can inject.
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
        """The major Odoo version."""
        return float(self._box.version)

    @property
    def users(self) -> dict[str, SandboxUser]:
        """Users by login."""
        return self._thread.call(lambda: self._box.users)

    def login(self, name: str, **options: Unpack[LoginOptions]) -> odoochat.connect:
        """Connect as a user: `async with odoo_sandbox.login("ann") as ann` returns a Client.

        Args:
            name: the user's login, which is also the password.
            **options: options for `odoochat.connect`.

        Raises:
            LookupError: there is no such user.
        """
        import odoochat

        return odoochat.connect(self.url, db=self.db, login=name, **self._login_options(name, options))

    def login_sync(self, name: str, **options: Unpack[LoginOptions]) -> odoochat.sync.Client:
        """Connect as a user without async: `with odoo_sandbox.login_sync("ann") as ann`.

        Args:
            name: the user's login, which is also the password.
            **options: options for `odoochat.sync.connect`.

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
        """Add a user whose password equals the login. As in Odoo, employees join the channel "general".

        Args:
            login: the login.
            name: the user's name; None to use the capitalized login.
            admin: whether the user is an administrator.
            portal: whether the user is a portal user (a customer with a login) instead of an employee.

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
        """Add a channel and notify its members.

        Args:
            name: channel name.
            *members: logins of the members; the first one creates the channel. Without members, an administrator does.
            kind: "channel" or "group".
            private: whether only members may read the channel; groups are always private.
            description: channel description.

        Returns:
            The channel id.

        Raises:
            LookupError: there is no such user.
            ValueError: a channel with this name already exists.
        """
        self._check_users(*members)
        add = self._box.world.add_channel
        return self._thread.call(add, name, *members, kind=kind, private=private, description=description)

    def add_members(self, channel: str, *members: str) -> bool:
        """Add members to a channel, creating it if necessary, without posting system messages ("joined …").

        Args:
            channel: channel name.
            *members: logins of the new members.

        Returns:
            Whether any user was added.

        Raises:
            LookupError: there is no such user.
        """
        self._check_users(*members)
        return self._thread.call(self._box.world.add_members, channel, *members)

    def model(self, name: str, /, **fields: type | str) -> None:
        """Declare a model whose records have a discussion: `box.model("crm.lead", name=str, partner_id="res.partner")`.

        Args:
            name: the model's technical name.
            fields: field types: str, int, float, bool, date, datetime, or a model name for a many2one.

        Raises:
            ValueError: a name or type is invalid.
        """
        self._thread.call(self._box.model, name, **fields)

    def add_record(self, model: str, /, *, by: str = "admin", **values: object) -> int:
        """Add a record of a declared model, with its creator as a follower.

        Args:
            model: the model's technical name.
            by: the creator's login.
            values: field values by name.

        Returns:
            The record id.

        Raises:
            LookupError: the model is not declared, or the field or user does not exist.
        """
        self._check_users(by)
        return self._thread.call(self._box.world.add_record, model, by, values)

    def post(self, login: str, channel: str | int, text: str, *, mentions: Iterable[str] = ()) -> int:
        """Post a message as a user, without a client.

        Args:
            login: the author's login.
            channel: channel name or id.
            text: the message text.
            mentions: logins of the users to mention.

        Returns:
            The message id.

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
                raise LookupError(f"the sandbox has no user {login!r}; add it with add_user({login!r})")

    # time

    @property
    def now(self) -> datetime:
        """The server's current time, in UTC."""
        return datetime.fromtimestamp(self._box.clock(), UTC)

    def advance(
        self, by: timedelta | None = None, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move the server's clock, and the clock that clients from `login` use to expire typing notifications.

        Due mutes and polls end, and due scheduled messages are sent. A `BotTester` also moves this clock.

        Args:
            by: how far to move the clock.
            seconds: added to `by`.
            minutes: added to `by`.
            hours: added to `by`.
            days: added to `by`.

        Raises:
            ValueError: the total is negative.
        """
        self._thread.call(self._box.advance, by, seconds=seconds, minutes=minutes, hours=hours, days=days)

    def set_time(self, moment: datetime) -> None:
        """Set the server's clock forward or back, then run everything that is due.

        Args:
            moment: the new time, as an aware datetime.

        Raises:
            ValueError: `moment` has no time zone.
        """
        self._thread.call(self._box.set_time, moment)

    # posted messages

    def posted(self, channel: str | int | None = None, *, by: str | None = None) -> list[str]:
        """Return the text of every message posted since the sandbox started, oldest first.

        System messages ("joined the channel") and deleted messages are excluded.

        Args:
            channel: channel name or id; None for all channels and records.
            by: the author's login; None for all authors.

        Raises:
            LookupError: there is no such channel or user.
        """
        return [message.text for message in self.messages(channel, by=by)]

    def messages(
        self, channel: str | int | None = None, *, by: str | None = None, record: tuple[str, int] | None = None
    ) -> list[PostedMessage]:
        """Return the same messages as `posted`, with all details.

        Args:
            channel: channel name or id; None for all channels and records.
            by: the author's login; None for all authors.
            record: a record's model and id, instead of a channel.

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
        """Wait for a message. Earlier messages count too, as do messages edited to match.

        Args:
            channel: channel name or id; None for all channels and records.
            text: the complete text, or a pattern to search for; None for any text.
            by: the author's login; None for any author.
            count: number of matching messages to wait for.
            timeout: maximum time to wait, in seconds.

        Returns:
            The message; the last one if `count` is greater than 1.

        Raises:
            AssertionError: the timeout expired; the error lists the messages that were posted instead.
            LookupError: there is no such channel or user.
        """
        __tracebackhide__ = True  # pytest then shows the failing line in the test
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
        """Synchronous version of `wait_posted`.

        Args:
            channel: channel name or id; None for all channels and records.
            text: the complete text, or a pattern to search for; None for any text.
            by: the author's login; None for any author.
            count: number of matching messages to wait for.
            timeout: maximum time to wait, in seconds.

        Returns:
            The message; the last one if `count` is greater than 1.

        Raises:
            AssertionError: the timeout expired; the error lists the messages that were posted instead.
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
    """Run a sandbox in a thread for the duration of the block, for use in unittest, custom fixtures or notebooks.

    Args:
        version: the major Odoo version, 14 to 20.
        **options: options for `Sandbox`.

    Yields:
        The same object as the fixture ``odoo_sandbox``.

    Raises:
        OSError: the port is in use.
        ValueError: an option is invalid.
    """

    def make() -> Sandbox:
        from odoochat.sandbox.server import Sandbox

        return Sandbox(version, **options)

    thread = SandboxThread(make)
    try:
        yield SandboxFixture(thread, thread.start())
    finally:
        thread.close()
