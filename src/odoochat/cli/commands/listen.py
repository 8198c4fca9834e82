"""``listen``: live events, line by line."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from cyclopts import Parameter

from odoochat.cli.completion import Conversing
from odoochat.cli.connection import Server, connected, finish
from odoochat.cli.exit_codes import DONE, FAILED, say
from odoochat.cli.lookup import known
from odoochat.cli.streams import json_line, out
from odoochat.client.client import Client
from odoochat.errors import ConfigError
from odoochat.events import Event, EventsMissed, LinkChanged, MessagePosted
from odoochat.render import event_line

__all__ = ["listen"]


def listen(
    *channel: Conversing,
    transport: Literal["auto", "websocket", "peek", "longpoll", "rpc"] = "auto",
    count: int | None = None,
    timeout: float | None = None,
    events: Annotated[bool, Parameter(negative="")] = False,
    state: str | None = None,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Print messages as they come.

    Parameters
    ----------
    channel
        Only these channels: ids, names or @persons; all of mine when left out.
    transport
        The live link; auto takes the best that works.
    count
        End after so many messages.
    timeout
        End after so many seconds; with --count a failure when fewer messages came.
    events
        Print everything that happens: typing, edits, reactions, the link.
    state
        A file that remembers what was printed: what comes while nobody listens is printed the next time. Its folder
        must be there.
    json
        Print one JSON object a line.
    """
    given = server or Server()

    async def job() -> int:
        if timeout is not None and not timeout > 0:
            raise ConfigError(f"--timeout {timeout:g}: give seconds above 0")
        if count is not None and count < 1:
            raise ConfigError(f"--count {count}: give 1 or more")
        async with connected(given, transport=transport, state=state) as odoo:
            ids = {(await known(odoo, ref)).id for ref in channel}
            limit = asyncio.timeout(timeout)
            printed = Printed(json=json, everything=events)
            try:
                async with limit:
                    await printed.follow(odoo, ids, count)
            except TimeoutError:
                if not limit.expired():  # it is the link's, not ours
                    raise
                if count is not None:
                    say(f"odoochat: {printed.messages} of {count} messages within {timeout:g} s")
                    return FAILED
        return DONE

    return finish(job)


class Printed:
    """Prints events as they come, and counts the messages among them.

    Args:
        everything: not messages alone.
    """

    def __init__(self, *, json: bool, everything: bool) -> None:
        self._json = json
        self._everything = everything
        self.messages = 0

    async def follow(self, odoo: Client, ids: set[int], count: int | None) -> None:
        """Goes on until enough messages came.

        Args:
            ids: of the channels that are meant; empty for all.
        """
        async with odoo.events(maxsize=10_000) as heard:
            self._show(odoo.link)
            async for event in heard:
                if not _concerns(event, ids):
                    continue
                self._show(event)
                self.messages += isinstance(event, MessagePosted)
                if count is not None and self.messages >= count:
                    return

    def _show(self, event: Event) -> None:
        told = self._everything and (self._json or not isinstance(event, LinkChanged))
        if isinstance(event, MessagePosted) or told:
            out(json_line(event) if self._json else event_line(event))
        elif isinstance(event, LinkChanged | EventsMissed):
            say(event_line(event))


def _concerns(event: Event, ids: set[int]) -> bool:
    if not ids or isinstance(event, LinkChanged | EventsMissed):
        return True
    message = getattr(event, "message", None)
    channel = message.channel if message is not None else getattr(event, "channel", None)
    return channel is not None and channel.id in ids
