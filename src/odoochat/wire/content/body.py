"""Message bodies: renders plain text and Markdown as Odoo's HTML, and its HTML as text that is safe to show."""

from __future__ import annotations

import html as entities
import re
from functools import cache
from itertools import islice
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
    """A message's body as HTML and as text.

    Attributes:
        html: as the server stores it; not safe to show.
        text: safe to show, see `to_text`.
    """

    html: str
    text: str


_WORD = r"(?:[!-%'-;=?-~À-ɏ]++|&(?:lt|gt|amp|quot|#39);)++"
# Most messages are words in one <span> (17 and later) or <p> (earlier), perhaps on several lines. They need no walk
# through the page; a test compares both ways.
_PLAIN = re.compile(rf"<(?:span|p)>({_WORD}(?:(?: |<br>){_WORD})*+)</(?:span|p)>")


def read(value: object) -> Body:
    """Return the body of a payload or a row.

    Args:
        value: see `body_html`.
    """
    html = body_html(value)
    return Body(html, to_text(html))


# --- sending ------------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """Return a text without what is never sent: control characters except tabs, lone surrogates, terminal escapes.

    Removed are C0, DEL, C1, U+D800 to U+DFFF, U+FFFE and U+FFFF. Line ends become ``\\n``; U+2028 and U+2029 are line
    ends.

    Args:
        text: as the user wrote it.
    """
    return _REFUSED.sub("", ESCAPE.sub("", LINE_END.sub("\n", text)))


def from_text(text: str) -> str:
    """Render a plain text as HTML that shows it unchanged.

    Markup is escaped, a line end becomes ``<br>``, a tab four spaces. Spaces at the start of a line and all
    but the last of a run become ``&nbsp;``: a browser would fold them, and Odoo 14 removes those at the start
    (seen). ``to_text(from_text(t))`` is ``safe_text(clean(t))`` with tabs as four spaces, U+00A0 as a space,
    no spaces at the end of lines, and no empty lines at either end.

    Args:
        text: as the user wrote it.
    """
    lines = clean(text).replace("\t", TAB).split("\n")
    return "<br>".join(_spaced(entities.escape(line)) for line in lines)


def _spaced(line: str) -> str:
    bare = line.lstrip(" ")
    start = "&nbsp;" * (len(line) - len(bare))
    return start + re.sub("  +", lambda run: "&nbsp;" * (len(run[0]) - 1) + " ", bare)


def from_markdown(markdown: str) -> str:
    """Render a CommonMark text with strikethrough and tables as HTML.

    Raw HTML is escaped; a line end stays a line end; plain addresses do not become links. Links and images may refer
    to ``http:``, ``https:``, ``mailto:``, ``tel:`` or the same server; others stay text.

    A text of more than `MARKDOWN_MOST` characters, or with a table of more than `CELLS_MOST` cells, is rendered by
    `from_text`, as parsing it would take seconds.

    Args:
        markdown: as the user wrote it.
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
    """Return the highest possible number of cells in its tables: each row has as many as the line under the head."""
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
    """Return HTML without control characters and lone surrogates; the server sanitizes it.

    Args:
        html: as the user wrote it.
    """
    return clean(html)


def render(body: str, markup: str) -> str:
    """Render a body as HTML.

    Args:
        body: as the user wrote it.
        markup: ``text``, ``markdown`` or ``html``.

    Raises:
        UsageError: the markup is another one.
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


# --- receiving ------------------------------------------------------------------------------------------


def body_html(value: object) -> str:
    """Return the HTML of a body in the form of any version.

    Source: addons/mail/tools/discuss.py, `Store` (19.0); seen on Odoo 14 and 19.

    Args:
        value: a str (Odoo 14 to 18, and RPC), ``["markup", html]`` (19 and later on the bus; a str only when empty),
            False or None.
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
    """Return whether a body is empty, or only the mark of an edit, as that of a deleted message.

    A message with attachments alone is empty too; the caller must check its attachments.

    Source: addons/mail/controllers/thread.py, `update_content` (15.0 to 19.0); the mark was seen on Odoo 19.

    Args:
        html: see `body_html`.
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
    """Render a body as plain text that is safe to show, in linear time, whatever it contains.

    Blocks and ``<br>`` become lines, list items ``- `` or ``1. ``, quotes ``> ``, links ``label (address)``,
    images their alternative text, mentions their names; the mark of an edit is removed. White space folds as
    in a browser, U+00A0 is a space. See `safe_text` for what is removed. The text of a body with more than
    `BODY_MOST` characters, or `PARTS_MOST` tags and line ends, is cut there and ends with the line `CUT`.

    Args:
        value: see `body_html`.
    """
    html = value if isinstance(value, str) else body_html(value)
    if len(html) < PLAIN_MOST and (plain := _PLAIN.fullmatch(html)):
        return unescape(plain[1].replace("<br>", "\n"))
    shown = shortened(html)
    text = safe_text(page_text(shown)).replace("\xa0", " ")
    text = "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")
    return text if shown is html else f"{text}\n{CUT}"


PLAIN_MOST = 20_000
BODY_MOST = 200_000
PARTS_MOST = 10_000
LONGEST_TAG = 8_192
CUT = "[the rest of this message is too long to show]"

_PART = re.compile("[<\n]")


def shortened(html: str) -> str:
    """Return the part of a body that is rendered as text: all of it, unless it is much longer than people write.

    A server may send a body of many megabytes, whose text would keep the event loop busy for a second.

    Args:
        html: a body.

    Returns:
        The same object, or its start with at most `BODY_MOST` characters, and `PARTS_MOST` tags and line ends.
    """
    end = min(len(html), BODY_MOST)
    if end > PARTS_MOST and html.count("<", 0, end) + html.count("\n", 0, end) > PARTS_MOST:
        return html[: next(islice(_PART.finditer(html), PARTS_MOST, None)).start()]
    if end == len(html):
        return html
    tag = html.rfind("<", max(end - LONGEST_TAG, 0), end)
    return html[: tag if tag > html.rfind(">", 0, end) else end]
