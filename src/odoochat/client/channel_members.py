"""Channel members: listing, inviting and removing the members of a channel."""

from __future__ import annotations

from odoochat.client.services import Mentioned, Services, id_of
from odoochat.errors import NotFound
from odoochat.model import Author, Member, Message
from odoochat.wire.requests.channels import seen_up_to
from odoochat.wire.values import dicts, pair, records, when

__all__ = ["ChannelMembers", "own_member_id"]


class ChannelMembers:
    """The members of a channel: ``await channel.members()`` lists them.

    Args:
        channel_id: the channel's id.
        services: the client's services.
    """

    def __init__(self, channel_id: int, services: Services) -> None:
        self._channel_id = channel_id
        self._services = services

    async def __call__(self) -> list[Member]:
        """Fetch the members, with their presence and read position.

        Returns:
            The members.

        Raises:
            AccessDenied, NotFound: the user is not allowed to see the channel.
        """
        session, state = self._services.session, self._services.state
        rows = records(await session.do(session.dialect.channels.fetch_members(self._channel_id)))
        rows = await self._services.queries.names.named(rows, "partner_id")
        partners = [pair(row.get("partner_id"))[0] for row in rows]
        status = await self._services.people.statuses([p for p in partners if p])
        found: list[Member] = []
        for row in rows:
            partner, name = pair(row.get("partner_id"))
            guest, guest_name = pair(row.get("guest_id"))
            if partner:
                author = state.author("partner", partner, name, display=True)
            elif guest:
                author = state.author("guest", guest, guest_name)
            else:
                continue
            state.member(row["id"], author)
            seen = seen_up_to(row) or None
            found.append(Member(author, row["id"], status.get(partner) or None, seen, when(row.get("create_date"))))
        return found

    async def invite(self, *people: Mentioned) -> None:
        """Add members.

        With an API key on Odoo 20, the server does not notify the new members; their clients see the channel the next
        time they fetch the channel list.

        Args:
            people: `Person` objects, partner ids, logins or names.

        Raises:
            NotFound: there is no such person.
            Rejected: the channel is a direct chat.
        """
        session = self._services.session
        session.require("invite")
        ids = [await self._services.people.find(p) for p in people]
        await session.do(session.dialect.channels.invite(self._channel_id, ids))
        await self._services.membership.refresh()

    async def remove(self, person: Mentioned | Member) -> None:
        """Remove a member. On Odoo 14 to 16, any member can do this; on later versions, only administrators can.

        Args:
            person: a member, a person, a partner id, a login or a name.

        Raises:
            AccessDenied: the user is not allowed to remove them.
            NotFound: the person is not a member.
        """
        session = self._services.session
        session.require("remove")
        if isinstance(person, Member):
            number = person.id
        else:
            wanted = Author(await self._services.people.find(person))
            found = [m for m in await self() if m.author == wanted]
            if not found:
                name = self._services.state.channel(self._channel_id).name
                raise NotFound("person", f"{person!r} is not a member of {name!r}")
            number = found[0].id
        await session.do(session.dialect.channels.remove(number))

    async def seen_by(self, message: Message | int) -> list[Author]:
        """Fetch the members who have read a message.

        Args:
            message: the message, or its id.

        Returns:
            The members who have read it, except its author.

        Raises:
            NotFound: the message does not exist.
        """
        if not isinstance(message, Message):
            found = await self._services.queries.by_ids([message])
            if not found:
                raise NotFound("message", f"no message {message} in your channels")
            message = found[0]
        number, author = id_of(message), message.author
        return [m.author for m in await self() if m.seen is not None and m.seen >= number and m.author != author]


async def own_member_id(services: Services, channel_id: int) -> int:
    """Fetch the id of the current user's membership in a channel.

    Args:
        services: the client's services.
        channel_id: the channel's id.

    Raises:
        NotFound: the user is not a member.
    """
    session = services.session
    rows = dicts(await session.do(session.dialect.membership.fetch_id(channel_id, session.me.partner_id)))
    if not rows:
        raise NotFound("channel", f"you are not a member of channel {channel_id}; join it first")
    return pair(rows[0])[0]
