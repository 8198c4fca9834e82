"""Faults that a test can inject into a running sandbox: lost connections, failing requests, lost notifications."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from odoochat.sandbox.world.world import World


class Line(Protocol):
    """A live connection that receives bus notifications: a WebSocket or a waiting long poll."""

    def end(self, code: int, reason: str = "") -> None:
        """Close the connection with a code; 1006 drops it without a close frame."""

    def mute(self) -> None:
        """Keep the connection open, but send nothing and ignore everything the client sends."""

    def become_public(self) -> None:
        """Continue as a visitor without a session."""

    def forget(self, ids: list[int]) -> None:
        """Never deliver the given notifications on this connection."""


@dataclass
class Ledger:
    """The active faults, set by `Faults` and read by the request handlers."""

    refusal: tuple[int, int | None] | None = None  # status, number of times (None: always)
    delay: float = 0.0
    cut: int = 0
    cut_method: str | None = None
    download_cuts: int = 0
    download_bytes: int = 0
    fail: tuple[int, int] = (0, 500)  # number of times, status
    losing: int = 0
    duplicating: int = 0
    reordering: int = 0
    silent: bool = False
    lost: set[int] = field(default_factory=set)
    doubled: set[int] = field(default_factory=set)
    groups: list[list[int]] = field(default_factory=list)  # ids to deliver in reverse order once the group is complete
    group_sizes: list[int] = field(default_factory=list)
    frame_limit: int = 10
    doubted: set[str] = field(default_factory=set)  # sessions whose users must confirm their identity

    def asks_identity(self, sid: str | None) -> bool:
        """Return whether a session's user must confirm their identity first."""
        return sid in self.doubted

    def held(self, row_id: int) -> bool:
        """Return whether a notification is being held until its group is complete."""
        return any(row_id in ids and len(ids) < size for ids, size in zip(self.groups, self.group_sizes, strict=True))

    def reversed_group(self, row_id: int) -> list[int] | None:
        """Return the complete group that a notification belongs to."""
        return next((ids for ids in self.groups if row_id in ids), None)

    def take_refusal(self) -> int | None:
        """Return the status with which to refuse the next WebSocket handshake, or None to accept it."""
        if self.refusal is None:
            return None
        status, times = self.refusal
        if times is not None:
            self.refusal = (status, times - 1) if times > 1 else None
        return status

    def take_failure(self) -> int | None:
        """Return the status with which to fail the next request, or None to serve it."""
        left, status = self.fail
        if left <= 0:
            return None
        self.fail = (left - 1, status)
        return status

    def take_download_cut(self) -> int | None:
        """Return the number of bytes after which to drop the next download, or None to complete it."""
        if self.download_cuts <= 0:
            return None
        self.download_cuts -= 1
        return self.download_bytes

    def take_cut(self, method: str) -> bool:
        """Return whether to drop the connection before responding to this call."""
        if self.cut <= 0 or (self.cut_method is not None and self.cut_method != method):
            return False
        self.cut -= 1
        return True


