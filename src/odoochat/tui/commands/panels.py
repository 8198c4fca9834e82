"""Commands that ask: search, keys, settings, themes, profiles, refresh."""

from __future__ import annotations

import asyncio
import itertools
import os
import shlex
import shutil
import subprocess
import textwrap
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from rich.style import Style

from odoochat.errors import ConfigError
from odoochat.events import LinkChanged
from odoochat.model import Message
from odoochat.tui.conversation import Stage
from odoochat.tui.keys import keymap
from odoochat.tui.rendering.wrap import excerpt
from odoochat.tui.settings import THEMES, settings_path, write_default
from odoochat.tui.widgets.row_list import Row
from odoochat.wire.content.sanitize import safe_name, safe_text

__all__ = ["COMMANDS", "ask_code", "editor_command", "search", "show_keys", "tell_refusal"]

FOUND = 50


def _found_row(stage: Stage, message: Message, *, everywhere: bool) -> Row:
    look = stage.host.look
    local = message.date.astimezone()
    known = stage.desk.channels.get(message.channel.id)
    place = known.name if known else message.channel.name or (message.record.name if message.record else "")
    where = f"#{safe_name(place, 20)} " if everywhere else ""
    who = f"{safe_name(message.author.name, 24) or 'somebody'}: "
    parts = ((f"{local:%d.%m. %H:%M} ", look.dim), (where, look.mention), (who, Style(bold=True)))
    return Row(("message", message.channel.id, message.id), (*parts, (excerpt(message.text), Style())))


def search(stage: Stage, *, everywhere: bool, text: str = "") -> None:
    """Searches: what the cache holds at once, what the server finds a moment later."""
    from odoochat.tui.screens.dialogs import Chooser

    scope = {"everywhere": everywhere}

    def channel() -> int | None:
        return None if scope["everywhere"] else stage.channel

    def find(query: str) -> Sequence[Row]:
        if len(query.strip()) < 2:
            return []
        stage.desk.flush()
        found = stage.desk.cache.search(query.strip(), channel(), FOUND)
        return [_found_row(stage, m, everywhere=scope["everywhere"]) for m in found]

    async def ask(query: str) -> Sequence[Row]:
        if len(query.strip()) < 2 or stage.desk.verbs is None:
            return []
        found = await stage.desk.verbs.search(query.strip(), channel(), FOUND)
        return [_found_row(stage, m, everywhere=scope["everywhere"]) for m in found]

    def title() -> str:
        return "Search everywhere" if scope["everywhere"] else f"Search in {safe_name(stage.info.name, 40)}"

    def tab(_key: Any, _text: str) -> None:
        scope["everywhere"] = not scope["everywhere"]
        dialog.heading = title()

    def chosen(key: tuple[str, int, int] | None) -> None:
        if key is not None:
            stage.run(stage.jump(key[2], key[1] if key[1] in stage.desk.channels else None), "jump")

    dialog = Chooser(
        title(), stage.host.look, find, ask=ask, text=text, other="here or everywhere", tab=tab, placeholder="words"
    )
    stage.screen.app.push_screen(dialog, chosen)


def _listed(stage: Stage, title: str, ask: Callable[[], Awaitable[Sequence[Message]]], nothing: str) -> None:
    """Shows messages to jump to."""
    from odoochat.tui.screens.dialogs import Chooser

    async def read() -> None:
        found = await ask()
        if not found:
            stage.toast(nothing)
            return
        rows = [(excerpt(m.text), _found_row(stage, m, everywhere=True)) for m in found]

        def find(text: str) -> Sequence[Row]:
            return [row for words, row in rows if text.casefold() in words.casefold()]

        def chosen(key: tuple[str, int, int] | None) -> None:
            if key is not None and key[1] in stage.desk.channels:
                stage.run(stage.jump(key[2], key[1]), "jump")
            elif key is not None:
                stage.toast("it stands on a document, not in a conversation of yours", "warning")

        stage.screen.app.push_screen(Chooser(title, stage.host.look, find), chosen)

    if stage.online():
        stage.run(read(), title)


def inbox(stage: Stage) -> None:
    """Messages that mention me and wait in my inbox."""
    verbs = stage.desk.verbs
    _listed(stage, "Mentions", lambda: verbs.inbox(FOUND) if verbs else _no_messages(), "your inbox is empty")


