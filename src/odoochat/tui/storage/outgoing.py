"""Sends the user's messages through the client's outbox, and stores them on disk until there is a client."""

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
    """Sends messages and makes sure that no text is lost.

    Args:
        drafts: stores rejected messages and messages that are waiting for the first connection.
        run: a function that runs a coroutine in the background.
        changed: a function that is called when the number of pending messages changes.

    Attributes:
        client: the client; None until connected.
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
        """Start sending through a client.

        Args:
            client: the client.
        """
        self.client = client

    def disconnect(self) -> None:
        """Stop using the client, and store messages on disk until a client is connected again."""
        self.client = None

    def _waiting(self) -> list[Unsent]:
        """Return the messages that are not in the client's outbox, including rejected ones."""
        if self.client is None or not self.drafts.unsent:
            return self.drafts.unsent
        taken = {entry.local_id for entry in self.client.outbox}
        return [each for each in self.drafts.unsent if not taken or _outbox_id(each) not in taken]

    def pending(self, channel_id: int) -> list[PendingItem]:
        """Return the unsent and rejected messages in a channel.

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
        """Number of pending messages."""
        waiting = sum(not each.error for each in self._waiting())
        return waiting + (len(self.client.outbox) if self.client is not None else 0)

    def send(
        self, channel_id: int, text: str, *, markup: str, reply_to: int | None = None, mentions: tuple[int, ...] = ()
    ) -> None:
        """Send a message. It is stored on disk until the client's outbox has stored it.

        Args:
            channel_id: the channel's id.
            text: the message's text.
            markup: markup of the text: ``text`` or ``markdown``.
            reply_to: the id of the message to reply to.
            mentions: partner ids of the mentioned people.
        """
        message = Unsent(f"waiting-{uuid.uuid4().hex}", channel_id, text, "", markup, reply_to, mentions)
        message.owner = self.drafts.account
        self.drafts.unsent.append(message)
        self._begin([message])

    def resume(self) -> None:
        """Send the account's messages that were written while offline."""
        account = self.drafts.account
        self._begin([each for each in self.drafts.unsent if not each.error and each.owner in ("", account)])

    def _begin(self, messages: list[Unsent]) -> None:
        """Record on disk that messages are about to be passed to the client, then pass them in order."""
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
            again: whether an earlier client, perhaps in a killed process, may already have posted the message. If so,
                the message's key prevents a duplicate.
        """
        try:
            channel = client.channel(message.channel)
            markup = cast("Markup", message.markup)
            await channel.send(
                message.text, markup=markup, reply_to=message.reply_to, mentions=message.mentions,
                key=message.local_id, retry=again,
            )  # fmt: skip
        except (OdooChatError, OSError) as error:
            # The outbox reports failures with MessageFailed; a message that it did not accept stays here.
            if message in self.drafts.unsent and self.client is client:
                message.error = str(error) if isinstance(error, OdooChatError) else error.strerror or str(error)
                self.drafts.save()
        else:
            self._forget(message)
        finally:
            self.changed()

    def accepted(self, local_id: str) -> None:
        """Remove a message that the client's outbox has stored on disk.

        Args:
            local_id: the message's local id in the outbox.
        """
        for each in [each for each in self.drafts.unsent if each.handed and _outbox_id(each) == local_id]:
            self._forget(each)

    def _forget(self, message: Unsent) -> None:
        if message in self.drafts.unsent:
            self.drafts.unsent.remove(message)
            self.drafts.save()

    def failed(self, local_id: str, channel_id: int, text: str, error: str) -> None:
        """Store a message that the outbox could not send.

        Args:
            local_id: the message's local id.
            channel_id: the channel's id.
            text: the message's text.
            error: why the message was not sent.
        """
        self.drafts.unsent.append(Unsent(local_id, channel_id, text, error, owner=self.drafts.account))
        self.drafts.save()

    def withdraw(self, local_id: str) -> str | None:
        """Withdraw an unsent message.

        Args:
            local_id: the message's local id.

        Returns:
            The message's text, or None if the message is already being sent.
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
                self.accepted(local_id)  # a message that waits behind another is also on disk here
                return entry.text
        return None


def _is_handed(message: Unsent) -> bool:
    """Return whether a message may be on the server because a client received it, perhaps in an earlier process."""
    return message.handed and not message.error


def _outbox_id(message: Unsent) -> str:
    """Return a message's local id in the client's outbox."""
    from odoochat.client.posting import local_id_of  # imported after the first paint

    return local_id_of(message.local_id)
