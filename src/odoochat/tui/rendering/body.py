"""The text of a message as lines of the timeline; pure. It is cleaned here, and never read as markup."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from rich.segment import Segment
from rich.style import Style

from odoochat.model import Message
from odoochat.rich_text import Run, has_format, page_runs
from odoochat.tui.rendering.context import INDENT, RenderContext, indented
from odoochat.tui.rendering.tables import is_row, table_lines
from odoochat.tui.rendering.wrap import Line, Mark, formatted_rows, painted, painted_row, wrap
from odoochat.tui.theme import Styles
from odoochat.wire.content.sanitize import safe_line, safe_name, safe_text

__all__ = ["body_lines", "links", "was_edited"]

MAX_LINES = 300
MAX_FORMATTED = 100_000
MAX_PARTS = 4_000
"""Tags and line ends of a body that is drawn with its format; one with more is drawn as plain text."""
MAX_TEXT = 100_000
"""Characters of a message that are drawn; more of them do not fit into `MAX_LINES` lines."""
EDITED = " (edited)"

_URL = r"https?://[^\s<>\"'\u0000-\u001f]+[^\s<>\"'\u0000-\u001f.,;:!?)\]}]|mailto:[^\s<>\"']+@[\w.-]+"
_MARKS = re.compile(rf"(?P<link>{_URL})|(?P<mention>(?<![\w/])[@#]\w[\w.-]*)")
_WORD = re.compile(r"@\w+")
_LINK = re.compile(_URL)
_BLOCKS = re.compile(r"(</(?:p|ul|ol|pre|table|blockquote)>\s*)(<(?:p|h[1-6])[\s>])")
"""Where a paragraph or a heading follows another block."""
_HREF = re.compile(r"href=[\"']((?:https?://|mailto:)[^\"'<>\s]+)[\"']", re.IGNORECASE)


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


def body_lines(message: Message, context: RenderContext) -> list[Line]:
    """Return the lines of a message's text.

    Args:
        message: the message.
        context: how it is drawn.
    """
    styles = context.styles
    text = safe_text(message.text[:MAX_TEXT]).expandtabs(4)
    base = styles.text
    if not text:
        if message.attachments:
            return []
        text, base = "(deleted)", styles.system
    marks = _marks(text, message, context)
    room = max(context.room - INDENT - 1, 1)
    gutter = Segment("▌ ", styles.to_me) if context.me and context.me in message.mentions else Segment("  ")
    lines: list[Line]
    if base is styles.text and _is_drawn_formatted(message.html):
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
        lines.append(indented([Segment("… more text; copy the message to read it", styles.dim)]))
    return lines


def _cut(lines: list[Line], total: int, styles: Styles) -> list[Line]:
    if total > MAX_LINES:
        lines.append(
            indented([Segment(f"… {total - MAX_LINES} more lines; copy the message to read them", styles.dim)])
        )
    return lines


def _is_drawn_formatted(html: str) -> bool:
    if len(html) > MAX_FORMATTED or html.count("<") + html.count("\n") > MAX_PARTS:
        return False
    return has_format(html) or _BLOCKS.search(html) is not None


def _spaced(message: Message, lines: list[list[Run]]) -> list[list[Run]]:
    """Return a body's lines with a blank one between paragraphs; the same words as before."""
    html = _BLOCKS.sub(r"\1<br>\2", message.html)
    if html == message.html:
        return lines
    spaced = page_runs(html)
    words = [[run.text for run in line] for line in lines if line]
    return spaced if [[run.text for run in line] for line in spaced if line] == words else lines


def _formatted(
    message: Message, text: str, marks: list[Mark], context: RenderContext, room: int
) -> tuple[int, list[Line]] | None:
    """Return how many lines a formatted body has, and the first of them; None when it must be shown as plain text."""
    styles = context.styles
    lines = page_runs(message.html)
    if (
        "\n".join("".join(run.text for run in line) for line in lines).expandtabs(4) != text
        and "\t" not in message.html
    ):
        return None  # these are not the words of the message
    lines = _spaced(message, lines)
    if (spaced := safe_text("\n".join("".join(run.text for run in line) for line in lines)).expandtabs(4)) != text:
        text, marks = spaced, _marks(spaced, message, context)
    if was_edited(message):
        lines[-1].append(Run(EDITED))
        marks = [*marks, (len(text), len(text) + len(EDITED), styles.dim)]
        text += EDITED
    found = formatted_rows(lines, text, marks, styles, room)
    if found is None:
        return None
    rows, layers = found
    tables = _tables(lines, styles, room) if "<table" in message.html else {}
    if not tables:
        return len(rows), [painted_row(row, text, layers, styles, room) for row in rows[:MAX_LINES]]
    starts = [*accumulate((sum(len(run.text) for run in line) + 1 for line in lines), initial=0)]
    drawn: list[Line] = []
    last = -1
    for row in rows:
        at = bisect_right(starts, row.start) - 1
        if at in tables:
            drawn += tables.pop(at)
            last = _table_end(lines, at)
        elif at > last:
            drawn.append(painted_row(row, text, layers, styles, room))
    return len(drawn), drawn[:MAX_LINES]


def _table_end(lines: list[list[Run]], at: int) -> int:
    """Return the position of the last row of a table."""
    while at + 1 < len(lines) and is_row(lines[at + 1]):
        at += 1
    return at


def _tables(lines: list[list[Run]], styles: Styles, room: int) -> dict[int, list[Line]]:
    """Return the tables that have room, by the position of their first row."""
    found: dict[int, list[Line]] = {}
    at = 0
    while at < len(lines):
        end = _table_end(lines, at) if is_row(lines[at]) else at
        if end > at and (drawn := table_lines(lines[at : end + 1], styles, room)) is not None:
            found[at] = drawn
        at = end + 1
    return found


def was_edited(message: Message) -> bool:
    """Return whether the server marked a message as edited: 17 and later write the mark into the body.

    Args:
        message: the message.
    """
    return "o-mail-Message-edited" in message.html
