"""Commands that open panels (search, message lists, shortcuts, settings), switch themes and profiles, and reload."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from odoochat.errors import ConfigError
from odoochat.model import Message
from odoochat.tui.controller import ChatController
from odoochat.tui.keys import keymap
from odoochat.tui.rendering.dates import moment_words
from odoochat.tui.rendering.status import link_details
from odoochat.tui.rendering.strips import ListRow
from odoochat.tui.rendering.wrap import excerpt
from odoochat.tui.screens.confirm import Confirm
from odoochat.tui.screens.dialogs import Chooser, KeyTable
from odoochat.tui.settings import THEMES, settings_path, write_default
from odoochat.tui.storage.kept_lists import KeptLists
from odoochat.wire.content.sanitize import safe_name

if TYPE_CHECKING:
    # The client imports networking libraries, which are loaded only after the first paint.
    from odoochat.client.client import Client

__all__ = ["PanelCommands", "editor_command"]

NOT_ARCHIVED = "nothing found in the archive; `odoochat sync` downloads complete histories"
NOT_ARCHIVED_OFFLINE = "nothing found in the archive, and the server is unreachable"
SYNTAX = 'words, "a phrase", from:bob in:general has:file before:2026-05'
_FILTERED = re.compile(r"(?:^|\s)(?:from|in|has|before|after|on):\S")
"""Matches a search that uses filters, which only the archive supports."""

MAX_FOUND = 50
MIN_QUERY = 2
"""Minimum number of characters for a search."""


def editor_command() -> list[str]:
    """Return the user's editor command, falling back to common editors as git does; empty if there is none."""
    chosen = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    there = (found for name in ("sensible-editor", "nano", "vi") if (found := shutil.which(name)))
    return chosen or [*itertools.islice(there, 1)]


async def _collected(messages: AsyncIterator[Message]) -> list[Message]:
    return [message async for message in messages]


async def _awaited(job: Awaitable[None]) -> None:
    await job


