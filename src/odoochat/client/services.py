"""The services that the channels and records of one client share."""

from __future__ import annotations

from typing import Literal

from odoochat.client.connection import Connection
from odoochat.client.files import Files
from odoochat.client.outbox_runner import OutboxRunner
from odoochat.client.people import People
from odoochat.model import Author, Message, Person

__all__ = ["Everyone", "Markup", "Mentioned", "Services", "id_of"]

Markup = Literal["text", "markdown", "html"]
"""How a text is meant: as it is, as Markdown, or as HTML."""
Everyone = Literal["everyone"]
Mentioned = Author | Person | int | str
"""A person to mention or invite: a person, a partner id, a login or a name; for mentions also ``"everyone"``."""


class Services:
    """What every channel and record of a client works with.

    Args:
        connection: the open connection.
        people: looks people up.
        files: uploads files.

    Attributes:
        session: sends requests.
        state: what the client knows.
        queries: reads messages.
        publisher: publishes events.
        membership: reads the user's channels.
        clock: returns the seconds by which typing notifications expire.
        people: looks people up.
        files: uploads files.
    """

    def __init__(self, connection: Connection, people: People, files: Files) -> None:
        self._connection = connection
        self.session = connection.session
        self.state = connection.state
        self.queries = connection.queries
        self.publisher = connection.publisher
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
        """Raise an error when the client is closed.

        Raises:
            UsageError: the client is closed.
        """
        self._connection.outbox_runner  # noqa: B018 - raises when closed


def id_of(message: Message | int) -> int:
    """Return the id of a message.

    Args:
        message: the message, or its id.
    """
    return message.id if isinstance(message, Message) else message
