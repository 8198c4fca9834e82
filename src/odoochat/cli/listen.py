"""``listen``: live events, line by line."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from cyclopts import Parameter

from odoochat.cli.exits import DONE, FAILED, say
from odoochat.cli.session import Server, connected, finish, out
from odoochat.client.client import Client
from odoochat.errors import ConfigError
from odoochat.events import Event, LinkChanged, MessagePosted
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
        if count is not None and count < 1:
            raise ConfigError(f"--count {count}: give 1 or more")
        async with connected(given, transport=transport, state=state) as odoo:
            ids = {(await odoo.resolve(ref)).id for ref in channel}
            try:
                async with asyncio.timeout(timeout):
                    await _print(odoo, ids, count, everything=events, json=json)
            except TimeoutError:
                return DONE if count is None else FAILED
        return DONE

    return finish(job)


async def _print(odoo: Client, ids: set[int], count: int | None, *, everything: bool, json: bool) -> None:
    messages = 0
    async with odoo.events(maxsize=10_000) as heard:
        say(event_line(odoo.link))
        async for event in heard:
            if isinstance(event, LinkChanged) and not (everything and json):
                say(event_line(event))
                continue
            if ids and not _concerns(event, ids):
                continue
            if everything or isinstance(event, MessagePosted):
                out(json_line(event) if json else event_line(event))
            messages += isinstance(event, MessagePosted)
            if count is not None and messages >= count:
                return


def _concerns(event: Event, ids: set[int]) -> bool:
    if isinstance(event, LinkChanged):
        return True
    message = getattr(event, "message", None)
    channel = message.channel if message is not None else getattr(event, "channel", None)
    return channel is not None and channel.id in ids
