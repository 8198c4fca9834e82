"""Draws the bars and lists around the conversation."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.style import Style

from odoochat.model import Message
from odoochat.plural import counted
from odoochat.tui.rendering.hints import HINTS, hint_words, message_hints, writing_hints
from odoochat.tui.rendering.lists import box_rows, conversation_rows, is_muted, kind_sign, member_rows
from odoochat.tui.rendering.message import size_of
from odoochat.tui.rendering.status import SPINNER, link_words, progress_words
from odoochat.tui.rendering.strips import ListRow, Parts

if TYPE_CHECKING:
    # The first paint does not need them.
    from textual.widget import Widget

    from odoochat.model import ChannelInfo, Progress
    from odoochat.tui.controller import ChatController
    from odoochat.tui.session import ChatSession
    from odoochat.tui.theme import Styles
from odoochat.tui.rendering.wrap import excerpt
from odoochat.wire.content.sanitize import safe_line, safe_name

__all__ = ["answer_words", "frame_words", "list_rows", "paint", "paint_status", "prompt", "status_words", "title_words"]

MAX_READERS = 30
"""Maximum number of readers to list below a message."""


def paint(chat: ChatController) -> None:
    """Update all widgets that may have changed.

    Args:
        chat: the chat screen's controller.
    """
    chat.conversation.sync_pending()
    _seen(chat)
    beside = chat.parent.show(chat.conversation.info, chat.screen.size.width)
    if beside != chat.screen.has_class("with-parent"):
        chat.screen.set_class(beside, "with-parent")
    if beside:
        chat.widgets.parent_title.show(*_title(chat, chat.parent.info))
    chat.widgets.timeline.redraw()
    _lists(chat)
    chat.widgets.title.show(*_title(chat, chat.conversation.info))
    _around_composer(chat)
    paint_status(chat)
    _hints(chat)


def list_rows(session: ChatSession, styles: Styles, channel: int) -> list[ListRow]:
    """Return the rows of the channel list.

    Args:
        session: the session.
        styles: the theme's styles.
        channel: the open channel's id.
    """
    session.people.typing_in &= {number for number in session.people.typing_in if session.people.typists(number)}
    typing = session.people.typing_in
    boxes = box_rows(session.name, session.me.name, session.counters, styles)
    return boxes + conversation_rows(
        session.channels.values(),
        styles,
        me=session.me.partner_id,
        statuses=session.people.statuses,
        favourites=session.drafts.favourites,
        muted=session.drafts.muted,
        drafts=session.drafts.places() - {str(channel)},
        typing=typing,
    )


def _lists(chat: ChatController) -> None:
    session, styles = chat.session, chat.host.theme_styles
    rows = list_rows(session, styles, chat.conversation.channel)
    chat.widgets.conversations.current = chat.conversation.channel
    if rows != chat.widgets.conversations.rows:
        chat.widgets.conversations.show(rows)
        if chat.screen.focused is not chat.widgets.conversations:
            chat.widgets.conversations.choose(chat.conversation.channel)
    else:
        chat.widgets.conversations.refresh()
    if chat.screen.has_class("with-members"):
        chat.widgets.members.show(
            member_rows(session.people.members.get(chat.conversation.channel, []), session.people.statuses, styles)
        )


def _seen(chat: ChatController) -> None:
    """Record which members to list below each of the user's messages: those who have read it but no later one."""
    window, context = chat.widgets.timeline.window, chat.context
    found: dict[int, list[str]] = {}
    mine = [m.id for m in window.messages[-60:] if chat.session.is_own(m)]
    for number, (name, last) in chat.session.people.seen.get(chat.conversation.channel, {}).items():
        at = bisect_right(mine, last)
        if at and name and number != chat.session.me.partner_id:
            readers = found.setdefault(mine[at - 1], [])
            if len(readers) < MAX_READERS:
                readers.append(safe_name(name, 30))
    if found != context.seen:
        for message_id in {*found, *context.seen}:
            chat.widgets.timeline.forget(message_id)
        context.seen = found


def _title(chat: ChatController, info: ChannelInfo) -> tuple[Parts, Parts]:
    return title_words(chat.session, chat.host.theme_styles, info, chat.conversation.pins.count(info.id))


def title_words(session: ChatSession, styles: Styles, info: ChannelInfo, pinned: int = 0) -> tuple[Parts, Parts]:
    """Return the left and right parts of the title line above the messages.

    Args:
        session: the session.
        styles: the theme's styles.
        info: the channel.
        pinned: number of pinned messages in the channel; 0 if unknown.
    """
    if not info.id:
        return ((" odoochat", Style(bold=True)),), ()
    sign = kind_sign(info, session.people.statuses, session.me.partner_id)
    parts = [(f" {sign} ", styles.dim), (safe_name(info.name, 60) or str(info.id), Style(bold=True))]
    if info.parent is not None and (parent := session.channels.get(info.parent)) is not None:
        parts[0] = (f" # {safe_name(parent.name, 40)} › ", styles.dim + Style.from_meta({"channel": parent.id}))
    if info.description:
        parts.append((f"  {excerpt(info.description, 120)}", styles.dim))
    count = info.member_count or len(session.people.members.get(info.id, []))
    facts = (
        ("muted" if is_muted(info, session.drafts.muted) else "", "mute"),
        (counted(count, "member") if count else "", "members"),
        (f"{pinned} pinned" if pinned else "", "pins"),
    )
    marks = [(words, styles.dim + Style.from_meta({"command": command})) for words, command in facts if words]
    return tuple(parts), (("  ", styles.dim), *_with_dots(marks, styles), (" ", styles.dim)) if marks else ()