class Faults:
    """Injects faults into a running sandbox.

    A fault takes effect immediately, or on the next requests or notifications, as documented for each method. `clear()`
    ends those that persist.

    Args:
        world: returns the sandbox's world.
        lines: returns the live connections.
    """

    def __init__(self, world: Callable[[], World], lines: Callable[[], list[Line]]) -> None:
        self._world = world
        self._lines = lines
        self.ledger = Ledger()

    # connections

    def drop(self, code: int = 1006, reason: str = "") -> int:
        """Close all live WebSockets and drop all waiting long polls.

        Args:
            code: close code; 1006 drops the connection without a close frame, like a network failure. A long poll has
                no close codes, so its connection is always dropped.
            reason: close frame text.

        Returns:
            The number of connections closed.
        """
        lines = self._lines()
        for line in lines:
            line.end(code, reason)
        return len(lines)

    def refuse_websocket(self, status: int = 502, times: int | None = None) -> None:
        """Refuse WebSocket handshakes with an HTML page, like a proxy without WebSocket support.

        Args:
            status: HTTP status of the response.
            times: number of handshakes to refuse; None to refuse them until `accept_websocket()`.
        """
        self.ledger.refusal = (status, times)

    def accept_websocket(self) -> None:
        """Accept WebSocket handshakes again."""
        self.ledger.refusal = None

    def half_open(self) -> None:
        """Keep live connections open without transmitting anything on them, not even a pong.

        This is what happens if a router loses track of the connection. New connections work normally.
        """
        for line in self._lines():
            line.mute()

    def silent(self, on: bool = True) -> None:
        """Treat every WebSocket as if it had no session: it opens, but does not receive any user's notifications.

        Odoo does this for an expired cookie, an API key, or a mismatched Origin.

        Args:
            on: whether to enable the fault.
        """
        self.ledger.silent = on
        if on:
            for line in self._lines():
                line.become_public()

    def rate_limit(self, frames: int = 10) -> None:
        """Close a WebSocket with 1013 if the client sends too many frames.

        Args:
            frames: number of frames allowed within two seconds.
        """
        self.ledger.frame_limit = frames

    # requests

    def delay(self, seconds: float) -> None:
        """Delay the response to every HTTP request, including handshakes.

        Args:
            seconds: the delay, in seconds; 0 to disable it.
        """
        self.ledger.delay = seconds

    def fail(self, times: int = 1, status: int = 500) -> None:
        """Respond to the next requests with an HTML error page, without executing them.

        Args:
            times: number of requests.
            status: HTTP status of the responses.
        """
        self.ledger.fail = (times, status)

    def cut_answer(self, times: int = 1, method: str | None = None) -> None:
        """Execute the next calls, but drop the connection before responding.

        This applies to model method calls over any protocol, and to /mail/message/post.

        Args:
            times: number of calls.
            method: limit the fault to calls to this method, for example "message_post"; None for all calls.
        """
        self.ledger.cut, self.ledger.cut_method = times, method

    def cut_download(self, after: int, times: int = 1) -> None:
        """Drop the connection during the next downloads.

        Args:
            after: number of body bytes to send first.
            times: number of downloads.
        """
        self.ledger.download_bytes, self.ledger.download_cuts = after, times

    # sessions

    def expire_session(self, login: str | None = None) -> None:
        """End sessions; their WebSockets are closed with 4001 on the next notification.

        Args:
            login: login of the user whose sessions end; None for all users.
        """
        world = self._world()
        world.state.sessions.expire(None if login is None else world.uid(login))

    def rotate_session(self, login: str) -> None:
        """Rotate the user's session ids, as Odoo 19 does every three hours.

        The next response to each session sets the new cookie; the old one keeps working for two minutes.

        Args:
            login: the user's login.
        """
        world = self._world()
        for sid in world.state.sessions.of(world.uid(login)):
            world.state.sessions.rotate(sid)

    def ask_identity(self, login: str) -> None:
        """Require a user to confirm their identity in every open session, until they log in again.

        † Odoo 20 does this (``base.session_check_device``) if a session is used from a different address or browser:
        calls fail with error code 100 and a name ending in ``CheckIdentityException``.

        Args:
            login: the user's login.
        """
        world = self._world()
        self.ledger.doubted.update(world.state.sessions.of(world.uid(login)))

    def presence_race(self, login: str) -> None:
        """Fail the user's next presence update over RPC, as Odoo 17 and 18 do while a WebSocket is being opened.

        The RPC call and the WebSocket both try to create the user's row. A second request
        succeeds (observed on a live server).

        Args:
            login: the user's login.
        """
        world = self._world()
        world.channels.racing.add(world.uid(login))

    def change_password(self, login: str, new: str) -> None:
        """Change a user's password: all sessions end, API keys remain valid.

        Args:
            login: the user's login.
            new: the new password.
        """
        self._world().state.accounts.change_password(login, new)

    # the bus

    def lose(self, times: int = 1) -> None:
        """Withhold the next notifications from connections open at that time.

        The notifications are still stored, so a client that reconnects and requests them with `last` receives them.

        Args:
            times: number of notifications.
        """
        self.ledger.losing += times

    def duplicate(self, times: int = 1) -> None:
        """Deliver the next notifications twice.

        Args:
            times: number of notifications.
        """
        self.ledger.duplicating += times

    def reorder(self, count: int = 2) -> None:
        """Hold back the next notifications, then deliver them in reverse order.

        Args:
            count: number of notifications to hold back.
        """
        self.ledger.reordering = count
        self.ledger.groups.append([])
        self.ledger.group_sizes.append(count)

    def late_commit(self, login: str) -> AbstractContextManager[None]:
        """Keep a user's posts invisible until the block ends, although their ids are assigned immediately.

        Other messages with higher ids become visible first, in queries and on the bus.

        Args:
            login: the user's login.
        """
        return self._world().late_commit(login)

    def lower_bus_ids(self) -> None:
        """Restart the bus ids at 1, as after restoring the database from a backup."""
        self._world().state.bus.restart()
        self.ledger.lost.clear()
        self.ledger.doubled.clear()

    def change_version(self, version: float) -> None:
        """Switch to a different Odoo version and restart, closing live connections with 1001.

        Args:
            version: the major Odoo version, 14 to 20.
        """
        self._world().change_version(version)
        self.drop(1001)

    @contextmanager
    def during(self) -> Iterator[Faults]:
        """Clear all faults when the block ends."""
        try:
            yield self
        finally:
            self.clear()

    def clear(self) -> None:
        """End all persistent faults."""
        for ids, size in zip(self.ledger.groups, self.ledger.group_sizes, strict=True):
            ids.extend([-1] * (size - len(ids)))  # treat the group as complete, so that nothing is held back
        groups, sizes = self.ledger.groups, self.ledger.group_sizes
        self.ledger = Ledger(groups=groups, group_sizes=sizes)

    # called by the server

    def noticed(self, ids: list[int]) -> None:
        """Apply the active faults to newly stored notifications.

        Args:
            ids: the notifications' bus ids.
        """
        ledger = self.ledger
        for row_id in ids:
            if ledger.losing > 0:
                ledger.losing -= 1
                for line in self._lines():
                    line.forget([row_id])
            elif ledger.duplicating > 0:
                ledger.duplicating -= 1
                ledger.doubled.add(row_id)
            elif ledger.reordering > 0:
                ledger.reordering -= 1
                ledger.groups[-1].append(row_id)
