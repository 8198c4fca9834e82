"""``listen``: live events, line by line."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from cyclopts import Parameter

from odoochat.cli.exits import DONE, FAILED, say
from odoochat.cli.session import Server, connected, finish, out
from odoochat.client.client import Client
from odoochat.errors import ConfigError
from odoochat.events import Event, EventsMissed, LinkChanged, MessagePosted
from odoochat.render import event_line, json_line

__all__ = ["listen"]


def listen(
    *channel: str,
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
        A file that remembers what was printed: what comes while nobody listens is printed the next time.
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
            ids = {(await odoo.resolve(ref)).id for ref in channel}
            limit = asyncio.timeout(timeout)
            try:
                async with limit:
                    enough = await _print(odoo, ids, count, everything=events, json=json)
            except TimeoutError:
                if not limit.expired():  # it is the link's, not ours
                    raise
                enough = count is None
        return DONE if enough else FAILED

    return finish(job)


async def _print(odoo: Client, ids: set[int], count: int | None, *, everything: bool, json: bool) -> bool:
    """Prints events as they come; gives whether as many came as were asked for."""
    messages = 0
    async with odoo.events(maxsize=10_000) as heard:
        _show(odoo.link, everything=everything, json=json)
        async for event in heard:
            if not _concerns(event, ids):
                continue
            _show(event, everything=everything, json=json)
            messages += isinstance(event, MessagePosted)
            if count is not None and messages >= count:
                return True
    return count is None


def _show(event: Event, *, everything: bool, json: bool) -> None:
    if isinstance(event, MessagePosted) or (everything and (json or not isinstance(event, LinkChanged))):
        out(json_line(event) if json else event_line(event))
    elif isinstance(event, LinkChanged | EventsMissed):
        say(event_line(event))


def _concerns(event: Event, ids: set[int]) -> bool:
    if not ids or isinstance(event, LinkChanged | EventsMissed):
        return True
    message = getattr(event, "message", None)
    channel = message.channel if message is not None else getattr(event, "channel", None)
    return channel is not None and channel.id in ids
