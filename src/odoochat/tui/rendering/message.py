"""Renders messages as timeline lines, with reactions, files and the dividers between messages; pure.

Text from the network is sanitized here and never interpreted as markup.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from odoochat.model import Attachment, Author, Message, Reaction
from odoochat.plural import counted
from odoochat.tui.message_window import PendingItem
from odoochat.tui.rendering.body import MAX_TEXT, body_lines, links, was_edited
from odoochat.tui.rendering.context import (
    GAP,
    INDENT,
    NAME,
    TIME,
    RenderContext,
    RenderedMessage,
    indented,
)
from odoochat.tui.rendering.dates import day_words, moment_words
from odoochat.tui.rendering.wrap import MAX_LINES, Line, excerpt, wrap
from odoochat.tui.theme import Styles
from odoochat.wire.content.sanitize import safe_line, safe_name, safe_text

__all__ = [
    "Line",
    "RenderContext",
    "RenderedMessage",
    "links",
    "mark_line",
    "render_message",
    "render_pending",
    "size_of",
    "was_edited",
    "wrap",
]

GROUP = timedelta(minutes=5)
MAX_FILES = 12
MAX_PREVIEWS = 3
MAX_REACTIONS = 30
MAX_REACTORS = 20
"""Maximum number of items of each kind to draw. The rest are only counted."""


def size_of(size: int | None) -> str:
    """Format a size, for example as ``1.2 MB``, or return an empty string if it is unknown.

    Args:
        size: the size in bytes; None if unknown.
    """
    if size is None:
        return ""
    amount = float(size)
    for unit in ("B", "kB", "MB"):
        if amount < 1000 or unit == "MB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"
        amount /= 1000
    return ""


# --------------------------------------------------------------------------------------- lines


def mark_line(text: str, width: int, style: Style) -> Line:
    """Return a horizontal line with centred text.

    Args:
        text: the text.
        width: width in columns.
        style: the line's style.
    """
    text = set_cell_size(text, min(cell_len(text), max(width - 4, 1)))
    room = max(width - cell_len(text) - 2, 0)
    return [Segment("─" * (room // 2) + f" {text} " + "─" * (room - room // 2), style)]


def _grouped(message: Message, before: Message | None) -> bool:
    return (
        before is not None
        and not before.is_system
        and before.author == message.author
        and message.date - before.date < GROUP
        and message.reply_to is None
        and before.date.astimezone().date() == message.date.astimezone().date()
    )


def render_message(
    message: Message, before: Message | None, context: RenderContext, *, unread: bool = False
) -> RenderedMessage:
    """Render a message as lines.

    Args:
        message: the message.
        before: the message above; a repeated author is omitted, and a new day starts with a separator.
        context: the render context.
        unread: whether the message is the first unread one.
    """
    styles = context.styles
    across = min(context.width, context.gutter + context.room)
    lines: list[Line] = []
    local = message.date.astimezone()
    if before is None or before.date.astimezone().date() != local.date():
        lines += [[]] if before is not None and not context.compact else []
        lines.append(mark_line(day_words(local.date(), context.today()), across, styles.day))
    if unread:
        lines.append(mark_line("New", across, styles.unread))
    headed = unread or bool(lines) or not _grouped(message, before)
    if headed and not lines and before is not None and not context.compact and not _both_system(message, before):
        lines.append([])
    lead = len(lines)
    if context.names:
        content = _system(message, context) if message.is_system else _content(message, context, flagged=True)
        name = "" if message.is_system or not headed else _name(message.author, NAME)
        style = _author_style(message.author, styles)
        return RenderedMessage(lines + _beside(content, f"{local:%H:%M}", name, style, context), lead)
    if message.is_system:
        return RenderedMessage(lines + _system(message, context), lead)
    content = _content(message, context, flagged=not headed)
    if headed:
        content.insert(0, _head(message, context))
    elif content:
        content[0] = _timed(content[0], f"{local:%H:%M}", context)
    return RenderedMessage(lines + content, lead)


def _both_system(message: Message, before: Message) -> bool:
    return message.is_system and before.is_system


def _beside(content: list[Line], time: str, name: str, style: Style, context: RenderContext) -> list[Line]:
    """Put the time and name to the left of the first line."""
    if not content:
        content = [[]]
    width = context.names
    name = name if cell_len(name) <= width else set_cell_size(name, width - 1) + "…"
    first = [Segment(f" {time:<{TIME}}{' ' * GAP}", context.styles.dim), Segment(set_cell_size(name, width), style)]
    blank = Segment(" " * context.gutter)
    return [[*first, *content[0]], *([blank, *line] for line in content[1:])]


def _timed(line: Line, time: str, context: RenderContext) -> Line:
    """Put the time at the right edge of a line if there is room."""
    room = context.width - sum(cell_len(segment.text) for segment in line) - TIME - 1
    return [*line, Segment(" " * room + time, context.styles.dim)] if room > 0 else line


def _content(message: Message, context: RenderContext, *, flagged: bool) -> list[Line]:
    """Render a message without its header, with its flags if no header shows them."""
    styles, width = context.styles, context.room
    lines: list[Line] = []
    if message.reply_to is not None:
        lines.append(_quote(message.reply_to, context))
    lines += body_lines(message, context)
    if flagged and (flags := _flags(message, styles)):
        lines = _with_flags(lines, flags, width)
    for attachment in message.attachments[:MAX_FILES]:
        lines += _file(attachment, context)
    lines += _more(len(message.attachments) - MAX_FILES, "file", styles, "; press o to list them")
    for preview in message.previews[:MAX_PREVIEWS]:
        if title := safe_name(preview.title, max(width - 6, 1)):
            lines.append(indented([Segment("▏ ", styles.dim), Segment(title, styles.quote)]))
    lines += _more(len(message.previews) - MAX_PREVIEWS, "link", styles)
    if message.reactions:
        lines += _reactions(message, context)
    if (thread := context.thread(message.id)) is not None:
        words = f"↳ {thread_words(*thread, context.today())}"
        lines.append(indented([Segment(words, styles.to_me + Style.from_meta({"thread": True}))]))
    if readers := context.seen.get(message.id):
        text = safe_line("read by " + ", ".join(readers), max(width - 4, 1))
        lines.append(indented([Segment(f"✓ {text}", styles.dim)]))
    return lines


def thread_words(replies: int | None, last: datetime | None, today: date) -> str:
    """Return the label for a message's thread.

    Args:
        replies: number of replies; None if unknown.
        last: time of the last reply in UTC; None if unknown.
        today: the current day.
    """
    words = "thread" if replies is None else counted(replies, "reply", "replies")
    return f"{words}, last {moment_words(last.astimezone(), today)}" if last is not None else words


def _flags(message: Message, styles: Styles) -> Line:
    """Return a message's flags: pinned, starred, email."""
    parts: Line = []
    if message.pinned is not None:
        parts.append(Segment("  pinned", styles.to_me))
    if message.starred:
        parts.append(Segment("  ★", styles.to_me))
    if message.kind not in ("comment", "notification"):
        parts.append(Segment(f"  {safe_line(message.kind, 20)}", styles.dim))
    return parts


