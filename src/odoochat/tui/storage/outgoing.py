"""The user's messages on their way out: through the client's outbox, on disk while there is no client."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, cast

from odoochat.errors import OdooChatError
from odoochat.tui.message_window import PendingItem
from odoochat.tui.storage.drafts import Drafts, Unsent

if TYPE_CHECKING:
    # The client brings the network's libraries: they are loaded after the first paint.
    from odoochat.client.client import Client
    from odoochat.client.services import Markup

__all__ = ["SendQueue"]


class SendQueue:
    """Sends messages, and loses no text.

    Args:
        drafts: keeps what waits for the first connection, and what was refused.
        run: runs a coroutine in the background.
        changed: called when the number of messages on their way changed.

    Attributes:
        client: the client, None while there is none.
    """

    def __init__(
        self,
        drafts: Drafts,
        run: Callable[[Coroutine[Any, Any, Any], str], object],
        changed: Callable[[], None],
    ) -> None:
        self.drafts = drafts
        self.client: Client | None = None
        self.run = run
        self.changed = changed

    def connect(self, client: Client) -> None:
        """Send through a client from now on.

        Args:
            client: the client.
        """
        self.client = client

    def disconnect(self) -> None:
        """Keep messages on disk until there is a client again."""
        self.client = None

    def pending(self, channel_id: int) -> list[PendingItem]:
        """Return the unsent and the refused messages of a channel.

        Args:
            channel_id: the channel's id.
        """
        found = [PendingItem(u.local_id, u.text, u.error) for u in self.drafts.unsent if u.channel == channel_id]
        if self.client is not None:
            found += [
                PendingItem(e.local_id, e.text)
                for e in self.client.outbox
                if e.record is None and e.channel.id == channel_id
            ]
        return found

    @property
    def sending(self) -> int:
        """How many messages are on their way."""
        waiting = sum(not u.error for u in self.drafts.unsent)
        return waiting + (len(self.client.outbox) if self.client is not None else 0)

    def send(
        self, channel_id: int, text: str, *, markup: str, reply_to: int | None = None, mentions: tuple[int, ...] = ()
    ) -> None:
        """Send a message; without a connection it waits on disk.

        Args:
            channel_id: the channel's id.
            text: the text.
            markup: how the text is meant: ``text`` or ``markdown``.
            reply_to: the id of the message that it replies to.
            mentions: partner ids of the people it mentions.
        """
        if self.client is None:
            local_id = f"waiting-{time.time_ns()}"
            self.drafts.unsent.append(Unsent(local_id, channel_id, text, "", markup, reply_to, mentions))
            self.drafts.save()
            self.changed()
            return
        self.run(self._send(channel_id, text, markup, reply_to, mentions), "send")

    async def _send(
        self, channel_id: int, text: str, markup: str, reply_to: int | None, mentions: tuple[int, ...]
    ) -> None:
        if self.client is None:  # the link ended meanwhile
            self._refused(channel_id, text, "not connected to the server")
            return
        try:
            channel = self.client.channel(channel_id)
            await channel.send(text, markup=cast("Markup", markup), reply_to=reply_to, mentions=mentions)
        except OdooChatError as error:
            # The outbox reports its messages by MessageFailed; others are kept here.
            if not any(u.channel == channel_id and u.text.strip() == text.strip() for u in self.drafts.unsent):
                self._refused(channel_id, text, str(error))
        except OSError as error:
            self._refused(channel_id, text, error.strerror or str(error))
        finally:
            self.changed()

    def failed(self, local_id: str, channel_id: int, text: str, error: str) -> None:
        """Keep a message that the outbox gave back.

        Args:
            local_id: its local id.
            channel_id: the channel's id.
            text: its text.
            error: why it was not sent.
        """
        self.drafts.unsent.append(Unsent(local_id, channel_id, text, error))
        self.drafts.save()

    def _refused(self, channel_id: int, text: str, error: str) -> None:
        self.failed(f"refused-{time.time_ns()}", channel_id, text, error)

    def resume(self) -> None:
        """Send the messages that were written while there was no connection."""
        waiting = [u for u in self.drafts.unsent if not u.error]
        self.drafts.unsent = [u for u in self.drafts.unsent if u.error]
        for each in waiting:
            self.send(each.channel, each.text, markup=each.markup, reply_to=each.reply_to, mentions=each.mentions)
        self.drafts.save()

    def withdraw(self, local_id: str) -> str | None:
        """Take back an unsent message.

        Args:
            local_id: its local id.

        Returns:
            Its text, None when it is being sent already.
        """
        for each in self.drafts.unsent:
            if each.local_id == local_id:
                self.drafts.unsent.remove(each)
                self.drafts.save()
                return each.text
        if self.client is not None:
            entry = next((e for e in self.client.outbox if e.local_id == local_id), None)
            if entry is not None and self.client.outbox.cancel(local_id):
                return entry.text
        return None
