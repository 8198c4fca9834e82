"""Message mode: commands that act on the chosen message."""

from __future__ import annotations

import asyncio
import os
import webbrowser
from datetime import UTC, datetime

import msgspec
from rich.style import Style

from odoochat.emoji import EMOJIS, QUICK, find_emojis
from odoochat.model import Message
from odoochat.runs import has_format, page_runs
from odoochat.tui.commands.files import has_desktop, open_file
from odoochat.tui.conversation import Stage
from odoochat.tui.message_window import Pending
from odoochat.tui.rendering.message import links
from odoochat.tui.rendering.wrap import excerpt
from odoochat.tui.widgets.row_list import Row
from odoochat.wire.content.sanitize import safe_line, safe_name, safe_text

__all__ = ["COMMANDS", "open_link"]


def _message(stage: Stage) -> Message | None:
    """The chosen message, when the server has it."""
    target = stage.target
    if isinstance(target, Message):
        return target
    stage.toast("choose a message first" if target is None else "that message is not on the server yet")
    return None


def reply(stage: Stage) -> None:
    """Begins an answer."""
    if (message := _message(stage)) is not None:
        stage.editing = None
        stage.replying = message
        stage.composer.focus()
        stage.dirty()


def edit(stage: Stage) -> None:
    """Puts a message of mine into the composer; one that was not sent is taken back for that."""
    target = stage.target
    if isinstance(target, Pending):
        text = stage.desk.outgoing.withdraw(target.local_id)
        if text is None:
            stage.toast("that message is under way", "warning")
            return
        stage.composer.fill("\n".join(filter(None, [stage.composer.text.strip(), text])))
        stage.sync_pending()
        stage.timeline.redraw()
    elif (message := _message(stage)) is not None:
        if not stage.own(message):
            stage.toast("only your own messages can be edited", "warning")
            return
        stage.keep_draft()
        stage.replying, stage.editing = None, message
        stage.composer.fill(safe_text(message.text))
        if _loses(message):
            stage.toast(
                "its formats are lost when you send the edit: bold, lists and links become plain words", "warning"
            )
    stage.composer.focus()
    stage.dirty()


def _loses(message: Message) -> bool:
    """Whether an edit of its text loses more than words: a style, a list, a link below other words."""
    if not has_format(message.html):
        return False
    runs = [run for line in page_runs(message.html) for run in line]
    return any(run.style or (run.link and run.text.strip() not in run.link) for run in runs)


def delete(stage: Stage) -> None:
    """Deletes a message of mine, after a question; drops one that was not sent."""
    from odoochat.tui.screens.dialogs import Chooser

    target = stage.target
    if isinstance(target, Pending):
        if stage.desk.outgoing.withdraw(target.local_id) is None:
            stage.toast("that message is under way", "warning")
        stage.sync_pending()
        stage.timeline.redraw()
        return
    message = _message(stage)
    if message is None or not stage.online():
        return
    if not stage.own(message):
        stage.toast("only your own messages can be deleted", "warning")
        return
    verbs = stage.desk.verbs
    assert verbs is not None
    rows = [Row("delete", (("delete it for everybody", stage.host.look.failed),)), Row("keep", (("keep it", Style()),))]

    def chosen(key: str | None) -> None:
        if key == "delete":
            stage.run(verbs.delete(message), "delete")

    stage.screen.app.push_screen(
        Chooser(f"Delete “{excerpt(message.text, 50)}”?", stage.host.look, lambda _: rows), chosen
    )


