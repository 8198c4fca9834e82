"""People: finding users, their presence, and direct chats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from odoochat.client.connection import Connection
from odoochat.client.history import checked
from odoochat.client.presence import Status
from odoochat.errors import NotFound, ServerFault, UsageError, names
from odoochat.model import Author, Person
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.requests.call import Call
from odoochat.wire.values import pair, records

__all__ = ["People"]

FIELDS = ["login", "name", "partner_id", "im_status", "email"]


class People:
    """Looks people up for one client.

    Args:
        connection: of the client.
    """

    def __init__(self, connection: Connection) -> None:
        self._session = connection.session
        self._state = connection.state
        self._membership = connection.membership
        self._presence = connection.presence

    async def find(self, person: Author | Person | int | str) -> int:
        """The partner id of somebody.

        Args:
            person: a person, a partner id, a login or a name, with or without ``@``.

        Raises:
            NotFound: nobody is called so.
            UsageError: several are.
        """
        if isinstance(person, Author) and person.kind != "partner":
            who = person.name or person.email or f"{person.kind} {person.id}"
            raise NotFound("person", f"{who} has no account on this server: a {person.kind} is not a partner")
        if isinstance(person, Author | Person):
            return person.id
        return person if isinstance(person, int) else (await self.person(person)).id

    async def person(self, person: int | str) -> Person:
        """Somebody.

        Args:
            person: a partner id, a login or a name, with or without ``@``.

        Raises:
            NotFound: nobody is called so.
            UsageError: several are.
        """
        if isinstance(person, int):
            found = await self._ask([["partner_id", "=", person]]) or await self._partners([["id", "=", person]])
            if found:
                return found[0]
            raise NotFound("person", f"no user with the partner id {person}")
        name = person.removeprefix("@").strip()
        for field in ("login", "name"):
            people = await self._ask([[field, "=ilike", escaped(name)]]) if name else []
            exact = [p for p in people if name in (p.login, p.name)]
            people = exact or people
            if len(people) > 1:
                listed = names([f"@{p.login} ({p.name})" for p in people])
                raise UsageError(f"several users are named {name!r}; use a login: {listed}")
            if people:
                return people[0]
        # A part of a name is nobody's name: what is meant for one must not go to another.
        near = await self.search(name, 5) if name else []
        hint = (
            f"did you mean {names([f'@{p.login}' for p in near])}?"
            if near
            else "use a login, or a name as Odoo shows it"
        )
        raise NotFound("person", f"no user {name!r}; {hint}")

    async def search(self, text: str = "", limit: int = 50) -> list[Person]:
        """Users whose name or login holds a text, by name; all of them for an empty one.

        Args:
            text: a part of the name or login.
            limit: how many at most.

        Raises:
            UsageError: a limit below 0.
        """
        if not checked(limit):
            return []
        domain: list[Any] = []
        if text:
            domain = ["|", ["name", "ilike", escaped(text)], ["login", "ilike", escaped(text)]]
        return sorted(await self._ask(domain, limit), key=lambda p: p.name.casefold())

    async def _ask(self, domain: list[Any], limit: int = 20) -> list[Person]:
        query: dict[str, Any] = {"domain": domain, "fields": FIELDS, "limit": limit}
        people: list[Person] = []
        for row in records(await self._session.do(Call("res.users", "search_read", None, query))):
            partner, shown = pair(row.get("partner_id"))
            name, login, email, status = (
                safe_name(row[k]) if isinstance(row.get(k), str) else ""
                for k in ("name", "login", "email", "im_status")
            )
            if not partner:
                continue
            self._state.author("partner", partner, name or shown, display=not name)
            people.append(Person(partner, name or shown, login or None, email or None, status or None, row["id"]))
        return people

    async def _partners(self, domain: list[Any]) -> list[Person]:
        status = ["im_status"] if self._session.dialect.table.presence_model == "res.partner" else []
        query: dict[str, object] = {"domain": domain, "fields": ["name", "email", *status], "limit": 1}
        rows = records(await self._session.do(Call("res.partner", "search_read", None, query)))
        return [
            Person(
                row["id"],
                safe_name(str(row.get("name") or "")),
                email=str(row.get("email") or "") or None,
                status=str(row.get("im_status") or "") or None,
            )
            for row in rows
        ]

    # ------------------------------------------------------------------ presence

    async def statuses(self, partner_ids: Sequence[int]) -> dict[int, str]:
        """Return the status of people, ``online``, ``away``, ``offline``…, by partner id.

        Args:
            partner_ids: ids of their ``res.partner``.
        """
        return await self._presence.statuses(partner_ids)

    async def watch(self, people: Iterable[Author | Person | int | str]) -> None:
        """Hears of people who come and go from now on, as `PresenceChanged`; up to 16 they are asked for every 50 s.

        Args:
            people: authors, persons, partner ids, logins or names.

        Raises:
            NotFound: nobody is called so.
        """
        found = [
            p if isinstance(p, Person) else await self.person(await self.find(p) if isinstance(p, Author) else p)
            for p in people
        ]
        await self._presence.watch(found)

    def status(self, who: Author | Person | int) -> str | None:
        """Return the last known presence of a person; nothing is asked.

        Args:
            who: an author, a person or a partner id.

        Returns:
            ``online``, ``away``, ``offline``…; None when it is not known.
        """
        if isinstance(who, Author) and who.kind != "partner":
            return None
        return self._state.status(who if isinstance(who, int) else who.id) or None

    async def set_status(self, status: Status) -> None:
        """Shows the others whether I am there, until it is set anew.

        19 and later take any status; before, only the devices count: 17 and 18 know ``online`` and ``away``, earlier
        ones ``online`` alone, and find out by themselves who is away.

        Args:
            status: the new status.

        Raises:
            UsageError: another status, or one that this version does not know.
            ApiKeyOnly: from 19 on it needs a session.
        """
        await self._presence.set_status(status)

    # -------------------------------------------------------------- direct chats

    def chat_known_with(self, partner: int) -> int | None:
        """Return the id of the direct chat with a person when it is among the user's channels, else None.

        Args:
            partner: id of the ``res.partner``.
        """
        me = self._session.me.partner_id
        for info in self._state.channels():
            if info.kind == "chat" and set(info.partners) == {me, partner}:
                return info.id
        return None

    async def chat_of_archived(self, ref: str) -> int | None:
        """The id of the direct chat of old with somebody who is archived; None when there is none.

        Args:
            ref: a login or a name, with or without ``@``.

        Raises:
            UsageError: several are called so.
        """
        name = ref.removeprefix("@").strip()
        found = {i.id for i in self._state.channels() if name and i.kind == "chat" and _same(i.name, name)}
        for field in ("login", "name") if name and not found else ():
            people = await self._ask([[field, "=ilike", escaped(name)], ["active", "=", False]])
            found = {number for p in people if (number := self.chat_known_with(p.id)) is not None}
            if found:
                break
        if len(found) > 1:
            raise UsageError(f"several chats with {name!r}; use an id: {names([str(i) for i in found])}")
        return found.pop() if found else None

    async def chat_with(self, person: Author | Person | int | str) -> int:
        """Return the id of the direct chat with a person, which is made when missing.

        Args:
            person: see `find`.

        Raises:
            NotFound, UsageError: see `find`.
        """
        partner = await self.find(person)
        if (known := self.chat_known_with(partner)) is not None:
            return known
        channels, session = self._session.dialect.channels, self._session.has_session
        if session or channels.gets_chats_by_call:
            made = channels.created(await self._session.do(channels.get_chat(partner)))
        else:
            # Another of my devices may have made it since my channels were read: nothing on the server hinders two.
            await self._membership.refresh()
            if (known := self.chat_known_with(partner)) is not None:
                return known
            try:
                made = channels.created(await self._session.do(channels.create_chat(partner)))
            except ServerFault:
                # 20 † has at most one chat of two people: another device made it meanwhile.
                await self._membership.refresh()
                if (known := self.chat_known_with(partner)) is None:
                    raise
                return known
        await self._membership.refresh()
        return made


def _same(one: str, other: str) -> bool:
    return one.casefold().strip() == other.casefold()


def escaped(text: str) -> str:
    """A text for ``ilike``, in which ``%`` and ``_`` stand for other characters."""
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
