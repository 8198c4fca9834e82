"""Finds people, and the direct chat with them."""

from __future__ import annotations

from typing import Any

from odoochat.client.account import Account
from odoochat.client.intake import Intake
from odoochat.core.store import Store
from odoochat.errors import NotFound, UsageError, names
from odoochat.wire.call import Call
from odoochat.wire.values import dicts, pair

__all__ = ["People"]


class People:
    """Looks people up for one client."""

    def __init__(self, account: Account, store: Store, intake: Intake) -> None:
        self._account = account
        self._store = store
        self._intake = intake

    async def find(self, person: int | str) -> int:
        """The partner id of somebody.

        Args:
            person: a partner id, a login or a name, with or without ``@``.

        Raises:
            NotFound: nobody is called so.
            UsageError: several are.
        """
        if isinstance(person, int):
            return person
        name = person.removeprefix("@").strip()
        for domain in ([["login", "=ilike", name]], [["name", "=ilike", name]], [["name", "ilike", name]]):
            users = await self._users(domain)
            exact = [u for u in users if name in (u.get("login"), u.get("name"))]
            users = exact or users
            if len(users) > 1:
                found = names([f"@{u.get('login')} ({u.get('name')})" for u in users])
                raise UsageError(f"several people are called {name!r}: name one by login: {found}")
            if users:
                return pair(users[0].get("partner_id"))[0]
        raise NotFound("person", f"nobody here is called {name!r}: give a login or a name as Odoo shows it")

    async def _users(self, domain: list[Any]) -> list[dict[str, Any]]:
        name = str(domain[0][2])
        if not name:
            return []
        escaped = name.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        asked = [[domain[0][0], domain[0][1], escaped]]
        fields = {"domain": asked, "fields": ["login", "name", "partner_id"], "limit": 20}
        return dicts(await self._account.do(Call("res.users", "search_read", None, fields)))

    async def chat_with(self, person: int | str) -> int:
        """The id of the direct chat with somebody, which is made when missing.

        Raises:
            NotFound, UsageError: see `find`.
            ApiKeyOnly: it must be made, which takes a session from 19 on.
        """
        partner = await self.find(person)
        me = self._account.me.partner_id
        for info in self._store.channels():
            if info.kind == "chat" and set(info.partners) == {me, partner}:
                return info.id
        dialect = self._account.dialect
        channel_id = dialect.chat_id(await self._account.do(dialect.chat_with(partner)))
        await self._intake.refresh()
        return channel_id
