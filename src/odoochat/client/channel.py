"""Channels: the methods of a channel, a group, a direct chat or a thread."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from odoochat.client.attention import Attention
from odoochat.client.conversation import Mentioned, number_of
from odoochat.errors import NotFound, ProtocolError, UsageError
from odoochat.model import Attachment, ChannelInfo, Member, Message, Poll, PollOption
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.decoders.polls import polls_in
from odoochat.wire.values import attachment, dicts, is_object, records, when

__all__ = ["Channel"]


class Channel(Attention):
    """One conversation of mine, and what can be done in it."""

    def __repr__(self) -> str:
        return f"<Channel {self.id} {self.name!r}>"

    # -------------------------------------------------------------------- people

    async def invite(self, *people: Mentioned) -> None:
        """Brings people in.

        With an API key on 20 † the server does not notify them: their clients find the channel when they next read
        their channels.

        Args:
            people: persons, partner ids, logins or names.

        Raises:
            NotFound: nobody is called so.
            Rejected: it is a direct chat.
        """
        self._session.require("invite")
        ids = [await self._services.people.find(p) for p in people]
        await self._session.do(self._session.dialect.channels.invite(self.id, ids, session=self._session.has_session))
        await self._membership.refresh()

    async def remove(self, person: Mentioned | Member) -> None:
        """Takes somebody out, where the server lets me: on 14 to 16 members may, later administrators alone.

        Raises:
            AccessDenied: I may not.
            NotFound: he is not in it.
        """
        self._session.require("remove")
        if isinstance(person, Member):
            number = person.id
        else:
            partner = await self._services.people.find(person)
            there = [m for m in await self.members() if (m.author.kind, m.author.id) == ("partner", partner)]
            if not there:
                raise NotFound("person", f"{person!r} is not a member of {self.name!r}")
            number = there[0].id
        await self._session.do(self._session.dialect.channels.remove(number, session=self._session.has_session))

    # ---------------------------------------------------------------------- pins

    async def pin(self, message: Message | int) -> None:
        """Pin a message to this channel.

        Args:
            message: the message, or its id.

        Raises:
            NotSupported: before Odoo 17.
            NotFound: there is no such message in this channel.
            UsageError: the message belongs to another conversation.
        """
        await self._set_pin(message, pinned=True)

    async def unpin(self, message: Message | int) -> None:
        """Unpin a message from this channel.

        Args:
            message: the message, or its id.

        Raises:
            NotSupported: before Odoo 17.
            NotFound: there is no such message in this channel.
            UsageError: the message belongs to another conversation.
        """
        await self._set_pin(message, pinned=False)

    async def _set_pin(self, message: Message | int, *, pinned: bool) -> None:
        self._session.require("pin")
        number = self._here(message)
        if not isinstance(message, Message):
            await self.fetch_message(number)
        await self._session.do(self._session.dialect.messages.pin(self.id, number, pinned))

    async def pins(self) -> list[Message]:
        """The messages that are pinned to it, the latest pinned first."""
        self._session.require("pin")
        domain = [["res_id", "=", self.id], ["pinned_at", "!=", False]]
        found = await self._queries.messages(domain, order="id", limit=1000)
        return sorted(found, key=lambda m: m.pinned or m.date, reverse=True)

    # -------------------------------------------------------------------- itself

    async def rename(self, name: str) -> None:
        """Gives it another name."""
        if not name.strip():
            raise UsageError("the new name is empty")
        await self._session.do(self._session.dialect.channels.rename(self.id, name))
        await self._membership.refresh()

    async def describe(self, text: str) -> None:
        """Gives it another topic."""
        await self._session.do(self._session.dialect.channels.describe(self.id, text))
        await self._membership.refresh()

    async def show(self) -> None:
        """Show this channel in the current user's channel list again.

        Raises:
            NotSupported, ApiKeyOnly: this version or login cannot do it.
        """
        await self._set_shown(True)

    async def hide(self) -> None:
        """Hide this channel from the current user's channel list; the next message shows it again.

        Raises:
            NotSupported, ApiKeyOnly: this version or login cannot do it.
        """
        await self._set_shown(False)

    async def _set_shown(self, shown: bool) -> None:
        self._session.require("hide")
        membership, session = self._session.dialect.membership, self._session.has_session
        member = await self._my_member() if membership.shows_by_member(session=session) else 0
        uuid, now = await self._uuid(), datetime.now(UTC)
        await self._session.do(membership.show(self.id, member, uuid, shown, session=session, now=now))
        await self._membership.refresh()

    async def leave(self) -> None:
        """Ends my membership.

        Raises:
            UsageError: a direct chat cannot be left: hide it.
        """
        if self.kind == "chat":
            raise UsageError("a direct chat cannot be left; hide() removes it from your list")
        await self._session.do(self._session.dialect.channels.leave(self.id))
        await self._membership.refresh()

    async def invitation(self) -> str:
        """The address by which guests without an account come in, where the channel lets them.

        Raises:
            NotSupported: on 14.
        """
        self._session.require("invitation")
        return f"{str(self._session.http.base).rstrip('/')}/chat/{self.id}/{await self._uuid()}"

    async def _uuid(self) -> str:
        if self.info.uuid:
            return self.info.uuid
        rows = dicts(await self._session.do(self._session.dialect.channels.fetch_uuid(self.id)))
        return str(rows[0].get("uuid") or "") if rows else ""

    async def files(self, limit: int = 100) -> list[Attachment]:
        """The files that were sent here, the newest first."""
        rows = await self._session.do(self._session.dialect.files.fetch_of_channel(self.id, limit))
        return [attachment(row) for row in records(rows)]

    # --------------------------------------------------------------------- polls

    async def create_poll(
        self, question: str, options: Sequence[str], *, minutes: float = 1440, several: bool = False
    ) -> int:
        """Starts a poll (20); gives its id. What becomes of it is told by `PollChanged`.

        Args:
            options: what can be voted for, two or more.
            minutes: how long one can vote.
            several: whether one may vote for more than one option.

        Raises:
            NotSupported: before 20.
            UsageError: no question, or fewer than two options.
        """
        if not question.strip() or len([o for o in options if o.strip()]) < 2:
            raise UsageError("a poll needs a question and at least two options")
        self._session.require("poll")
        polls = self._session.dialect.polls
        choices = [(option, "") for option in options]
        made = await self._session.do(polls.create(self.id, question, choices, minutes=minutes, several=several))
        if not isinstance(made, int):
            raise ProtocolError("the server did not create the poll", repr(made))
        return made

    async def poll(self, message: Message | int) -> Poll:
        """The poll that a message starts, as it stands now.

        Raises:
            NotSupported: before 20.
            NotFound: the message starts none.
        """
        self._session.require("poll")
        polls, number = self._session.dialect.polls, number_of(message)
        answer = await self._session.do(polls.fetch(self.id, number))
        if is_object(answer) and (patch := polls_in(answer)) is not None:
            self._state.polls.apply(patch)
        found = self._state.polls.of_message(number)
        if found is None:
            raise NotFound("poll", f"message {number} is not a poll")
        return found

    async def vote(self, poll: Poll | int, *options: PollOption | int) -> None:
        """Votes in a poll; without options takes my vote back."""
        self._session.require("poll")
        number = poll.id if isinstance(poll, Poll) else poll
        ids = [o.id if isinstance(o, PollOption) else o for o in options]
        polls = self._session.dialect.polls
        await self._session.do(polls.vote(number, ids) if ids else polls.remove_vote(number))

    async def end_poll(self, poll: Poll | int) -> None:
        """Ends a poll of mine before its time."""
        self._session.require("poll")
        await self._session.do(self._session.dialect.polls.end(poll.id if isinstance(poll, Poll) else poll))

    # ------------------------------------------------------------------- threads

    async def create_thread(self, name: str = "", message: Message | int | None = None) -> Channel:
        """Makes a thread below it (18 and later).

        Args:
            name: its name; the server makes one of the message when there is none.
            message: what it begins from.

        Raises:
            NotSupported: before 18.
            ApiKeyOnly: it needs a session.
        """
        self._session.require("thread")
        channels = self._session.dialect.channels
        number = number_of(message) if message is not None else None
        made = channels.created_thread(await self._session.do(channels.create_thread(self.id, name, number)))
        await self._membership.refresh()
        return Channel(made, self._services)

    async def threads(self) -> list[ChannelInfo]:
        """The threads below it, the newest first."""
        self._session.require("thread")
        rows = records(await self._session.do(self._session.dialect.channels.fetch_threads(self.id)))
        return [
            self._state.info(row["id"])
            or ChannelInfo(
                row["id"],
                safe_name(str(row.get("name") or "")),
                str(row.get("channel_type") or "channel"),
                last_activity=when(row.get("last_interest_dt")),
                parent=self.id,
            )
            for row in rows
        ]
