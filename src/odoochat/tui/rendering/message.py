"""A message as lines of the timeline; pure. Words from the network are cleaned here, and never read as markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from odoochat.model import Attachment, Author, Message
from odoochat.runs import Run, has_format, page_runs
from odoochat.tui.message_window import Pending
from odoochat.tui.rendering.wrap import Line, Mark, excerpt, formatted_rows, painted, painted_row, wrap
from odoochat.tui.theme import Look
from odoochat.wire.content.sanitize import safe_line, safe_name, safe_text

__all__ = ["Block", "Line", "Scene", "block", "links", "mark_line", "pending_block", "size_of", "was_edited", "wrap"]

GROUP = timedelta(minutes=5)
MOST_LINES = 300
MOST_FORMATTED = 100_000
MOST_TEXT = 100_000
"""Characters of a message that are drawn; more of them do not fit into `MOST_LINES` lines."""
MOST_FILES = 12
MOST_PREVIEWS = 3
MOST_REACTIONS = 30
"""Of what a message has more of, the number is told."""
INDENT = 2
EDITED = " (edited)"

_URL = r"https?://[^\s<>\"'\u0000-\u001f]+[^\s<>\"'\u0000-\u001f.,;:!?)\]}]|mailto:[^\s<>\"']+@[\w.-]+"
_MARKS = re.compile(rf"(?P<link>{_URL})|(?P<mention>(?<![\w/])[@#]\w[\w.-]*)")
_WORD = re.compile(r"@\w+")
_LINK = re.compile(_URL)
_HREF = re.compile(r"href=[\"']((?:https?://|mailto:)[^\"'<>\s]+)[\"']", re.IGNORECASE)


@dataclass(slots=True)
class Scene:
    """What is needed to draw a message.

    Attributes:
        width: columns.
        me: my partner id.
        name: a partner's name by id, empty when unknown.
        quoted: a message by its id, None when it is not here.
        picture: the lines of a picture, None when there is none (yet).
        seen: who has read up to a message, by its id.
    """

    width: int
    look: Look
    me: int = 0
    name: Callable[[int], str] = lambda _: ""
    quoted: Callable[[int], Message | None] = lambda _: None
    picture: Callable[[Attachment, int], list[Line] | None] = lambda _a, _w: None
    seen: dict[int, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Block:
    """A message's lines.

    Attributes:
        lead: how many of them come before the message itself: the day, the unread line, a blank.
    """

    lines: list[Line]
    lead: int = 0


def _marks(text: str, message: Message, scene: Scene) -> list[Mark]:
    look = scene.look
    if "@" not in text and "#" not in text and "://" not in text and "mailto:" not in text:
        return []
    names = _mentioned(message, scene)
    found: list[Mark] = []
    for match in _MARKS.finditer(text):
        if match["link"]:
            found.append((match.start(), match.end(), look.link + Style.from_meta({"link": match["link"]})))
            continue
        word = _WORD.match(text, match.start())
        found_names = names.get(word[0], ()) if word is not None else ()
        whole = next(((i, n) for i, n in found_names if text.startswith(n, match.start())), None)
        if whole is not None:
            style = look.to_me if whole[0] == scene.me else look.mention
            found.append((match.start(), match.start() + len(whole[1]), style))
        elif len(match[0]) > 1:
            found.append((match.start(), match.end(), look.mention))
    return found


def _mentioned(message: Message, scene: Scene) -> dict[str, list[tuple[int, str]]]:
    """The partners who are mentioned, as they stand in a text, by the first word of their names."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number in message.mentions:
        name = f"@{safe_name(scene.name(number))}"
        if (word := _WORD.match(name)) is not None:
            found.setdefault(word[0], []).append((number, name))
    return found


def links(message: Message) -> list[str]:
    """Addresses in a message that may be opened: http, https and mailto alone; each once."""
    found = [safe_line(m[0], 2000) for m in _LINK.finditer(safe_text(message.text[:200_000]))]
    found += [safe_line(m[1].replace("&amp;", "&"), 2000) for m in _HREF.finditer(message.html[:200_000])]
    return list(dict.fromkeys(found))


