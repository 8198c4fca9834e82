"""Faults that a test can cause on a running sandbox: lost connections, failing requests, lost notifications."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from odoochat.sandbox.world.world import World


class Line(Protocol):
    """A live connection that receives the bus: a WebSocket or a waiting long poll."""

    def end(self, code: int, reason: str = "") -> None:
        """Close it with a code; 1006 cuts the connection without a close frame."""

    def mute(self) -> None:
        """Keep it open, but send nothing and ignore what the client sends."""

    def become_public(self) -> None:
        """Treat it as a visitor without a session."""

    def forget(self, ids: list[int]) -> None:
        """Never deliver these notifications on this connection."""


@dataclass
class Ledger:
    """The active faults: `Faults` sets them, the request handlers read them."""

    refusal: tuple[int, int | None] | None = None  # status, how many times (None: always)
    delay: float = 0.0
    cut: int = 0
    cut_method: str | None = None
    download_cuts: int = 0
    download_bytes: int = 0
    fail: tuple[int, int] = (0, 500)  # how many, status
    losing: int = 0
    duplicating: int = 0
    reordering: int = 0
    silent: bool = False
    lost: set[int] = field(default_factory=set)
    doubled: set[int] = field(default_factory=set)
    groups: list[list[int]] = field(default_factory=list)  # ids to deliver backwards, once complete
    group_sizes: list[int] = field(default_factory=list)
    frame_limit: int = 10
    doubted: set[str] = field(default_factory=set)  # sessions whose users must confirm who they are

    def asks_identity(self, sid: str | None) -> bool:
        """Return whether a session's user must confirm their identity first."""
        return sid in self.doubted

    def held(self, row_id: int) -> bool:
        """Return whether a notification waits for the rest of its group."""
        return any(row_id in ids and len(ids) < size for ids, size in zip(self.groups, self.group_sizes, strict=True))

    def reversed_group(self, row_id: int) -> list[int] | None:
        """Return the complete group a notification belongs to."""
        return next((ids for ids in self.groups if row_id in ids), None)

    def take_refusal(self) -> int | None:
        """Return the status the next WebSocket handshake gets, None when it is welcome."""
        if self.refusal is None:
            return None
        status, times = self.refusal
        if times is not None:
            self.refusal = (status, times - 1) if times > 1 else None
        return status

    def take_failure(self) -> int | None:
        """Return the status the next request fails with, None when it is served."""
        left, status = self.fail
        if left <= 0:
            return None
        self.fail = (left - 1, status)
        return status

    def take_download_cut(self) -> int | None:
        """After how many bytes the next download is cut, None when it is not."""
        if self.download_cuts <= 0:
            return None
        self.download_cuts -= 1
        return self.download_bytes

    def take_cut(self, method: str) -> bool:
        """Return whether the connection of this call is cut before its answer."""
        if self.cut <= 0 or (self.cut_method is not None and self.cut_method != method):
            return False
        self.cut -= 1
        return True


