"""Bot errors, with messages written for the bot's users."""

from __future__ import annotations

from odoochat.errors import OdooChatError

__all__ = ["BadArgument", "BotError", "NotAllowed", "OnCooldown", "QuestionCancelled", "QuestionTimedOut"]


class BotError(OdooChatError):
    """Base class for errors that a bot reports as a reply, unless an error handler catches them."""


class BadArgument(BotError):
    """Raised when a command argument is missing, unknown or invalid.

    Converters raise this error. The message explains what is wrong and which values are accepted.
    """


class NotAllowed(BotError):
    """Raised when a person is not allowed to use a command."""


class OnCooldown(BotError):
    """Raised when a command is used more often than its cooldown allows.

    Args:
        text: the message, which states when the command can be used again.

    Attributes:
        retry_after: seconds until the command can be used again.
    """

    def __init__(self, text: str, *, retry_after: float) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class QuestionTimedOut(BotError):
    """Raised when a person does not answer a question in time."""


class QuestionCancelled(BotError):
    """Raised when a person answers a question with ``/cancel``."""
