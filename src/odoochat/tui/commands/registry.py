"""Runs a chat screen's commands by name, for keys, the switcher and the key table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from odoochat.tui.commands.compose import ComposeCommands
from odoochat.tui.commands.files import FileCommands
from odoochat.tui.commands.messages import MessageCommands
from odoochat.tui.commands.navigation import NavigationCommands
from odoochat.tui.commands.panels import PanelCommands
from odoochat.tui.commands.reactions import ReactionCommands
from odoochat.tui.commands.slash import SlashCommands
from odoochat.tui.commands.uploads import UploadCommands
from odoochat.tui.controller import ChatController

__all__ = ["CommandRegistry"]


class CommandRegistry:
    """All of a chat screen's command groups.

    Args:
        chat: the chat screen's controller.

    Attributes:
        table: the commands, keyed by the names in `odoochat.tui.keys.TABLE`.
    """

    def __init__(self, chat: ChatController) -> None:
        self.files = FileCommands(chat)
        self.navigation = NavigationCommands(chat)
        self.panels = PanelCommands(chat)
        self.messages = MessageCommands(chat, self.files)
        self.reactions = ReactionCommands(chat, self.messages)
        self.uploads = UploadCommands(chat)
        slash = SlashCommands(chat, self.uploads, self.navigation, self.panels)
        self.compose = ComposeCommands(chat, slash, self.uploads, self.messages)
        self.table: Mapping[str, Callable[[], object]] = {
            **self.navigation.commands(),
            **self.messages.commands(),
            **self.reactions.commands(),
            **self.compose.commands(),
            **self.panels.commands(),
            **self.files.commands(),
            **self.uploads.commands(),
        }

    def run(self, name: str) -> None:
        """Run a command.

        Args:
            name: the command's name.
        """
        self.table[name]()
