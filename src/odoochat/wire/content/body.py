"""Message bodies: plain text and Markdown to Odoo's HTML, and its HTML to text that is safe to show."""

from __future__ import annotations

import html as entities
import re
from functools import cache
from typing import TYPE_CHECKING, cast

from msgspec import Struct

from odoochat.errors import UsageError
from odoochat.wire.content.html_text import page_text, unescape
from odoochat.wire.content.sanitize import ESCAPE, LINE_END, safe_line, safe_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

__all__ = [
    "MARKUPS",
    "Body",
    "body_html",
    "clean",
    "from_html",
    "from_markdown",
    "from_text",
    "is_deleted",
    "read",
    "render",
    "safe_line",
    "safe_text",
    "to_text",
]

MARKUPS = ("text", "markdown", "html")
TAB = " " * 4

_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Body(Struct, frozen=True):
    """A message's body as it came and as text.

    Attributes:
        html: as the server keeps it; hostile.
        text: safe to show, see :func:`to_text`.
    """

    html: str
    text: str


_WORD = r"(?:[!-%'-;=?-~À-ɏ]|&(?:lt|gt|amp|quot|#39);)+"
# What most messages are: words in one <span> (17 and later) or <p> (before), perhaps of several lines. Read at once,
# without a walk through the page; a test holds both ways against each other.
_PLAIN = re.compile(rf"<(?:span|p)>({_WORD}(?:(?: |<br>){_WORD})*)</(?:span|p)>")


def read(value: object) -> Body:
    """The body of a payload or a record, see :func:`body_html` and :func:`to_text`."""
    html = body_html(value)
    return Body(html, to_text(html))


