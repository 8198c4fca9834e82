"""Commands of the composer: send, complete, history, $EDITOR, and what begins with a slash."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.style import Style

from odoochat.core.channel_matching import matching_channels
from odoochat.model import Message
from odoochat.tui.commands import files as filing
from odoochat.tui.commands import navigation as moving
from odoochat.tui.commands import panels as asking
from odoochat.tui.completion import offers, token_at
from odoochat.tui.conversation import Stage
from odoochat.tui.widgets.row_list import Row
from odoochat.wire.content.sanitize import safe_name

__all__ = ["COMMANDS", "SLASH", "changed"]


def send(stage: Stage) -> None:
    """Takes the completion that is chosen; else sends what is written."""
    if stage.offered is not None and stage.offers.key is not None:
        accept(stage)
        return
    composer = stage.composer
    text = composer.text.rstrip()
    if not text.strip() or not stage.channel:
        return
    if text.startswith("//"):
        text = text[1:]
    elif text.startswith("/") and _slash(stage, text):
        return
    if stage.editing is not None:
        _send_edit(stage, stage.editing, text)
        return
    desk = stage.desk
    reply_to = stage.replying.id if stage.replying is not None else None
    mentions = stage.mentioned(text)
    stage.replying = None
    stage.recall = None
    desk.drafts.sent(text)
    desk.drafts.keep(str(stage.channel), "")
    composer.fill("")
    composer.signs.end()  # the message itself ends the sign of typing
    stage.timeline.unread_from = None
    desk.outgoing.send(stage.channel, text, markup=stage.host.settings.markup, reply_to=reply_to, mentions=mentions)
    stage.to_newest()


def _send_edit(stage: Stage, message: Message, text: str) -> None:
    if not stage.online():
        return  # the text stays where it is
    stage.editing = None
    channel = stage.channel
    stage.composer.fill(stage.desk.drafts.text(str(channel)))

    async def ask() -> None:
        assert stage.desk.verbs is not None
        try:
            await stage.desk.verbs.edit(message, text, stage.host.settings.markup)
        except BaseException:
            # Nothing typed is lost: it comes back as the draft.
            stage.desk.drafts.keep(str(channel), text)
            if stage.channel == channel and not stage.composer.text.strip():
                stage.composer.fill(text)
            raise

    stage.run(ask(), "edit")
    stage.dirty()


def newline(stage: Stage) -> None:
    """A line end."""
    stage.composer.insert("\n")


# ------------------------------------------------------------------------------ completion


def changed(stage: Stage) -> None:
    """Offers what the word before the cursor may become."""
    token = token_at(stage.composer.before_cursor)
    stage.offered = None
    if token is not None:
        channels = [safe_name(i.name, 60) for i in stage.desk.channels.values() if i.kind == "channel"]
        found = offers(token, stage.people(), channels, {name: told[0] for name, told in SLASH.items()})
        if found and not (len(found) == 1 and found[0].text.strip() == token.sign + token.query):
            stage.offered = (token, found)
            dim = stage.host.look.dim
            stage.offers.show(
                [Row(at, ((f" {o.label}", Style()), (f"  {o.note}", dim))) for at, o in enumerate(found)], keep=False
            )
    stage.dirty()


def complete(stage: Stage) -> None:
    """Takes the completion that is chosen; offers again when there is none."""
    if stage.offered is None:
        changed(stage)
    if stage.offered is not None:
        accept(stage)


def accept(stage: Stage) -> None:
    """Puts the chosen completion in the token's place."""
    assert stage.offered is not None
    token, found = stage.offered
    at = stage.offers.key
    stage.offered = None
    if isinstance(at, int) and at < len(found):
        stage.composer.replace_before(len(token.sign) + len(token.query), found[at].text)
    stage.dirty()


def _line(stage: Stage, step: int) -> None:
    composer = stage.composer
    if stage.offered is not None:
        stage.offers.move(step)
    elif step < 0 and composer.cursor_at_first_line:
        if not composer.text:
            choose_message(stage)
        else:
            composer.action_cursor_line_start()
    elif step < 0:
        composer.action_cursor_up()
    else:
        composer.action_cursor_down()


def choose_message(stage: Stage) -> None:
    """Closes what is open: completion, answer or edit; else goes to message mode."""
    if stage.offered is not None:
        stage.offered = None
    elif stage.editing is not None:
        stage.editing = None
        stage.composer.fill(stage.desk.drafts.text(str(stage.channel)))
    elif stage.replying is not None:
        stage.replying = None
    elif stage.timeline.window.messages or stage.timeline.window.pending:
        stage.timeline.focus()
        if stage.timeline.at_bottom or stage.timeline.chosen_item is None:
            stage.timeline.choose_end(first=False)
    stage.dirty()


def _history(stage: Stage, step: int) -> None:
    """Texts that were sent before, from this machine."""
    history = stage.desk.drafts.history
    at = len(history) if stage.recall is None else stage.recall
    if at == len(history):
        stage.keep_draft()
    at += step
    if at < 0 or at > len(history):
        return
    stage.recall = None if at == len(history) else at
    draft = stage.desk.drafts.text(str(stage.channel))
    stage.composer.fill(draft if at == len(history) else history[at])


