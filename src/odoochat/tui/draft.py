"""Manages the user's draft, its files, and the message being replied to or edited."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from odoochat.errors import NotFound
from odoochat.model import Message
from odoochat.tui.session import ChatSession
from odoochat.tui.storage.drafts import Answering, has_lines
from odoochat.tui.widgets.composer import Composer

__all__ = ["Draft"]


class Draft:
    """The open channel's draft. Other channels' drafts are stored on disk, and their attached files in memory.

    Args:
        session: the user's session, which stores the drafts.
        composer: displays the text.

    Attributes:
        replying: the message to which the draft replies.
        editing: the message whose text the draft will replace.
        recall: the position in the history of sent messages; None while writing a draft.
        files: the attached files.
    """

    def __init__(self, session: ChatSession, composer: Composer) -> None:
        self._session = session
        self._composer = composer
        self._channel = 0
        self._resumed = self._owner = ""
        self._others: dict[int, list[Path]] = {}
        self.replying: Message | None = None
        self.editing: Message | None = None
        self.recall: int | None = None
        self.files: list[Path] = []

    @property
    def _place(self) -> str:
        return str(self._channel)

    def open(self, channel: int) -> None:
        """Resume a channel's draft. What was written while no channel was open is added to this channel's draft.

        Args:
            channel: the channel's id.
        """
        text = self._composer.text
        homeless = "" if self._channel or text.startswith("/") else text
        self._channel = channel
        self.files = [*self._others.pop(0, []), *self._others.pop(channel, [])]
        self._take_up()
        if homeless.strip():
            self.give_back(channel, homeless)

    def close(self) -> None:
        """Detach the draft from its channel, keeping the text."""
        self._channel = 0
        self.replying = self.editing = self.recall = None

    def leave(self) -> None:
        """Save the draft before a different channel is opened."""
        self.keep()
        if self.files:
            self._others[self._channel] = self.files
        self.files = []
        self.replying = self.editing = self.recall = None

    def _take_up(self) -> None:
        drafts = self._session.drafts
        kept = drafts.answering.get(self._place, Answering())
        self.replying = self._session.get(kept.reply_to) if kept.reply_to is not None else None
        self.editing = self._session.get(kept.edits) if kept.edits is not None else None
        self._resumed = kept.edited if self.editing is not None else drafts.text(self._place)
        self._owner = drafts.owner
        self._composer.fill(self._resumed)

    def change_account(self) -> bool:
        """Resume the account's own draft instead of another account's. Text that was typed since then is kept.

        Returns:
            Whether the draft of another account was open.
        """
        if not self._channel or self._owner in ("", self._session.drafts.owner):
            return False
        typed, self.recall = self._composer.text, None
        self.files, self._others = [], {}
        is_typed = self.editing is None and typed != self._resumed
        self._take_up()
        if is_typed:
            self._composer.fill(typed)
        return True

    async def find_answered(self) -> bool:
        """Fetch the message being replied to or edited, if it is not in the cache.

        Returns:
            Whether the screen needs repainting.

        Raises:
            OdooChatError: the message could not be fetched.
        """
        client, channel = self._session.client, self._channel
        kept = self._session.drafts.answering.get(self._place, Answering())
        wanted = kept.reply_to if kept.reply_to is not None else kept.edits
        if client is None or wanted is None or self.replying is not None or self.editing is not None:
            return False
        try:
            self._session.keep([await client.fetch_message(wanted)])
        except NotFound:
            self._session.drafts.answer(str(channel), Answering())
            self.give_back(channel, kept.edited)
        if channel == self._channel:
            self.keep()  # the composer reports typed text later
            self._take_up()
        return channel == self._channel

    def keep(self) -> None:
        """Store the draft's reply or edit target, and its text unless it was recalled from the history."""
        drafts = self._session.drafts
        if not self._channel:
            return
        if self.replying is not None or self.editing is not None:
            self.belongs_to(replying=self.replying, editing=self.editing)
        if self.editing is None and not self.is_recalled:
            drafts.keep(self._place, self._composer.text)

    @property
    def is_recalled(self) -> bool:
        """Whether the composer shows a sent text, unchanged, instead of the draft."""
        history = self._session.drafts.history
        at = self.recall
        return at is not None and at < len(history) and self._composer.text == history[at]

    def give_back(self, channel: int, text: str, files: Sequence[Path] = (), replying: Message | None = None) -> None:
        """Put what could not be sent into its channel's draft, before what has been added there since.

        Args:
            channel: the channel's id.
            text: the text, which may be empty.
            files: the files.
            replying: the message that the text answers, unless the draft answers or edits one.
        """
        attached = self.files if channel == self._channel else self._others.setdefault(channel, [])
        attached[:0] = [each for each in files if each not in attached]
        drafts = self._session.drafts
        if replying is not None and str(channel) not in drafts.answering:
            drafts.answer(str(channel), Answering(replying.id))
            if channel == self._channel:
                self.replying = replying
        # While a message is edited or a sent text is recalled, the composer does not contain the draft.
        is_shown = channel == self._channel and self.editing is None and not self.is_recalled
        written = self._composer.text if is_shown else drafts.text(str(channel))
        if not has_lines(written, text):
            written = f"{text}\n{written}" if written.strip() else text
        drafts.keep(str(channel), written)
        drafts.save()
        if is_shown and written != self._composer.text:
            self._composer.fill(written)

    def belongs_to(self, *, replying: Message | None = None, editing: Message | None = None) -> None:
        """Set the message to reply to or to edit. The choice survives a restart.

        Args:
            replying: the message to reply to.
            editing: the message to edit.
        """
        self.replying, self.editing = replying, editing
        reply_to = replying.id if replying is not None else None
        kept = Answering(reply_to) if editing is None else Answering(reply_to, editing.id, self._composer.text)
        self._session.drafts.answer(self._place, kept)

    def cancel(self) -> None:
        """Cancel the reply or edit. After an edit, the earlier draft is restored."""
        edited = self.editing is not None
        self.belongs_to()
        if edited:
            self._composer.fill(self._session.drafts.text(self._place))
