"""Defines the JSON commands that other programs send to a relay."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from odoochat.errors import UsageError

__all__ = ["Command", "EditMessage", "MarkRead", "React", "RelayCommand", "SendMessage", "Unreact", "decode_command"]

Id = Annotated[
    str, Meta(min_length=1, max_length=200, description="Unique id of the command; a repeated id is ignored")
]
Account = Annotated[str, Meta(min_length=1, description="Name of the account that runs the command")]
MessageId = Annotated[int, Meta(ge=1, description="Id of the message")]
Text = Annotated[str, Meta(min_length=1, max_length=100_000, description="The text")]
Markup = Annotated[Literal["text", "markdown"], Meta(description="Format of the text")]
ChannelRef = Annotated[int | str, Meta(description="Id or name of the channel, or @login for a direct chat")]
Emoji = Annotated[str, Meta(min_length=1, max_length=50, description="An emoji or its name, e.g. :tada:")]


class RelayCommand(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="command"):
    """Base class of all commands.

    Attributes:
        id: the command's unique id. A command with a known id is not run again.
        account: name of the account that runs the command.
    """

    id: Id
    account: Account


class SendMessage(RelayCommand, frozen=True, kw_only=True, tag="send"):
    """Post a message.

    Attributes:
        channel: the channel: an id, a name or ``@login``.
        text: the text.
        markup: the format of the text.
        reply_to: id of the message to reply to, or None.
    """

    channel: ChannelRef
    text: Text
    markup: Markup = "text"
    reply_to: MessageId | None = None


class EditMessage(RelayCommand, frozen=True, kw_only=True, tag="edit"):
    """Replace the text of a message.

    Attributes:
        message_id: id of the message.
        text: the new text.
        markup: the format of the text.
    """

    message_id: MessageId
    text: Text
    markup: Markup = "text"


class React(RelayCommand, frozen=True, kw_only=True, tag="react"):
    """Add a reaction to a message.

    Attributes:
        message_id: id of the message.
        emoji: the emoji.
    """

    message_id: MessageId
    emoji: Emoji


class Unreact(RelayCommand, frozen=True, kw_only=True, tag="unreact"):
    """Remove a reaction from a message.

    Attributes:
        message_id: id of the message.
        emoji: the emoji.
    """

    message_id: MessageId
    emoji: Emoji


class MarkRead(RelayCommand, frozen=True, kw_only=True, tag="mark_read"):
    """Mark a channel's messages as read.

    Attributes:
        channel: the channel.
        message_id: id of the last message to mark as read; None for all messages.
    """

    channel: ChannelRef
    message_id: MessageId | None = None


Command: TypeAlias = SendMessage | EditMessage | React | Unreact | MarkRead

_decoder = msgspec.json.Decoder(Command)


def decode_command(body: bytes) -> Command:
    """Decode a command.

    Args:
        body: the JSON.

    Raises:
        UsageError: the body is not a valid command; the message explains why.
    """
    try:
        found: Command = _decoder.decode(body)
        return found
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise UsageError(f"not a command: {error}") from None
