"""Browser sessions: their cookies, how they end, and how 19 renews them."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from odoochat.sandbox.database.schema import Database, Row
from odoochat.sandbox.versions.capabilities import Capabilities

GRACE = 120.0  # seconds that an exchanged session id still works
STABLE = 42  # characters of a session id of 19 that survive a rotation


class Sessions:
    """All sessions of one database.

    Args:
        db: where they are stored.
        clock: current time in seconds since 1970.
        capabilities: returns those of the version.
    """

    def __init__(self, db: Database, clock: Callable[[], float], capabilities: Callable[[], Capabilities]) -> None:
        self._db = db
        self._clock = clock
        self._capabilities = capabilities

    def _new_sid(self) -> str:
        return secrets.token_urlsafe(63) if self._capabilities().long_sids else secrets.token_hex(20)

    def open(self, uid: int | None = None, pre_uid: int | None = None) -> str:
        """Create a session; `pre_uid` waits for its second factor."""
        sid = self._new_sid()
        self._db.insert(
            "session", sid=sid, uid=uid, pre_uid=pre_uid, csrf=secrets.token_hex(20), token=self._token(uid)
        )
        return sid

    def get(self, sid: str | None) -> Row | None:
        """Return a session that is stored and not past its end, logged in or not."""
        if not sid:
            return None
        row = self._db.row("SELECT * FROM session WHERE sid = ?", sid)
        if row is not None and row["dies"] is not None and row["dies"] <= self._clock():
            self.close(sid)
            return None
        return row

    def uid(self, sid: str | None) -> int | None:
        """Return the user of a session; None when it has expired or the password was changed since."""
        row = self.get(sid)
        if row is None or row["uid"] is None or row["token"] != self._token(row["uid"]):
            return None
        return int(row["uid"])

    def login(self, sid: str) -> str:
        """Confirm the second factor: the session becomes valid, under a new id."""
        row = self.get(sid)
        self.close(sid)
        return self.open(uid=row["pre_uid"] if row else None)

    def rotate(self, sid: str) -> str:
        """Exchange a session id; the old one works for two more minutes."""
        row = self.get(sid)
        if row is None:
            return sid
        fresh = self._new_sid()
        new = sid[:STABLE] + fresh[STABLE:] if self._capabilities().rotates_tail else fresh
        self._db.insert("session", sid=new, uid=row["uid"], csrf=row["csrf"], polled=row["polled"], token=row["token"])
        self._db.run("UPDATE session SET next_sid = ?, dies = ? WHERE sid = ?", new, self._clock() + GRACE, sid)
        return new

    def follow(self, sid: str) -> str:
        """Return the newest id of a session, which an open WebSocket follows while the old one is valid."""
        row = self.get(sid)
        while row is not None and row["next_sid"]:
            sid = row["next_sid"]
            row = self.get(sid)
        return sid

    def polled(self, sid: str) -> None:
        """Remember that this session made its first peek."""
        self._db.run("UPDATE session SET polled = 1 WHERE sid = ?", sid)

    def close(self, sid: str) -> None:
        """Log out."""
        self._db.run("DELETE FROM session WHERE sid = ?", sid)

    def expire(self, uid: int | None = None) -> None:
        """End all sessions, or those of one user."""
        if uid is None:
            self._db.run("DELETE FROM session")
        else:
            self._db.run("DELETE FROM session WHERE uid = ? OR pre_uid = ?", uid, uid)

    def of(self, uid: int) -> list[str]:
        """Return the ids of a user's sessions that were not exchanged."""
        return self._db.column("SELECT sid FROM session WHERE uid = ? AND next_sid IS NULL", uid)

    def _token(self, uid: int | None) -> str | None:
        # As in Odoo, a session depends on the password: a change ends every session.
        if uid is None:
            return None
        found: str | None = self._db.value("SELECT password || '/' || active FROM user WHERE id = ?", uid)
        return found
