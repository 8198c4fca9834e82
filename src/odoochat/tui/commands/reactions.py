"""Commands that add and remove reactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.style import Style

from odoochat.emoji import EMOJIS, QUICK, find_emojis
from odoochat.model import Message
from odoochat.tui.commands.messages import MessageCommands
from odoochat.tui.controller import ChatController
from odoochat.tui.rendering.strips import ListRow
from odoochat.tui.rendering.wrap import excerpt
from odoochat.tui.screens.dialogs import Chooser
from odoochat.wire.content.sanitize import safe_name

__all__ = ["ReactionCommands"]


class ReactionCommands:
    """Commands that react to the selected message.

    Args:
        chat: the chat screen's controller.
        messages: the message commands, which provide the selected message.
    """

    def __init__(self, chat: ChatController, messages: MessageCommands) -> None:
        self._chat = chat
        self._messages = messages

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Return the commands, keyed by name."""
        return {"react": self.react}

    def react(self) -> None:
        """Let the user choose an emoji, then add or remove their reaction with it."""
        message = self._messages.selected()
        if message is None or not self._chat.feedback.able("react"):
            return
        names = {emoji: name for name, emoji in reversed(EMOJIS.items())}
        dim, used = self._chat.host.theme_styles.dim, self._chat.session.drafts.emojis

        def find(text: str) -> list[ListRow]:
            low = text.strip().strip(":").casefold()
            if low:
                named = {emoji: name for name, emoji in find_emojis(low, used).items()} or {text.strip()[:8]: ""}
            else:
                mine = sorted(used, key=lambda emoji: -used[emoji])
                given = (reaction.content for reaction in message.reactions)
                named = {emoji: names.get(emoji, "") for emoji in dict.fromkeys((*given, *mine, *QUICK))}
            return [
                ListRow(emoji, ((f"{safe_name(emoji, 8)}  ", Style()), (name, dim))) for emoji, name in named.items()
            ]

        def chosen(emoji: str | None) -> None:
            if emoji:
                used[emoji] = used.get(emoji, 0) + 1
                self._chat.feedback.run(self._react(message, emoji), "react")

        dialog = Chooser(
            f"React to “{excerpt(message.text, 40)}”", self._chat.host.theme_styles, find, placeholder="emoji name"
        )
        self._chat.screen.app.push_screen(dialog, chosen)

    def toggle_reaction(self, message_id: int, emoji: str) -> None:
        """Add or remove the user's reaction with an emoji.

        Args:
            message_id: the message's id.
            emoji: the emoji.
        """
        message = self._chat.widgets.timeline.window.find(message_id)
        if message is not None and self._chat.feedback.able("react"):
            self._chat.feedback.run(self._react(message, emoji), "react")

    async def _react(self, message: Message, emoji: str) -> None:
        client, me = self._chat.session.client, self._chat.session.me.partner_id
        if client is None:
            return
        given = next((r for r in message.reactions if r.content == emoji), None)
        mine = given is not None and any(a.kind == "partner" and a.id == me for a in given.authors)
        channel = client.channel(message.channel.id)
        await (channel.unreact if mine else channel.react)(message, emoji)