def editor(stage: Stage) -> None:
    """Writes the text in $VISUAL or $EDITOR, or in an editor that is there."""
    command = asking.editor_command()
    if not command:
        stage.toast("set EDITOR in the environment: that program opens then", "warning")
        return
    handle, name = tempfile.mkstemp(prefix="odoochat-", suffix=".md")
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(stage.composer.text)
        with stage.screen.app.suspend():
            done = subprocess.run([*command, name], check=False)  # noqa: S603 - the user's own editor
        if done.returncode == 0:
            stage.composer.fill(path.read_text("utf-8").rstrip("\n"))
        else:
            stage.toast(f"{command[0]} ended with {done.returncode}: the text is as it was", "warning")
    except Exception as error:  # noqa: BLE001 - whatever the editor or the terminal does, the text stays
        stage.toast(f"{command[0]}: {error}", "error")
    finally:
        path.unlink(missing_ok=True)


# ----------------------------------------------------------------------------------- slashes


def _slash(stage: Stage, text: str) -> bool:
    """Runs a command of ours; False for what is none: a path, for one, is a text."""
    name, _, rest = text[1:].partition(" ")
    told = SLASH.get(name)
    if told is None:
        if not name.isalpha():
            return False
        stage.toast(
            f"there is no command /{safe_name(name, 20)}; Tab after a / shows them, // sends it as a text", "warning"
        )
        return True
    stage.composer.fill("")
    stage.desk.drafts.keep(str(stage.channel), "")
    told[1](stage, rest.strip())
    return True


def _join(stage: Stage, rest: str) -> None:
    async def ask() -> None:
        verbs = stage.desk.verbs
        assert verbs is not None
        found = matching_channels(rest, await verbs.browse(rest.lstrip("#")))
        if not found:
            stage.toast(f"there is no channel {rest} that you may join", "warning")
            return
        await verbs.join(found[0].id)
        _open_new(stage, found[0].id)

    if rest and stage.online():
        stage.run(ask(), "join")


def _open_new(stage: Stage, number: int) -> None:
    if stage.desk.client is not None:
        stage.desk.channels[number] = stage.desk.client.channel(number).info
        stage.open(number)


def _create(stage: Stage, rest: str) -> None:
    async def ask() -> None:
        assert stage.desk.verbs is not None
        _open_new(stage, await stage.desk.verbs.create(rest.removeprefix("#")))

    if rest and stage.online():
        stage.run(ask(), "create")


def _leave(stage: Stage, rest: str) -> None:
    if stage.online():
        assert stage.desk.verbs is not None
        stage.run(stage.desk.verbs.leave(stage.channel), "leave")


def _invite(stage: Stage, rest: str) -> None:
    if rest and stage.online():
        assert stage.desk.verbs is not None
        people = [name.strip() for name in rest.split("@") if name.strip()]
        stage.run(stage.desk.verbs.invite(stage.channel, people), "invite")


def _message(stage: Stage, rest: str) -> None:
    name = rest.removeprefix("@").casefold()
    found = next((i for i, n in stage.people().items() if n.casefold() == name), None)
    if found is None:
        stage.toast(f"nobody here is called {rest}: Ctrl-K finds people", "warning")
    else:
        moving.go_to(stage, ("person", found))


SLASH: dict[str, tuple[str, Callable[[Stage, str], None]]] = {
    "join": ("join a channel by its name", _join),
    "leave": ("leave this conversation", _leave),
    "create": ("make a channel", _create),
    "invite": ("bring @people in here", _invite),
    "msg": ("write to @somebody", _message),
    "search": ("search everywhere", lambda stage, rest: asking.search(stage, everywhere=True, text=rest)),
    "upload": ("send a file", filing.upload_named),
    "mute": ("mute or unmute this conversation", lambda stage, _: moving.toggle_mute(stage)),
    "theme": ("take a theme by its name", lambda stage, rest: stage.host.use_theme(rest or "dark")),
    "profile": ("show another profile", lambda stage, rest: stage.host.show_profile(rest)),
    "help": ("all keys", lambda stage, _: asking.show_keys(stage)),
    "keys": ("all keys", lambda stage, _: asking.show_keys(stage)),
    "quit": ("leave odoochat", lambda stage, _: stage.screen.app.exit()),
}


COMMANDS = {
    "send": send,
    "newline": newline,
    "complete": complete,
    "choose-message": choose_message,
    "older-text": lambda stage: _history(stage, -1),
    "newer-text": lambda stage: _history(stage, 1),
    "scroll-up": lambda stage: stage.timeline.page(-1),
    "scroll-down": lambda stage: stage.timeline.page(1),
    "editor": editor,
    "line-up": lambda stage: _line(stage, -1),
    "line-down": lambda stage: _line(stage, 1),
}