class Faults:
    """Faults of a running sandbox.

    A fault acts at once or on the next requests or notifications, as its method says. `clear()` ends those that last.

    Args:
        world: returns the database of the sandbox.
        lines: returns the live connections.
    """

    def __init__(self, world: Callable[[], World], lines: Callable[[], list[Line]]) -> None:
        self._world = world
        self._lines = lines
        self.ledger = Ledger()

    # connections

    def drop(self, code: int = 1006, reason: str = "") -> int:
        """Close all live WebSockets and cut all waiting long polls.

        Args:
            code: close code; 1006 cuts the connection without a close frame, as a dead network does. A long poll has
                no close codes: its connection is always cut.
            reason: text of the close frame.

        Returns:
            Number of connections that were closed.
        """
        lines = self._lines()
        for line in lines:
            line.end(code, reason)
        return len(lines)

    def refuse_websocket(self, status: int = 502, times: int | None = None) -> None:
        """Refuse WebSocket handshakes with an HTML page, as a proxy without support for them does.

        Args:
            status: HTTP status of the answer.
            times: number of handshakes to refuse; None refuses them until `accept_websocket()`.
        """
        self.ledger.refusal = (status, times)

    def accept_websocket(self) -> None:
        """Accept WebSocket handshakes again."""
        self.ledger.refusal = None

    def half_open(self) -> None:
        """Keep live connections open, but transmit nothing on them, not even a pong.

        A router that forgot the connection does this. New connections work.
        """
        for line in self._lines():
            line.mute()

    def silent(self, on: bool = True) -> None:
        """Treat every WebSocket as one without a session: it opens, and receives nothing of any user.

        Odoo does this with an expired cookie, an API key, or an Origin that does not match.

        Args:
            on: whether the fault is set.
        """
        self.ledger.silent = on
        if on:
            for line in self._lines():
                line.become_public()

    def rate_limit(self, frames: int = 10) -> None:
        """Close a WebSocket with 1013 when the client sends too many frames.

        Args:
            frames: number of frames that are allowed within two seconds.
        """
        self.ledger.frame_limit = frames

    # requests

    def delay(self, seconds: float) -> None:
        """Delay the answer to every HTTP request, handshakes included.

        Args:
            seconds: the delay; 0 ends it.
        """
        self.ledger.delay = seconds

    def fail(self, times: int = 1, status: int = 500) -> None:
        """Answer the next requests with an HTML error page, without executing them.

        Args:
            times: number of requests.
            status: HTTP status of the answers.
        """
        self.ledger.fail = (times, status)

    def cut_answer(self, times: int = 1, method: str | None = None) -> None:
        """Execute the next calls, then cut the connection before the answer.

        Calls are those of model methods, by any protocol, and /mail/message/post.

        Args:
            times: number of calls.
            method: only calls of this method, for example "message_post"; None for all.
        """
        self.ledger.cut, self.ledger.cut_method = times, method

    def cut_download(self, after: int, times: int = 1) -> None:
        """Cut the connection of the next downloads.

        Args:
            after: number of bytes of the body that are sent before.
            times: number of downloads.
        """
        self.ledger.download_bytes, self.ledger.download_cuts = after, times

    # sessions

    def expire_session(self, login: str | None = None) -> None:
        """End sessions; their WebSockets are closed with 4001 at the next notification.

        Args:
            login: user whose sessions end; None ends all.
        """
        world = self._world()
        world.state.sessions.expire(None if login is None else world.uid(login))

    def rotate_session(self, login: str) -> None:
        """Exchange the user's session ids, as 19 does every three hours.

        The next answer to each session sets its new cookie; the old one works for two more minutes.

        Args:
            login: the user.
        """
        world = self._world()
        for sid in world.state.sessions.of(world.uid(login)):
            world.state.sessions.rotate(sid)

    def ask_identity(self, login: str) -> None:
        """Require a user to confirm their identity in every open session, until they log in again.

        † 20 does this (``base.session_check_device``) when a session is used from another address or browser: its
        calls get an error of code 100 whose name ends in ``CheckIdentityException``.

        Args:
            login: the user.
        """
        world = self._world()
        self.ledger.doubted.update(world.state.sessions.of(world.uid(login)))

    def presence_race(self, login: str) -> None:
        """Fail the user's next presence update by RPC, as 17 and 18 do while a WebSocket opens.

        Both create the user's row at the same time. Seen live: a second request succeeds.

        Args:
            login: the user.
        """
        world = self._world()
        world.channels.racing.add(world.uid(login))

    def change_password(self, login: str, new: str) -> None:
        """Change a user's password: all sessions end, API keys remain valid.

        Args:
            login: the user.
            new: the new password.
        """
        self._world().state.accounts.change_password(login, new)

    # the bus

    def lose(self, times: int = 1) -> None:
        """Do not deliver the next notifications to the connections that are open then.

        They are stored: a client that reconnects and asks for them by `last` receives them.

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
        """Hold the next notifications, then deliver them in reverse order.

        Args:
            count: number of notifications that are held.
        """
        self.ledger.reordering = count
        self.ledger.groups.append([])
        self.ledger.group_sizes.append(count)

    def late_commit(self, login: str) -> AbstractContextManager[None]:
        """Keep what a user posts invisible until the block ends, with ids taken at once.

        Other messages with higher ids are visible first, to queries and on the bus.

        Args:
            login: the user.
        """
        return self._world().late_commit(login)

    def lower_bus_ids(self) -> None:
        """Restart the ids of the bus at 1, as after a database was restored from a backup."""
        self._world().state.bus.restart()
        self.ledger.lost.clear()
        self.ledger.doubled.clear()

    def change_version(self, version: float) -> None:
        """Become another version of Odoo and restart: live connections are closed with 1001.

        Args:
            version: the major version, 14 to 20.
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
        """End every fault that lasts."""
        for ids, size in zip(self.ledger.groups, self.ledger.group_sizes, strict=True):
            ids.extend([-1] * (size - len(ids)))  # complete, so that nothing stays held
        groups, sizes = self.ledger.groups, self.ledger.group_sizes
        self.ledger = Ledger(groups=groups, group_sizes=sizes)

    # called by the server

    def noticed(self, ids: list[int]) -> None:
        """Decide which faults apply to notifications that were stored.

        Args:
            ids: their ids on the bus.
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
