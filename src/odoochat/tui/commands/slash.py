"""Slash commands: ``/join general``, ``/msg @Bob`` and others that are typed into the composer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from odoochat.tui.commands.files import FileCommands
from odoochat.tui.commands.navigation import NavigationCommands
from odoochat.tui.commands.panels import PanelCommands
from odoochat.tui.controller import ChatController
from odoochat.wire.content.sanitize import safe_line

if TYPE_CHECKING:
    from odoochat.client.channel import Channel
    from odoochat.client.client import Client

__all__ = ["SlashCommands"]


class SlashCommands:
    """Runs texts that begin with a slash.

    Args:
        chat: the chat screen's parts.
        files: sends files.
        navigation: opens conversations, mutes.
        panels: searches, shows the shortcuts.

    Attributes:
        descriptions: what each command does, by its name without the slash.
    """

    def __init__(
        self, chat: ChatController, files: FileCommands, navigation: NavigationCommands, panels: PanelCommands
    ) -> None:
        self._chat = chat
        self._navigation = navigation
        host = chat.host
        table: dict[str, tuple[str, Callable[[str], object]]] = {
            "join": ("join a channel by its name", self._join),
            "leave": ("leave this conversation", self._leave),
            "create": ("create a channel", self._create),
            "invite": ("invite @people to this conversation", self._invite),
            "msg": ("message @someone", self._message),
            "search": ("search everywhere", lambda rest: panels.search(everywhere=True, text=rest)),
            "upload": ("send a file", files.upload_named),
            "mute": ("mute or unmute this conversation", lambda _: navigation.toggle_mute()),
            "theme": ("switch to a theme by its name", lambda rest: host.use_theme(rest or "dark")),
            "profile": ("show another profile", host.show_profile),
            "help": ("keyboard shortcuts", lambda _: panels.show_keys()),
            "keys": ("keyboard shortcuts", lambda _: panels.show_keys()),
            "quit": ("quit odoochat", lambda _: chat.screen.app.exit()),
        }
        self._actions = {name: action for name, (_, action) in table.items()}
        self.descriptions: Mapping[str, str] = {name: text for name, (text, _) in table.items()}

    def run(self, text: str) -> bool:
        """Run a text that begins with a slash.

        Args:
            text: the composer's text.

        Returns:
            False when it is not a command but a text, for example a path.
        """
        name, _, rest = text[1:].partition(" ")
        action = self._actions.get(name)
        if action is None:
            if not name.isalpha():
                return False
            self._chat.feedback.toast(
                f"no such command: /{safe_line(name, 20)}; press Tab after / for a list, or start with // to send text",
                "warning",
            )
            return True
        self._chat.widgets.composer.fill("")
        self._chat.session.drafts.keep(str(self._chat.conversation.channel), "")
        action(rest.strip())
        return True

    def _client(self, rest: str = "-") -> Client | None:
        """Return the client when there is one and the command has an argument; the user is told when there is none."""
        return self._chat.session.client if rest and self._chat.feedback.online() else None

    def _open(self, channel: Channel) -> None:
        self._chat.session.add_channel(channel)
        self._chat.conversation.open(channel.id)

    def _join(self, rest: str) -> None:
        if (client := self._client(rest)) is None:
            return

        async def ask() -> None:
            name = rest.removeprefix("#").casefold()
            found = [i for i in await client.browse(name, limit=20) if i.name.removeprefix("#").casefold() == name]
            if found:
                self._open(await client.join(found[0].id))
            else:
                self._chat.feedback.toast(f"no channel named {rest} that you may join", "warning")

        self._chat.feedback.lead(ask(), "join")

    def _create(self, rest: str) -> None:
        if (client := self._client(rest)) is None:
            return

        async def ask() -> None:
            self._open(await client.create(rest.removeprefix("#")))

        self._chat.feedback.lead(ask(), "create")

    def _leave(self, _: str) -> None:
        if (client := self._client()) is not None:
            self._chat.feedback.run(client.channel(self._chat.conversation.channel).leave(), "leave")

    def _invite(self, rest: str) -> None:
        if (client := self._client(rest)) is not None:
            people = [name.strip() for name in rest.split("@") if name.strip()]
            channel = client.channel(self._chat.conversation.channel)
            self._chat.feedback.run(channel.members.invite(*people), "invite")

    def _message(self, rest: str) -> None:
        name = rest.removeprefix("@").casefold()
        found = next((i for i, n in self._chat.conversation.people().items() if n.casefold() == name), None)
        if found is None:
            self._chat.feedback.toast(f"no one here is named {rest}; press Ctrl-K to find people", "warning")
        else:
            self._navigation.go_to(("person", found))
