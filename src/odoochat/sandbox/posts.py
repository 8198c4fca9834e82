"""The messages posted in a sandbox since a given moment, to assert on or wait for."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from odoochat.sandbox.database.schema import Row
    from odoochat.sandbox.world.world import World

__all__ = ["PostLog", "PostedMessage", "channel_id"]

SYSTEM_LINES = ("notification", "user_notification")
"""Types of messages that Odoo posts itself, for example when a member joins."""


@dataclass(frozen=True)
class PostedMessage:
    """A message in the sandbox's database.

    Attributes:
        id: message id.
        channel: channel or record name.
        model: the model of the channel or record.
        record_id: channel or record id.
        by: the author's login; None for a guest or a sender without a login.
        author: the author's name.
        text: the text, as in `Message.text`.
        html: the body as HTML.
        files: names of the attached files.
        note: whether it is an internal note on a record.
    """

    id: int
    channel: str
    model: str
    record_id: int
    by: str | None
    author: str
    text: str
    html: str
    files: tuple[str, ...] = ()
    note: bool = False


class PostLog:
    """The messages posted since the log was created.

    Args:
        world: the world to read from.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        messages = world.state.messages.all()
        self._before = int(messages[0]["id"]) if messages else 0

    def find(
        self, channel: str | int | None, by: str | None, record: tuple[str, int] | None = None
    ) -> list[PostedMessage]:
        """Return the matching messages, oldest first.

        Args:
            channel: channel name or id; None for all channels and records.
            by: the author's login; None for all authors.
            record: a record's model and id, instead of a channel.

        Raises:
            LookupError: there is no such channel.
        """
        state = self._world.state
        place = record if channel is None else (state.channel_model, channel_id(self._world, channel))
        rows = state.messages.all(above=self._before)[::-1]
        wanted = [row for row in rows if row["message_type"] not in SYSTEM_LINES]
        found = [self._message(row) for row in wanted if place is None or (row["model"], row["res_id"]) == place]
        return [each for each in found if (each.text or each.files) and by in (None, each.by)]

    def _message(self, row: Row) -> PostedMessage:
        from odoochat.sandbox.database.messages import NOTE
        from odoochat.wire.content.body import to_text

        state = self._world.state
        partner = state.accounts.partner(row["author_id"]) if row["author_id"] else None
        user = state.accounts.user(partner["user_id"]) if partner is not None and partner["user_id"] else None
        model, record_id = str(row["model"]), int(row["res_id"])
        return PostedMessage(
            int(row["id"]),
            state.thread_name(model, record_id) or "",
            model,
            record_id,
            None if user is None else str(user["login"]),
            str(row["email_from"] or "") if partner is None else str(partner["name"]),
            to_text(row["body"]),
            str(row["body"]),
            tuple(str(file["name"]) for file in state.files.of_message(row["id"])),
            row["subtype_id"] == NOTE and model != state.channel_model,
        )

    async def wait(
        self, channel: str | int | None, text: str | re.Pattern[str] | None, by: str | None, count: int, timeout: float
    ) -> PostedMessage:
        """Wait for messages; see `SandboxFixture.wait_posted`.

        Args:
            channel: channel name or id; None for all channels and records.
            text: the complete text, or a pattern to search for; None for any text.
            by: the author's login; None for any author.
            count: number of messages to wait for.
            timeout: maximum time to wait, in seconds.

        Raises:
            AssertionError: the timeout expired.
            LookupError: there is no such channel.
        """
        listeners = self._world.state.messages.listeners
        changed = asyncio.Event()
        listeners.append(changed.set)
        try:
            async with asyncio.timeout(timeout):
                while True:
                    changed.clear()
                    found = [each for each in self.find(channel, by) if _fits(each.text, text)]
                    if len(found) >= count:
                        return found[count - 1]
                    await changed.wait()
        except TimeoutError:
            there = [each.text for each in self.find(channel, by)]
            raise AssertionError(
                f"no message{_described(text, channel, by, count)} within {timeout:g} s; messages posted: {there}"
            ) from None
        finally:
            listeners.remove(changed.set)


def _fits(text: str, wanted: str | re.Pattern[str] | None) -> bool:
    if isinstance(wanted, re.Pattern):
        return wanted.search(text) is not None
    return wanted is None or text == wanted


def _described(text: str | re.Pattern[str] | None, channel: str | int | None, by: str | None, count: int) -> str:
    shown = text.pattern if isinstance(text, re.Pattern) else text
    return "".join(
        [
            "" if shown is None else f" {shown!r}",
            "" if by is None else f" by {by}",
            "" if channel is None else f" in {channel}",
            "" if count == 1 else f", {count} times",
        ]
    )


def channel_id(world: World, channel: str | int) -> int:
    """Return a channel's id.

    Args:
        world: the world to read from.
        channel: channel name or id.

    Raises:
        LookupError: there is no such channel.
    """
    if isinstance(channel, int):
        return channel
    row = world.state.channels.by_name(channel)
    if row is None:
        names = ", ".join(str(each["name"]) for each in world.state.channels.all())
        raise LookupError(f"the sandbox has no channel {channel!r}, only {names}; add it with add_channel({channel!r})")
    return int(row["id"])
