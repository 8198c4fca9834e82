"""The errors of bots; the text of each is a reply that a user understands."""

from __future__ import annotations

from odoochat.errors import OdooChatError

__all__ = ["BadArgument", "BotError", "NotAllowed", "OnCooldown", "QuestionCancelled", "QuestionTimedOut"]


class BotError(OdooChatError):
    """Base of the errors that a bot answers with their text, unless an error handler takes them."""


class BadArgument(BotError):
    """Raised when an argument of a command is missing, unknown or has a wrong form.

    Converters raise it; the text says what is wrong and what is accepted.
    """


class NotAllowed(BotError):
    """Raised when a person may not use a command."""


class OnCooldown(BotError):
    """Raised when a command is used more often than its cooldown allows.

    Args:
        text: says when it may be used again.

    Attributes:
        retry_after: seconds until it may be used again.
    """

    def __init__(self, text: str, *, retry_after: float) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class QuestionTimedOut(BotError):
    """Raised when a person does not answer a question in time."""


class QuestionCancelled(BotError):
    """Raised when a person answers a question with ``/cancel``."""
