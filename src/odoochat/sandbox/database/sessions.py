"""Browser sessions: their cookies, expiration, and rotation as in Odoo 19."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from odoochat.sandbox.database.schema import Database, Row
from odoochat.sandbox.versions.capabilities import Capabilities

GRACE = 120.0  # seconds that a rotated session id keeps working
STABLE = 42  # characters of a session id that survive a rotation in 19


class Sessions:
    """All sessions in one database.

    Args:
        db: the database that stores them.
        clock: returns the current time as a Unix timestamp.
        capabilities: returns the Odoo version's capabilities.
    """

    def __init__(self, db: Database, clock: Callable[[], float], capabilities: Callable[[], Capabilities]) -> None:
        self._db = db
        self._clock = clock
        self._capabilities = capabilities

    def _new_sid(self) -> str:
        return secrets.token_urlsafe(63) if self._capabilities().long_sids else secrets.token_hex(20)

    def open(self, uid: int | None = None, pre_uid: int | None = None) -> str:
        """Create a session; `pre_uid` is a user who has not yet entered the second factor."""
        sid = self._new_sid()
        self._db.insert(
            "session", sid=sid, uid=uid, pre_uid=pre_uid, csrf=secrets.token_hex(20), token=self._token(uid)
        )
        return sid

    def get(self, sid: str | None) -> Row | None:
        """Return a stored session that has not expired, whether logged in or not."""
        if not sid:
            return None
        row = self._db.row("SELECT * FROM session WHERE sid = ?", sid)
        if row is not None and row["dies"] is not None and row["dies"] <= self._clock():
            self.close(sid)
            return None
        return row

    def uid(self, sid: str | None) -> int | None:
        """Return a session's user, or None if the session has expired or the password has changed since login."""
        row = self.get(sid)
        if row is None or row["uid"] is None or row["token"] != self._token(row["uid"]):
            return None
        return int(row["uid"])

    def login(self, sid: str) -> str:
        """Confirm the second factor; the session becomes valid under a new id."""
        row = self.get(sid)
        self.close(sid)
        return self.open(uid=row["pre_uid"] if row else None)

    def rotate(self, sid: str) -> str:
        """Rotate a session id; the old one keeps working for two minutes."""
        row = self.get(sid)
        if row is None:
            return sid
        fresh = self._new_sid()
        new = sid[:STABLE] + fresh[STABLE:] if self._capabilities().rotates_tail else fresh
        self._db.insert("session", sid=new, uid=row["uid"], csrf=row["csrf"], polled=row["polled"], token=row["token"])
        self._db.run("UPDATE session SET next_sid = ?, dies = ? WHERE sid = ?", new, self._clock() + GRACE, sid)
        return new

    def follow(self, sid: str) -> str:
        """Return a session's latest id, which an open WebSocket switches to while the old id is still valid."""
        row = self.get(sid)
        while row is not None and row["next_sid"]:
            sid = row["next_sid"]
            row = self.get(sid)
        return sid

    def polled(self, sid: str) -> None:
        """Record that a session has made its first peek."""
        self._db.run("UPDATE session SET polled = 1 WHERE sid = ?", sid)

    def close(self, sid: str) -> None:
        """Delete a session, as on logout."""
        self._db.run("DELETE FROM session WHERE sid = ?", sid)

    def expire(self, uid: int | None = None) -> None:
        """End all sessions, or only one user's."""
        if uid is None:
            self._db.run("DELETE FROM session")
        else:
            self._db.run("DELETE FROM session WHERE uid = ? OR pre_uid = ?", uid, uid)

    def of(self, uid: int) -> list[str]:
        """Return the ids of a user's sessions, excluding rotated ones."""
        return self._db.column("SELECT sid FROM session WHERE uid = ? AND next_sid IS NULL", uid)

    def _token(self, uid: int | None) -> str | None:
        # As in Odoo, sessions depend on the password: changing it ends every session.
        if uid is None:
            return None
        found: str | None = self._db.value("SELECT password || '/' || active FROM user WHERE id = ?", uid)
        return found
