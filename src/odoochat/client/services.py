"""Services: the components shared by the channels and records of one client."""

from __future__ import annotations

from typing import Literal

from odoochat.client.connection import Connection
from odoochat.client.files import Files
from odoochat.client.outbox_runner import OutboxRunner
from odoochat.client.people import People
from odoochat.model import Author, Message, Person

__all__ = ["Everyone", "Markup", "Mentioned", "Services", "id_of"]

Markup = Literal["text", "markdown", "html"]
"""The format of message text: plain, Markdown or HTML."""
Everyone = Literal["everyone"]
Mentioned = Author | Person | int | str
"""A person to mention or invite: a `Person`, a partner id, a login or a name; for mentions, also ``"everyone"``."""


class Services:
    """The components that every channel and record of a client uses.

    Args:
        connection: the open connection.
        people: looks up people.
        files: uploads files.

    Attributes:
        session: sends requests.
        state: the client's state.
        queries: fetches messages.
        publisher: publishes events.
        own_posts: fetches the messages that the server created for posts.
        membership: fetches the user's channels.
        clock: a function that returns the time in seconds, for expiring typing notifications.
        people: looks up people.
        files: uploads files.
    """

    def __init__(self, connection: Connection, people: People, files: Files) -> None:
        self._connection = connection
        self.session = connection.session
        self.state = connection.state
        self.queries = connection.queries
        self.publisher = connection.publisher
        self.own_posts = connection.own_posts
        self.membership = connection.membership
        self.clock = connection.timing.clock
        self.people = people
        self.files = files

    @property
    def outbox_runner(self) -> OutboxRunner:
        """Posts messages.

        Raises:
            UsageError: the client is closed.
        """
        return self._connection.outbox_runner

    def check_open(self) -> None:
        """Raise an error if the client is closed.

        Raises:
            UsageError: the client is closed.
        """
        self._connection.outbox_runner  # noqa: B018 - raises when closed


def id_of(message: Message | int) -> int:
    """Return a message's id.

    Args:
        message: the message, or its id.
    """
    return message.id if isinstance(message, Message) else message
