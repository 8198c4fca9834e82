"""Slash commands: ``/join general``, ``/msg @Bob hello`` and other commands typed into the composer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from odoochat.errors import NotFound, UsageError
from odoochat.model import ChannelInfo
from odoochat.tui.commands.navigation import NavigationCommands
from odoochat.tui.commands.panels import PanelCommands
from odoochat.tui.commands.uploads import UploadCommands
from odoochat.tui.controller import ChatController
from odoochat.tui.settings import THEMES
from odoochat.tui.theme import theme_named
from odoochat.wire.content.sanitize import safe_line

if TYPE_CHECKING:
    from odoochat.client.channel import Channel
    from odoochat.client.client import Client

__all__ = ["SlashCommands", "leading_name"]

Then = Callable[[], object] | None
"""A command's final action. It runs after the composer is cleared, and may open a different channel or a dialog."""


class SlashCommand(NamedTuple):
    """A slash command.

    Attributes:
        text: a short description of the command.
        run: a function that runs the command with the text after its name. If it raises an error, the text stays in the
            composer.
        usage: an example to show in the error if the text after the name is missing; empty if the text is optional.
    """

    text: str
    run: Callable[[str], Awaitable[Then]]
    usage: str = ""


def leading_name(text: str, people: Iterable[tuple[int, str]]) -> tuple[list[int], str]:
    """Find people by the name at the start of the given text. The longest matching name wins.

    Args:
        text: a name, with or without ``@``, optionally followed by more words.
        people: partner ids and names.

    Returns:
        The partner ids of the people with that name, and the rest of the text.
    """
    text = text.removeprefix("@")
    low = text.casefold()
    found: dict[int, int] = {}
    for number, name in people:
        folded = name.casefold()
        if folded and low.startswith(folded) and not low[len(folded) : len(folded) + 1].strip(" ,:\n"):
            found[number] = max(found.get(number, 0), len(name))
    longest = max(found.values(), default=0)
    return [n for n, length in found.items() if length == longest], text[longest:].lstrip(" ,:")


