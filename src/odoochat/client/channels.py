"""Channels: finding, creating and joining channels."""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.client.channel import Channel
from odoochat.client.history import checked
from odoochat.client.services import Mentioned, Services
from odoochat.core.channel_matching import match_channel, matching_channels
from odoochat.errors import NotFound, UsageError, names
from odoochat.model import ChannelInfo
from odoochat.wire.content.body import safe_line
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.values import records

__all__ = ["browse", "create_channel", "create_group", "join", "resolve"]


async def create_channel(
    services: Services, name: str, people: Sequence[Mentioned], description: str, *, public: bool
) -> Channel:
    """Create a channel; see `Client.create`.

    Args:
        services: the client's services.
        name: its name.
        people: people to invite.
        description: its topic.
        public: whether guests may join.

    Raises:
        UsageError: the name is empty.
        NotFound: one of the people does not exist; nothing was created.
    """
    if not name.strip():
        raise UsageError("the channel's name is empty")
    session = services.session
    if people:
        session.require("invite")
    ids = [await services.people.find(p) for p in people]
    channels = session.dialect.channels
    number = channels.created(await session.do(channels.create(name, public=public)))
    await services.membership.refresh()
    channel = Channel(number, services)
    if description:
        await channel.settings.describe(description)
    if channels.creates_silently and session.dialect.can("hide", session.kind):
        await channel.settings.show()  # the server notifies the user's other devices
    if ids:
        await channel.members.invite(*ids)
    return channel


async def create_group(services: Services, people: Sequence[Mentioned], name: str) -> Channel:
    """Create a group; see `Client.create_group`.

    Args:
        services: the client's services.
        people: its other members.
        name: its name; empty for none.

    Raises:
        NotSupported: on Odoo 14.
        NotFound: one of the people does not exist; nothing was created.
    """
    session = services.session
    session.require("group")
    ids = [await services.people.find(p) for p in people]
    channels = session.dialect.channels
    number = channels.created(await session.do(channels.create_group(ids, name)))
    await services.membership.refresh()
    channel = Channel(number, services)
    if name and channel.info.name != name and not session.dialect.table.names_groups:
        await channel.settings.rename(name)
    missing = set(ids) - {m.author.id for m in await channel.members()}
    if missing:
        await channel.members.invite(*sorted(missing))
    return channel


async def join(services: Services, ref: int | str) -> Channel:
    """Join a channel; see `Client.join`.

    Args:
        services: the client's services.
        ref: the channel's id or name.

    Raises:
        NotFound: the channel does not exist, or the user is not allowed to join it.
        UsageError: several channels have that name.
    """
    number = ref if isinstance(ref, int) else await _find_joinable(services, ref)
    await services.session.do(services.session.dialect.channels.join(number))
    await services.membership.refresh()
    return Channel(number, services)


async def _find_joinable(services: Services, ref: str) -> int:
    name = ref.strip()
    if found := matching_channels(name, [i for i in services.state.channels() if i.kind != "chat"]):
        pass
    elif (bare := name.removeprefix("#")).isascii() and bare.isdecimal():
        return int(bare[:18])
    else:
        found = matching_channels(name, await browse(services, name.lstrip("#"), 1000))
    if len(found) > 1:
        listed = names([str(i.id) for i in found])
        raise UsageError(f"several channels are named {name!r}; use an id: {listed}")
    if not found:
        raise NotFound("channel", f"no channel {name!r} that you can join")
    return found[0].id


async def browse(services: Services, text: str, limit: int) -> list[ChannelInfo]:
    """Fetch the channels that the user can join; see `Client.browse`.

    Args:
        services: the client's services.
        text: part of the name.
        limit: maximum number of channels.

    Raises:
        UsageError: `limit` is negative.
    """
    if not checked(limit):
        return []
    rows = records(await services.session.do(services.session.dialect.channels.browse(text, limit)))
    found = [
        ChannelInfo(
            row["id"],
            safe_name(str(row.get("name") or "")),
            str(row.get("channel_type") or "channel"),
            description=safe_line(row["description"]) if isinstance(row.get("description"), str) else "",
            pinned=False,
        )
        for row in rows
        if services.state.info(row["id"]) is None  # Odoo 15 includes joined channels (observed on a live server)
    ]
    return sorted(found, key=lambda i: i.name.casefold())[:limit]


async def resolve(services: Services, ref: int | str) -> Channel:
    """Find a channel by any form of reference; see `Client.resolve`.

    Args:
        services: the client's services.
        ref: an id, a name, or ``@`` followed by a person.

    Raises:
        NotFound: no channel matches.
        UsageError: several channels match.
    """
    infos = services.state.channels()
    if not (isinstance(ref, str) and ref.startswith("@")):
        return Channel(match_channel(ref, infos).id, services)
    try:
        return Channel(await services.people.chat_with(ref), services)
    except NotFound:
        if (number := await services.people.chat_of_archived(ref)) is not None:
            return Channel(number, services)
        if found := matching_channels(ref, [i for i in infos if i.kind != "chat"]):
            return Channel(match_channel(ref, found).id, services)  # the channel's name begins with @
        raise
