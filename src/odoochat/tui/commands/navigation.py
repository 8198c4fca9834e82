"""Commands that switch between conversations, and that show or hide parts of the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from rich.style import Style

from odoochat.errors import OdooChatError
from odoochat.model import ChannelInfo
from odoochat.tui.controller import ChatController
from odoochat.tui.keys import TABLE, shown
from odoochat.tui.rendering.lists import is_muted, kind_sign, presence_sign, sign_look
from odoochat.tui.rendering.strips import ListRow
from odoochat.tui.screens.dialogs import Chooser, ranked
from odoochat.wire.content.sanitize import safe_name

__all__ = ["NavigationCommands"]

MAX_FOUND = 60


def split_sign(text: str) -> tuple[str, str]:
    """Split off the prefix of the switcher's input: ``#`` for channels, ``@`` for people, ``:`` for commands.

    Args:
        text: the switcher's input.
    """
    text = text.strip()
    return (text[0], text[1:].strip()) if text[:1] in ("#", "@", ":") else ("", text)


class NavigationCommands:
    """Commands that open conversations and toggle parts of the screen.

    Args:
        chat: the chat screen's controller.
    """

    def __init__(self, chat: ChatController) -> None:
        self._chat = chat

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Return the commands, keyed by name."""
        conversations = self._chat.widgets.conversations
        return {
            "switch": self.switcher,
            "next-unread": self.next_unread,
            "next-mention": self.next_mention,
            "back": self.back,
            "next-conversation": partial(self._neighbour, 1),
            "previous-conversation": partial(self._neighbour, -1),
            "list": self.focus_list,
            "list-up": lambda: conversations.move(-1),
            "list-down": lambda: conversations.move(1),
            "list-open": self.open_chosen,
            "list-leave": self.leave_list,
            "members": self.toggle_members,
            "sidebar": self.toggle_sidebar,
            "mute": self.toggle_mute,
            "favourite": self.toggle_favourite,
        }

    # ------------------------------------------------------------------- the list

    def _order(self) -> list[int]:
        return [row.key for row in self._chat.widgets.conversations.rows if isinstance(row.key, int)]

    def _open_next(self, wanted: list[int], nothing: str) -> None:
        """Open the first of the given conversations after the current one in the channel list, wrapping around."""
        order, channel = self._order(), self._chat.conversation.channel
        at = order.index(channel) if channel in order else -1
        around = order[at + 1 :] + order[: at + 1]
        found = next((number for number in around if number in wanted and number != channel), None)
        if found is None:
            self._chat.feedback.toast(nothing)
        else:
            self._chat.conversation.open(found)

    def next_unread(self) -> None:
        """Open the next conversation with unread messages."""
        muted = self._chat.session.drafts.muted
        unread = [i.id for i in self._chat.session.channels.values() if i.unread and not is_muted(i, muted)]
        self._open_next(unread, "no unread conversations")

    def next_mention(self) -> None:
        """Open the next conversation with unread mentions. Unread direct messages count as mentions."""
        infos = self._chat.session.channels.values()
        mentioned = [i.id for i in infos if i.needaction or (i.kind == "chat" and i.unread)]
        self._open_next(mentioned, "no unread mentions")

    def back(self) -> None:
        """Open the previous conversation."""
        if not self._chat.conversation.go_back():
            self._chat.feedback.toast("no previous conversation")

    def _neighbour(self, step: int) -> None:
        order, channel = self._order(), self._chat.conversation.channel
        if order:
            at = order.index(channel) if channel in order else -1
            self._chat.conversation.open(order[(at + step) % len(order)])

    def focus_list(self) -> None:
        """Focus the channel list."""
        self._chat.screen.remove_class("no-side")
        self._chat.screen.add_class("side-wanted")
        self._chat.widgets.conversations.choose(self._chat.conversation.channel)
        self._chat.screen.set_focus(self._chat.widgets.conversations)

    def open_chosen(self) -> None:
        """Open the item in the list's selected row: a conversation, the inbox or the starred messages."""
        key = self._chat.widgets.conversations.key
        if isinstance(key, str):
            self.leave_list()
            self.go_to(("command", key))
        elif key is not None:
            self._chat.screen.remove_class("side-wanted")
            self._chat.conversation.open(key)
            self._chat.screen.set_focus(self._chat.widgets.composer)

    def leave_list(self) -> None:
        """Return to the composer."""
        self._chat.screen.remove_class("side-wanted")
        self._chat.screen.set_focus(self._chat.widgets.composer)

    # ---------------------------------------------------------------- the screen

    def toggle_members(self) -> None:
        """Show or hide the member list."""
        screen = self._chat.screen
        screen.toggle_class("with-members")
        # On a narrow screen, the members replace the list, but only in response to this command.
        screen.set_class(screen.has_class("with-members"), "members-wanted")
        if screen.has_class("with-members"):
            self.read_members()

    def read_members(self) -> None:
        """Fetch the conversation's members."""
        channel = self._chat.conversation.channel
        if channel and self._chat.feedback.online():
            self._chat.feedback.run(self._chat.session.people.read_members(channel, again=True), "members")

    def toggle_sidebar(self) -> None:
        """Show or hide the channel list."""
        self._chat.screen.remove_class("side-wanted")
        self._chat.screen.toggle_class("no-side")

    def toggle_mute(self) -> None:
        """Mute or unmute the conversation; if the server does not support muting, only on this screen."""
        channel, info, client = self._chat.conversation.channel, self._chat.conversation.info, self._chat.session.client
        if not channel:
            return
        here = self._chat.session.drafts.muted
        muted = is_muted(info, here)
        here.discard(channel)

        async def ask() -> None:
            assert client is not None
            try:
                await (client.channel(channel).settings.unmute() if muted else client.channel(channel).settings.mute())
            except OdooChatError:
                if not muted:
                    here.add(channel)
                    self._chat.feedback.toast("muted on this screen only", "warning")
                    self._chat.dirty()
                raise

        if client is not None:
            self._chat.feedback.run(ask(), "mute")
        elif not muted:
            here.add(channel)
        self._chat.feedback.toast("unmuted" if muted else "muted: no notifications from this conversation")
        self._chat.dirty()

    def toggle_favourite(self) -> None:
        """Add the conversation to the favourites at the top of the list, or remove it from them."""
        self._chat.session.drafts.favourites.symmetric_difference_update({self._chat.conversation.channel})
        self._chat.dirty()

    # --------------------------------------------------------------- the switcher

    def switcher(self) -> None:
        """Open the switcher, a fuzzy finder for conversations, people and commands."""
        styles = self._chat.host.theme_styles
        candidates = self._candidates()

        def find(text: str) -> list[ListRow]:
            sign, words = split_sign(text)
            wanted = [each for each in candidates if sign in ("", self._sign(each[1].key))]
            return ranked(words, wanted, styles.found)[:MAX_FOUND]

        async def ask(text: str) -> list[ListRow]:
            sign, words = split_sign(text)
            if self._chat.session.client is None or len(words) < 2:
                return []
            return [row for row in await self._ask_server(words) if sign in ("", self._sign(row.key))]

        def chosen(key: tuple[str, object] | None) -> None:
            if key is not None:
                self.go_to(key)

        dialog = Chooser("Go to", styles, find, ask=ask, placeholder="channel, person or command")
        self._chat.screen.app.push_screen(dialog, chosen)

    def _sign(self, key: tuple[str, int]) -> str:
        what, number = key
        if what == "command":
            return ":"
        info = self._chat.session.channels.get(number) if what == "channel" else None
        return "@" if what == "person" or (info is not None and info.kind == "chat") else "#"

    def _candidates(self) -> list[tuple[str, ListRow]]:
        styles, session, channel = self._chat.host.theme_styles, self._chat.session, self._chat.conversation.channel

        def weight(info: ChannelInfo) -> tuple[bool, bool, float]:
            last = info.last_activity.timestamp() if info.last_activity else 0.0
            return (info.id == channel, not info.unread, -last)

        rows: list[tuple[str, ListRow]] = []
        for info in sorted(session.channels.values(), key=weight):
            sign = kind_sign(info, session.people.statuses, session.me.partner_id)
            name = safe_name(info.name, 60)
            end = f"{info.unread} unread" if info.unread else "thread" if info.parent is not None else ""
            parts = ((f"{sign} ", sign_look(sign, styles)), (name, styles.strong if info.unread else styles.text))
            rows.append((name, ListRow(("channel", info.id), parts, end, styles.mention)))
        chats = self._partners_of_chats()
        for number, name in sorted(self._chat.conversation.people().items(), key=lambda pair: pair[1].casefold()):
            if number not in chats:
                rows.append((name, self._person_row(number, name)))
        for key in TABLE:
            if key.where == "everywhere" and key.name != "switch":
                parts = (("› ", styles.dim), (key.label, Style()))
                rows.append((key.label, ListRow(("command", key.name), parts, shown(key.default), styles.dim)))
        return rows

    def _partners_of_chats(self) -> set[int]:
        return {p for info in self._chat.session.channels.values() if info.kind == "chat" for p in info.partners}

    def _person_row(self, partner_id: int, name: str) -> ListRow:
        styles = self._chat.host.theme_styles
        sign = presence_sign(self._chat.session.people.statuses.get(partner_id, ""))
        return ListRow(
            ("person", partner_id), ((f"{sign} ", sign_look(sign, styles)), (name, styles.text)), "person", styles.dim
        )

    async def _ask_server(self, text: str) -> list[ListRow]:
        dim, client = self._chat.host.theme_styles.dim, self._chat.session.client
        rows: list[ListRow] = []
        chats = self._partners_of_chats() | {self._chat.session.me.partner_id}
        if client is None:
            return rows
        try:
            people = await client.people.search(text, limit=20)
            rows += [self._person_row(p.id, safe_name(p.name, 60)) for p in people if p.id not in chats]
            for info in await client.browse(text, limit=20):
                if info.id not in self._chat.session.channels:
                    parts = (("# ", dim), (safe_name(info.name, 60), Style()))
                    rows.append(ListRow(("join", info.id), parts, "join", dim))
        except OdooChatError:
            return rows  # local matches are already listed
        return rows

    def go_to(self, key: tuple[str, object]) -> None:
        """Open the target of a row in the switcher.

        Args:
            key: the row's kind (``channel``, ``person``, ``join`` or ``command``), and an id or a command's name.
        """
        what, value = key
        client = self._chat.session.client
        if what == "channel" and isinstance(value, int):
            self._chat.conversation.open(value)
        elif what == "command":
            self._chat.screen.call_later(self._chat.screen.run_action, f"screen.do('{value}')")
        elif isinstance(value, int) and self._chat.feedback.online() and client is not None:
            partner_or_channel = value

            async def ask() -> None:
                channel = await (client.direct if what == "person" else client.join)(partner_or_channel)
                self._chat.session.add_channel(channel)
                self._chat.conversation.open(channel.id)

            self._chat.feedback.lead(ask(), "opening")
