"""Messages as lines of the timeline, with their reactions and files; pure.

Text from the network is cleaned here, and never read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from odoochat.model import Attachment, Author, Message, Reaction
from odoochat.rich_text import Run, has_format, page_runs
from odoochat.tui.message_window import PendingItem
from odoochat.tui.rendering.wrap import Line, Mark, excerpt, formatted_rows, painted, painted_row, wrap
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
MAX_LINES = 300
MAX_FORMATTED = 100_000
MAX_TEXT = 100_000
"""Characters of a message that are drawn; more of them do not fit into `MAX_LINES` lines."""
MAX_FILES = 12
MAX_PREVIEWS = 3
MAX_REACTIONS = 30
MAX_REACTORS = 20
"""Above these limits the number of the others is shown."""
INDENT = 2
EDITED = " (edited)"

_URL = r"https?://[^\s<>\"'\u0000-\u001f]+[^\s<>\"'\u0000-\u001f.,;:!?)\]}]|mailto:[^\s<>\"']+@[\w.-]+"
_MARKS = re.compile(rf"(?P<link>{_URL})|(?P<mention>(?<![\w/])[@#]\w[\w.-]*)")
_WORD = re.compile(r"@\w+")
_LINK = re.compile(_URL)
_HREF = re.compile(r"href=[\"']((?:https?://|mailto:)[^\"'<>\s]+)[\"']", re.IGNORECASE)


@dataclass(slots=True)
class RenderContext:
    """What drawing a message needs.

    Attributes:
        width: columns.
        styles: how words are drawn.
        me: the user's partner id.
        name: returns a partner's name by id, empty when unknown.
        quoted: returns a message by its id, None when it is unknown.
        picture: returns the lines of a picture for a width, None when there is none (yet).
        seen: names of those who have read up to a message, by its id.
    """

    width: int
    styles: Styles
    me: int = 0
    name: Callable[[int], str] = lambda _: ""
    quoted: Callable[[int], Message | None] = lambda _: None
    picture: Callable[[Attachment, int], list[Line] | None] = lambda _a, _w: None
    seen: dict[int, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """A message's lines.

    Attributes:
        lines: the lines.
        lead: how many of them come before the message itself: the day, the line of new messages, a blank.
    """

    lines: list[Line]
    lead: int = 0


def _marks(text: str, message: Message, context: RenderContext) -> list[Mark]:
    styles = context.styles
    if "@" not in text and "#" not in text and "://" not in text and "mailto:" not in text:
        return []
    names = _mentioned(message, context)
    found: list[Mark] = []
    for match in _MARKS.finditer(text):
        if match["link"]:
            found.append((match.start(), match.end(), styles.link + Style.from_meta({"link": match["link"]})))
            continue
        word = _WORD.match(text, match.start())
        found_names = names.get(word[0], ()) if word is not None else ()
        whole = next(((i, n) for i, n in found_names if text.startswith(n, match.start())), None)
        if whole is not None:
            style = styles.to_me if whole[0] == context.me else styles.mention
            found.append((match.start(), match.start() + len(whole[1]), style))
        elif len(match[0]) > 1:
            found.append((match.start(), match.end(), styles.mention))
    return found


def _mentioned(message: Message, context: RenderContext) -> dict[str, list[tuple[int, str]]]:
    """Return the partners who are mentioned, as they are written in a text, by the first word of their names."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number in message.mentions:
        name = f"@{safe_name(context.name(number))}"
        if (word := _WORD.match(name)) is not None:
            found.setdefault(word[0], []).append((number, name))
    return found


def links(message: Message) -> list[str]:
    """Return the addresses in a message that may be opened (http, https and mailto), each once.

    Args:
        message: the message.
    """
    found = [safe_line(m[0], 2000) for m in _LINK.finditer(safe_text(message.text[:200_000]))]
    found += [safe_line(m[1].replace("&amp;", "&"), 2000) for m in _HREF.finditer(message.html[:200_000])]
    return list(dict.fromkeys(found))


def size_of(size: int | None) -> str:
    """Return a size in bytes as it is shown, for example ``1.2 MB``; empty when it is unknown.

    Args:
        size: bytes, None when unknown.
    """
    if size is None:
        return ""
    amount = float(size)
    for unit in ("B", "kB", "MB"):
        if amount < 1000 or unit == "MB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"
        amount /= 1000
    return ""


