"""``read``, ``unread``, ``mute``, ``notify``: read state and notifications; nothing is printed without ``--json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import find_channel, find_channel_message, print_channel
from odoochat.cli.options import ChannelArgument, ServerOptions
from odoochat.cli.runner import run_connected
from odoochat.errors import ConfigError

if TYPE_CHECKING:
    from odoochat.client.client import Client

__all__ = ["mute", "notify", "read", "unread"]


def read(channel: ChannelArgument, /, *, server: ServerOptions | None = None, json: bool = False) -> int:
    """Mark a channel as read.

    Parameters
    ----------
    channel
        Channel id, name (general, #general) or person (@bob).
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await find_channel(odoo, channel)
        await found.mark_read()
        await print_channel(odoo, found, json=json)
        return DONE

    return run_connected(server, work)


def unread(channel: ChannelArgument, id: int, /, *, server: ServerOptions | None = None, json: bool = False) -> int:
    """Mark a message and all later messages in its channel as unread (Odoo 18 and later).

    Parameters
    ----------
    channel
        Channel id, name (general, #general) or person (@bob).
    id
        Message id.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await find_channel(odoo, channel)
        message, place = await find_channel_message(odoo, id)
        if place != found:
            raise ConfigError(f"message {id} belongs to {place.name!r}, not to {found.name!r}")
        await found.mark_unread(message)
        await print_channel(odoo, found, json=json)
        return DONE

    return run_connected(server, work)


def mute(
    channel: ChannelArgument,
    /,
    *,
    minutes: float | None = None,
    off: bool = False,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Mute a channel: stop notifications for its messages (Odoo 17 and later).

    Parameters
    ----------
    channel
        Channel id, name (general, #general) or person (@bob).
    minutes
        How long to mute the channel; until you unmute it if omitted.
    off
        Unmute the channel.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        if off and minutes is not None:
            raise ConfigError("--minutes and --off cannot be used together")
        if minutes is not None and not minutes > 0:
            raise ConfigError(f"--minutes must be more than 0, not {minutes:g}; use --off to unmute")
        found = await find_channel(odoo, channel)
        await (found.settings.unmute() if off else found.settings.mute(minutes))
        await print_channel(odoo, found, json=json)
        return DONE

    return run_connected(server, work)


def notify(
    channel: ChannelArgument,
    what: Literal["all", "mentions", "nothing", "default"],
    /,
    *,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Choose which messages of a channel notify you (Odoo 17 and later).

    Parameters
    ----------
    channel
        Channel id, name (general, #general) or person (@bob).
    what
        all, mentions, nothing, or default (your Odoo preferences).
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await find_channel(odoo, channel)
        await found.settings.notify(what)
        await print_channel(odoo, found, json=json)
        return DONE

    return run_connected(server, work)
