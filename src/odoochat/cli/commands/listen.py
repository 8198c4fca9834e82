"""``listen``: prints live events."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from odoochat.cli.connection import connected, resolve_settings
from odoochat.cli.exit_codes import DONE, FAILED
from odoochat.cli.forwarding import Forwarding, ForwardingOptions
from odoochat.cli.lookup import find_channel
from odoochat.cli.metrics_server import serve_metrics
from odoochat.cli.options import ChannelArgument, ServerOptions
from odoochat.cli.runner import run_command
from odoochat.cli.streams import json_line, print_note, print_result
from odoochat.errors import ConfigError
from odoochat.events import Event, EventsMissed, LinkChanged, MessagePosted
from odoochat.metrics import Metrics
from odoochat.plural import counted
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
    post_to: Annotated[str | None, Parameter(name="--post")] = None,
    exec_: Annotated[str | None, Parameter(name="--exec")] = None,
    secret_file: Path | None = None,
    dead_letters: Path | None = None,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Print new messages as they arrive.

    Parameters
    ----------
    channel
        Print only these channels: ids, names or @persons; all your channels if omitted.
    transport
        Transport for the live connection; auto picks the best one that works.
    count
        Exit after this number of messages.
    timeout
        Exit after this time; with --count, fail if fewer messages arrived.
    events
        Print all events, including typing, edits, reactions and connection changes.
    state
        File that records which messages were printed, so the next run resumes there. Its folder must exist.
    metrics
        Serve Prometheus metrics at http://127.0.0.1:PORT/metrics; 0 chooses a free port.
    post_to
        Post each printed message to this address as a signed webhook; see docs/webhooks.md.
    exec_
        Run this command, without a shell, for each printed message from another user, passing JSON on stdin.
    secret_file
        File with the secret that signs webhooks, instead of ODOOCHAT_WEBHOOK_SECRET or the profile's secret.
    dead_letters
        File for webhooks that could not be delivered, for `odoochat webhook replay`.
    json
        Print one JSON object per line.
    """
    forwarding = ForwardingOptions(post_to, exec_, secret_file, dead_letters, state is not None)

    async def job() -> int:
        _check_limits(count, timeout)
        forward = Forwarding(forwarding, settings := resolve_settings(server or ServerOptions()))
        counted = Metrics() if metrics is not None else None
        async with (
            serve_metrics(counted, metrics),
            connected(server or ServerOptions(), settings, transport=transport, state=state, metrics=counted) as odoo,
            forward.running(odoo),
        ):
            ids = {(await find_channel(odoo, ref)).id for ref in channel}
            enough = await EventPrinter(forward, json=json, everything=events).print_until(odoo, ids, count, timeout)
        return DONE if enough and not forward.failed else FAILED

    return run_command(job)


def _check_limits(count: int | None, timeout: float | None) -> None:
    if timeout is not None and not timeout > 0:
        raise ConfigError(f"--timeout must be more than 0 seconds, not {timeout:g}")
    if count is not None and count < 1:
        raise ConfigError(f"--count must be 1 or more, not {count}")


class EventPrinter:
    """Prints events as they arrive and counts the messages.

    Args:
        forwarding: forwards the printed events.
        json: whether to print JSON.
        everything: whether to print all events, not only messages.

    Attributes:
        messages: the number of messages printed so far.
    """

    def __init__(self, forwarding: Forwarding, *, json: bool, everything: bool) -> None:
        self._forwarding = forwarding
        self._json = json
        self._everything = everything
        self.messages = 0

    async def print_until(self, odoo: Client, ids: set[int], count: int | None, timeout: float | None) -> bool:
        """Print events until enough messages have been printed or the time is up.

        Args:
            odoo: the connected client.
            ids: ids of the channels to print; empty for all.
            count: the number of messages; None for no limit.
            timeout: seconds; None to wait forever.

        Returns:
            Whether enough messages were printed before the timeout.
        """
        limit = asyncio.timeout(timeout)
        try:
            async with limit:
                await self.follow(odoo, ids, count)
        except TimeoutError:
            if not limit.expired():  # the live connection timed out, not --timeout
                raise
            if count is not None:
                print_note(f"odoochat: {self.messages} of {counted(count, 'message')} within {timeout:g} s")
                return False
        return True

    async def follow(self, odoo: Client, ids: set[int], count: int | None) -> None:
        """Print events until enough messages have been printed.

        Args:
            odoo: the connected client.
            ids: ids of the channels to print; empty for all.
            count: the number of messages; None to print until cancelled.
        """
        # The client closes the subscription after saving the state, because queued events have not been handled yet.
        subscription = odoo.events(maxsize=10_000)
        self._print(odoo.link.now)
        async for event in subscription:
            if not _concerns(event, ids):
                continue
            self._print(event)
            if self._everything or isinstance(event, MessagePosted):
                await self._forwarding.forward(event, subscription)
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
