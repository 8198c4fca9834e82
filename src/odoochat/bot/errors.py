"""Bot errors, whose messages are written for the users of the bot."""

from __future__ import annotations

from odoochat.errors import OdooChatError

__all__ = ["BadArgument", "BotError", "NotAllowed", "OnCooldown", "QuestionCancelled", "QuestionTimedOut"]


class BotError(OdooChatError):
    """Base class for errors that a bot reports as a reply, unless an error handler catches them."""


class BadArgument(BotError):
    """Raised if a command argument is missing, unknown or invalid.

    Converters raise this error. The message explains what is wrong and which values are accepted.
    """


class NotAllowed(BotError):
    """Raised if a person may not use a command."""


class OnCooldown(BotError):
    """Raised if a command is used more often than its cooldown allows.

    Args:
        text: the message, which states when the command can be used again.

    Attributes:
        retry_after: seconds until the command can be used again.
    """

    def __init__(self, text: str, *, retry_after: float) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class QuestionTimedOut(BotError):
    """Raised if a person does not answer a question in time."""


class QuestionCancelled(BotError):
    """Raised if a person answers a question with ``/cancel``."""