def _with_dots(parts: Sequence[tuple[str, Style]], styles: Styles) -> list[tuple[str, Style]]:
    """Join the parts of a line with dots."""
    return [part for each in parts for part in ((" · ", styles.dim), each)][1:]


def prompt(info: ChannelInfo) -> str:
    """Return the composer's placeholder.

    Args:
        info: the channel.
    """
    return f"Message {safe_name(info.name, 40)}" if info.id else "no conversation open"


def frame_words(session: ChatSession, info: ChannelInfo, markup: str, verb: str = "") -> str:
    """Return the title for the composer's upper border.

    Args:
        session: the session.
        info: the channel.
        markup: the text's markup: ``text`` or ``markdown``.
        verb: ``edit`` or ``reply``; empty for a new message.
    """
    sign = kind_sign(info, session.people.statuses, session.me.partner_id)
    place = f"{sign if sign in '#↳' else ''}{safe_name(info.name, 30)}" if info.id else ""
    return " · ".join(filter(None, (place, "Markdown" if markup == "markdown" else "", verb)))


def mode_word(chat: ChatController) -> str:
    """Return the name of the current mode, which determines what the keys do.

    A widget's `has_focus` changes only when the widget handles an event, but the screen's `focused` changes
    immediately.

    Args:
        chat: the chat screen's controller.
    """
    widgets, focused = chat.widgets, chat.screen.focused
    return "MESSAGE" if focused is widgets.timeline else "LIST" if focused is widgets.conversations else "WRITE"


def _around_composer(chat: ChatController) -> None:
    styles = chat.host.theme_styles
    composer, draft = chat.widgets.composer, chat.conversation.draft
    composer.placeholder = prompt(chat.conversation.info)
    verb = "edit" if draft.editing is not None else "reply" if draft.replying is not None else ""
    markup = chat.host.settings.markup
    composer.show_frame(frame_words(chat.session, chat.conversation.info, markup, verb), mode_word(chat))
    chat.widgets.composer.use_markdown(styles if chat.host.settings.markup == "markdown" else None)
    typists = chat.session.people.typists(chat.conversation.channel)
    names = [safe_name(a.name, 30) or "someone" for a in typists[:2]]
    words = ""
    if names:
        who = " and ".join(names) if len(typists) < 3 else f"{names[0]} and {len(typists) - 1} others"
        words = f" {who} {'is' if len(names) == 1 else 'are'} typing…"
    chat.widgets.typing.show(((words, styles.system),))
    _display(chat.widgets.arrived, bool(chat.conversation.new) and not chat.widgets.timeline.at_bottom)
    chat.widgets.arrived.show(((f" ↓ {counted(chat.conversation.new, 'new message')} · End ", styles.unread),))
    answered = chat.conversation.draft.editing or chat.conversation.draft.replying
    _display(chat.widgets.answer, answered is not None)
    if answered is not None:
        chat.widgets.answer.show(*answer_words(answered, styles, editing=chat.conversation.draft.editing is not None))
    files = chat.conversation.draft.files
    _display(chat.widgets.files, bool(files))
    if files:
        chat.widgets.files.show(*file_words(files, styles, chat.widgets.files.size.width or chat.screen.size.width))
    _display(chat.widgets.offers, chat.conversation.offered is not None)
    if chat.conversation.offered is not None:
        chat.widgets.offers.styles.height = len(chat.conversation.offered[1])


def answer_words(message: Message, styles: Styles, *, editing: bool) -> tuple[Parts, Parts]:
    """Return the left and right parts of the line that shows the message being replied to or edited.

    Args:
        message: the message.
        styles: the theme's styles.
        editing: whether the message is being edited.
    """
    verb = "editing" if editing else f"replying to {safe_name(message.author.name, 30)}"
    text = f": {excerpt(message.text, 100)}" if message.text else ""
    return ((f" ↪ {verb}", styles.mention), (text, styles.quote)), ((" Esc cancels ", styles.dim),)


def file_words(files: Sequence[Path], styles: Styles, width: int) -> tuple[Parts, Parts]:
    """Return the line of attached files, with a hint if there is room. Clicking a file removes it.

    Args:
        files: the files.
        styles: the theme's styles.
        width: width in columns.
    """
    parts: list[tuple[str, Style]] = []
    hint = " Backspace removes the last "
    for at, path in enumerate(files):
        try:
            size = size_of(path.stat().st_size)
        except OSError:
            size = "missing"
        chip = f" ▤ {safe_name(path.name, 30)} {size} × "
        left = len(files) - at
        if parts and cell_len("".join(text for text, _ in parts)) + cell_len(chip) + (9 if left > 1 else 1) > width:
            parts.append((f"  +{left} more", styles.dim))
            break
        parts += [(" ", styles.text), (chip, styles.chip + Style.from_meta({"file": at}))]
    fits = cell_len("".join(text for text, _ in parts)) + cell_len(hint) <= width
    return tuple(parts), (((hint, styles.dim),) if fits else ())


