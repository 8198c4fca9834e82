"""``listen``: prints live events."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from odoochat.cli.connection import connected
from odoochat.cli.exit_codes import DONE, FAILED
from odoochat.cli.lookup import find_channel
from odoochat.cli.metrics_server import serve_metrics
from odoochat.cli.options import ChannelArgument, ServerOptions
from odoochat.cli.runner import run_command
from odoochat.cli.streams import json_line, print_note, print_result
from odoochat.errors import ConfigError
from odoochat.events import Event, EventsMissed, LinkChanged, MessagePosted
from odoochat.metrics import Metrics
from odoochat.render import event_line

if TYPE_CHECKING:
    from odoochat.client.client import Client

__all__ = ["listen"]


def listen(
    *channel: ChannelArgument,
    transport: Literal["auto", "websocket", "peek", "longpoll", "rpc"] = "auto",
    count: int | None = None,
    timeout: float | None = None,
    events: Annotated[bool, Parameter(negative="")] = False,
    state: str | None = None,
    metrics: int | None = None,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Print new messages as they arrive.

    Parameters
    ----------
    channel
        Only these channels: ids, names or @persons; all your channels when omitted.
    transport
        Transport of the live connection; auto uses the best that works.
    count
        Exit after this number of messages.
    timeout
        Exit after this time; with --count, it is a failure when fewer messages arrived.
    events
        Print all events: typing, edits, reactions, the state of the connection.
    state
        File that stores which messages were printed, so that the next run begins with those that arrived in between.
        Its folder must exist.
    metrics
        Serve counts and timings for Prometheus at http://127.0.0.1:PORT/metrics; 0 chooses a free port.
    json
        Print one JSON object a line.
    """

    async def job() -> int:
        if timeout is not None and not timeout > 0:
            raise ConfigError(f"--timeout must be more than 0 seconds, not {timeout:g}")
        if count is not None and count < 1:
            raise ConfigError(f"--count must be 1 or more, not {count}")
        counted = Metrics() if metrics is not None else None
        async with (
            serve_metrics(counted, metrics),
            connected(server or ServerOptions(), transport=transport, state=state, metrics=counted) as odoo,
        ):
            ids = {(await find_channel(odoo, ref)).id for ref in channel}
            limit = asyncio.timeout(timeout)
            printer = EventPrinter(json=json, everything=events)
            try:
                async with limit:
                    await printer.follow(odoo, ids, count)
            except TimeoutError:
                if not limit.expired():  # the live connection timed out, not --timeout
                    raise
                if count is not None:
                    print_note(f"odoochat: {printer.messages} of {count} messages within {timeout:g} s")
                    return FAILED
        return DONE

    return run_command(job)


class EventPrinter:
    """Prints events as they arrive, and counts the messages among them.

    Args:
        json: whether to print JSON.
        everything: whether to print all events, not only messages.

    Attributes:
        messages: the number of messages printed so far.
    """

    def __init__(self, *, json: bool, everything: bool) -> None:
        self._json = json
        self._everything = everything
        self.messages = 0

    async def follow(self, odoo: Client, ids: set[int], count: int | None) -> None:
        """Print events until enough messages were printed.

        Args:
            odoo: the connected client.
            ids: ids of the channels to print; empty for all.
            count: the number of messages; None to go on forever.
        """
        async with odoo.events(maxsize=10_000) as subscription:
            self._print(odoo.link.now)
            async for event in subscription:
                if not _concerns(event, ids):
                    continue
                self._print(event)
                self.messages += isinstance(event, MessagePosted)
                if count is not None and self.messages >= count:
                    return

    def _print(self, event: Event) -> None:
        wanted = self._everything and (self._json or not isinstance(event, LinkChanged))
        if isinstance(event, MessagePosted) or wanted:
            print_result(json_line(event) if self._json else event_line(event))
        elif isinstance(event, LinkChanged | EventsMissed):
            print_note(event_line(event))


def _concerns(event: Event, ids: set[int]) -> bool:
    if not ids or isinstance(event, LinkChanged | EventsMissed):
        return True
    message = getattr(event, "message", None)
    channel = message.channel if message is not None else getattr(event, "channel", None)
    return channel is not None and channel.id in ids