# --- out ------------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """The text as we send it: line ends are ``\\n``, no control characters but tabs, no lone surrogates.

    Left out are C0, DEL, C1, U+D800 to U+DFFF, U+FFFE and U+FFFF, and whole terminal escapes. U+2028 and
    U+2029 are line ends.
    """
    return _REFUSED.sub("", ESCAPE.sub("", LINE_END.sub("\n", text)))


def from_text(text: str) -> str:
    """The HTML that shows a plain text as it was typed.

    Markup is escaped, a line end becomes ``<br>``, a tab four spaces. Spaces at the start of a line and all
    but the last of a run become ``&nbsp;``: a browser would fold them, Odoo 14 drops those at the start
    (seen). ``to_text(from_text(t))`` is ``safe_text(clean(t))`` with tabs as four spaces, U+00A0 as a space,
    no blanks at the end of lines, and no empty lines at either end.
    """
    lines = clean(text).replace("\t", TAB).split("\n")
    return "<br>".join(_spaced(entities.escape(line)) for line in lines)


def _spaced(line: str) -> str:
    bare = line.lstrip(" ")
    start = "&nbsp;" * (len(line) - len(bare))
    return start + re.sub("  +", lambda run: "&nbsp;" * (len(run[0]) - 1) + " ", bare)


def from_markdown(markdown: str) -> str:
    """The HTML of a CommonMark text with strikethrough and tables.

    Raw HTML in it is shown, not obeyed; a line end is a line end; addresses are not made into links by
    themselves. Links and images go to ``http:``, ``https:``, ``mailto:``, ``tel:`` or places of the same
    server, others stay text.

    A text of more than `MARKDOWN_MOST` characters, or with a table of more than `CELLS_MOST` cells, is sent as it
    stands, like `from_text`: to read it as Markdown would take seconds.
    """
    if len(markdown) > MARKDOWN_MOST or _cells(markdown) > CELLS_MOST:
        return from_text(markdown)
    html = _markdown().render(clean(markdown)).strip("\n")
    parts = re.split(r"(<pre>.*?</pre>)", html, flags=re.DOTALL)
    for at in range(0, len(parts), 2):
        parts[at] = re.sub(r"(?<=>)\n|\n(?=<)", "", parts[at]).replace("<br />", "<br>")
    return "".join(parts)


MARKDOWN_MOST = 50_000
CELLS_MOST = 20_000


def _cells(markdown: str) -> int:
    """How many cells its tables can have at most: each row has as many as the line under the head."""
    lines = re.split("\r\n?|\n", markdown)
    columns = max((line.count("|") + 1 for line in lines if not line.strip(" \t>|:-")), default=0)
    return columns * len(lines) if columns > 1 else 0


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True, "maxNesting": 20})
    reader.enable(["strikethrough", "table"])
    reader.validateLink = _is_safe_link  # type: ignore[method-assign]
    return reader


_SCHEME = re.compile(r"([^/?#:]*):")


def _is_safe_link(url: str) -> bool:
    scheme = _SCHEME.match(unescape(url).strip())
    return scheme is None or scheme[1].lower() in ("http", "https", "mailto", "tel")


def from_html(html: str) -> str:
    """The HTML as it is, without control characters and lone surrogates; the server sanitises it."""
    return clean(html)


def render(body: str, markup: str) -> str:
    """The HTML of a body.

    Args:
        body: what the user wrote.
        markup: how it is to be read: ``text``, ``markdown`` or ``html``.

    Raises:
        UsageError: another markup.
    """
    match markup:
        case "text":
            return from_text(body)
        case "markdown":
            return from_markdown(body)
        case "html":
            return from_html(body)
        case _:
            raise UsageError(f"markup is {markup!r}: it must be one of {', '.join(MARKUPS)}")


# --- in ------------------------------------------------------------------------------------------


def body_html(value: object) -> str:
    """The HTML of a body as any version sends it.

    Args:
        value: a str (Odoo 14 to 18, and RPC), ``["markup", html]`` (19 and later on the bus; a bare str only
            when empty), False or None.

    Source: ``addons/mail/tools/discuss.py`` ``Store`` (19); seen on Odoo 14 and 19.
    """
    if isinstance(value, str):
        return value
    if value is None or value is False:
        return ""
    if isinstance(value, (list, tuple)):
        pair = cast("list[object]", value)
        return pair[1] if len(pair) == 2 and pair[0] == "markup" and isinstance(pair[1], str) else ""
    return str(value)


_EDITED = re.compile(
    r"<span class=[\"']o-mail-Message-edited[\"']>\s*</span>|<span class=[\"']o-mail-Message-edited[\"']/>"
)
_SHELL = re.compile(r"</?(?:p|br|span|div)\s*/?>|&nbsp;|[\s\xa0]", re.IGNORECASE)


def is_deleted(html: object) -> bool:
    """Whether nothing is left of a body: empty, or only the mark of an edit.

    A message of attachments alone is empty too: the caller knows its attachments.

    Source: ``addons/mail/controllers/thread.py`` update_content (15 to 19); the mark was seen on Odoo 19.
    """
    text = body_html(html)
    return len(text) < 1000 and not _SHELL.sub("", _EDITED.sub("", text))


def is_edited(html: str) -> bool:
    """Return whether the server marked a body as edited. Source: addons/mail/models/mail_thread.py (17.0).

    Args:
        html: a body.
    """
    return "o-mail-Message-edited" in html and _EDITED.search(html) is not None


def to_text(value: object) -> str:
    """A body as plain text that is safe to show; takes anything, raises nothing, in linear time.

    Blocks and ``<br>`` give lines, list items ``- `` or ``1. ``, quotes ``> ``, links ``label (address)``,
    images their alternative text; mentions are their names; the mark of an edit is left out. Blanks fold as
    in a browser, U+00A0 is a space. See :func:`safe_text` for what is taken out.

    Args:
        value: see :func:`body_html`.
    """
    html = value if isinstance(value, str) else body_html(value)
    if plain := _PLAIN.fullmatch(html):
        return entities.unescape(plain[1].replace("<br>", "\n"))
    text = safe_text(page_text(html)).replace("\xa0", " ")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")
