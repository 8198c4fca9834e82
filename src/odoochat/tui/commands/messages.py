"""Message mode commands, which act on the selected message."""

from __future__ import annotations

import asyncio
import os
import webbrowser
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec
from rich.style import Style

from odoochat.model import Attachment, Message
from odoochat.rich_text import has_format, page_runs
from odoochat.tui.commands.files import FileCommands, has_desktop
from odoochat.tui.controller import ChatController
from odoochat.tui.message_window import PendingItem
from odoochat.tui.rendering.message import links
from odoochat.tui.rendering.strips import ListRow
from odoochat.tui.rendering.wrap import excerpt
from odoochat.tui.screens.confirm import Confirm
from odoochat.tui.screens.dialogs import Chooser
from odoochat.wire.content.sanitize import safe_line, safe_name, safe_text

__all__ = ["MessageCommands"]

BEING_SENT = {
    "unclear": "it is unclear whether this message was sent; wait until that is checked",
    "sending": "this message is being sent; wait until it has been sent",
}


def loses_format(message: Message) -> bool:
    """Return whether editing a message's text would lose formatting: a style, a list or a link with its own label.

    Args:
        message: the message.
    """
    if not has_format(message.html):
        return False
    runs = [run for line in page_runs(message.html) for run in line]
    return any(run.style or (run.link and run.text.strip() not in run.link) for run in runs)


