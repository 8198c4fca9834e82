"""The company that the contract is tried in: most messages are other people's, and people belong to companies.

A test world in which every message is in one's own channels, and everybody is called alike everywhere, hides faults
that every real database shows.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any
from xmlrpc.client import Fault, ServerProxy

COMPANY, COLLEAGUE, CUSTOMER = "Acme Corporation", "colleague", "customer"
PACE = 0.4  # seconds between two of the others' messages on a real server: it shall be busy, and not slow


class Staff:
    """Calls of one user on a real server, by XML-RPC."""

    def __init__(self, url: str, db: str, login: str, password: str) -> None:
        with ServerProxy(f"{url}/xmlrpc/2/common") as common:
            found: Any = common.authenticate(db, login, password, {})
        if not found:
            raise RuntimeError(f"{login} cannot log in to {url}")
        self.uid = int(found)
        self._url, self._db, self._password = url, db, password

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        with ServerProxy(f"{self._url}/xmlrpc/2/object") as server:
            return server.execute_kw(self._db, self.uid, self._password, model, method, list(args), kwargs)


@cache
def settle(url: str, db: str, version: int, admin_password: str) -> int:
    """Makes the company on a real server: the same as often as it is called.

    Returns:
        A private group that neither alice nor bob is in.
    """
    admin = Staff(url, db, "admin", admin_password)
    company = _one(admin, "res.partner", [["name", "=", COMPANY], ["is_company", "=", True]],
                   {"name": COMPANY, "is_company": True})  # fmt: skip
    for login in ("alice", "bob"):
        (user,) = admin.call("res.users", "search_read", [["login", "=", login]], ["partner_id"])
        admin.call("res.partner", "write", [user["partner_id"][0]], {"parent_id": company})
    groups = "group_ids" if version >= 19 else "groups_id"
    for login, group in ((COLLEAGUE, "group_user"), (CUSTOMER, "group_portal")):
        domain = [["module", "=", "base"], ["name", "=", group]]
        (found,) = admin.call("ir.model.data", "search_read", domain, ["res_id"])
        values = {"name": login.capitalize(), "login": login, "password": login, "email": f"{login}@example.com",
                  groups: [[6, 0, [found["res_id"]]]]}  # fmt: skip
        made = _one(admin, "res.users", [["login", "=", login]], values)
        (user,) = admin.call("res.users", "read", [made], ["partner_id"])
        admin.call("res.partner", "write", [user["partner_id"][0]], {"parent_id": company})
    model = "discuss.channel" if version >= 17 else "mail.channel"
    kind: dict[str, Any] = {"channel_type": "group"} if version >= 17 else {"public": "private"}
    return _one(admin, model, [["name", "=", "elsewhere"]], {"name": "elsewhere", **kind})


def _one(admin: Staff, model: str, domain: list[Any], values: dict[str, Any]) -> int:
    found = admin.call(model, "search", domain, limit=1, context={"active_test": False})
    return int(found[0] if found else admin.call(model, "create", values))


class Crowd:
    """Other people who write on a real server as long as tests run: in a group of theirs, and about a contact."""

    def __init__(self, url: str, db: str, version: int, admin_password: str) -> None:
        self._group = settle(url, db, version, admin_password)
        self._admin = Staff(url, db, "admin", admin_password)
        self._model = "discuss.channel" if version >= 17 else "mail.channel"
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._write, name="the others", daemon=True)
        self._thread.start()

    def _write(self) -> None:
        number = 0
        while not self._end.wait(PACE):
            number += 1
            model, record = (self._model, self._group) if number % 3 else ("res.partner", 1)
            options = {"body": f"among us {number}", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
            try:
                self._admin.call(model, "message_post", [record], **options)
            except (OSError, Fault):
                continue  # the server is busy with a test of its own

    def stop(self) -> None:
        self._end.set()
        self._thread.join(20)
