"""The user's messages in progress: through the client's outbox, on disk while there is no client."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, cast

from odoochat.errors import OdooChatError
from odoochat.model import PendingState
from odoochat.tui.message_window import PendingItem
from odoochat.tui.storage.drafts import Drafts, Unsent

if TYPE_CHECKING:
    # The client imports networking libraries, which are loaded only after the first paint.
    from odoochat.client.client import Client
    from odoochat.client.services import Markup

__all__ = ["SendQueue"]


class SendQueue:
    """Sends messages, and loses no text.

    Args:
        drafts: keeps what waits for the first connection, and what was refused.
        run: runs a coroutine in the background.
        changed: called when the number of messages in progress changed.

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

    def _waiting(self) -> list[Unsent]:
        """Return the messages that the client's outbox does not have, the refused ones among them."""
        if self.client is None or not self.drafts.unsent:
            return self.drafts.unsent
        taken = {entry.local_id for entry in self.client.outbox}
        return [each for each in self.drafts.unsent if not taken or _outbox_id(each) not in taken]

    def pending(self, channel_id: int) -> list[PendingItem]:
        """Return the unsent and the refused messages of a channel.

        Args:
            channel_id: the channel's id.
        """
        taken: PendingState = "unclear" if self.client is None else "sending"
        found = [
            PendingItem(u.local_id, u.text, u.error, taken if _is_handed(u) else "waiting")
            for u in self._waiting()
            if u.channel == channel_id
        ]
        if self.client is None:
            return found
        behind = False
        for each in self.client.outbox:
            if each.record is None and each.channel.id == channel_id:
                found.append(PendingItem(each.local_id, each.text, "", "behind" if behind else each.state))
                behind = behind or each.state == "unclear"
        return found

    @property
    def sending(self) -> int:
        """How many messages are in progress."""
        waiting = sum(not each.error for each in self._waiting())
        return waiting + (len(self.client.outbox) if self.client is not None else 0)

    def send(
        self, channel_id: int, text: str, *, markup: str, reply_to: int | None = None, mentions: tuple[int, ...] = ()
    ) -> None:
        """Send a message. It is on disk first, until the client's outbox has it, and again while there is no client.

        Args:
            channel_id: the channel's id.
            text: the text.
            markup: markup of the text: ``text`` or ``markdown``.
            reply_to: the id of the message that it replies to.
            mentions: partner ids of the people it mentions.
        """
        message = Unsent(f"waiting-{uuid.uuid4().hex}", channel_id, text, "", markup, reply_to, mentions)
        self.drafts.unsent.append(message)
        self._begin([message])

    def resume(self) -> None:
        """Send the messages that were written while there was no connection."""
        self._begin([each for each in self.drafts.unsent if not each.error])

    def _begin(self, messages: list[Unsent]) -> None:
        """Hand messages over to the client, in their order; note that on disk first."""
        earlier = [each.handed for each in messages]
        if self.client is not None:
            for each in messages:
                each.handed = True
        self.drafts.save()
        if self.client is not None:
            for each, before in zip(messages, earlier, strict=True):
                self.run(self._hand_over(self.client, each, again=before), "send")
        self.changed()

    async def _hand_over(self, client: Client, message: Unsent, *, again: bool) -> None:
        """Send a message through a client.

        Args:
            client: the client.
            message: the message.
            again: whether an earlier client may have posted it, perhaps in a process that was killed: its key tells.
        """
        try:
            channel = client.channel(message.channel)
            markup = cast("Markup", message.markup)
            await channel.send(
                message.text, markup=markup, reply_to=message.reply_to, mentions=message.mentions,
                key=message.local_id, retry=again,
            )  # fmt: skip
        except (OdooChatError, OSError) as error:
            # What the outbox has it reports by MessageFailed. What it has not stays here.
            if message in self.drafts.unsent and self.client is client:
                message.error = str(error) if isinstance(error, OdooChatError) else error.strerror or str(error)
                self.drafts.save()
        else:
            self._forget(message)
        finally:
            self.changed()

    def accepted(self, local_id: str) -> None:
        """Leave a message to the client's outbox, which has it on disk.

        Args:
            local_id: its local id there.
        """
        for each in [each for each in self.drafts.unsent if each.handed and _outbox_id(each) == local_id]:
            self._forget(each)

    def _forget(self, message: Unsent) -> None:
        if message in self.drafts.unsent:
            self.drafts.unsent.remove(message)
            self.drafts.save()

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

    def withdraw(self, local_id: str) -> str | None:
        """Take back an unsent message.

        Args:
            local_id: its local id.

        Returns:
            Its text, None if it is being sent already.
        """
        for each in self.drafts.unsent:
            if each.local_id == local_id:
                if _is_handed(each):
                    return None
                self.drafts.unsent.remove(each)
                self.drafts.save()
                return each.text
        if self.client is not None:
            entry = next((e for e in self.client.outbox if e.local_id == local_id), None)
            if entry is not None and self.client.outbox.cancel(local_id):
                self.accepted(local_id)  # one that waits behind another is on disk here, too
                return entry.text
        return None


def _is_handed(message: Unsent) -> bool:
    """Return whether a client has a message, or had it when its process ended: it may be on the server."""
    return message.handed and not message.error


def _outbox_id(message: Unsent) -> str:
    """Return the local id of a message in the client's outbox."""
    from odoochat.client.posting import local_id_of  # the client was loaded after the first paint

    return local_id_of(message.local_id)
