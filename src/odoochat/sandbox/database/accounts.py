"""Accounts: partners, users, guests, passwords, API keys and second factors.

A guest is a person without a partner. Wherever an id identifies a person or user, a guest is represented by its negated
guest id. Guests can therefore post, read and react through the same methods; only their payloads differ.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from collections.abc import Callable

from odoochat.sandbox import errors
from odoochat.sandbox.database.guests import StoredGuests
from odoochat.sandbox.database.schema import Database, Row

SUPERUSER, ADMINISTRATOR, PUBLIC_USER = 1, 2, 3
ODOOBOT_PARTNER, PUBLIC_PARTNER = 2, 4


# `display_name` is "Company, Person"; relations read over RPC use it. Observed on live Odoo 14 and 19 servers.
_PARTNERS = (
    "SELECT p.*, u.id AS user_id, COALESCE(u.share, 1) AS share,"
    " COALESCE((SELECT q.name || ', ' FROM partner q WHERE q.id = p.parent_id), '') || p.name AS display_name"
    " FROM partner p LEFT JOIN user u ON u.partner_id = p.id"
)


def totp(secret: str, now: float, drift: int = 0) -> str:
    """Return the six-digit code for a base32 secret at a given time (RFC 6238)."""
    digest = hmac.new(
        base64.b32decode(secret, casefold=True), struct.pack(">Q", int(now // 30) + drift), hashlib.sha1
    ).digest()
    start = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[start : start + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"


class Accounts:
    """A database's partners and users, with their passwords, API keys and second factors.

    Args:
        db: the database that stores them.
        clock: returns the current time as a Unix timestamp.
        now: returns the current time in Odoo's format.
        guests: the guests, who have negative ids.
    """

    def __init__(self, db: Database, clock: Callable[[], float], now: Callable[[], str], guests: StoredGuests) -> None:
        self._db = db
        self._clock = clock
        self._now = now
        self._guests = guests

    # people

    def add_partner(
        self,
        name: str,
        email: str | None = None,
        *,
        active: bool = True,
        parent: int | None = None,
        lang: str = "en_US",
    ) -> int:
        """Create a partner without a login, or a company. `parent` is the id of a person's company."""
        now = self._now()
        return self._db.insert(
            "partner", name=name, email=email, active=int(active), parent_id=parent, lang=lang, create_date=now,
            write_date=now,
        )  # fmt: skip

    def add_user(
        self,
        login: str,
        *,
        name: str | None = None,
        password: str | None = None,
        api_key: str | None = None,
        admin: bool = False,
        active: bool = True,
        portal: bool = False,
        parent: int | None = None,
        lang: str = "en_US",
    ) -> int:
        """Create a user. By default, the password equals the login, and the API key is predictable.

        A portal user is a customer with a login, as opposed to an employee.
        """
        now = self._now()
        name = name or login.capitalize()
        partner = self.add_partner(name, f"{login}@example.com", active=active, parent=parent, lang=lang)
        uid = self._db.insert(
            "user", login=login, password=login if password is None else password, partner_id=partner,
            active=int(active), is_admin=int(admin), share=int(portal), create_date=now, write_date=now,
        )  # fmt: skip
        self._db.insert("api_key", user_id=uid, key=api_key or f"sandbox-key-{login}")
        return uid

    def change_partner(self, partner_id: int, **values: object) -> None:
        """Update a partner's fields."""
        self._db.update("partner", partner_id, write_date=self._now(), **values)

    def delete_partner(self, partner_id: int) -> None:
        """Delete a partner without a login."""
        self._db.run("DELETE FROM partner WHERE id = ?", partner_id)

    def user(self, uid: int) -> Row | None:
        """Return a user, including the partner's name and email."""
        if uid < 0:
            guest = self.partner(uid)
            more = {"login": "", "partner_id": uid, "is_admin": 0, "active": 1, "share": 1}
            return None if guest is None else {**guest, **more}
        return self._db.row(
            "SELECT u.*, p.name, p.email, p.im_status, p.manual_im_status, p.lang FROM user u"
            " JOIN partner p ON p.id = u.partner_id WHERE u.id = ?", uid,
        )  # fmt: skip

    def name(self, uid: int) -> str:
        """Return the name of a user or guest."""
        user = self.user(uid)
        return "" if user is None else str(user["name"])

    def by_login(self, login: str) -> Row | None:
        """Return the user with the given login."""
        uid = self._db.value("SELECT id FROM user WHERE login = ?", login)
        return self.user(uid) if uid else None

    def uid(self, login: str) -> int:
        """Return the id of the user with the given login, which must exist."""
        found: int | None = self._db.value("SELECT id FROM user WHERE login = ?", login)
        if found is None:
            raise KeyError(login)
        return found

    def partner(self, partner_id: int) -> Row | None:
        """Return a partner, including its user id (None if it has no user)."""
        if partner_id < 0:
            return self._guests.row(partner_id)
        return self._db.row(f"{_PARTNERS} WHERE p.id = ?", partner_id)

    def partners(self) -> list[Row]:
        """Return all partners, with the columns of `partner`."""
        return self._db.rows(f"{_PARTNERS} ORDER BY p.id")

    def partner_of(self, uid: int) -> int:
        """Return a user's partner id."""
        if uid < 0:
            return uid
        found: int | None = self._db.value("SELECT partner_id FROM user WHERE id = ?", uid)
        return PUBLIC_PARTNER if found is None else found

    def user_of(self, partner_id: int) -> int | None:
        """Return a partner's user id."""
        if partner_id < 0:
            return partner_id
        found: int | None = self._db.value("SELECT id FROM user WHERE partner_id = ?", partner_id)
        return found

    def is_internal(self, uid: int | None) -> bool:
        """Return whether a user is an employee, i.e. neither a guest nor a portal user."""
        if uid is None or uid <= 0 or uid == PUBLIC_USER:
            return False
        return not self._db.value("SELECT share FROM user WHERE id = ?", uid)

    def is_admin(self, uid: int) -> bool:
        """Return whether a user is an administrator."""
        return bool(self._db.value("SELECT is_admin FROM user WHERE id = ?", uid))

    def users(self) -> list[Row]:
        """Return all active users except OdooBot and the public user."""
        return self._db.rows(
            "SELECT u.*, p.name FROM user u JOIN partner p ON p.id = u.partner_id"
            " WHERE u.active AND u.id NOT IN (?, ?) ORDER BY u.id", SUPERUSER, PUBLIC_USER,
        )  # fmt: skip

    # authentication

    def by_password(self, login: str, password: str) -> Row | None:
        """Return the user if the password is correct."""
        user = self.by_login(login)
        good = user is not None and user["active"] and user["password"] not in (None, "")
        return user if user is not None and good and user["password"] == password else None

    def by_key(self, key: str) -> Row | None:
        """Return an API key's owner."""
        uid = self._db.value("SELECT user_id FROM api_key WHERE key = ?", key)
        user = self.user(uid) if uid else None
        return user if user is not None and user["active"] else None

    def authenticate(self, login: str, secret: str) -> int | None:
        """Return the user for a password or API key; users with a second factor cannot use a password alone."""
        user = self.by_password(login, secret)
        if user is not None and not user["totp_secret"]:
            return int(user["id"])
        user = self.by_key(secret)
        return int(user["id"]) if user is not None and user["login"] == login else None

    def check(self, uid: object, secret: str) -> int:
        """Return the user making an RPC call, or raise an error if the secret is wrong."""
        user = self.user(uid) if isinstance(uid, int) and not isinstance(uid, bool) else None
        if user is not None and self.authenticate(user["login"], secret) == user["id"]:
            return int(user["id"])
        raise errors.denied()

    def change_password(self, login: str, new: str) -> None:
        """Change a password, ending sessions opened with the old one."""
        self._db.run("UPDATE user SET password = ?, write_date = ? WHERE login = ?", new, self._now(), login)

    def enable_totp(self, login: str, secret: str | None = None) -> str:
        """Require a second factor at login and return the shared secret."""
        chosen = secret or "JBSWY3DPEHPK3PXP"
        self._db.run("UPDATE user SET totp_secret = ? WHERE login = ?", chosen, login)
        return chosen

    def totp_code(self, login: str) -> str:
        """Return the code that an authenticator app currently shows."""
        user = self.by_login(login)
        return totp(user["totp_secret"], self._clock()) if user and user["totp_secret"] else ""

    def totp_matches(self, uid: int, code: str) -> bool:
        """Return whether a code is valid, allowing one time step before and after."""
        user = self.user(uid)
        if user is None or not user["totp_secret"]:
            return False
        return any(totp(user["totp_secret"], self._clock(), drift) == code for drift in (-1, 0, 1))

    def companies(self) -> set[int]:
        """Return the partner ids of companies: the database's own company and those that employ people."""
        return {1, *self._db.column("SELECT DISTINCT parent_id FROM partner WHERE parent_id IS NOT NULL")}

    def has_inbox(self, partner_id: int) -> bool:
        """Return whether a partner receives notifications in Odoo rather than by email."""
        kind = self._db.value("SELECT notification_type FROM user WHERE partner_id = ?", partner_id)
        return bool(kind == "inbox")