def react(stage: Stage) -> None:
    """Chooses an emoji; one that I gave already is taken back."""
    from odoochat.tui.screens.dialogs import Chooser

    message = _message(stage)
    if message is None or not stage.able("react"):
        return
    names = {emoji: name for name, emoji in reversed(EMOJIS.items())}

    def find(text: str) -> list[Row]:
        low = text.strip().strip(":").casefold()
        if not low:
            emojis = [*dict.fromkeys([*(r.content for r in message.reactions), *QUICK])]
        else:
            emojis = [*find_emojis(low).values()] or [text.strip()[:8]]
        return [Row(e, ((f"{safe_name(e, 8)}  ", Style()), (names.get(e, ""), stage.host.look.dim))) for e in emojis]

    def chosen(emoji: str | None) -> None:
        if emoji:
            stage.run(_react(stage, message, emoji), "react")

    stage.screen.app.push_screen(Chooser("React with", stage.host.look, find, placeholder="name of an emoji"), chosen)


async def _react(stage: Stage, message: Message, emoji: str) -> None:
    verbs, me = stage.desk.verbs, stage.desk.me.partner_id
    assert verbs is not None
    given = next((r for r in message.reactions if r.content == emoji), None)
    mine = given is not None and any(a.kind == "partner" and a.id == me for a in given.authors)
    await verbs.react(message, emoji, remove=mine)


def pin(stage: Stage) -> None:
    """Pins the message, or unpins it."""
    message = _message(stage)
    if message is None or not stage.online():
        return

    async def ask() -> None:
        assert stage.desk.verbs is not None
        await stage.desk.verbs.pin(message, remove=message.pinned is not None)
        amended = msgspec.structs.replace(message, pinned=None if message.pinned else datetime.now(UTC))
        _amend(stage, amended)

    stage.run(ask(), "pin")


def star(stage: Stage) -> None:
    """Puts a star on the message, or takes it off."""
    message = _message(stage)
    if message is None or not stage.online():
        return

    async def ask() -> None:
        assert stage.desk.verbs is not None
        await stage.desk.verbs.star(message, remove=message.starred)
        _amend(stage, msgspec.structs.replace(message, starred=not message.starred))

    stage.run(ask(), "star")


def _amend(stage: Stage, message: Message) -> None:
    stage.desk.keep([message])
    if stage.timeline.window.find(message.id) is not None:
        stage.timeline.window.put(message)
    stage.dirty()


def copy(stage: Stage) -> None:
    """Copies the message's text to the clipboard of the terminal (OSC 52)."""
    target = stage.target
    if target is not None:
        stage.screen.app.copy_to_clipboard(safe_text(target.text))
        stage.toast("copied")


def open_things(stage: Stage) -> None:
    """Opens a link or a file of the message; asks which when there are several."""
    from odoochat.tui.screens.dialogs import Chooser

    message = _message(stage)
    if message is None:
        return
    things: list[tuple[str, object]] = [(f"▤ {safe_name(a.name, 60)}", a) for a in message.attachments]
    things += [(safe_line(url, 200), url) for url in links(message)]
    if not things:
        stage.toast("there is no link and no file in it")
        return
    rows = [Row(at, ((words, Style()),)) for at, (words, _) in enumerate(things)]

    def chosen(at: int | None) -> None:
        if at is None:
            return
        thing = things[at][1]
        if isinstance(thing, str):
            open_link(stage, thing)
        else:
            open_file(stage, thing)  # type: ignore[arg-type]

    if len(things) == 1 and message.attachments:
        chosen(0)
        return
    # The whole address is shown before it is opened: a link's words may promise another one.
    find = lambda text: [r for r in rows if text.casefold() in r.parts[0][0].casefold()]  # noqa: E731
    stage.screen.app.push_screen(Chooser("Open", stage.host.look, find), chosen)


def open_link(stage: Stage, url: str) -> None:
    """Opens an address in the browser; none but http, https and mailto."""
    if not url.lower().startswith(("http://", "https://", "mailto:")):
        stage.toast("only web addresses are opened", "warning")
        return
    if not has_desktop() and not os.environ.get("BROWSER"):
        # Without a desktop a browser for terminals would start, on this very terminal.
        stage.screen.app.copy_to_clipboard(url)
        stage.toast(f"there is no desktop here: copied {url}")
        return

    async def show() -> None:
        opened = await asyncio.to_thread(webbrowser.open, url)
        stage.toast(f"opened {url}" if opened else f"no browser here: {url}")

    stage.run(show(), "open")


