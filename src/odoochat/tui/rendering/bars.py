"""What the bars and lists around the conversation say; drawn from the stage."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.style import Style

from odoochat.tui import keys
from odoochat.tui.rendering.lists import conversation_rows, is_muted, kind_sign, member_rows
from odoochat.tui.rendering.status import link_words, progress_words
from odoochat.tui.rendering.strips import Parts, Row

if TYPE_CHECKING:
    # What is painted first is drawn without them.
    from textual.widget import Widget

    from odoochat.model import ChannelInfo, Progress
    from odoochat.tui.conversation import Stage
    from odoochat.tui.session import Desk
    from odoochat.tui.settings import Settings
    from odoochat.tui.theme import Look
from odoochat.tui.rendering.wrap import excerpt
from odoochat.wire.content.sanitize import safe_line, safe_name

__all__ = ["hint_words", "list_rows", "paint", "paint_status", "prompt", "status_words", "title_words"]

HINTS = {
    "messages": ("reply", "react", "edit", "copy", "open", "thread", "help-here", "write"),
    "writing": ("send", "newline", "choose-message", "switch", "next-unread", "search-here", "help"),
    "list": ("list-open", "list-leave", "help"),
}
_HINT = {key.name: key.hint for key in keys.TABLE}
MOST_READERS = 30
"""Names that are told of those who read a message."""
COLOURS = {"good": "green", "middling": "yellow", "bad": "red"}


def paint(stage: Stage) -> None:
    """Draws everything that may have changed; what did not is not drawn."""
    stage.sync_pending()
    _seen(stage)
    stage.timeline.redraw()
    _lists(stage)
    _title(stage)
    _around_composer(stage)
    paint_status(stage)
    _hints(stage)


def list_rows(desk: Desk, look: Look, channel: int) -> list[Row]:
    """The list of conversations, with one of them on the screen."""
    desk.typing_in &= {number for number in desk.typing_in if desk.typists(number)}
    typing = desk.typing_in
    return conversation_rows(
        desk.channels.values(), look, me=desk.me.partner_id, statuses=desk.statuses, favourites=desk.drafts.favourites,
        muted=desk.drafts.muted, drafts=desk.drafts.places() - {str(channel)}, typing=typing,
    )  # fmt: skip


def _lists(stage: Stage) -> None:
    desk, look = stage.desk, stage.host.look
    rows = list_rows(desk, look, stage.channel)
    stage.conversations.current = stage.channel
    if rows != stage.conversations.rows:
        stage.conversations.show(rows)
        if not stage.conversations.has_focus:
            stage.conversations.choose(stage.channel)
    else:
        stage.conversations.refresh()
    if stage.screen.has_class("with-members"):
        stage.members.show(member_rows(desk.members.get(stage.channel, []), desk.statuses, look))


def _seen(stage: Stage) -> None:
    """Who has read how far: told under the last of my messages that somebody has read."""
    window, scene = stage.timeline.window, stage.scene
    found: dict[int, list[str]] = {}
    mine = [m.id for m in window.messages[-60:] if stage.own(m)]
    for number, (name, last) in stage.desk.seen.get(stage.channel, {}).items():
        at = bisect_right(mine, last)
        if at and name and number != stage.desk.me.partner_id:
            readers = found.setdefault(mine[at - 1], [])
            if len(readers) < MOST_READERS:
                readers.append(safe_name(name, 30))
    if found != scene.seen:
        for message_id in {*found, *scene.seen}:
            stage.timeline.forget(message_id)
        scene.seen = found


def _title(stage: Stage) -> None:
    stage.title.show(*title_words(stage.desk, stage.host.look, stage.info))


def title_words(desk: Desk, look: Look, info: ChannelInfo) -> tuple[Parts, Parts]:
    """The line above the conversation, left and right."""
    if not info.id:
        return ((" odoochat", Style(bold=True)),), ()
    sign = kind_sign(info, desk.statuses, desk.me.partner_id)
    parts = [(f" {sign} ", look.dim), (safe_name(info.name, 60) or str(info.id), Style(bold=True))]
    if info.description:
        parts.append((f"  {excerpt(info.description, 120)}", look.dim))
    marks = []
    if is_muted(info, desk.drafts.muted):
        marks.append("muted")
    count = info.member_count or len(desk.members.get(info.id, []))
    if count:
        marks.append("1 member" if count == 1 else f"{count} members")
    return tuple(parts), (((f"  {' · '.join(marks)} ", look.dim),) if marks else ())


def prompt(info: ChannelInfo) -> str:
    """What stands in the empty composer."""
    return f"write to {safe_name(info.name, 40)}" if info.id else "no conversation yet"


def _around_composer(stage: Stage) -> None:
    look = stage.host.look
    stage.composer.placeholder = prompt(stage.info)
    typists = stage.desk.typists(stage.channel)
    names = [safe_name(a.name, 30) or "somebody" for a in typists[:2]]
    words = ""
    if names:
        who = " and ".join(names) if len(typists) < 3 else f"{names[0]} and {len(typists) - 1} others"
        words = f" {who} {'is' if len(names) == 1 else 'are'} writing…"
    stage.typing.show(((words, look.system),))
    _display(stage.arrived, bool(stage.new) and not stage.timeline.at_bottom)
    stage.arrived.show(((f" ↓ {stage.new} new: End shows them ", look.unread),))
    answered = stage.editing or stage.replying
    _display(stage.answer, answered is not None)
    if answered is not None:
        verb = "editing" if stage.editing else f"answering {safe_name(answered.author.name, 30)}"
        text = f": {excerpt(answered.text, 100)}" if answered.text else ""
        stage.answer.show(((f" ↪ {verb}", look.mention), (text, look.quote)), ((" Esc drops it ", look.dim),))
    _display(stage.offers, stage.offered is not None)
    if stage.offered is not None:
        stage.offers.styles.height = len(stage.offered[1])


def _display(widget: Widget, shown: bool) -> None:
    """Shows or hides a part; one that is so already is left alone: each change lays all out anew."""
    if widget.display != shown:
        widget.display = shown


def paint_status(stage: Stage) -> None:
    """Draws the status line."""
    stage.status.show(*status_words(stage.desk, stage.host.look, stage.transfers))


def status_words(desk: Desk, look: Look, transfers: Mapping[str, Progress]) -> tuple[Parts, Parts]:
    """The status line, left and right: the link, what is on its way, what is unread."""
    words, reason, colour = link_words(
        desk.link, now=time.monotonic(), since=desk.link_since, sessionless=desk.sessionless
    )
    left = [(" ● ", Style(color=COLOURS[colour])), (words, Style())]
    if sending := desk.outgoing.sending:
        gave_up = desk.link.state == "closed"
        left.append((f" · {sending} to be sent" if gave_up else f" · sending {sending}", look.to_me))
    left += [(f" · {progress_words(name, p)}", look.mention) for name, p in transfers.items()]
    if desk.cache.error is not None:
        left.append((f" · the cache is not kept: {safe_line(desk.cache.error, 60)}", look.failed))
    if desk.drafts.error is not None:
        left.append((f" · drafts are not kept: {safe_line(desk.drafts.error, 60)}", look.failed))
    if reason:
        left.append((f" · {reason}", look.dim))
    muted = desk.drafts.muted
    unread = sum(i.unread for i in desk.channels.values() if not is_muted(i, muted))
    mentions = sum(i.needaction for i in desk.channels.values())
    right = [(f"@{mentions} ", look.to_me)] if mentions else []
    if unread:
        right.append((f"{unread} unread ", look.mention))
    who = safe_name(desk.me.name, 24)
    right.append((f"{who} · {safe_name(desk.name, 24)} " if who else f"{safe_name(desk.name, 24)} ", look.dim))
    return tuple(left), tuple(right)


def _hints(stage: Stage) -> None:
    where = "messages" if stage.timeline.has_focus else "list" if stage.conversations.has_focus else "writing"
    stage.hints.show(hint_words(where, stage.host.settings, stage.host.look))


def hint_words(where: str, settings: Settings, look: Look) -> Parts:
    """The keys that are of use in a part of the screen."""
    now = keys.keymap(settings.keys, settings.bindings)
    parts: list[tuple[str, Style]] = []
    for name in HINTS[where]:
        first = keys.shown(now[name].split(",")[0])
        parts += [(f" {first}", look.mention), (f" {_HINT[name]} ", look.dim)]
    return tuple(parts)