def _display(widget: Widget, shown: bool) -> None:
    """Show or hide a widget. Setting `display` triggers a full layout, so it is skipped if the value is unchanged."""
    if widget.display != shown:
        widget.display = shown


def paint_status(chat: ChatController) -> None:
    """Draw the status line.

    Args:
        chat: the chat screen's controller.
    """
    listed = not (chat.screen.has_class("thin") or chat.screen.has_class("no-side"))
    styles, width = chat.host.theme_styles, chat.widgets.status.size.width or chat.screen.size.width
    words = status_words(chat.session, styles, chat.transfers, chat.feedback.busy, account=not listed, width=width)
    chat.widgets.status.show(*words)


def status_words(
    session: ChatSession,
    styles: Styles,
    transfers: Mapping[str, Progress],
    busy: str = "",
    *,
    account: bool = True,
    width: int = 80,
) -> tuple[Parts, Parts]:
    """Return the status line's left part (the link and transfers) and right part (unread counts).

    Args:
        session: the session.
        styles: the theme's styles.
        transfers: transfers in progress, keyed by file name.
        busy: the name of a slow job; empty if there is none.
        account: whether to show the account if there is room; it is normally in the channel list, which may be hidden.
        width: width in columns.
    """
    now, waiting = time.monotonic(), session.send_queue.sending
    words, reason, colour = link_words(session.link, now=now, since=session.link_since, waiting=waiting)
    looks = {"good": styles.good, "middling": styles.warning, "bad": styles.failed}
    left = [(" ● ", looks[colour]), (words, styles.text)]
    if waiting and session.link.state == "open":
        left.append((f" · sending {waiting}", styles.accent))
    if busy:
        left.append((f" · {SPINNER[int(now * 8) % len(SPINNER)]} {busy}", styles.dim))
    left += [(f" · {progress_words(name, p)}", styles.mention) for name, p in transfers.items()]
    if session.cache.error is not None:
        left.append((f" · cache not saved: {safe_line(session.cache.error, 60)}", styles.failed))
    if session.drafts.error is not None:
        left.append((f" · drafts not saved: {safe_line(session.drafts.error, 60)}", styles.failed))
    needed = _cells(left)
    if reason:
        left.append((f" · {reason}", styles.dim))
    muted = session.drafts.muted
    unread = sum(i.unread for i in session.channels.values() if not is_muted(i, muted))
    mentions = sum(i.needaction for i in session.channels.values())
    right: list[tuple[str, Style]] = []
    if mentions:
        words = f"{mentions} mention{'s' if mentions > 1 else ''}"
        right.append((words, styles.accent + Style.from_meta({"command": "inbox"})))
    if unread:
        right.append((f"{unread} unread", styles.strong + Style.from_meta({"command": "next-unread"})))
    shown = ("  ", styles.text), *_with_dots(right, styles), (" ", styles.dim)
    if account:
        name = " · ".join(filter(None, (safe_name(session.me.name, 24), safe_name(session.name, 24))))
        named = ("  ", styles.text), *_with_dots([*right, (name, styles.dim)], styles), (" ", styles.dim)
        if needed + _cells(named) <= width:
            shown = named
    return tuple(left), shown


def _cells(parts: Parts | list[tuple[str, Style]]) -> int:
    return sum(cell_len(text) for text, _ in parts)


def _hints(chat: ChatController) -> None:
    names = _possible(chat)
    styles, width = chat.host.theme_styles, chat.widgets.hints.size.width or chat.screen.size.width
    # Without a border around the composer, the mode is shown here.
    mode = ((f" {mode_word(chat)} ", styles.badge),) if chat.screen.has_class("low") else ()
    room = width - sum(cell_len(word) for word, _ in mode)
    chat.widgets.hints.show(hint_words(names, chat.host.settings, styles, room), mode)
    height = chat.screen.size.height
    chat.widgets.notices.show(
        chat.feedback.notices, chat.host.theme_styles, 1 if height < 16 else 2 if height < 28 else 3
    )


def _possible(chat: ChatController) -> tuple[str, ...]:
    """Return the commands available for the focused widget."""
    if chat.screen.focused is chat.widgets.conversations:
        return HINTS["list"]
    if chat.screen.focused is not chat.widgets.timeline:
        return writing_hints(
            offered=chat.conversation.offered is not None,
            answering=chat.conversation.draft.replying is not None,
            editing=chat.conversation.draft.editing is not None,
        )
    client = chat.session.client
    return message_hints(
        chat.conversation.target,
        own=isinstance(target := chat.conversation.target, Message) and chat.session.is_own(target),
        can=client.server.can if client is not None else lambda _: False,
    )