def size_of(size: int | None) -> str:
    """A number of bytes as people say it."""
    if size is None:
        return ""
    amount = float(size)
    for unit in ("B", "kB", "MB"):
        if amount < 1000 or unit == "MB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"
        amount /= 1000
    return ""


def was_edited(message: Message) -> bool:
    """Whether the server marked it as edited (17 and later write the mark into the body)."""
    return "o-mail-Message-edited" in message.html


# --------------------------------------------------------------------------------------- lines


def mark_line(text: str, width: int, style: Style) -> Line:
    """A line across the timeline with words in its middle."""
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


def block(message: Message, before: Message | None, scene: Scene, *, unread: bool = False) -> Block:
    """The lines of a message.

    Args:
        before: the message above it: the same author's name is not repeated, a new day gets its line.
        unread: whether it is the first that I have not read.
    """
    look, width = scene.look, scene.width
    lines: list[Line] = []
    local = message.date.astimezone()
    if before is None or before.date.astimezone().date() != local.date():
        lines.append(mark_line(f"{local:%A}, {local.day} {local:%B %Y}", width, look.day))
    if unread:
        lines.append(mark_line("unread from here", width, look.unread))
    if message.is_system:
        return Block(lines + _system(message, scene), len(lines))
    headed = unread or not _grouped(message, before)
    if headed and before is not None and not lines:
        lines.append([])
    lead = len(lines)
    if headed:
        lines.append(_head(message, scene))
    if message.reply_to is not None:
        lines.append(_quote(message.reply_to, scene))
    lines += _body(message, scene)
    for attachment in message.attachments[:MOST_FILES]:
        lines += _file(attachment, scene)
    lines += _more(len(message.attachments) - MOST_FILES, "files: o lists them", look)
    for preview in message.previews[:MOST_PREVIEWS]:
        if title := excerpt(preview.title, max(width - 6, 1)):
            lines.append(_line([Segment("▏ ", look.dim), Segment(title, look.quote)]))
    lines += _more(len(message.previews) - MOST_PREVIEWS, "links", look)
    if message.reactions:
        lines += _reactions(message, scene)
    if readers := scene.seen.get(message.id):
        text = safe_line("read by " + ", ".join(readers), max(width - 4, 1))
        lines.append(_line([Segment(f"✓ {text}", look.dim)]))
    return Block(lines, lead)


def _more(count: int, what: str, look: Look) -> list[Line]:
    """The line that tells how many things are not drawn; none when all are."""
    return [_line([Segment(f"+{count} more {what}", look.dim)])] if count > 0 else []


def _system(message: Message, scene: Scene) -> list[Line]:
    """A line that Odoo wrote: who joined, what was pinned, which field changed."""
    who, text = safe_name(message.author.name), excerpt(message.text, 1000)
    text = (text if text.startswith(who) else f"{who} {text}").strip() or "(a system message)"
    text = f"· {text} · {message.date.astimezone():%H:%M}"
    room = max(scene.width - 2 * INDENT, 1)
    return [_line([Segment(text[a:b], scene.look.system)]) for a, b in wrap(text, room)]


def _head(message: Message, scene: Scene) -> Line:
    look = scene.look
    parts = [Segment(_name(message.author, scene), _author_style(message.author, look))]
    parts.append(Segment(f"  {message.date.astimezone():%H:%M}", look.dim))
    if message.pinned is not None:
        parts.append(Segment("  pinned", look.to_me))
    if message.starred:
        parts.append(Segment("  ★", look.to_me))
    if message.kind not in ("comment", "notification"):
        parts.append(Segment(f"  {safe_line(message.kind, 20)}", look.dim))
    return _line(parts, 1)


def _name(author: Author, scene: Scene) -> str:
    name = safe_name(author.name, max(min(scene.width - 12, 40), 4)) or "somebody"
    return f"{name} (guest)" if author.kind == "guest" else name


def _author_style(author: Author, look: Look) -> Style:
    return look.authors[author.id % len(look.authors)]


def _quote(message_id: int, scene: Scene) -> Line:
    quoted = scene.quoted(message_id)
    text = f"{safe_name(quoted.author.name, 30)}: {excerpt(quoted.text)}" if quoted else "an earlier message"
    room = max(scene.width - INDENT - 3, 1)
    text = text if cell_len(text) <= room else set_cell_size(text, room - 1).rstrip() + "…"
    return _line([Segment("↪ ", scene.look.dim), Segment(text, scene.look.quote)])