class PanelCommands:
    """Commands that open panels over the chat.

    Args:
        chat: the chat screen's controller.
    """

    def __init__(self, chat: ChatController) -> None:
        self._chat = chat

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Return the commands, keyed by name."""
        return {
            "search-here": lambda: self.search(everywhere=False),
            "search-everywhere": lambda: self.search(everywhere=True),
            "inbox": self.inbox,
            "starred": self.starred,
            "pins": self.pins,
            "help": self.show_keys,
            "help-here": self.show_keys,
            "settings": self.settings,
            "theme": self.next_theme,
            "next-profile": self._chat.host.next_profile,
            "refresh": self.refresh,
            "connection": self.connection,
            "quit": self._chat.screen.app.exit,
        }

    # ---------------------------------------------------------- lists of messages

    def _found_row(self, message: Message, *, everywhere: bool) -> ListRow:
        styles = self._chat.host.theme_styles
        local = message.date.astimezone()
        known = self._chat.session.channels.get(message.channel.id)
        place = known.name if known else message.channel.name or (message.record.name if message.record else "")
        where = f"#{safe_name(place, 20)} " if everywhere else ""
        who = f"{safe_name(message.author.name, 24) or 'unknown'}: "
        parts = ((where, styles.dim), (who, styles.strong), (excerpt(message.text), styles.text))
        when = moment_words(local, self._chat.context.today())
        return ListRow(("message", message.channel.id, message.id), parts, when, styles.dim)

    def search(self, *, everywhere: bool, text: str = "") -> None:
        """Search the cache immediately, and the server after a short delay.

        Args:
            everywhere: whether to search all conversations, not only the open one.
            text: the initial input.
        """
        everywhere_now = everywhere

        def channel() -> int | None:
            return None if everywhere_now else self._chat.conversation.channel

        def rows(found: Sequence[Message]) -> Sequence[ListRow]:
            return [self._found_row(m, everywhere=everywhere_now) for m in found]

        def find(query: str) -> Sequence[ListRow]:
            if len(query.strip()) < MIN_QUERY:
                return []
            self._chat.session.flush()
            return rows(self._chat.session.cache.search(query.strip(), channel(), MAX_FOUND))

        async def ask(query: str) -> Sequence[ListRow]:
            client, number = self._chat.session.client, channel()
            online = client is not None and self._chat.session.link.state == "open"
            if len(query.strip()) < MIN_QUERY:
                return []
            if _FILTERED.search(query) or not online or client is None:
                # The server does not support filters; errors in a filter are shown in the list.
                found = self._chat.session.cache.find(query.strip(), number, MAX_FOUND)
                words = NOT_ARCHIVED if online else NOT_ARCHIVED_OFFLINE
                return [] if found else [ListRow(None, ((words, self._chat.host.theme_styles.dim),))]
            place = client if number is None else client.channel(number)
            return rows(await _collected(place.search(query.replace('"', " ").strip(), limit=MAX_FOUND)))

        def title() -> str:
            return (
                "Search everywhere"
                if everywhere_now
                else f"Search in {safe_name(self._chat.conversation.info.name, 40)}"
            )

        def tab(_key: Any, _text: str) -> None:
            nonlocal everywhere_now
            everywhere_now = not everywhere_now
            dialog.heading = title()

        def chosen(key: tuple[str, int, int] | None) -> None:
            if key is not None:
                known = key[1] if key[1] in self._chat.session.channels else None
                self._chat.feedback.lead(self._chat.conversation.jump(key[2], known), "go to the message")

        dialog = Chooser(
            title(), self._chat.host.theme_styles, find, ask=ask, text=text, other="this or all conversations", tab=tab,
            placeholder=SYNTAX,
        )  # fmt: skip
        self._chat.screen.app.push_screen(dialog, chosen)

    def _show_list(
        self,
        name: str,
        title: str,
        ask: Callable[[Client], Awaitable[Sequence[Message]]],
        nothing: str,
        done: Callable[[Client, int], Awaitable[None]] | None = None,
    ) -> None:
        """Show a list of messages to jump to, or the most recently fetched list when offline.

        Args:
            name: the name under which the list is stored.
            title: the list's title.
            ask: a function that fetches the messages from the server.
            nothing: the notice to show if there are no messages.
            done: a function that marks a message as done; called on Tab.
        """
        client, kept = self._chat.session.client, KeptLists(self._chat.session)

        async def read(client: Client) -> None:
            found = await ask(client)
            kept.note(name, found)
            show(found, client)

        def show(messages: Sequence[Message], client: Client | None) -> None:
            when = "" if client is not None else " (offline, as last fetched)"
            if not messages:
                self._chat.feedback.toast(nothing + when)
                return
            rows = [(excerpt(m.text), self._found_row(m, everywhere=True)) for m in messages]

            def find(text: str) -> Sequence[ListRow]:
                return [row for words, row in rows if text.casefold() in words.casefold()]

            def tab(key: tuple[str, int, int] | None, _text: str) -> None:
                if done is not None and client is not None and key is not None:
                    rows[:] = [each for each in rows if each[1].key != key]
                    self._chat.feedback.run(_awaited(done(client, key[2])), title)

            styles, can_tab = self._chat.host.theme_styles, done is not None and client is not None
            other = "mark as read" if can_tab else ""
            dialog = Chooser(title + when, styles, find, other=other, tab=tab if can_tab else None)
            self._chat.screen.app.push_screen(dialog, self._jump_to)

        if client is not None and self._chat.session.link.state == "open":
            self._chat.feedback.lead(read(client), title)
        elif (last := kept.read(name)) is not None:
            show(last, None)
        else:
            self._chat.feedback.toast(f"{title}: offline, and not fetched yet; press F5 to connect", "warning")

    def _jump_to(self, key: tuple[str, int, int] | None) -> None:
        if key is not None and key[1] in self._chat.session.channels:
            self._chat.feedback.lead(self._chat.conversation.jump(key[2], key[1]), "go to the message")
        elif key is not None:
            self._chat.feedback.toast("this message belongs to a record, not to one of your conversations", "warning")

    def inbox(self) -> None:
        """Show the messages in the user's inbox."""
        self._show_list(
            "inbox",
            "Inbox",
            lambda client: _collected(client.inbox.messages(MAX_FOUND)),
            "the inbox is empty",
            lambda client, number: client.inbox.mark_read(number),
        )

    def starred(self) -> None:
        """Show the user's starred messages."""
        self._show_list(
            "starred",
            "Starred messages",
            lambda client: _collected(client.inbox.starred(MAX_FOUND)),
            "no starred messages",
        )

    def pins(self) -> None:
        """Show the conversation's pinned messages."""
        channel = self._chat.conversation.channel
        self._show_list(
            f"pins.{channel}", "Pinned messages", lambda client: client.channel(channel).pins(), "no pinned messages"
        )

    # ------------------------------------------------------------------- dialogs

    async def ask_code(self) -> str:
        """Prompt the user for the two-factor code, or return "" if they cancel."""
        await self._chat.host.keyboard.rest()
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def chosen(text: str | None) -> None:
            if not answer.done():
                answer.set_result(text or "")

        dialog = Chooser("Two-factor code", self._chat.host.theme_styles, lambda _: [], free=True, placeholder="123456")
        self._chat.screen.app.push_screen(dialog, chosen)
        return await answer

    def show_keys(self) -> None:
        """Show all shortcuts. Enter runs the command in the selected row."""
        settings = self._chat.host.settings

        def chosen(name: str | None) -> None:
            if name:
                self._chat.screen.call_later(self._chat.screen.run_action, f"screen.do('{name}')")

        dialog = KeyTable(self._chat.host.theme_styles, keymap(settings.keys, settings.bindings))
        self._chat.screen.app.push_screen(dialog, chosen)

    def show_refusal(self, reason: str) -> None:
        """Show the full reason for a failed connection, because it does not fit in the status line.

        Args:
            reason: why the connection failed.
        """

        def chosen(key: str | None) -> None:
            if key == "retry":
                self.refresh()

        buttons = (("close", "Close"), ("retry", "Try again"))
        self._chat.screen.app.push_screen(
            Confirm("Cannot connect", reason, buttons, on_text=self._chat.widgets.composer.insert), chosen
        )

    # ------------------------------------------------------------------ settings

    def settings(self) -> None:
        """Open the settings file in the user's editor, and then reload the settings."""
        path = settings_path()
        try:
            write_default(path)
        except ConfigError as error:
            self._chat.feedback.toast(str(error), "error")
            return
        command = editor_command()
        if not command:
            self._chat.feedback.toast(f"EDITOR is not set; edit {path}, then press F5")
            return
        try:
            with self._chat.screen.app.suspend():
                subprocess.run([*command, str(path)], check=False)  # noqa: S603 - the user's own editor
        except Exception as error:  # noqa: BLE001 - a missing editor, or a terminal that cannot be suspended
            self._chat.feedback.toast(f"{command[0]}: {error}; the settings are in {path}", "error")
        self._chat.host.reload_settings()

    def next_theme(self) -> None:
        """Switch to the next theme."""
        now = self._chat.screen.app.theme
        at = THEMES.index(now) if now in THEMES else -1
        name = THEMES[(at + 1) % len(THEMES)]
        self._chat.host.keep_theme(name)
        self._chat.feedback.toast(f"theme {name}")

    def connection(self) -> None:
        """Show details about the connection, or why there is none."""
        session = self._chat.session
        self._chat.feedback.toast(link_details(session.link, sessionless=session.sessionless))

    def refresh(self) -> None:
        """Fetch everything from the server again, reconnecting if there is no connection."""
        self._chat.host.reload_settings()
        session, channel = self._chat.session, self._chat.conversation.channel
        if session.client is None:
            session.retry_now()
            self._chat.feedback.toast("connecting")
            return

        async def ask() -> None:
            await session.refresh()
            self._chat.conversation.check(again=True)
            await session.people.read_members(channel, again=True)
            self._chat.dirty()
            self._chat.feedback.toast("refreshed")

        self._chat.feedback.run(ask(), "refresh")
