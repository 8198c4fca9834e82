"""Composer commands: send, complete, history, $EDITOR and slash commands."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from odoochat.model import Message
from odoochat.tui.commands.messages import MessageCommands
from odoochat.tui.commands.panels import editor_command
from odoochat.tui.commands.slash import SlashCommands
from odoochat.tui.commands.uploads import UploadCommands
from odoochat.tui.completion import completions, token_at
from odoochat.tui.controller import ChatController
from odoochat.tui.rendering.strips import ListRow
from odoochat.wire.content.sanitize import safe_name

if TYPE_CHECKING:
    from odoochat.client.services import Markup

__all__ = ["ComposeCommands"]


class ComposeCommands:
    """Commands that act on the composer.

    Args:
        chat: the chat screen's controller.
        slash: the slash commands.
        uploads: the upload commands, used to send text with files.
        messages: the message commands, used to edit the last message.
    """

    def __init__(
        self, chat: ChatController, slash: SlashCommands, uploads: UploadCommands, messages: MessageCommands
    ) -> None:
        self._chat = chat
        self._messages = messages
        self._slash = slash
        self._uploads = uploads

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Return the commands, keyed by name."""
        timeline = self._chat.widgets.timeline
        return {
            "send": self.send,
            "newline": lambda: self._chat.widgets.composer.insert("\n"),
            "complete": self.complete,
            "choose-message": self.choose_message,
            "older-text": partial(self._chat.conversation.draft.recall, -1),
            "newer-text": partial(self._chat.conversation.draft.recall, 1),
            "scroll-up": lambda: timeline.page(-1),
            "scroll-down": lambda: timeline.page(1),
            "editor": self.editor,
            "line-up": partial(self._line, -1),
            "line-down": partial(self._line, 1),
        }

    # ------------------------------------------------------------------- sending

    def send(self) -> None:
        """Accept the selected completion, or send the text if no completion is selected."""
        conversation, composer, session = self._chat.conversation, self._chat.widgets.composer, self._chat.session
        self._offer_for_now()
        if conversation.offered is not None and self._chat.widgets.offers.key is not None:
            self.accept()
            return
        text = composer.text.rstrip()
        if not (text.strip() or conversation.draft.files) or not conversation.channel:
            return
        if text.startswith("//"):
            text = text[1:]
        elif text.startswith("/") and self._slash.run(text):
            return
        if conversation.draft.editing is not None:
            if not text.strip():  # Odoo would delete the message
                self._chat.feedback.toast("an edited message needs text; press Escape to cancel the edit", "warning")
                return
            self._send_edit(conversation.draft.editing, text)
            return
        if conversation.draft.files:
            self._uploads.send(text)
            return
        reply_to = conversation.draft.replying.id if conversation.draft.replying is not None else None
        mentions = conversation.mentioned(text)
        session.drafts.sent(text)
        conversation.draft.take_out()
        composer.signs.end()  # posting the message ends the typing indicator
        self._chat.widgets.timeline.unread_from = None
        session.send_queue.send(
            conversation.channel, text, markup=self._chat.host.settings.markup, reply_to=reply_to, mentions=mentions
        )
        conversation.to_newest()

    def _send_edit(self, message: Message, text: str) -> None:
        conversation, client = self._chat.conversation, self._chat.session.client
        if not self._chat.feedback.online() or client is None:
            return  # keep the text in the composer
        channel = conversation.channel
        conversation.draft.take_out()
        markup = cast("Markup", self._chat.host.settings.markup)

        async def ask() -> None:
            try:
                await client.channel(message.channel.id).edit(message, text, markup=markup)
            except BaseException:
                conversation.draft.give_back(channel, text)
                raise

        self._chat.feedback.run(ask(), "edit")
        self._chat.dirty()

    # ---------------------------------------------------------------- completion

    def changed(self) -> None:
        """Offer completions for the word before the cursor."""
        conversation, session = self._chat.conversation, self._chat.session
        token = token_at(self._chat.widgets.composer.before_cursor)
        conversation.offered = None
        if token is not None:
            channels = [safe_name(i.name, 60) for i in session.channels.values() if i.kind == "channel"]
            arguments, used = self._slash.arguments(token.command), session.drafts.emojis
            found = completions(token, conversation.people(), channels, self._slash.descriptions, used, arguments)
            if found and not (len(found) == 1 and found[0].text.strip() == token.sign + token.query):
                conversation.offered = (token, found)
                styles = self._chat.host.theme_styles
                rows = [
                    ListRow(at, ((f" {each.label}", styles.text), (f"  {each.note}", styles.dim)))
                    for at, each in enumerate(found)
                ]
                self._chat.widgets.offers.show(rows, keep=False)
        self._chat.dirty()

    def _offer_for_now(self) -> None:
        """Refresh the completions if the latest input has not been processed yet."""
        offered = self._chat.conversation.offered
        if offered is not None and offered[0] != token_at(self._chat.widgets.composer.before_cursor):
            self.changed()

    def complete(self) -> None:
        """Accept the selected completion, or offer completions if none are shown."""
        self._offer_for_now()
        if self._chat.conversation.offered is None:
            self.changed()
        if self._chat.conversation.offered is not None:
            self.accept()

    def accept(self) -> None:
        """Replace the token with the selected completion."""
        if (offered := self._chat.conversation.offered) is None:
            return
        token, found = offered
        at = self._chat.widgets.offers.key
        self._chat.conversation.offered = None
        if isinstance(at, int) and at < len(found):
            if token.sign == ":":
                used, emoji = self._chat.session.drafts.emojis, found[at].text.strip()
                used[emoji] = used.get(emoji, 0) + 1
            self._chat.widgets.composer.replace_before(len(token.sign) + len(token.query), found[at].text)
        self._chat.dirty()

    # -------------------------------------------------------------------- moving

    def _line(self, step: int) -> None:
        composer = self._chat.widgets.composer
        if self._chat.conversation.offered is not None:
            self._chat.widgets.offers.move(step)
        elif step < 0 and composer.cursor_at_first_line:
            conversation = self._chat.conversation
            if composer.text or conversation.draft.replying is not None or conversation.draft.files:
                composer.action_cursor_line_start()
            elif not self._messages.edit_last():
                self.choose_message()
        elif step < 0:
            composer.action_cursor_up()
        else:
            composer.action_cursor_down()

    def choose_message(self) -> None:
        """Cancel the current completion, edit or reply; if there is none, enter message mode."""
        conversation, timeline = self._chat.conversation, self._chat.widgets.timeline
        if conversation.offered is not None:
            conversation.offered = None
        elif conversation.draft.editing is not None or conversation.draft.replying is not None:
            conversation.draft.cancel()
        elif timeline.window.messages or timeline.window.pending:
            self._chat.screen.set_focus(timeline)
            if timeline.at_bottom or timeline.chosen_item is None:
                timeline.choose_end(first=False)
        self._chat.dirty()

    def editor(self) -> None:
        """Edit the text in $VISUAL or $EDITOR, or in any installed editor."""
        command, composer = editor_command(), self._chat.widgets.composer
        if not command:
            self._chat.feedback.toast("EDITOR is not set", "warning")
            return
        path: Path | None = None
        try:
            handle, name = tempfile.mkstemp(prefix="odoochat-", suffix=".md")
            path = Path(name)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(composer.text)
            with self._chat.screen.app.suspend():
                done = subprocess.run([*command, name], check=False)  # noqa: S603 - the user's own editor
            if done.returncode == 0:
                composer.fill(path.read_text("utf-8").rstrip("\n"))
            else:
                self._chat.feedback.toast(
                    f"{command[0]} failed with exit code {done.returncode}; the text is unchanged", "warning"
                )
        except Exception as error:  # noqa: BLE001 - no error of the editor, terminal or disk may lose the text
            self._chat.feedback.toast(f"{command[0]}: {error}", "error")
        finally:
            if path is not None:
                path.unlink(missing_ok=True)