def _with_flags(lines: list[Line], flags: Line, width: int) -> list[Line]:
    """Append flags to the last line, or add them below if there is no room."""
    used = sum(cell_len(segment.text) for segment in [*(lines[-1] if lines else []), *flags])
    if lines and used <= width:
        return [*lines[:-1], [*lines[-1], *flags]]
    return [*lines, flags]


def _more(count: int, what: str, styles: Styles, hint: str = "") -> list[Line]:
    """Return a line with the number of omitted items, or no line if none are omitted."""
    return [indented([Segment(f"+{counted(count, f'more {what}')}{hint}", styles.dim)])] if count > 0 else []


def _system(message: Message, context: RenderContext) -> list[Line]:
    """Render a system message from Odoo, for example about a new member, a pinned message or a changed field."""
    who, text = safe_name(message.author.name), excerpt(message.text, 1000)
    text = (text if text.startswith(who) else f"{who} {text}").strip() or "(system message)"
    if not context.names:
        text = f"· {text} · {message.date.astimezone():%H:%M}"
    room = max(context.room - 2 * INDENT, 1)
    return [indented([Segment(text[a:b], context.styles.system)]) for a, b in wrap(text, room)]


def _head(message: Message, context: RenderContext) -> Line:
    styles = context.styles
    name = _name(message.author, max(min(context.width - 12, 40), 4))
    parts = [Segment(name, _author_style(message.author, styles))]
    parts.append(Segment(f"  {message.date.astimezone():%H:%M}", styles.dim))
    return indented([*parts, *_flags(message, styles)], 1)


