"""``read``, ``unread``, ``mute``, ``notify``, ``hide``: what I want to hear of a conversation."""

from __future__ import annotations

from typing import Literal

from odoochat.cli.completion import Conversing
from odoochat.cli.connection import Server, act
from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import channel_of, known, show_channel
from odoochat.client.client import Client
from odoochat.errors import ConfigError

__all__ = ["hide", "mute", "notify", "read", "unread"]


def read(channel: Conversing, /, *, server: Server | None = None, json: bool = False) -> int:
    """Mark a conversation as read.

    Parameters
    ----------
    channel
        An id, a name (general, #general) or a person (@bob).
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await known(odoo, channel)
        await found.mark_read()
        await show_channel(odoo, found, json=json)
        return DONE

    return act(server, work)


def unread(channel: Conversing, id: int, /, *, server: Server | None = None, json: bool = False) -> int:
    """Mark a conversation as unread from a message on (18 and later).

    Parameters
    ----------
    channel
        An id, a name (general, #general) or a person (@bob).
    id
        Of the message.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await known(odoo, channel)
        message, place = await channel_of(odoo, id)
        if place != found:
            raise ConfigError(f"message {id} stands in {place.name!r}, not in {found.name!r}")
        await found.mark_unread(message)
        await show_channel(odoo, found, json=json)
        return DONE

    return act(server, work)


def mute(
    channel: Conversing,
    /,
    *,
    minutes: float | None = None,
    off: bool = False,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Get no notifications of a conversation (17 and later).

    Parameters
    ----------
    channel
        An id, a name (general, #general) or a person (@bob).
    minutes
        How long; for good when left out.
    off
        Hear of it again.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        if off and minutes is not None:
            raise ConfigError("--minutes and --off: choose one")
        if minutes is not None and not minutes > 0:
            raise ConfigError(f"--minutes {minutes:g}: give more than 0, or --off")
        found = await known(odoo, channel)
        await (found.unmute() if off else found.mute(minutes))
        await show_channel(odoo, found, json=json)
        return DONE

    return act(server, work)


def notify(
    channel: Conversing,
    what: Literal["all", "mentions", "nothing", "default"],
    /,
    *,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Choose which messages of a conversation notify me (17 and later).

    Parameters
    ----------
    channel
        An id, a name (general, #general) or a person (@bob).
    what
        all, mentions, nothing, or default for what my settings in Odoo say.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await known(odoo, channel)
        await found.notify(None if what == "default" else what)
        await show_channel(odoo, found, json=json)
        return DONE

    return act(server, work)


def hide(channel: Conversing, /, *, off: bool = False, server: Server | None = None, json: bool = False) -> int:
    """Put a conversation out of my list; the next message brings it back.

    Parameters
    ----------
    channel
        An id, a name (general, #general) or a person (@bob).
    off
        Puts it into my list again.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await known(odoo, channel)
        await (found.show() if off else found.hide())
        await show_channel(odoo, found, json=json)
        return DONE

    return act(server, work)
