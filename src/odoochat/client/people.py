"""People: finds users, their presence, and direct chats with them."""

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
    """Looks up people for one client.

    Args:
        connection: the client's connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._session = connection.session
        self._state = connection.state
        self._membership = connection.membership
        self._presence = connection.presence

    async def find(self, person: Author | Person | int | str) -> int:
        """Find a person and return their partner id.

        Args:
            person: a person, a partner id, a login or a name, with or without ``@``.

        Raises:
            NotFound: there is no such person.
            UsageError: several people have that name.
        """
        if isinstance(person, Author) and person.kind != "partner":
            who = person.name or person.email or f"{person.kind} {person.id}"
            raise NotFound("person", f"{who} has no account on this server; a {person.kind} is not a partner")
        if isinstance(person, Author | Person):
            return person.id
        return person if isinstance(person, int) else (await self.person(person)).id

    async def person(self, person: int | str) -> Person:
        """Find a person.

        Args:
            person: a partner id, a login or a name, with or without ``@``.

        Raises:
            NotFound: there is no such person.
            UsageError: several people have that name.
        """
        if isinstance(person, int):
            return (await self._of([person]))[0]
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
        # A partial name is not accepted, because a message must not reach the wrong person.
        near = await self.search(name, 5) if name else []
        hint = (
            f"did you mean {names([f'@{p.login}' for p in near])}?"
            if near
            else "use a login, or a name as Odoo shows it"
        )
        raise NotFound("person", f"no user {name!r}; {hint}")

    async def search(self, text: str = "", limit: int = 50) -> list[Person]:
        """Search for users by name or login.

        Args:
            text: part of the name or login; empty for all users.
            limit: maximum number of users.

        Returns:
            The users, sorted by name.

        Raises:
            UsageError: `limit` is negative.
        """
        if not checked(limit):
            return []
        domain: list[Any] = []
        if text:
            domain = ["|", ["name", "ilike", escaped(text)], ["login", "ilike", escaped(text)]]
        return sorted(await self._ask(domain, limit), key=lambda p: p.name.casefold())

    async def _ask(self, domain: list[Any], limit: int | None = 20) -> list[Person]:
        query: dict[str, Any] = {"domain": domain, "fields": FIELDS}
        if limit is not None:
            query["limit"] = limit
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

    async def _of(self, partner_ids: Sequence[int]) -> list[Person]:
        """Return the people with the given partner ids, in one request if all of them are users."""
        wanted = list(dict.fromkeys(partner_ids))
        if not wanted:
            return []
        found = {p.id: p for p in await self._ask([["partner_id", "in", wanted]], None)}
        if others := [number for number in wanted if number not in found]:
            found |= {p.id: p for p in await self._partners([["id", "in", others]])}
        for number in wanted:
            if number not in found:
                raise NotFound("person", f"no user with the partner id {number}")
        return [found[number] for number in wanted]

    async def _partners(self, domain: list[Any]) -> list[Person]:
        status = ["im_status"] if self._session.dialect.table.presence_model == "res.partner" else []
        query: dict[str, object] = {"domain": domain, "fields": ["name", "email", *status]}
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
        """Fetch people's presence status (``online``, ``away``, ``offline``…), by partner id.

        Args:
            partner_ids: their ``res.partner`` ids.
        """
        return await self._presence.statuses(partner_ids)

    async def watch(self, people: Iterable[Author | Person | int | str]) -> None:
        """Start publishing people's presence changes as `PresenceChanged`. Up to Odoo 16, this polls every 50 s.

        Args:
            people: authors, `Person` objects, partner ids, logins or names.

        Raises:
            NotFound: there is no such person.
        """
        found: list[Person] = []
        numbers: list[int] = []
        for each in people:
            if isinstance(each, Person):
                found.append(each)
            elif isinstance(each, str):
                found.append(await self.person(each))
            else:
                numbers.append(await self.find(each))
        await self._presence.watch([*found, *await self._of(numbers)])

    def status(self, who: Author | Person | int) -> str | None:
        """Return a person's last known presence without sending a request.

        Args:
            who: an author, a person or a partner id.

        Returns:
            ``online``, ``away``, ``offline``…; None if unknown.
        """
        if isinstance(who, Author) and who.kind != "partner":
            return None
        return self._state.status(who if isinstance(who, int) else who.id) or None

    async def set_status(self, status: Status) -> None:
        """Set the presence that other users see until it is changed again.

        Odoo 19 and later accept any status. In earlier versions, the status depends on the user's devices: Odoo 17 and
        18 accept ``online`` and ``away``; earlier versions accept only ``online`` and detect on their own when a user
        is away.

        Args:
            status: the new status.

        Raises:
            UsageError: the status is unknown, or this version does not support it.
            ApiKeyOnly: the login has no session, which Odoo 19 and later require.
        """
        await self._presence.set_status(status)

    # -------------------------------------------------------------- direct chats

    def chat_known_with(self, partner: int) -> int | None:
        """Return the id of the user's direct chat with a person, or None.

        Args:
            partner: the ``res.partner`` id.
        """
        me = self._session.me.partner_id
        for info in self._state.channels():
            if info.kind == "chat" and set(info.partners) == {me, partner}:
                return info.id
        return None

    async def chat_of_archived(self, ref: str) -> int | None:
        """Return the id of an existing direct chat with an archived person, or None.

        Args:
            ref: a login or a name, with or without ``@``.

        Raises:
            UsageError: several people have that name.
        """
        name = ref.removeprefix("@").strip()
        found = {i.id for i in self._state.channels() if name and i.kind == "chat" and _same(i.name, name)}
        for field in ("login", "name") if name and not found else ():
            people = await self._ask([[field, "=ilike", escaped(name)], ["active", "=", False]])
            found = {number for p in people if (number := self.chat_known_with(p.id)) is not None}
            if found:
                break
        if len(found) > 1:
            raise UsageError(f"there are several chats with {name!r}; use an id: {names([str(i) for i in found])}")
        return found.pop() if found else None

    async def chat_with(self, person: Author | Person | int | str) -> int:
        """Return the id of the direct chat with a person, creating it if necessary.

        Args:
            person: see `find`.

        Raises:
            NotFound, UsageError: see `find`.
        """
        partner = await self.find(person)
        if (known := self.chat_known_with(partner)) is not None:
            return known
        channels = self._session.dialect.channels
        if channels.gets_chats:
            made = channels.created(await self._session.do(channels.get_chat(partner)))
        else:
            # Another device may have created it since the channels were fetched, and the server allows two.
            await self._membership.refresh()
            if (known := self.chat_known_with(partner)) is not None:
                return known
            try:
                made = channels.created(await self._session.do(channels.create_chat(partner)))
            except ServerFault:
                # 20 † allows only one chat between two people: another device has created it.
                await self._membership.refresh()
                if (known := self.chat_known_with(partner)) is None:
                    raise
                return known
        await self._membership.refresh()
        return made


def _same(one: str, other: str) -> bool:
    return one.casefold().strip() == other.casefold()


def escaped(text: str) -> str:
    """Escape a string for ``ilike``, in which ``%`` and ``_`` are wildcards."""
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