def jump(stage: Stage) -> None:
    """Jumps to the message that this one answers."""
    message = _message(stage)
    if message is None:
        return
    if message.reply_to is None:
        stage.toast("it answers no message")
        return
    stage.run(stage.jump(message.reply_to), "jump")


def thread(stage: Stage) -> None:
    """Opens the message's thread, or begins one, which all here are told of: so it is asked first."""
    from odoochat.tui.screens.dialogs import Chooser

    message = _message(stage)
    if message is None or not stage.able("thread"):
        return
    channel = stage.channel

    async def ask() -> None:
        desk = stage.desk
        assert desk.verbs is not None
        assert desk.client is not None
        number = await desk.verbs.thread(channel, message)
        if number not in desk.channels:
            await desk.client.refresh()
            desk.channels[number] = desk.client.channel(number).info
        stage.open(number)

    rows = [Row("go", (("open it, or begin it for everybody here", Style()),)), Row("no", (("not now", Style()),))]

    def chosen(key: str | None) -> None:
        if key == "go":
            stage.run(ask(), "thread")

    heading = f"The thread of “{excerpt(message.text, 50)}”"
    stage.screen.app.push_screen(Chooser(heading, stage.host.look, lambda _: rows), chosen)


def seen_by(stage: Stage) -> None:
    """Tells who has read the message."""
    message = _message(stage)
    if message is None:
        return
    seen = stage.desk.seen.get(stage.channel, {})
    found = {number: name for number, (name, last) in seen.items() if last >= message.id}
    found |= {m.author.id: m.author.name for m in stage.desk.members.get(stage.channel, []) if m.seen >= message.id}
    found.pop(stage.desk.me.partner_id, None)
    names = [safe_name(name, 40) for name in found.values() if name]
    stage.toast("read by " + ", ".join(names) if names else "nobody is known to have read it")


def mark_unread(stage: Stage) -> None:
    """Marks the message and all after it as unread."""
    message = _message(stage)
    if message is None or not stage.able("mark_unread"):
        return

    async def ask() -> None:
        assert stage.desk.verbs is not None
        await stage.desk.verbs.mark_unread(message)
        if stage.channel == message.channel.id:
            stage.timeline.unread_from = message.id
            stage.timeline.redraw(forget=True)

    stage.run(ask(), "mark unread")


def unread_line(stage: Stage) -> None:
    """Goes to the first unread message."""
    if stage.timeline.unread_from is None:
        stage.toast("nothing was unread here")
    else:
        stage.run(stage.jump(stage.timeline.unread_from), "jump")


def _move(stage: Stage, step: int) -> None:
    if not stage.timeline.move(step):
        if step > 0:
            write(stage)
        else:
            stage.load(top=True)


def write(stage: Stage) -> None:
    """Back to writing."""
    stage.timeline.chosen = None
    stage.composer.focus()
    stage.dirty()


def last(stage: Stage) -> None:
    """Goes to the newest message."""
    stage.to_newest()
    stage.timeline.choose_end(first=False)


COMMANDS = {
    "up": lambda stage: _move(stage, -1),
    "down": lambda stage: _move(stage, 1),
    "page-up": lambda stage: stage.timeline.page(-1),
    "page-down": lambda stage: stage.timeline.page(1),
    "first": lambda stage: stage.timeline.choose_end(first=True),
    "last": last,
    "unread-line": unread_line,
    "reply": reply,
    "edit": edit,
    "delete": delete,
    "react": react,
    "pin": pin,
    "star": star,
    "copy": copy,
    "open": open_things,
    "jump": jump,
    "thread": thread,
    "seen-by": seen_by,
    "mark-unread": mark_unread,
    "write": write,
}