class SlashCommands:
    """Runs slash commands.

    Args:
        chat: the chat screen's controller.
        uploads: the upload commands, used to choose files.
        navigation: the navigation commands, used to open and mute conversations.
        panels: the panel commands, used to open search and the list of shortcuts.

    Attributes:
        descriptions: a short description of each command, keyed by the command's name without the slash.
    """

    def __init__(
        self, chat: ChatController, uploads: UploadCommands, navigation: NavigationCommands, panels: PanelCommands
    ) -> None:
        self._chat = chat
        self._table: dict[str, SlashCommand] = {
            "join": SlashCommand("join a channel by its name", self._join, "/join general"),
            "leave": SlashCommand("leave this conversation", self._leave),
            "create": SlashCommand("create a channel", self._create, "/create garden"),
            "invite": SlashCommand("invite @people to this conversation", self._invite, "/invite @Bob @Carol"),
            "msg": SlashCommand("send a message to @someone", self._message, "/msg @Bob hello"),
            "me": SlashCommand("describe what you are doing, in italics", self._me, "/me makes coffee"),
            "topic": SlashCommand("change the topic of this conversation", self._topic, "/topic Only good news"),
            "rename": SlashCommand("rename this conversation", self._rename, "/rename garden"),
            "search": SlashCommand("search everywhere", _last(lambda rest: panels.search(everywhere=True, text=rest))),
            "upload": SlashCommand("send a file", uploads.upload_named),
            "mute": SlashCommand("mute or unmute this conversation", _last(lambda _: navigation.toggle_mute())),
            "theme": SlashCommand("switch to a theme by its name", self._theme, "/theme light"),
            "profile": SlashCommand("show another profile", self._profile, "/profile work"),
            "help": SlashCommand("keyboard shortcuts", _last(lambda _: panels.show_keys())),
            "keys": SlashCommand("keyboard shortcuts", _last(lambda _: panels.show_keys())),
            "quit": SlashCommand("quit odoochat", _last(lambda _: chat.screen.app.exit())),
        }
        self.descriptions: Mapping[str, str] = {name: command.text for name, command in self._table.items()}

    def arguments(self, command: str) -> list[str]:
        """Return the arguments to offer as completions for a command; empty if it accepts any text.

        Args:
            command: the command's name.
        """
        return {"theme": [*THEMES], "profile": self._chat.host.profile_names()}.get(command, [])

    def run(self, text: str) -> bool:
        """Run a slash command. The text stays in the composer until the command succeeds.

        Args:
            text: the composer's text.

        Returns:
            False if the text is not a command, for example a path.
        """
        name, _, rest = text[1:].partition(" ")
        command, rest = self._table.get(name), rest.strip()
        if command is None:
            if not name.isalpha():
                return False
            self._chat.feedback.toast(
                f"no such command: /{safe_line(name, 20)}; press Tab after / for a list, or start with // to send text",
                "warning",
            )
            return True
        channel, draft = self._chat.conversation.channel, self._chat.conversation.draft

        async def ask() -> None:
            if command.usage and not rest:
                raise UsageError(f"missing argument; for example: {command.usage}")
            draft.running.append(text)
            try:
                then = await command.run(rest)
            finally:
                draft.running.remove(text)
            self._chat.session.drafts.sent(text)
            draft.remove(channel, text)
            if then is not None:
                then()

        self._chat.feedback.lead(ask(), f"/{name}")
        return True

    def _client(self) -> Client:
        client = self._chat.session.client
        if client is None:
            raise UsageError("not connected to the server; press F5 to try again")
        return client

    def _here(self) -> Channel:
        return self._client().channel(self._chat.conversation.channel)

    def _open(self, channel: Channel) -> Then:
        self._chat.session.add_channel(channel)
        return lambda: self._chat.conversation.open(channel.id)

    # ------------------------------------------------------------------ channels

    async def _join(self, rest: str) -> Then:
        client, name = self._client(), rest.removeprefix("#").casefold()
        found = [i for i in await client.browse(name, limit=20) if i.name.removeprefix("#").casefold() == name]
        if not found:
            raise NotFound("channel", f"no channel named {rest} that you can join")
        return self._open(await client.join(found[0].id))

    async def _create(self, rest: str) -> Then:
        return self._open(await self._client().create(rest.removeprefix("#")))

    async def _leave(self, _: str) -> Then:
        if self._chat.conversation.info.kind == "chat":  # Odoo does not support leaving a direct chat
            await self._here().settings.hide()
        else:
            await self._here().leave()
        return None

    async def _invite(self, rest: str) -> Then:
        names = [name.strip(" ,") for name in rest.split("@") if name.strip(" ,")]
        await self._here().members.invite(*names)
        return None

    async def _topic(self, rest: str) -> Then:
        await self._here().settings.describe(rest)
        return None

    async def _rename(self, rest: str) -> Then:
        await self._here().settings.rename(rest.removeprefix("#"))
        return None

    # ------------------------------------------------------------------ messages

    async def _me(self, rest: str) -> Then:
        conversation = self._chat.conversation
        mentions = conversation.mentioned(rest)
        self._chat.session.send_queue.send(conversation.channel, f"*{rest}*", markup="markdown", mentions=mentions)
        return conversation.to_newest

    async def _message(self, rest: str) -> Then:
        partner, text = await self._addressee(rest)
        chat = self._chat_with(partner)
        if chat is None:
            channel = await self._client().direct(partner)
            self._chat.session.add_channel(channel)
            chat = channel.info
        number = chat.id
        if text:
            self._chat.session.send_queue.send(number, text, markup=self._chat.host.settings.markup)
        return lambda: self._chat.conversation.open(number)

    def _chat_with(self, partner: int) -> ChannelInfo | None:
        """Return the existing direct chat with a person, which accepts messages even while offline."""
        everyone = {partner, self._chat.session.me.partner_id}
        chats = (info for info in self._chat.session.channels.values() if info.kind == "chat")
        return next((info for info in chats if set(info.partners) == everyone), None)

    async def _addressee(self, text: str) -> tuple[int, str]:
        """Return the partner id of the person named at the start of the text, and the rest of the text.

        Raises:
            NotFound: no person has that name.
            UsageError: multiple people have that name.
        """
        first = (text.removeprefix("@").split() or [""])[0].strip(",:")
        people = [*self._chat.conversation.people().items()]
        found, rest = leading_name(text, people)
        if not found:
            known = await self._client().people.search(first, limit=50)
            people += [(person.id, person.name) for person in known]
            found, rest = leading_name(text, [*people, *((p.id, p.login) for p in known if p.login)])
        if not found:
            found, rest = leading_name(text, [(number, name.split()[0]) for number, name in people if name.split()])
        if not found:
            raise NotFound("person", f"no person named {safe_line(first, 40)}; press Ctrl-K to find people")
        if len(found) > 1:
            named = dict(people)
            listed = ", ".join(f"@{safe_line(named[number], 40)}" for number in found if number in named)
            raise UsageError(f"this name matches multiple people: {listed}; type the full name")
        return found[0], rest

    # --------------------------------------------------------------------- looks

    async def _theme(self, rest: str) -> Then:
        if theme_named(rest) != rest:
            raise NotFound("theme", f"no theme named {safe_line(rest, 40)}; use one of {', '.join(THEMES)}")
        self._chat.host.keep_theme(rest)
        return None

    async def _profile(self, rest: str) -> Then:
        names = self._chat.host.profile_names()
        if rest not in names:
            listed = safe_line(", ".join(names), 200)
            raise NotFound("profile", f"no profile named {safe_line(rest, 40)}; profiles: {listed}")
        return lambda: self._chat.host.show_profile(rest)


def _last(do: Callable[[str], object]) -> Callable[[str], Awaitable[Then]]:
    """Return a command that does nothing until the composer has been cleared."""

    async def run(rest: str) -> Then:
        return lambda: do(rest)

    return run
