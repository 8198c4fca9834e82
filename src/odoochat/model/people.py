"""People: message authors, channel members, users, and the current user."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from typing import Literal

from odoochat.model.identity import Identified

__all__ = ["Author", "AuthorKind", "Me", "Member", "Person"]

AuthorKind = Literal["partner", "guest", "email", "unknown"]


class Author(Identified, frozen=True, eq=False):
    """The author of a message, or a person who types, reads or reacts.

    Equal to another `Author`, a `Person` or `Me` of the same kind and id.

    Attributes:
        id: the ``res.partner`` or ``mail.guest`` id; 0 if `kind` is ``email`` or ``unknown``.
        kind: ``partner`` or ``guest`` (their ids overlap); ``email`` for a message with only a sender's address;
            ``unknown`` for a message with neither.
        name: the person's name; empty if the server sent none.
        email: the sender's address if `kind` is ``email``, otherwise empty. Authors of this kind are compared by
            address.
    """

    id: int
    kind: AuthorKind = "partner"
    name: str = ""
    email: str = ""

    def identity(self) -> Hashable:
        """Return the kind and id, or the address of an e-mail sender."""
        return _person(self.kind, self.id, self.email or ("" if self.id else self.name))


def _person(kind: AuthorKind, number: int, address: str = "") -> Hashable:
    return ("person", kind, number) if number else ("person", kind, address.casefold())


class Me(Identified, frozen=True, eq=False):
    """The current user, or a guest who joined with an invitation. Equal to the matching `Author` and `Person`.

    Attributes:
        uid: the ``res.users`` id; 0 for a guest.
        partner_id: id of the user's ``res.partner``; 0 for a guest.
        name: the person's name.
        login: the login name; empty for a guest.
        guest_id: the ``mail.guest`` id; 0 for a user.
    """

    uid: int
    partner_id: int
    name: str
    login: str = ""
    guest_id: int = 0

    def identity(self) -> Hashable:
        """Return the identity of the matching author."""
        return self.author.identity()

    @property
    def author(self) -> Author:
        """The current user as an author."""
        if self.guest_id:
            return Author(self.guest_id, "guest", self.name)
        return Author(self.partner_id, "partner", self.name)

    def wrote(self, author: Author) -> bool:
        """Return whether an author is the current user. This is the same as comparing them with ``==``.

        Args:
            author: a message's author.
        """
        if self.guest_id:
            return author.id == self.guest_id and author.kind == "guest"
        if self.partner_id:
            return author.id == self.partner_id and author.kind == "partner"
        return author == self.author


class Member(Identified, frozen=True, eq=False):
    """A member of a channel. Equal to another `Member` with the same id: the same person in the same channel.

    Attributes:
        author: the person.
        id: the ``discuss.channel.member`` id (``mail.channel.partner`` up to Odoo 15).
        status: ``online``, ``away``, ``offline``…; None if the server did not send it.
        seen: id of the last message that they have read, or None.
        joined: when they joined, in UTC; None if the server did not send it.
    """

    author: Author
    id: int
    status: str | None = None
    seen: int | None = None
    joined: datetime | None = None

    def identity(self) -> Hashable:
        """Return the member's id."""
        return ("member", self.id) if self.id else ("member", 0, self.author.identity())


class Person(Identified, frozen=True, eq=False):
    """A person who can receive messages. Equal to a `Person`, `Author` or `Me` with the same partner id.

    Attributes:
        id: the ``res.partner`` id.
        name: the person's name.
        login: the login name; None if the person is not a user, or if the current user is not allowed to see it.
        email: the e-mail address; None if there is none, or if the current user is not allowed to see it.
        status: ``online``, ``away``, ``offline``…; None if the server did not send it.
        uid: the ``res.users`` id; None if the person is not a user.
    """

    id: int
    name: str
    login: str | None = None
    email: str | None = None
    status: str | None = None
    uid: int | None = None

    def identity(self) -> Hashable:
        """Return the partner's id."""
        return _person("partner", self.id)

    @property
    def author(self) -> Author:
        """The person as an author."""
        return Author(self.id, "partner", self.name)
