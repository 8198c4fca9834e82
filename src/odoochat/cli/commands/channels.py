"""``members``, ``join``, ``create``, ``invite``, ``rename``, ``thread`` and their like: conversations themselves."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt

from odoochat.cli.completion import Conversing, Named, Several
from odoochat.cli.connection import Server, act
from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import channel_of, known, show_channel
from odoochat.cli.message_text import Text
from odoochat.cli.streams import json_line, out
from odoochat.client.client import Client
from odoochat.errors import ConfigError
from odoochat.model import ChannelInfo
from odoochat.render import member_lines, table

__all__ = [
    "browse", "create", "describe", "invite", "join", "leave", "members", "remove", "rename", "thread", "threads",
]  # fmt: skip


def members(channel: Conversing, /, *, server: Server | None = None, json: bool = False) -> int:
    """List who is in a conversation: id, name, whether they are there, the last message that they read.

    Parameters
    ----------
    channel
        An id, a name (general, #general) or a person (@bob).
    json
        Print one JSON object a line.
    """

    async def work(odoo: Client) -> int:
        found = await (await known(odoo, channel)).members()
        for line in [json_line(member) for member in found] if json else member_lines(found):
            out(line)
        return DONE

    return act(server, work)


def join(channel: str, /, *, server: Server | None = None, json: bool = False) -> int:
    """Become a member of a channel, and print its id.

    Parameters
    ----------
    channel
        An id, or a name (general, #general); `odoochat browse` lists what can be joined.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        await show_channel(odoo, await odoo.join(channel), json=json, number=True)
        return DONE

    return act(server, work)


def leave(channel: Conversing, /, *, server: Server | None = None, json: bool = False) -> int:
    """End my membership of a channel or group.

    Parameters
    ----------
    channel
        An id, or a name (general, #general).
    json
        Print the channel as it was, as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await known(odoo, channel)
        info = found.info
        if found.kind == "chat":
            raise ConfigError("a direct chat cannot be left: `odoochat hide` puts it out of your list")
        await found.leave()
        if json:
            out(json_line(info))
        return DONE

    return act(server, work)


def create(
    name: str,
    /,
    *,
    group: bool = False,
    invite: Several = None,
    description: str = "",
    public: bool = False,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Make a channel, or a group, and print its id.

    Parameters
    ----------
    name
        How it is called.
    group
        A group: who is in it was invited, and nobody else sees it (15 and later).
    invite
        Somebody who is brought in at once, by login or name; may be given several times.
    description
        Its topic.
    public
        Guests without an account may come in by its invitation link.
    json
        Print it as JSON.
    """

    async def work(odoo: Client) -> int:
        if group and public:
            raise ConfigError("--group and --public: choose one")
        if not name.strip():
            raise ConfigError("the name is empty")
        people = invite or []
        if group:
            made = await odoo.create_group(people, name)
            if description:
                await made.describe(description)
        else:
            made = await odoo.create(name, people=people, description=description, public=public)
        await show_channel(odoo, made, json=json, number=True)
        return DONE

    return act(server, work)


def invite(
    channel: Conversing, person: Named, /, *others: Named, server: Server | None = None, json: bool = False
) -> int:
    """Bring people into a channel or group.

    Parameters
    ----------
    channel
        An id, or a name (general, #general).
    person
        A login or name, with or without @.
    others
        More of them.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await known(odoo, channel)
        await found.invite(person, *others)
        await show_channel(odoo, found, json=json)
        return DONE

    return act(server, work)


def remove(channel: Conversing, person: Named, /, *, server: Server | None = None, json: bool = False) -> int:
    """Take somebody out of a channel or group, where the server lets me.

    Parameters
    ----------
    channel
        An id, or a name (general, #general).
    person
        A login or name, with or without @.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await known(odoo, channel)
        await found.remove(person)
        await show_channel(odoo, found, json=json)
        return DONE

    return act(server, work)


def rename(channel: Conversing, name: str, /, *, server: Server | None = None, json: bool = False) -> int:
    """Give a conversation another name.

    Parameters
    ----------
    channel
        An id, or a name (general, #general).
    name
        The new one.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        if not name.strip():
            raise ConfigError("the new name is empty")
        found = await known(odoo, channel)
        await found.rename(name)
        await show_channel(odoo, found, json=json)
        return DONE

    return act(server, work)


def describe(channel: Conversing, text: Text, /, *, server: Server | None = None, json: bool = False) -> int:
    """Give a conversation another topic.

    Parameters
    ----------
    channel
        An id, or a name (general, #general).
    text
        The topic; "" for none.
    json
        Print the channel as JSON.
    """

    async def work(odoo: Client) -> int:
        found = await known(odoo, channel)
        await found.describe(text)
        await show_channel(odoo, found, json=json)
        return DONE

    return act(server, work)


def browse(text: str = "", /, *, limit: NonNegativeInt = 50, server: Server | None = None, json: bool = False) -> int:
    """List channels that I may join: id, name, topic.

    Parameters
    ----------
    text
        Only those whose name holds it.
    limit
        How many at most.
    json
        Print one JSON object a line.
    """

    async def work(odoo: Client) -> int:
        found = await odoo.browse(text, limit)
        _list(found, json=json)
        return DONE

    return act(server, work)


def thread(
    channel: Conversing,
    name: str,
    /,
    *,
    from_: Annotated[int | None, Parameter(name="--from")] = None,
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Make a thread below a channel, and print its id (18 and later).

    Parameters
    ----------
    channel
        An id, or a name (general, #general).
    name
        Of the thread; "" lets the server make one of the message.
    from_
        The id of the message that it begins from.
    json
        Print the thread as JSON.
    """

    async def work(odoo: Client) -> int:
        if not name.strip() and from_ is None:
            raise ConfigError("the name is empty: give one, or the message that the thread begins from (--from)")
        found = await known(odoo, channel)
        if from_ is not None:
            _, place = await channel_of(odoo, from_)
            if place != found:
                raise ConfigError(f"--from {from_}: this message stands in {place.name!r}, not in {found.name!r}")
        await show_channel(odoo, await found.create_thread(name, from_), json=json, number=True)
        return DONE

    return act(server, work)


def threads(channel: Conversing, /, *, server: Server | None = None, json: bool = False) -> int:
    """List the threads below a channel: id, name, topic (18 and later).

    Parameters
    ----------
    channel
        An id, or a name (general, #general).
    json
        Print one JSON object a line.
    """

    async def work(odoo: Client) -> int:
        _list(await (await known(odoo, channel)).threads(), json=json)
        return DONE

    return act(server, work)


def _list(infos: list[ChannelInfo], *, json: bool) -> None:
    rows = [(info.id, info.name, info.description) for info in infos]
    for line in [json_line(info) for info in infos] if json else table(("ID", "NAME", "TOPIC"), rows):
        out(line)
