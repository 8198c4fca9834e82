"""``poll`` and ``vote``: polls in a channel (Odoo 20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import find_channel, find_channel_message
from odoochat.cli.options import ChannelArgument, ServerOptions
from odoochat.cli.runner import run_connected
from odoochat.cli.streams import json_line, print_note, print_result
from odoochat.errors import ConfigError, NotFound
from odoochat.render import poll_lines

if TYPE_CHECKING:
    from odoochat.client.channel import Channel
    from odoochat.client.client import Client
    from odoochat.model import Poll, PollOption

__all__ = ["poll", "vote"]

RECENT_MESSAGES = 10
"""Number of recent messages to search for a new poll's message."""


def poll(
    channel: ChannelArgument,
    question: str,
    option: str,
    another: str,
    /,
    *more: str,
    minutes: float = 1440.0,
    several: bool = False,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Start a poll and print the id of its message (Odoo 20).

    Parameters
    ----------
    channel
        Channel id, name (general, #general) or person (@bob).
    question
        The question.
    option
        First option.
    another
        Second option.
    more
        More options.
    minutes
        How long the poll is open.
    several
        Allow votes for more than one option.
    json
        Print the poll as JSON.
    """

    async def work(odoo: Client) -> int:
        if not minutes > 0:
            raise ConfigError(f"--minutes must be more than 0, not {minutes:g}")
        options = (option, another, *more)
        if not question.strip() or not all(o.strip() for o in options):
            raise ConfigError("the question or an option is empty")
        found = await find_channel(odoo, channel)
        number = await found.polls.create(question, options, minutes=minutes, several=several)
        message, created = await _find_poll(found, number)
        if message is None:
            print_note(f"odoochat: poll {number} was created, but its message was not found")
        if json:
            print_result(json_line({"message_id": message, "poll": created or {"id": number}}))
        elif message is not None:
            print_result(str(message))
        return DONE

    return run_connected(server, work)


def vote(
    id: int, /, *option: str, remove: bool = False, server: ServerOptions | None = None, json: bool = False
) -> int:
    """Vote in a poll, or print its results if no option is given (Odoo 20).

    Parameters
    ----------
    id
        Id of the poll's message.
    option
        The option to vote for: its number, starting at 1, or its text.
    remove
        Withdraw your vote.
    json
        Print the poll as JSON.
    """

    async def work(odoo: Client) -> int:
        if remove and option:
            raise ConfigError("--remove withdraws your whole vote; omit the options")
        message, channel = await find_channel_message(odoo, id)
        found = await channel.polls.fetch(message)
        if option or remove:
            chosen = [_option(found, text) for text in option]
            if len(chosen) > 1 and not found.several:
                raise ConfigError("this poll allows only one option per person")
            if remove or (not found.several and any(o.mine for o in found.options)):
                await channel.polls.unvote(found)  # Odoo rejects a second vote until the first is withdrawn
            if chosen:
                await channel.polls.vote(found, *chosen)
            found = await channel.polls.fetch(message)
        if json:
            print_result(json_line({"message_id": id, "poll": found}))
        elif not (option or remove):
            for line in poll_lines(found):
                print_result(line)
        return DONE

    return run_connected(server, work)


def _option(poll: Poll, text: str) -> PollOption:
    """Return an option by number or text."""
    for option in poll.options:
        if option.label.casefold() == text.strip().casefold():
            return option
    if text.isdigit() and 1 <= int(text) <= len(poll.options):
        return poll.options[int(text) - 1]
    existing = ", ".join(f"{n} {option.label}" for n, option in enumerate(poll.options, 1))
    raise ConfigError(f"this poll has no option {text!r}; its options are {existing}")


async def _find_poll(channel: Channel, number: int) -> tuple[int | None, Poll | None]:
    """Find a new poll's message; the server's response contains only the poll's id."""
    async for message in channel.history(RECENT_MESSAGES):
        try:
            found = await channel.polls.fetch(message)
        except NotFound:
            continue
        if found.id == number:
            return message.id, found
    return None, None
