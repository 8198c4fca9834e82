"""Draws the composer's text and cursor without the composer, which the first paint does not have yet."""

from __future__ import annotations

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.document._document import Document
from textual.document._wrapped_document import WrappedDocument

from odoochat.tui.rendering.markup_hint import formatted_parts, in_code_block
from odoochat.tui.theme import Styles

__all__ = ["composer_text"]

TAB = 4
"""Columns of a tab, as in Textual's `TextArea`."""


def composer_text(
    text: str, width: int, height: int, cursor: Style, console: Console, styles: Styles | None
) -> list[list[Segment]]:
    """Return the composer's visible lines, wrapped and styled as `Composer` does it, with the cursor at the end.

    Args:
        text: the text; not empty.
        width: width in columns, including one for the cursor.
        height: maximum number of lines; the last ones are returned.
        cursor: the cursor's style.
        console: renders the text.
        styles: the theme's styles if the text is Markdown, whose parts are highlighted; otherwise None.
    """
    document = Document(text)
    wrapped = WrappedDocument(document, max(width - 1, 1), TAB)
    if wrapped.height > height:
        wrapped.wrap(max(width - 2, 1))  # one column is reserved for the scrollbar
    found: list[list[Segment]] = []
    for number in range(document.line_count - 1, -1, -1):
        plain = document.get_line(number)
        line = Text(plain, end="")
        if styles is not None and plain:
            code = in_code_block([document.get_line(at) for at in range(number)])
            for start, end, style in formatted_parts(plain, styles, code=code):
                line.stylize(style, start, end)
        if number == document.line_count - 1:
            line.set_length(len(plain) + 1)
            line.stylize(cursor, len(plain))
        sections = list(line.divide(wrapped.get_offsets(number)))
        for section in reversed(sections):
            section.expand_tabs(TAB)
            section.end = ""
            found.append([*section.render(console)])
        if len(found) >= height:
            break
    return found[:height][::-1]