def was_edited(message: Message) -> bool:
    """Return whether the server marked a message as edited: 17 and later write the mark into the body.

    Args:
        message: the message.
    """
    return "o-mail-Message-edited" in message.html


# --------------------------------------------------------------------------------------- lines


def mark_line(text: str, width: int, style: Style) -> Line:
    """Return a line across the timeline with a text in its middle.

    Args:
        text: the text.
        width: columns.
        style: how it is drawn.
    """
    text = set_cell_size(text, min(cell_len(text), max(width - 4, 1)))
    room = max(width - cell_len(text) - 2, 0)
    return [Segment("─" * (room // 2) + f" {text} " + "─" * (room - room // 2), style)]


def _line(segments: Iterable[Segment], indent: int = INDENT) -> Line:
    return [Segment(" " * indent), *segments]


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
    """Return the lines of a message.

    Args:
        message: the message.
        before: the message above it: the same author's name is not repeated, a new day gets its line.
        context: how it is drawn.
        unread: whether it is the first unread message.
    """
    styles, width = context.styles, context.width
    lines: list[Line] = []
    local = message.date.astimezone()
    if before is None or before.date.astimezone().date() != local.date():
        lines.append(mark_line(f"{local:%A}, {local.day} {local:%B %Y}", width, styles.day))
    if unread:
        lines.append(mark_line("New", width, styles.unread))
    if message.is_system:
        return RenderedMessage(lines + _system(message, context), len(lines))
    headed = unread or not _grouped(message, before)
    if headed and before is not None and not lines:
        lines.append([])
    lead = len(lines)
    if headed:
        lines.append(_head(message, context))
    if message.reply_to is not None:
        lines.append(_quote(message.reply_to, context))
    lines += _body(message, context)
    for attachment in message.attachments[:MAX_FILES]:
        lines += _file(attachment, context)
    lines += _more(len(message.attachments) - MAX_FILES, "files; press o to list them", styles)
    for preview in message.previews[:MAX_PREVIEWS]:
        if title := safe_name(preview.title, max(width - 6, 1)):
            lines.append(_line([Segment("▏ ", styles.dim), Segment(title, styles.quote)]))
    lines += _more(len(message.previews) - MAX_PREVIEWS, "links", styles)
    if message.reactions:
        lines += _reactions(message, context)
    if readers := context.seen.get(message.id):
        text = safe_line("read by " + ", ".join(readers), max(width - 4, 1))
        lines.append(_line([Segment(f"✓ {text}", styles.dim)]))
    return RenderedMessage(lines, lead)


def _more(count: int, what: str, styles: Styles) -> list[Line]:
    """Return the line that says how many things are not drawn; none when all are."""
    return [_line([Segment(f"+{count} more {what}", styles.dim)])] if count > 0 else []


def _system(message: Message, context: RenderContext) -> list[Line]:
    """Return the lines of a message that Odoo wrote: who joined, what was pinned, which field changed."""
    who, text = safe_name(message.author.name), excerpt(message.text, 1000)
    text = (text if text.startswith(who) else f"{who} {text}").strip() or "(system message)"
    text = f"· {text} · {message.date.astimezone():%H:%M}"
    room = max(context.width - 2 * INDENT, 1)
    return [_line([Segment(text[a:b], context.styles.system)]) for a, b in wrap(text, room)]


def _head(message: Message, context: RenderContext) -> Line:
    styles = context.styles
    parts = [Segment(_name(message.author, context), _author_style(message.author, styles))]
    parts.append(Segment(f"  {message.date.astimezone():%H:%M}", styles.dim))
    if message.pinned is not None:
        parts.append(Segment("  pinned", styles.to_me))
    if message.starred:
        parts.append(Segment("  ★", styles.to_me))
    if message.kind not in ("comment", "notification"):
        parts.append(Segment(f"  {safe_line(message.kind, 20)}", styles.dim))
    return _line(parts, 1)


def _name(author: Author, context: RenderContext) -> str:
    name = safe_name(author.name, max(min(context.width - 12, 40), 4)) or "unknown"
    return f"{name} (guest)" if author.kind == "guest" else name


def _author_style(author: Author, styles: Styles) -> Style:
    return styles.authors[author.id % len(styles.authors)]


def _quote(message_id: int, context: RenderContext) -> Line:
    quoted = context.quoted(message_id)
    text = f"{safe_name(quoted.author.name, 30)}: {excerpt(quoted.text)}" if quoted else "earlier message"
    room = max(context.width - INDENT - 3, 1)
    text = text if cell_len(text) <= room else set_cell_size(text, room - 1).rstrip() + "…"
    return _line([Segment("↪ ", context.styles.dim), Segment(text, context.styles.quote)])


def _body(message: Message, context: RenderContext) -> list[Line]:
    styles = context.styles
    text = safe_text(message.text[:MAX_TEXT]).expandtabs(4)
    base = styles.text
    if not text:
        if message.attachments:
            return []
        text, base = "(deleted)", styles.system
    marks = _marks(text, message, context)
    room = max(context.width - INDENT - 1, 1)
    gutter = Segment("▌ ", styles.to_me) if context.me and context.me in message.mentions else Segment("  ")
    lines: list[Line]
    if base is styles.text and len(message.html) <= MAX_FORMATTED and has_format(message.html):
        formatted = _formatted(message, text, marks, context, room)
        if formatted is not None:
            total, lines = formatted
            return _cut([[gutter, *line] for line in lines], total, styles)
    if was_edited(message):
        marks.append((len(text), len(text) + len(EDITED), styles.dim))
        text += EDITED
    places = wrap(text, room)
    lines = [[gutter, *painted(text, a, b, marks, base)] for a, b in places[:MAX_LINES]]
    lines = _cut(lines, len(places), styles)
    if len(message.text) > MAX_TEXT:
        lines.append(_line([Segment("… more text; copy the message to read it", styles.dim)]))
    return lines


def _cut(lines: list[Line], total: int, styles: Styles) -> list[Line]:
    if total > MAX_LINES:
        lines.append(_line([Segment(f"… {total - MAX_LINES} more lines; copy the message to read them", styles.dim)]))
    return lines


def _formatted(
    message: Message, text: str, marks: list[Mark], context: RenderContext, room: int
) -> tuple[int, list[Line]] | None:
    """Return how many lines a formatted body has, and the first of them; None when it must be shown as plain text."""
    lines = page_runs(message.html)
    if was_edited(message):
        lines[-1].append(Run(EDITED))
        marks = [*marks, (len(text), len(text) + len(EDITED), context.styles.dim)]
        text += EDITED
    found = formatted_rows(lines, text, marks, context.styles, room)
    if found is None:
        return None
    rows, layers = found
    return len(rows), [painted_row(row, text, layers, context.styles, room) for row in rows[:MAX_LINES]]


def _file(attachment: Attachment, context: RenderContext) -> list[Line]:
    styles = context.styles
    room = max(context.width - INDENT - 14, 4)
    name = safe_name(attachment.name, room) or f"file {attachment.id}"
    head = _line(
        [Segment("▤ ", styles.dim), Segment(name, styles.link), Segment(f"  {size_of(attachment.size)}", styles.dim)]
    )
    picture = context.picture(attachment, max(context.width - 2 * INDENT, 1))
    return [head, *([Segment("  "), *line] for line in picture or ())]


def _who(reaction: Reaction) -> str:
    """Return the names of those who reacted."""
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
        if used + cells > context.width - INDENT and used:
            lines.append([])
            used = 0
        meta = {"reaction": reaction.content, "who": _who(reaction)}
        lines[-1] += [Segment(chip, (styles.mine if mine else styles.chip) + Style.from_meta(meta)), Segment(" ")]
        used += cells
    return [*(_line(parts) for parts in lines), *_more(len(message.reactions) - MAX_REACTIONS, "reactions", styles)]


def render_pending(pending: PendingItem, context: RenderContext) -> RenderedMessage:
    """Return the lines of an unsent or refused message.

    Args:
        pending: the message.
        context: how it is drawn.
    """
    styles = context.styles
    style = styles.failed if pending.error else styles.pending
    text = safe_text(pending.text[:MAX_TEXT]).expandtabs(4)
    lines = [_line([Segment(text[a:b], style)]) for a, b in wrap(text, max(context.width - INDENT - 1, 1))[:MAX_LINES]]
    note = f"✗ not sent: {safe_line(pending.error)} · e to edit, d to discard" if pending.error else "… sending"
    room = max(context.width - INDENT - 1, 1)
    return RenderedMessage([[], *lines, *(_line([Segment(note[a:b], style)]) for a, b in wrap(note, room))], 1)
