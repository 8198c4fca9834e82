"""Everything that can go wrong on the way to an Odoo, to be made to happen on a running sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from odoochat.sandbox.world.world import World


class Line(Protocol):
    """A live connection that listens to the bus: a WebSocket or a waiting long poll."""

    def end(self, code: int, reason: str = "") -> None:
        """End it: with a close code, 1006 for a cut cable."""

    def mute(self) -> None:
        """Keep it open, but hear and say nothing any more."""

    def become_public(self) -> None:
        """Treat it as a visitor that is not logged in."""

    def forget(self, ids: list[int]) -> None:
        """Never deliver these notifications here."""


@dataclass
class Ledger:
    """What the server asks before it answers; Faults writes it."""

    refusal: tuple[int, int | None] | None = None  # status, how many times (None: until told otherwise)
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
        """Whether a session's user must confirm who they are first."""
        return sid in self.doubted

    def held(self, row_id: int) -> bool:
        """Whether a notification waits for the rest of its group."""
        return any(row_id in ids and len(ids) < size for ids, size in zip(self.groups, self.group_sizes, strict=True))

    def reversed_group(self, row_id: int) -> list[int] | None:
        """The complete group a notification belongs to."""
        return next((ids for ids in self.groups if row_id in ids), None)

    def take_refusal(self) -> int | None:
        """The status the next WebSocket handshake gets, None when it is welcome."""
        if self.refusal is None:
            return None
        status, times = self.refusal
        if times is not None:
            self.refusal = (status, times - 1) if times > 1 else None
        return status

    def take_failure(self) -> int | None:
        """The status the next request fails with, None when it is served."""
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
        """Whether the connection of this call is cut before its answer."""
        if self.cut <= 0 or (self.cut_method is not None and self.cut_method != method):
            return False
        self.cut -= 1
        return True


class Faults:
    """What a test may do to a running sandbox.

    Every fault acts at once, or on what comes next, and stays documented at its method. `clear()` ends
    those that last.
    """

    def __init__(self, world: Callable[[], World], lines: Callable[[], list[Line]]) -> None:
        self._world = world
        self._lines = lines
        self.ledger = Ledger()

    # the line

    def drop(self, code: int = 1006, reason: str = "") -> int:
        """End all live WebSockets with a close code, and all waiting long polls; how many there were.

        1006 cuts the connection without a word, as a dead network or a killed process does. A long poll has
        no close codes: its connection is always cut.
        """
        lines = self._lines()
        for line in lines:
            line.end(code, reason)
        return len(lines)

    def refuse_websocket(self, status: int = 502, times: int | None = None) -> None:
        """Answer WebSocket handshakes with a status and an HTML page, as a proxy that does not know them.

        `times` limits it to the next so many; without it they are refused until `accept_websocket()`.
        """
        self.ledger.refusal = (status, times)

    def accept_websocket(self) -> None:
        """Let WebSockets in again."""
        self.ledger.refusal = None

    def half_open(self) -> None:
        """Live connections stay open, but nothing goes through them any more, not even a pong.

        As when a router forgot the connection. New ones are fine.
        """
        for line in self._lines():
            line.mute()

    def silent(self, on: bool = True) -> None:
        """Treat every WebSocket, open or new, as a visitor's: it opens, and nothing is ever heard.

        As Odoo does with a dead cookie, an API key, or an Origin that does not match.
        """
        self.ledger.silent = on
        if on:
            for line in self._lines():
                line.become_public()

    def rate_limit(self, frames: int = 10) -> None:
        """How many frames a client may send within two seconds before it is closed with 1013."""
        self.ledger.frame_limit = frames

    # requests

    def delay(self, seconds: float) -> None:
        """Answer every HTTP request, handshakes too, so much later; 0 ends it."""
        self.ledger.delay = seconds

    def fail(self, times: int = 1, status: int = 500) -> None:
        """Answer the next requests with a status and an HTML page; nothing is done for them."""
        self.ledger.fail = (times, status)

    def cut_answer(self, times: int = 1, method: str | None = None) -> None:
        """Do what the next calls ask, then cut the connection before the answer.

        Calls are those of model methods (by any road) and /mail/message/post. `method` limits it to
        calls of one method, e.g. "message_post".
        """
        self.ledger.cut, self.ledger.cut_method = times, method

    def cut_download(self, after: int, times: int = 1) -> None:
        """Cut the connection of the next downloads after so many bytes of each answer's body."""
        self.ledger.download_bytes, self.ledger.download_cuts = after, times

    # who one is

    def expire_session(self, login: str | None = None) -> None:
        """End the sessions of one user, or all; open sockets hear of it (4001) with the next notification."""
        world = self._world()
        world.state.sessions.expire(None if login is None else world.uid(login))

    def rotate_session(self, login: str) -> None:
        """Exchange the user's session ids, as 19 does every three hours.

        The next answer to each session brings its new cookie; the old one works for two minutes more.
        """
        world = self._world()
        for sid in world.state.sessions.of(world.uid(login)):
            world.state.sessions.rotate(sid, world.version)

    def ask_identity(self, login: str) -> None:
        """Want the user of every open session of a login to confirm who they are, until they log in again.

        † As 20 does (``base.session_check_device``) when a session is used from another address or browser: its calls
        get an error of code 100 whose name ends in ``CheckIdentityException``.
        """
        world = self._world()
        self.ledger.doubted.update(world.state.sessions.of(world.uid(login)))

    def presence_race(self, login: str) -> None:
        """Let the next presence that a user tells by RPC fail once, as 17 and 18 do beside a new WebSocket.

        Both make the user's row at once. Seen live: asked again, it works.
        """
        world = self._world()
        world.channels.racing.add(world.uid(login))

    def change_password(self, login: str, new: str) -> None:
        """Give a user another password: all sessions die, API keys live on."""
        self._world().state.accounts.change_password(login, new)

    # the bus

    def lose(self, times: int = 1) -> None:
        """Do not deliver the next notifications to the connections that are open then.

        They are stored: who connects later and asks for them by `last` gets them.
        """
        self.ledger.losing += times

    def duplicate(self, times: int = 1) -> None:
        """Deliver the next notifications twice."""
        self.ledger.duplicating += times

    def reorder(self, count: int = 2) -> None:
        """Hold the next notifications until there are so many, then deliver them backwards."""
        self.ledger.reordering = count
        self.ledger.groups.append([])
        self.ledger.group_sizes.append(count)

    def late_commit(self, login: str) -> AbstractContextManager[None]:
        """What this user posts within takes its ids now and becomes visible only at the end.

        To queries and on the bus: others' messages with higher ids are seen first.
        """
        return self._world().late_commit(login)

    def lower_bus_ids(self) -> None:
        """Let the bus count from 1 again, as after a database was restored from a backup."""
        self._world().state.bus.restart()
        self.ledger.lost.clear()
        self.ledger.doubled.clear()

    def change_version(self, version: float) -> None:
        """Be another version of Odoo from now on, and restart: live connections end with 1001."""
        self._world().change_version(version)
        self.drop(1001)

    @contextmanager
    def during(self) -> Iterator[Faults]:
        """Faults made within end with the block."""
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
        """New notifications were stored: decide what happens to each."""
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
