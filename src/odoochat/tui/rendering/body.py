"""Renders a message's text as timeline lines; pure. The text is sanitized and never interpreted as markup."""

from __future__ import annotations

import re

from rich.segment import Segment
from rich.style import Style

from odoochat.model import Message
from odoochat.plural import counted
from odoochat.tui.rendering.context import INDENT, RenderContext, indented
from odoochat.tui.rendering.wrap import MAX_LINES, Line, Mark, painted, wrap
from odoochat.tui.theme import Styles
from odoochat.wire.content.sanitize import safe_line, safe_name, safe_text

__all__ = ["body_lines", "links", "was_edited"]

MAX_FORMATTED = 100_000
MAX_PARTS = 4_000
"""Maximum number of tags and line breaks in a formatted body; a body with more is drawn as plain text."""
MAX_TEXT = 100_000
"""Maximum number of characters to draw; more would not fit in `MAX_LINES` lines."""
EDITED = " (edited)"

_URL = r"https?://[^\s<>\"'\u0000-\u001f]+[^\s<>\"'\u0000-\u001f.,;:!?)\]}]|mailto:[^\s<>\"']+@[\w.-]+"
_MARKS = re.compile(rf"(?P<link>{_URL})|(?P<mention>(?<![\w/])[@#]\w[\w.-]*)")
_WORD = re.compile(r"@\w+")
_LINK = re.compile(_URL)
_PLAIN = re.compile(r"(?:<p>)?[^<]*+(?:</p>)?")
"""Matches a body without formatting."""
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
    """Return the mentions as written in the text, keyed by the first word of each partner's name."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number in message.mentions:
        name = f"@{safe_name(context.name(number))}"
        if (word := _WORD.match(name)) is not None:
            found.setdefault(word[0], []).append((number, name))
    return found


def links(message: Message) -> list[str]:
    """Return the distinct http, https and mailto addresses in a message.

    Args:
        message: the message.
    """
    found = [safe_line(m[0], 2000) for m in _LINK.finditer(safe_text(message.text[:200_000]))]
    found += [safe_line(m[1].replace("&amp;", "&"), 2000) for m in _HREF.finditer(message.html[:200_000])]
    return list(dict.fromkeys(found))


def body_lines(message: Message, context: RenderContext) -> list[Line]:
    """Render a message's text as lines.

    Args:
        message: the message.
        context: the render context.
    """
    styles = context.styles
    text = safe_text(message.text[:MAX_TEXT]).expandtabs(4)
    base = styles.text
    if not text:
        if message.attachments:
            return []
        text, base = "(deleted)", styles.system
    room = max(context.room - INDENT - 1, 1)
    gutter = Segment("▌ ", styles.to_me) if context.me and context.me in message.mentions else Segment("  ")
    lines: list[Line]
    edited = EDITED if was_edited(message) else ""
    if base is styles.text and _may_be_formatted(message.html):
        from odoochat.tui.rendering.formatted import formatted_lines, has_blocks

        formatted = None
        if has_blocks(message.html):
            formatted = formatted_lines(message, text, lambda t: _marks(t, message, context), context, room, edited)
        if formatted is not None:
            total, lines = formatted
            return _cut([[gutter, *line] for line in lines], total, styles)
    marks = _marks(text, message, context)
    if edited:
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
        more = counted(total - MAX_LINES, "more line")
        lines.append(indented([Segment(f"… {more}; copy the message to read the rest", styles.dim)]))
    return lines


def _may_be_formatted(html: str) -> bool:
    """Return whether a body has formatting and is small enough for it to be rendered."""
    if len(html) > MAX_FORMATTED or _PLAIN.fullmatch(html):
        return False
    return html.count("<") + html.count("\n") <= MAX_PARTS


def was_edited(message: Message) -> bool:
    """Return whether the server marked a message as edited. Odoo 17 and later add the mark to the body.

    Args:
        message: the message.
    """
    return "o-mail-Message-edited" in message.html