def starred(stage: Stage) -> None:
    """Messages with my star."""
    verbs = stage.desk.verbs
    _listed(stage, "Starred", lambda: verbs.starred(FOUND) if verbs else _no_messages(), "no message has your star")


def pins(stage: Stage) -> None:
    """Messages pinned here."""
    verbs, channel = stage.desk.verbs, stage.channel
    _listed(stage, "Pinned", lambda: verbs.pins(channel) if verbs else _no_messages(), "nothing is pinned here")


async def _no_messages() -> Sequence[Message]:
    return []


async def ask_code(stage: Stage) -> str:
    """Asks for the code of the second factor; empty when nothing is answered."""
    from odoochat.tui.screens.dialogs import Chooser

    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def chosen(text: str | None) -> None:
        if not answer.done():
            answer.set_result(text or "")

    dialog = Chooser("Code of your second factor", stage.host.look, lambda _: [], free=True, placeholder="123456")
    stage.screen.app.push_screen(dialog, chosen)
    return await answer


def show_keys(stage: Stage) -> None:
    """All keys; Enter does what a row says."""
    from odoochat.tui.screens.dialogs import KeyTable

    settings = stage.host.settings

    def chosen(name: str | None) -> None:
        if name:
            stage.screen.call_later(stage.screen.run_action, f"screen.do('{name}')")

    stage.screen.app.push_screen(KeyTable(stage.host.look, keymap(settings.keys, settings.bindings)), chosen)


def tell_refusal(stage: Stage, reason: str) -> None:
    """Shows why there is nothing to show: the status line has no room for all of it."""
    from odoochat.tui.screens.dialogs import Chooser

    width = max(min(stage.screen.size.width - 12, 70), 20)
    lines = [*textwrap.wrap(safe_text(reason), width), "", "F5 tries again, Ctrl-Q leaves"]
    rows = [Row(None, ((line, Style()),)) for line in lines]
    stage.screen.app.push_screen(Chooser("The server cannot be used", stage.host.look, lambda _: rows))


def editor_command() -> list[str]:
    """The user's editor, or one that most systems have, as git does it; empty when there is none."""
    chosen = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    there = (found for name in ("sensible-editor", "nano", "vi") if (found := shutil.which(name)))
    return chosen or [*itertools.islice(there, 1)]


def settings(stage: Stage) -> None:
    """Opens the settings file in the user's editor, and reads it again."""
    path = settings_path()
    try:
        write_default(path)
    except ConfigError as error:
        stage.toast(str(error), "error")
        return
    command = editor_command()
    if not command:
        stage.toast(f"the settings stand in {path}: change them, then F5 reads them again (EDITOR is not set)")
        return
    try:
        with stage.screen.app.suspend():
            subprocess.run([*command, str(path)], check=False)  # noqa: S603 - the user's own editor
    except Exception as error:  # noqa: BLE001 - a missing editor, a terminal that cannot be left
        stage.toast(f"{command[0]}: {error}: the settings stand in {path}", "error")
    stage.host.reload_settings()


def next_theme(stage: Stage) -> None:
    """Takes the next theme."""
    now = stage.screen.app.theme
    at = THEMES.index(now) if now in THEMES else -1
    name = THEMES[(at + 1) % len(THEMES)]
    stage.host.use_theme(name)
    stage.toast(f"theme {name}: the settings (F2) keep it")


def refresh(stage: Stage) -> None:
    """Asks the server again, at once; tries to connect when there is no link."""
    stage.host.reload_settings()
    desk = stage.desk
    if desk.client is None:
        desk.retry_now()
        stage.toast("trying to connect")
        return

    async def ask() -> None:
        assert desk.client is not None
        await desk.client.refresh()
        desk.channels = {c.id: c.info for c in desk.client.channels()}
        desk.checked.clear()
        stage.check()
        await desk.read_members(stage.channel, again=True)
        stage.dirty()
        stage.toast(
            "asked the server again: all is fresh" if desk.link == LinkChanged("open", desk.link.via) else "read"
        )

    stage.run(ask(), "refresh")


COMMANDS = {
    "search-here": lambda stage: search(stage, everywhere=False),
    "search-everywhere": lambda stage: search(stage, everywhere=True),
    "inbox": inbox,
    "starred": starred,
    "pins": pins,
    "help": show_keys,
    "help-here": show_keys,
    "settings": settings,
    "theme": next_theme,
    "next-profile": lambda stage: stage.host.next_profile(),
    "refresh": refresh,
    "quit": lambda stage: stage.screen.app.exit(),
}
