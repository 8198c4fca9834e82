"""``channels``, ``browse``, ``join``, ``leave``, ``create``, ``rename``, ``describe``, ``hide``: channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclopts.types import NonNegativeInt

from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import find_channel, print_channel
from odoochat.cli.options import ChannelArgument, PersonsOption, ServerOptions, TextArgument
from odoochat.cli.runner import run_connected
from odoochat.cli.streams import json_line, print_result
from odoochat.errors import ConfigError
from odoochat.render import channel_lines, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from odoochat.client.client import Client
    from odoochat.model import ChannelInfo

__all__ = ["browse", "channels", "create", "describe", "hide", "join", "leave", "print_channel_list", "rename"]


def channels(*, all: bool = False, server: ServerOptions | None = None, json: bool = False) -> int:
    """List your channels: id, name, kind, unread messages, last activity.

    Parameters
    ----------
    all
        Include channels hidden by `odoochat hide`.
    json
        Print one JSON object per line.
    """

    async def work(odoo: Client) -> int:
        infos = [channel.info for channel in odoo.channels() if all or channel.info.pinned]
        for line in [json_line(info) for info in infos] if json else channel_lines(infos):
            print_result(line)
        return DONE

    return run_connected(server, work)


def browse(
    text: str = "", /, *, limit: NonNegativeInt = 50, server: ServerOptions | None = None, json: bool = False
) -> int:
    """List channels that you can join: id, name, topic.

    Parameters
    ----------
    text
        List only channels whose name contains this text.
    limit
        Maximum number of channels.
    json
        Print one JSON object per line.
    """

    async def work(odoo: Client) -> int:
        print_channel_list(await odoo.browse(text, limit), json=json)
        return DONE

    return run_connected(server, work)


def print_channel_list(infos: Sequence[ChannelInfo], *, json: bool) -> None:
    """Print channels as a table of id, name and topic.

    Args:
        infos: the channels.
        json: whether to print one JSON object per line instead.
    """
    rows = [(info.id, info.name, info.description) for info in infos]
    for line in [json_line(info) for info in infos] if json else table(("ID", "NAME", "TOPIC"), rows):
        print_result(line)


def join(channel: str, /, *, server: ServerOptions | None = None, json: bool = False) -> int:
    """Join a channel and print its id.

    Parameters
    ----------
    channel
        Channel id or name (general, #general); `odoochat browse` lists the channels that you can join.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        await print_channel(odoo, await odoo.join(channel), json=json, number=True)
        return DONE

    return run_connected(server, work)


def leave(channel: ChannelArgument, /, *, server: ServerOptions | None = None, json: bool = False) -> int:
    """Leave a channel or group.

    Parameters
    ----------
    channel
        Channel id or name (general, #general).
    json
        Print the channel's state before you left it, as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await find_channel(odoo, channel)
        info = found.info
        if found.kind == "chat":
            raise ConfigError("a direct chat cannot be left; use `odoochat hide` to remove it from your list")
        await found.leave()
        if json:
            print_result(json_line(info))
        return DONE

    return run_connected(server, work)


def create(
    name: str,
    /,
    *,
    group: bool = False,
    invite: PersonsOption = None,
    description: str = "",
    public: bool = False,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Create a channel or a group and print its id.

    Parameters
    ----------
    name
        Name of the channel.
    group
        Create a group, which only its members can see (Odoo 15 and later).
    invite
        Person to add, by login or name; may be repeated.
    description
        Topic of the channel.
    public
        Let guests without an account join with the invitation link.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        if group and public:
            raise ConfigError("--group and --public cannot be used together")
        if not name.strip():
            raise ConfigError("the name is empty")
        people = invite or []
        if group:
            created = await odoo.create_group(people, name)
            if description:
                await created.settings.describe(description)
        else:
            created = await odoo.create(name, people=people, description=description, public=public)
        await print_channel(odoo, created, json=json, number=True)
        return DONE

    return run_connected(server, work)


def rename(channel: ChannelArgument, name: str, /, *, server: ServerOptions | None = None, json: bool = False) -> int:
    """Rename a channel.

    Parameters
    ----------
    channel
        Channel id or name (general, #general).
    name
        New name.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        if not name.strip():
            raise ConfigError("the new name is empty")
        found = await find_channel(odoo, channel)
        await found.settings.rename(name)
        await print_channel(odoo, found, json=json)
        return DONE

    return run_connected(server, work)


def describe(
    channel: ChannelArgument, text: TextArgument, /, *, server: ServerOptions | None = None, json: bool = False
) -> int:
    """Change the topic of a channel.

    Parameters
    ----------
    channel
        Channel id or name (general, #general).
    text
        New topic; "" removes it.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await find_channel(odoo, channel)
        await found.settings.describe(text)
        await print_channel(odoo, found, json=json)
        return DONE

    return run_connected(server, work)


def hide(
    channel: ChannelArgument, /, *, off: bool = False, server: ServerOptions | None = None, json: bool = False
) -> int:
    """Hide a channel from your list until its next message.

    Parameters
    ----------
    channel
        Channel id, name (general, #general) or person (@bob).
    off
        Unhide the channel.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await find_channel(odoo, channel)
        await (found.settings.show() if off else found.settings.hide())
        await print_channel(odoo, found, json=json)
        return DONE

    return run_connected(server, work)