def _body(message: Message, scene: Scene) -> list[Line]:
    look = scene.look
    text = safe_text(message.text[:MOST_TEXT]).expandtabs(4)
    base = look.text
    if not text:
        if message.attachments:
            return []
        text, base = "(deleted)", look.system
    marks = _marks(text, message, scene)
    room = max(scene.width - INDENT - 1, 1)
    gutter = Segment("▌ ", look.to_me) if scene.me and scene.me in message.mentions else Segment("  ")
    lines: list[Line]
    if base is look.text and len(message.html) <= MOST_FORMATTED and has_format(message.html):
        formatted = _formatted(message, text, marks, scene, room)
        if formatted is not None:
            total, lines = formatted
            return _cut([[gutter, *line] for line in lines], total, look)
    if was_edited(message):
        marks.append((len(text), len(text) + len(EDITED), look.dim))
        text += EDITED
    places = wrap(text, room)
    lines = [[gutter, *painted(text, a, b, marks, base)] for a, b in places[:MOST_LINES]]
    lines = _cut(lines, len(places), look)
    if len(message.text) > MOST_TEXT:
        lines.append(_line([Segment("… the text goes on: copy it to read all", look.dim)]))
    return lines


def _cut(lines: list[Line], total: int, look: Look) -> list[Line]:
    if total > MOST_LINES:
        lines.append(_line([Segment(f"… {total - MOST_LINES} more lines: copy it to read all", look.dim)]))
    return lines


def _formatted(
    message: Message, text: str, marks: list[Mark], scene: Scene, room: int
) -> tuple[int, list[Line]] | None:
    """How many lines a formatted body has, and the first of them; None when it must be shown as plain words."""
    lines = page_runs(message.html)
    if was_edited(message):
        lines[-1].append(Run(EDITED))
        marks = [*marks, (len(text), len(text) + len(EDITED), scene.look.dim)]
        text += EDITED
    found = formatted_rows(lines, text, marks, scene.look, room)
    if found is None:
        return None
    rows, layers = found
    return len(rows), [painted_row(row, text, layers, scene.look, room) for row in rows[:MOST_LINES]]


def _file(attachment: Attachment, scene: Scene) -> list[Line]:
    look = scene.look
    room = max(scene.width - INDENT - 14, 4)
    name = safe_name(attachment.name, room) or f"file {attachment.id}"
    head = _line(
        [Segment("▤ ", look.dim), Segment(name, look.link), Segment(f"  {size_of(attachment.size)}", look.dim)]
    )
    picture = scene.picture(attachment, max(scene.width - 2 * INDENT, 1))
    return [head, *([Segment("  "), *line] for line in picture or ())]


def _reactions(message: Message, scene: Scene) -> list[Line]:
    look = scene.look
    lines: list[list[Segment]] = [[]]
    used = 0
    for reaction in message.reactions[:MOST_REACTIONS]:
        mine = any(a.kind == "partner" and a.id == scene.me for a in reaction.authors)
        chip = f" {safe_name(reaction.content, 12)} {reaction.count} "
        cells = cell_len(chip) + 1
        if used + cells > scene.width - INDENT and used:
            lines.append([])
            used = 0
        lines[-1] += [Segment(chip, look.mine if mine else look.chip), Segment(" ")]
        used += cells
    return [*(_line(parts) for parts in lines), *_more(len(message.reactions) - MOST_REACTIONS, "reactions", look)]


def pending_block(pending: Pending, scene: Scene) -> Block:
    """The lines of a message that is on its way out, or was refused."""
    look = scene.look
    style = look.failed if pending.error else look.pending
    text = safe_text(pending.text[:MOST_TEXT]).expandtabs(4)
    lines = [_line([Segment(text[a:b], style)]) for a, b in wrap(text, max(scene.width - INDENT - 1, 1))[:MOST_LINES]]
    note = f"✗ not sent: {safe_line(pending.error)} · e edits it" if pending.error else "… sending"
    room = max(scene.width - INDENT - 1, 1)
    return Block([[], *lines, *(_line([Segment(note[a:b], style)]) for a, b in wrap(note, room))], 1)