class MessageCommands:
    """Commands that act on the selected message.

    Args:
        chat: the chat screen's controller.
        files: the file commands, used to open attached files.
    """

    def __init__(self, chat: ChatController, files: FileCommands) -> None:
        self._chat = chat
        self._files = files

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Return the commands, keyed by name."""
        timeline = self._chat.widgets.timeline
        return {
            "up": lambda: self._move(-1),
            "down": lambda: self._move(1),
            "page-up": lambda: timeline.page(-1),
            "page-down": lambda: timeline.page(1),
            "first": lambda: timeline.choose_end(first=True),
            "last": self.last,
            "unread-line": self.unread_line,
            "reply": self.reply,
            "edit": self.edit,
            "delete": self.delete,
            "pin": self.pin,
            "star": self.star,
            "copy": self.copy,
            "open": self.open_things,
            "jump": self.jump,
            "thread": self.thread,
            "seen-by": self.seen_by,
            "mark-unread": self.mark_unread,
            "write": self.write,
        }

    def selected(self) -> Message | None:
        """Return the selected message if it is on the server; otherwise show the user why it cannot be used."""
        target = self._chat.conversation.target
        if isinstance(target, Message):
            return target
        self._chat.feedback.toast(
            "select a message first" if target is None else "this message has not reached the server yet"
        )
        return None

    # ------------------------------------------------------------------- writing

    def reply(self) -> None:
        """Start a reply."""
        if (message := self.selected()) is not None:
            self._chat.conversation.draft.reply(message)
            self._chat.screen.set_focus(self._chat.widgets.composer)
            self._chat.dirty()

    def edit_last(self) -> bool:
        """Edit the user's last message in the channel; return False if none is loaded."""
        window = self._chat.widgets.timeline.window
        own = (m for m in reversed(window.messages) if self._chat.session.is_own(m) and m.text and not m.is_system)
        message = next(own, None) if window.at_end else None
        if message is not None:
            self._edit(message)
        return message is not None

    def edit(self) -> None:
        """Load the selected message into the composer, withdrawing it first if it has not been sent."""
        target, composer = self._chat.conversation.target, self._chat.widgets.composer
        if isinstance(target, PendingItem):
            text = self._withdraw(target)
            if text is None:
                return
            composer.fill("\n".join(filter(None, [composer.text.strip(), text])))
        elif (message := self.selected()) is not None:
            if not self._chat.session.is_own(message):
                self._chat.feedback.toast("only your own messages can be edited", "warning")
                return
            self._edit(message)
            return
        self._chat.screen.set_focus(composer)
        self._chat.dirty()

    def _edit(self, message: Message) -> None:
        conversation, composer = self._chat.conversation, self._chat.widgets.composer
        conversation.draft.edit(message, safe_text(message.text))
        if loses_format(message):
            self._chat.feedback.toast(
                "sending this edit will remove formatting: bold, lists and links become plain text", "warning"
            )
        self._chat.screen.set_focus(composer)
        self._chat.dirty()

    def _withdraw(self, pending: PendingItem) -> str | None:
        """Withdraw an unsent message and return its text, or None if it is already being sent."""
        text = self._chat.session.send_queue.withdraw(pending.local_id)
        if text is None:
            self._chat.feedback.toast(BEING_SENT.get(pending.state, BEING_SENT["sending"]), "warning")
        self._chat.conversation.sync_pending()
        self._chat.widgets.timeline.redraw()
        return text

    def delete(self) -> None:
        """Delete the selected message after asking for confirmation, or discard it if it has not been sent."""
        target = self._chat.conversation.target
        if isinstance(target, PendingItem):
            self._withdraw(target)
            return
        message, client = self.selected(), self._chat.session.client
        if message is None or not self._chat.feedback.online() or client is None:
            return
        if not self._chat.session.is_own(message):
            self._chat.feedback.toast("only your own messages can be deleted", "warning")
            return

        def chosen(key: str | None) -> None:
            if key == "delete":
                self._chat.feedback.run(client.channel(message.channel.id).delete(message), "delete")

        question = f"“{excerpt(message.text, 200)}” will be deleted for everyone."
        buttons = (("keep", "Keep it"), ("delete", "Delete"))
        self._chat.screen.app.push_screen(Confirm("Delete this message?", question, buttons, danger="delete"), chosen)

    def copy(self) -> None:
        """Copy the message's text to the terminal's clipboard (OSC 52)."""
        target = self._chat.conversation.target
        if target is not None:
            self._chat.screen.app.copy_to_clipboard(safe_text(target.text))
            self._chat.feedback.toast("copied")

    # ------------------------------------------------------------------- marking

    def pin(self) -> None:
        """Pin or unpin the message."""
        message, client = self.selected(), self._chat.session.client
        if message is None or not self._chat.feedback.online() or client is None:
            return

        async def ask() -> None:
            pinned = message.pinned is not None
            channel = client.channel(message.channel.id)
            await (channel.unpin if pinned else channel.pin)(message)
            self._amend(msgspec.structs.replace(message, pinned=None if pinned else datetime.now(UTC)))

        self._chat.feedback.run(ask(), "pin")

    def star(self) -> None:
        """Star or unstar the message."""
        message, client = self.selected(), self._chat.session.client
        if message is None or not self._chat.feedback.online() or client is None:
            return

        async def ask() -> None:
            channel = client.channel(message.channel.id)
            await (channel.unstar if message.starred else channel.star)(message)
            self._amend(msgspec.structs.replace(message, starred=not message.starred))

        self._chat.feedback.run(ask(), "star")

    def _amend(self, message: Message) -> None:
        """Show the user's change immediately, before the corresponding event arrives."""
        self._chat.session.keep([message])
        self._chat.conversation.update(message.id)
        self._chat.dirty()

    def mark_unread(self) -> None:
        """Mark the message and all later ones as unread."""
        message, client = self.selected(), self._chat.session.client
        if message is None or not self._chat.feedback.able("mark_unread") or client is None:
            return

        async def ask() -> None:
            await client.channel(message.channel.id).mark_unread(message)
            if self._chat.conversation.channel == message.channel.id:
                self._chat.widgets.timeline.unread_from = message.id
                self._chat.widgets.timeline.redraw(forget=True)

        self._chat.feedback.run(ask(), "mark unread")

    # ------------------------------------------------------------------- opening

    def open_things(self) -> None:
        """Open a link or file from the message, asking which one if there is more than one."""
        message = self.selected()
        if message is None:
            return
        things: list[tuple[str, Attachment | str]] = [(f"▤ {safe_name(a.name, 60)}", a) for a in message.attachments]
        things += [(safe_line(url, 200), url) for url in links(message)]
        if not things:
            self._chat.feedback.toast("this message contains no links or files")
            return
        rows = [ListRow(at, ((words, Style()),)) for at, (words, _) in enumerate(things)]

        def chosen(at: int | None) -> None:
            if at is None:
                return
            thing = things[at][1]
            if isinstance(thing, str):
                self.open_link(thing)
            else:
                self._files.open_file(thing)

        def find(text: str) -> list[ListRow]:
            return [row for row in rows if text.casefold() in row.parts[0][0].casefold()]

        if len(things) == 1 and message.attachments:
            chosen(0)
            return
        # Show the full address before opening it, because a link's text may be misleading.
        self._chat.screen.app.push_screen(Chooser("Open", self._chat.host.theme_styles, find), chosen)

    def open_link(self, url: str) -> None:
        """Open an address in the browser. Only http, https and mailto are allowed.

        Args:
            url: the address.
        """
        if not url.lower().startswith(("http://", "https://", "mailto:")):
            self._chat.feedback.toast("only http, https and mailto links are opened", "warning")
            return
        if not has_desktop() and not os.environ.get("BROWSER"):
            # Without a desktop, a text browser would start in this terminal.
            self._chat.screen.app.copy_to_clipboard(url)
            self._chat.feedback.toast(f"no desktop available; copied {url}")
            return

        async def show() -> None:
            opened = await asyncio.to_thread(webbrowser.open, url)
            self._chat.feedback.toast(f"opened {url}" if opened else f"no browser available for {url}")

        self._chat.feedback.run(show(), "open")

    def thread(self) -> None:
        """Open the message's thread. Ask before starting a new one, because it is announced to all members."""
        message, client = self.selected(), self._chat.session.client
        if message is None or not self._chat.feedback.able("thread") or client is None:
            return
        session, channel = self._chat.session, self._chat.conversation.channel
        threads = self._chat.conversation.threads
        known = threads.get(message.id)

        async def ask() -> None:
            await threads.read(channel)  # another member may have started it
            there = threads.get(message.id)
            if there is None:
                thread = await client.channel(channel).threads.create(message=message)
            else:
                thread = await client.join(there.channel)
            if thread.id not in session.channels:
                await client.refresh()
                session.add_channel(client.channel(thread.id))
            self._chat.conversation.open(thread.id)

        def chosen(key: str | None) -> None:
            if key == "start":
                self._chat.feedback.lead(ask(), "thread")

        if known is not None and known.channel in session.channels:
            self._chat.conversation.open(known.channel)
            return
        if known is not None:
            self._chat.feedback.lead(ask(), "thread")
            return
        question = f"“{excerpt(message.text, 200)}” will get a thread that every member of the channel sees."
        buttons = (("no", "Not now"), ("start", "Start the thread"))
        self._chat.screen.app.push_screen(Confirm("Start a thread?", question, buttons), chosen)

    def seen_by(self) -> None:
        """Show who has read the message."""
        message = self.selected()
        if message is None:
            return
        people, channel = self._chat.session.people, self._chat.conversation.channel
        found = {number: name for number, (name, last) in people.seen.get(channel, {}).items() if last >= message.id}
        found |= {m.author.id: m.author.name for m in people.members.get(channel, []) if (m.seen or 0) >= message.id}
        found.pop(self._chat.session.me.partner_id, None)
        names = [safe_name(name, 40) for name in found.values() if name]
        self._chat.feedback.toast("read by " + ", ".join(names) if names else "not read by anyone yet")

    # -------------------------------------------------------------------- moving

    def jump(self) -> None:
        """Go to the message that the selected one replies to."""
        message = self.selected()
        if message is None:
            return
        if message.reply_to is None:
            self._chat.feedback.toast("this message is not a reply")
            return
        self._chat.feedback.lead(self._chat.conversation.jump(message.reply_to), "go to the message")

    def unread_line(self) -> None:
        """Go to the first unread message."""
        first = self._chat.widgets.timeline.unread_from
        if first is None:
            self._chat.feedback.toast("no unread messages here")
        else:
            self._chat.feedback.lead(self._chat.conversation.jump(first), "go to the message")

    def _move(self, step: int) -> None:
        if not self._chat.widgets.timeline.move(step):
            if step > 0:
                self.write()
            else:
                self._chat.conversation.load(top=True)

    def write(self) -> None:
        """Return to the composer."""
        self._chat.widgets.timeline.chosen = None
        self._chat.screen.set_focus(self._chat.widgets.composer)
        self._chat.dirty()

    def last(self) -> None:
        """Go to the newest message."""
        self._chat.conversation.to_newest()
        self._chat.widgets.timeline.choose_end(first=False)
