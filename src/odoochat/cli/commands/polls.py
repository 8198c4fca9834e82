"""``poll`` and ``vote``: questions to a conversation (20)."""

from __future__ import annotations

from odoochat.cli.completion import Conversing
from odoochat.cli.connection import Server, act
from odoochat.cli.exit_codes import DONE, say
from odoochat.cli.lookup import channel_of, known
from odoochat.cli.streams import json_line, out
from odoochat.client.channel import Channel
from odoochat.client.client import Client
from odoochat.errors import ConfigError, NotFound
from odoochat.model import Poll, PollOption
from odoochat.render import poll_lines

__all__ = ["poll", "vote"]

LOOKED_AT = 10


def poll(
    channel: Conversing,
    question: str,
    option: str,
    another: str,
    /,
    *more: str,
    minutes: float = 1440.0,
    several: bool = False,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Start a poll, and print the id of its message (20).

    Parameters
    ----------
    channel
        An id, a name (general, #general) or a person (@bob).
    question
        What is asked.
    option
        What can be voted for.
    another
        What else.
    more
        More of them.
    minutes
        How long one can vote.
    several
        One may vote for more than one option.
    json
        Print the poll as JSON.
    """

    async def work(odoo: Client) -> int:
        if not minutes > 0:
            raise ConfigError(f"--minutes {minutes:g}: give more than 0")
        options = (option, another, *more)
        if not question.strip() or not all(o.strip() for o in options):
            raise ConfigError("the question, or an option, is empty")
        found = await known(odoo, channel)
        number = await found.create_poll(question, options, minutes=minutes, several=several)
        message, made = await _started(found, number)
        if message is None:
            say(f"odoochat: poll {number} is made, but its message was not found")
        if json:
            out(json_line({"message_id": message, "poll": made or {"id": number}}))
        elif message is not None:
            out(str(message))
        return DONE

    return act(server, work)


def vote(id: int, /, *option: str, remove: bool = False, server: Server | None = None, json: bool = False) -> int:
    """Vote in a poll; without an option print how it stands (20).

    Parameters
    ----------
    id
        Of the message that the poll stands in.
    option
        What you vote for: its number from 1 on, or its words.
    remove
        Takes your vote back.
    json
        Print the poll as JSON.
    """

    async def work(odoo: Client) -> int:
        if remove and option:
            raise ConfigError("--remove takes all of your vote back: name no option with it")
        message, channel = await channel_of(odoo, id)
        found = await channel.poll(message)
        if option or remove:
            chosen = [_chosen(found, words) for words in option]
            if len(chosen) > 1 and not found.several:
                raise ConfigError("this poll takes one option of each")
            if remove or (not found.several and any(o.mine for o in found.options)):
                await channel.vote(found)  # a second vote is refused: the first is taken back
            if chosen:
                await channel.vote(found, *chosen)
            found = await channel.poll(message)
        if json:
            out(json_line({"message_id": id, "poll": found}))
        elif not (option or remove):
            for line in poll_lines(found):
                out(line)
        return DONE

    return act(server, work)


def _chosen(poll: Poll, words: str) -> PollOption:
    """An option by its words, or by its number."""
    for option in poll.options:
        if option.label.casefold() == words.strip().casefold():
            return option
    if words.isdigit() and 1 <= int(words) <= len(poll.options):
        return poll.options[int(words) - 1]
    there = ", ".join(f"{n} {option.label}" for n, option in enumerate(poll.options, 1))
    raise ConfigError(f"the poll has no option {words!r}: there are {there}")


async def _started(channel: Channel, number: int) -> tuple[int | None, Poll | None]:
    """The message that a new poll stands in: the server names the poll alone."""
    async for message in channel.history(LOOKED_AT):
        try:
            found = await channel.poll(message)
        except NotFound:
            continue
        if found.id == number:
            return message.id, found
    return None, None
