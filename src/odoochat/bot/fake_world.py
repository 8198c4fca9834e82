"""In-memory people, channels and messages for tests without a server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn, Protocol

from odoochat.errors import NotFound, UsageError
from odoochat.events import Event, MessagePosted
from odoochat.model import Author, ChannelInfo, Me, Message, Person
from odoochat.wire.content import body

__all__ = ["EventReceiver", "FakePeople", "FakeWorld", "missing"]


class EventReceiver(Protocol):
    """A client that receives events."""

    @property
    def me(self) -> Me:
        """The user."""
        ...

    def receive(self, event: Event) -> None:
        """Publish an event to the client's subscriptions.

        Args:
            event: the event.
        """
        ...


class FakeWorld:
    """State shared by all fake clients in a test.

    Args:
        now: returns the time.

    Attributes:
        people: people by login.
        channels: channels by id.
        messages: messages by id.
        results: results for `Client.execute`, by model and method.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._clients: list[EventReceiver] = []
        self._keys: dict[str, int] = {}
        self.people: dict[str, Person] = {}
        self.channels: dict[int, ChannelInfo] = {}
        self.messages: dict[int, Message] = {}
        self.results: dict[tuple[str, str], Any] = {}

    def person(self, login: str) -> Person:
        """Return a person, creating them if the login is unknown.

        Args:
            login: the login, from which the name is derived.
        """
        login = login.removeprefix("@")
        if login not in self.people:
            number = 10 + len(self.people)
            self.people[login] = Person(number, login.capitalize(), login, f"{login}@example.com", "online", number)
        return self.people[login]

    def enter(self, client: EventReceiver) -> None:
        """Add a client, so that it receives events from now on.

        Args:
            client: the client.
        """
        self._clients.append(client)

    def channel(self, name: str) -> ChannelInfo:
        """Return a channel, creating it with everyone as a member if the name is unknown.

        Args:
            name: the name, with or without ``#``.
        """
        name = name.removeprefix("#")
        for info in self.channels.values():
            if info.name == name and info.kind == "channel":
                return info
        return self._add(ChannelInfo(1 + len(self.channels), name, member_count=len(self.people)))

    def chat(self, one: int, other: int) -> ChannelInfo:
        """Return the direct chat between two people, creating it if needed.

        Args:
            one: a partner id.
            other: the other partner id.
        """
        pair = tuple(sorted((one, other)))
        for info in self.channels.values():
            if info.kind == "chat" and info.partners == pair:
                return info
        names = ", ".join(p.name for p in self.people.values() if p.id in pair)
        return self._add(ChannelInfo(1 + len(self.channels), names, "chat", partners=pair, member_count=2))

    def _add(self, info: ChannelInfo) -> ChannelInfo:
        self.channels[info.id] = info
        return info

    def post(self, author: Person, channel_id: int, html: str, key: str | None, **facts: Any) -> Message:
        """Post a message, or return the existing one if its key was already used.

        Args:
            author: the message's author.
            channel_id: the channel to post in.
            html: the message's body.
            key: the message's idempotency key.
            facts: additional fields of `Message`.
        """
        if key is not None and key in self._keys:
            return self.messages[self._keys[key]]
        number = 101 + len(self.messages)
        now = self._now()
        info = self.channels[channel_id]
        message = Message(number, info.ref, author.author, body.to_text(html), html, now, created=now, **facts)
        self.messages[number] = message
        if key is not None:
            self._keys[key] = number
        self.publish(MessagePosted(message), info)
        return message

    def publish(self, event: Event, info: ChannelInfo) -> None:
        """Publish an event to the clients that can see its channel.

        Args:
            event: the event. If it contains a message, the author's client receives it marked as the user's own.
            info: the channel.
        """
        for client in self._clients:
            if info.kind != "chat" or client.me.partner_id in info.partners:
                client.receive(event)


class FakePeople:
    """Stands in for `odoochat.People`.

    Args:
        world: the people.
    """

    def __init__(self, world: FakeWorld) -> None:
        self._world = world

    async def find(self, person: Author | Person | int | str) -> int:
        """Find a person and return their partner id.

        Args:
            person: a person, a partner id, a login or a name.
        """
        if isinstance(person, Author | Person):
            return person.id
        return (await self.person(person)).id

    async def person(self, person: int | str) -> Person:
        """Find a person.

        Args:
            person: a partner id, a login or a name, with or without ``@``.

        Raises:
            NotFound: the person is unknown.
        """
        wanted = person.removeprefix("@").casefold().strip() if isinstance(person, str) else person
        for each in self._world.people.values():
            if wanted in (each.id, (each.login or "").casefold(), each.name.casefold()):
                return each
        raise NotFound("person", f"no user {person!r}; use a login, or a name as Odoo shows it")

    async def search(self, text: str = "", limit: int = 50) -> list[Person]:
        """Search for people by name or login.

        Args:
            text: partial name or login; empty for all.
            limit: maximum number of people.
        """
        found = [p for p in self._world.people.values() if text.casefold() in f"{p.name} {p.login}".casefold()]
        return sorted(found, key=lambda p: p.name.casefold())[:limit]


def missing(what: str, name: str) -> NoReturn:
    """Raise an error for an attribute that the tester does not have.

    Args:
        what: the object that lacks the attribute.
        name: the attribute's name.

    Raises:
        UsageError: always, except for names with a leading underscore, which Python itself looks up.
    """
    if name.startswith("_"):
        raise AttributeError(name)
    raise UsageError(
        f"{what} of an in-memory tester has no {name!r}; test it with a sandbox: BotTester(bot, odoo_sandbox)"
    )