def _name(author: Author, most: int) -> str:
    name = safe_name(author.name, most) or "unknown"
    return f"{name} (guest)" if author.kind == "guest" else name


def _author_style(author: Author, styles: Styles) -> Style:
    return styles.authors[author.id % len(styles.authors)]


def _quote(message_id: int, context: RenderContext) -> Line:
    quoted = context.quoted(message_id)
    text = f"{safe_name(quoted.author.name, 30)}: {excerpt(quoted.text)}" if quoted else "earlier message"
    room = max(context.room - INDENT - 3, 1)
    text = text if cell_len(text) <= room else set_cell_size(text, room - 1).rstrip() + "…"
    return indented([Segment("↪ ", context.styles.dim), Segment(text, context.styles.quote)])


def _file(attachment: Attachment, context: RenderContext) -> list[Line]:
    styles = context.styles
    room = max(context.room - INDENT - 14, 4)
    name = safe_name(attachment.name, room) or f"file {attachment.id}"
    head = indented(
        [Segment("▤ ", styles.dim), Segment(name, styles.link), Segment(f"  {size_of(attachment.size)}", styles.dim)]
    )
    picture = context.picture(attachment, max(context.room - 2 * INDENT, 1), max(context.height // 2, 3))
    return [head, *([Segment("  "), *line] for line in picture or ())]


def _who(reaction: Reaction) -> str:
    """Return the names of the people who reacted."""
    names = [safe_name(a.name, 30) or "unknown" for a in reaction.authors[:MAX_REACTORS]]
    if (others := reaction.count - len(names)) > 0:
        names.append(f"{others} more")
    return f"{safe_name(reaction.content, 12)} {', '.join(names)}"


def _reactions(message: Message, context: RenderContext) -> list[Line]:
    styles = context.styles
    lines: list[list[Segment]] = [[]]
    used = 0
    for reaction in message.reactions[:MAX_REACTIONS]:
        mine = any(a.kind == "partner" and a.id == context.me for a in reaction.authors)
        chip = f" {safe_name(reaction.content, 12)} {reaction.count} "
        cells = cell_len(chip) + 1
        if used + cells > context.room - INDENT and used:
            lines.append([])
            used = 0
        meta = {"reaction": reaction.content, "who": _who(reaction)}
        lines[-1] += [Segment(chip, (styles.mine if mine else styles.chip) + Style.from_meta(meta)), Segment(" ")]
        used += cells
    return [*(indented(parts) for parts in lines), *_more(len(message.reactions) - MAX_REACTIONS, "reaction", styles)]


NOTES = {
    "waiting": "◷ waiting",
    "sending": "◷ sending",
    "unclear": "◷ may have been sent; checking with the server, for up to half a minute",
    "behind": "◷ waits for the message above",
}


def render_pending(pending: PendingItem, context: RenderContext) -> RenderedMessage:
    """Render an unsent or rejected message as lines.

    Args:
        pending: the message.
        context: the render context.
    """
    styles = context.styles
    style = styles.failed if pending.error else styles.pending
    text = safe_text(pending.text[:MAX_TEXT]).expandtabs(4)
    blank: list[Line] = [] if context.compact else [[]]
    lines = [
        indented([Segment(text[a:b], style)]) for a, b in wrap(text, max(context.room - INDENT - 1, 1))[:MAX_LINES]
    ]
    if not pending.error and context.names and pending.state in ("waiting", "sending"):
        return RenderedMessage([*blank, *_beside(lines, "  ◷", "", style, context)], len(blank))
    note = NOTES[pending.state]
    if pending.error:
        note = f"✗ not sent: {safe_line(pending.error)} · e to edit, d to discard"
    room = max(context.room - INDENT - 1, 1)
    lines += [indented([Segment(note[a:b], style)]) for a, b in wrap(note, room)]
    if context.names:
        lines = _beside(lines, "  ✗" if pending.error else "  ◷", "", style, context)
    return RenderedMessage([*blank, *lines], len(blank))
