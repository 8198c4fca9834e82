"""Manages the user's draft, its files, and the message being replied to or edited."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from odoochat.errors import NotFound
from odoochat.model import Message
from odoochat.tui.session import ChatSession
from odoochat.tui.storage.drafts import Answering, has_lines
from odoochat.tui.widgets.composer import Composer
from odoochat.wire.content.sanitize import safe_text

__all__ = ["Draft"]


class Draft:
    """The open channel's draft. Other channels' drafts are stored on disk, and their attached files in memory.

    Args:
        session: the user's session, which stores the drafts.
        composer: displays the text.

    Attributes:
        replying: the message to which the draft replies.
        editing: the message whose text the draft will replace.
        files: the attached files.
        running: the slash commands that are being run. One of them may close the channel in which it was typed.
    """

    def __init__(self, session: ChatSession, composer: Composer) -> None:
        self._session = session
        self._composer = composer
        self._channel = 0
        self._resumed = self._owner = ""
        self._others: dict[int, list[Path]] = {}
        self.replying: Message | None = None
        self.editing: Message | None = None
        self.files: list[Path] = []
        self.running: list[str] = []
        self._recalled: int | None = None
        self._shown = self._hidden = ""
        self._left = ""

    @property
    def _place(self) -> str:
        return str(self._channel)

    @property
    def _answering(self) -> Answering:
        return self._session.drafts.answering.get(self._place, Answering())

    def open(self, channel: int) -> None:
        """Resume a channel's draft. What was written while no channel was open is added to this channel's draft.

        Args:
            channel: the channel's id.
        """
        text = self._written
        homeless = "" if self._channel or text.rstrip() in self.running else text
        if self._left:
            self._session.drafts.keep(self._left, "")
        self._channel, self._left = channel, ""
        self.files = [*self._others.pop(0, []), *self._others.pop(channel, [])]
        self._take_up()
        if homeless.strip():
            self.give_back(channel, homeless)

    def close(self) -> None:
        """Detach the draft from its channel. It stays stored until it becomes part of the next channel's draft."""
        drafts, text = self._session.drafts, self._composer.text
        written = _without(text, self._written) if text.rstrip() in self.running else self._written
        if self.editing is not None:
            written = _above(written, drafts.text(self._place))
        else:  # the message to edit may not have been fetched yet
            written = _above(self._answering.edited, written)
        self._end_recall()
        self.belongs_to()
        drafts.keep(self._place, written)
        self._channel, self._left = 0, self._place
        self._composer.fill(written)

    def leave(self) -> None:
        """Save the draft before a different channel is opened."""
        self.keep()
        if self.files:
            self._others[self._channel] = self.files
        self.files = []
        if not self._channel:
            self._composer.fill(self._written)
        self._end_recall()
        self.replying = self.editing = None

    def _take_up(self) -> None:
        drafts = self._session.drafts
        kept = self._answering
        self.replying = self._session.get(kept.reply_to) if kept.reply_to is not None else None
        self.editing = self._session.get(kept.edits) if kept.edits is not None else None
        self._resumed = kept.edited if self.editing is not None else drafts.text(self._place)
        self._owner = drafts.owner
        self._end_recall()
        self._composer.fill(self._resumed)

    def change_account(self) -> bool:
        """Resume the account's own draft instead of another account's. Text that was typed since then is kept.

        Returns:
            Whether the draft of another account was open.
        """
        if self._owner in ("", self._session.drafts.owner):
            return False
        if not self._channel:
            self._forget()
            return False
        typed = self._written
        self.files, self._others = [], {}
        is_typed = self.editing is None and typed != self._resumed
        self._take_up()
        if is_typed:
            self._composer.fill(typed)
        return True

    def _forget(self) -> None:
        """Empty the composer, because its text is kept with the other account, and no channel is open."""
        self._owner, self._left = self._session.drafts.owner, ""
        self.files, self._others = [], {}
        self._end_recall()
        self._composer.fill("")

    async def find_answered(self) -> bool:
        """Fetch the message being replied to or edited, if it is not in the cache.

        Returns:
            Whether the screen needs repainting.

        Raises:
            OdooChatError: the message could not be fetched.
        """
        client, channel = self._session.client, self._channel
        kept = self._answering
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
        """Store the draft's text, and the message being replied to or edited."""
        drafts = self._session.drafts
        if not self._channel:
            if self._left:
                drafts.keep(self._left, self._written)
            return
        if self.replying is not None or self.editing is not None:
            self.belongs_to(replying=self.replying, editing=self.editing)
        if self.editing is None:
            drafts.keep(self._place, self._written)

    @property
    def _written(self) -> str:
        """What the user has written: the composer's text, unless it was recalled, and what a recalled text hides."""
        text = self._composer.text
        if self._recalled is None:
            return text
        return self._hidden if text == self._shown else _above(text, self._hidden)

    def recall(self, step: int) -> None:
        """Show an older or newer text of the history of sent messages, or after the newest one what it hides.

        Args:
            step: -1 for the older text, 1 for the newer one.
        """
        history = self._session.drafts.history
        at = step + (len(history) if self._recalled is None else self._recalled)
        if not 0 <= at <= len(history):
            return
        written = self._written
        self._end_recall()
        self._composer.fill(history[at] if at < len(history) else written)
        if at < len(history):
            self._recalled, self._shown, self._hidden = at, self._composer.text, written

    def _end_recall(self) -> None:
        self._recalled, self._shown, self._hidden = None, "", ""

    def _is_here(self, channel: int) -> bool:
        """Return whether the composer contains a channel's draft: the channel is open, or was until now."""
        return str(channel) == (self._place if self._channel else self._left or "0")

    def remove(self, channel: int, command: str) -> None:
        """Remove a command that has been run, wherever it is now.

        Args:
            channel: the id of the channel in which the command was run.
            command: the command.
        """
        drafts, place = self._session.drafts, str(channel)
        kept = drafts.answering.get(place, Answering())
        if kept.edits is not None:
            drafts.answer(place, Answering(kept.reply_to, kept.edits, _without(command, kept.edited)))
        is_here = self._is_here(channel)
        if not is_here or self.editing is not None:
            drafts.keep(place, _without(command, drafts.text(place)))
        if not is_here:
            return
        if self._composer.text.strip() == command.strip():
            self._clear()
        else:
            self._hidden = _without(command, self._hidden)
            if self._recalled is None and (text := _without(command, self._composer.text)) != self._composer.text:
                self._composer.fill(text)
            self.keep()

    def _clear(self) -> None:
        """Remove the composer's text, and show what it hid if it was recalled."""
        hidden = self._hidden
        self._end_recall()
        self._composer.fill(hidden)
        self.keep()

    def take_out(self) -> None:
        """Remove the text and its reply or edit, because they are being sent, and show the draft that they hid."""
        kept = self._answering
        self._clear()
        if self.editing is not None:
            self._end_edit()  # a text that was recalled into the edit hid the edited text
        elif kept.edits is None:  # otherwise the message to edit has not been fetched yet
            self.belongs_to()

    def _end_edit(self) -> None:
        """Show the draft instead of an edit. If the composer still contains a changed text, it joins the draft."""
        drafts, written = self._session.drafts, self._written
        if self.editing is not None and written.strip() != safe_text(self.editing.text).strip():
            drafts.keep(self._place, _above(written, drafts.text(self._place)))
        self.cancel()

    def give_back(self, channel: int, text: str, files: Sequence[Path] = (), replying: Message | None = None) -> None:
        """Put what could not be sent into its channel's draft, before what has been added there since.

        Args:
            channel: the channel's id.
            text: the text, which may be empty.
            files: the files.
            replying: the message that the text answers, unless the draft answers or edits one.
        """
        is_here = self._is_here(channel)
        attached = self.files if is_here else self._others.setdefault(channel, [])
        attached[:0] = [each for each in files if each not in attached]
        drafts = self._session.drafts
        if replying is not None and str(channel) not in drafts.answering:
            drafts.answer(str(channel), Answering(replying.id))
            if channel == self._channel:
                self.replying = replying
        is_shown = is_here and self.editing is None  # an edit hides the draft
        if is_shown and self._recalled is not None:
            self._hidden = _above(text, self._hidden)
            self.keep()
        else:
            written = _above(text, self._composer.text if is_shown else drafts.text(str(channel)))
            drafts.keep(str(channel), written)
            if is_shown and written != self._composer.text:
                self._composer.fill(written)
        drafts.save()

    def edit(self, message: Message, text: str) -> None:
        """Start editing a message. The draft is shown again afterwards.

        Args:
            message: the message.
            text: the message's text.
        """
        if self.editing is not None and self.editing.id == message.id:
            return
        if self.editing is not None:
            self._end_edit()
        self._give_back_edit()
        self.keep()
        self._end_recall()
        self._composer.fill(text)
        self.belongs_to(editing=message)

    def reply(self, message: Message) -> None:
        """Make the draft a reply, instead of an edit in progress.

        Args:
            message: the message to reply to.
        """
        if self.editing is not None:
            self.cancel()
        self._give_back_edit()
        self.belongs_to(replying=message)

    def _give_back_edit(self) -> None:
        """Put the text of an edit whose message has not been fetched yet into the draft."""
        kept = self._answering
        if self.editing is None and kept.edits is not None:
            self.belongs_to(replying=self.replying)
            self.keep()
            self.give_back(self._channel, kept.edited)

    def belongs_to(self, *, replying: Message | None = None, editing: Message | None = None) -> None:
        """Set the message to reply to or to edit. The choice survives a restart.

        Args:
            replying: the message to reply to.
            editing: the message to edit.
        """
        self.replying, self.editing = replying, editing
        reply_to = replying.id if replying is not None else None
        kept = Answering(reply_to) if editing is None else Answering(reply_to, editing.id, self._written)
        self._session.drafts.answer(self._place, kept)

    def cancel(self) -> None:
        """Cancel the reply or edit. After an edit, the earlier draft is restored."""
        edited = self.editing is not None
        self.belongs_to()
        if edited:
            self._end_recall()
            self._composer.fill(self._session.drafts.text(self._place))


def _without(command: str, written: str) -> str:
    """Return what has been written without a command, which may be above the rest."""
    lines, length = written.split("\n"), command.rstrip().count("\n") + 1
    is_above = command.strip() and "\n".join(lines[:length]).rstrip() == command.rstrip()
    return "\n".join(lines[length:]) if is_above else written


def _above(text: str, written: str) -> str:
    """Return a text with a second one below it, without repeating lines that the second one contains."""
    if has_lines(written, text):
        return written
    return f"{text}\n{written}" if written.strip() else text
