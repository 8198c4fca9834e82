"""Renders plain text and Markdown as HTML for Odoo, and Odoo's HTML as text that is safe to display."""

from __future__ import annotations

import html as entities
import re
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, cast

from msgspec import Struct

from odoochat.errors import UsageError
from odoochat.wire.content.html_text import page_text, unescape, unescape_common
from odoochat.wire.content.sanitize import ESCAPE, LINE_END, safe_line, safe_text
from odoochat.wire.content.shared_text import share

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

__all__ = [
    "EDITED",
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
    "shared",
    "to_text",
]

MARKUPS = ("text", "markdown", "html")
TAB = " " * 4

_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Body(Struct, frozen=True, gc=False):
    """A message's body as HTML and as text.

    Attributes:
        html: the HTML as stored on the server; not safe to display.
        text: plain text that is safe to display; see `to_text`.
    """

    html: str
    text: str


_WORDS = r"[ -%'-;=?-~\x80-\U0010ffff]++|&(?:lt|gt|amp|quot|#39);|(?<![ >])<br>(?![ <])"
# Most messages are plain words in one <span> (17 and later) or <p> (earlier), possibly on multiple lines. If there are
# no two spaces in a row, and no unprintable characters, this pattern avoids parsing them; a test checks that both paths
# agree.
_PLAIN = re.compile(rf"<(?:span|p)>(?! )((?:{_WORDS})++)(?<! )</(?:span|p)>")


SHARED = 512
"""Number of bodies that the clients in one process share."""

SHARED_LENGTH = 4_000
"""Maximum length of a shared body, in characters."""


def shared(html: str) -> Body:
    """Read a body like `read`. All clients in the process that receive it at about the same time share the result.

    Args:
        html: the body.
    """
    if len(html) <= SHARED_LENGTH:
        return _shared(html)
    return Body(share(html), share(to_text(html)))


@lru_cache(SHARED)
def _shared(html: str) -> Body:
    return Body(html, to_text(html))


def read(value: object) -> Body:
    """Read the body from a payload or a row.

    Args:
        value: see `body_html`.
    """
    html = body_html(value)
    return Body(html, to_text(html))


# --- sending ------------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """Strip characters that are never sent: control characters except tabs, lone surrogates, terminal escapes.

    This removes C0, DEL, C1, U+D800 to U+DFFF, U+FFFE and U+FFFF. All line breaks, including U+2028 and U+2029, become
    ``\\n``.

    Args:
        text: the text as typed by the user.
    """
    return _REFUSED.sub("", ESCAPE.sub("", LINE_END.sub("\n", text)))


def from_text(text: str) -> str:
    """Render plain text as HTML that displays it unchanged.

    Markup is escaped, line breaks become ``<br>``, and each tab becomes four spaces. Leading spaces, and all but the
    last space in a run, become ``&nbsp;`` because browsers collapse them and Odoo 14 strips leading spaces
    (observed on a live server). ``to_text(from_text(t))`` equals ``safe_text(clean(t))`` except that tabs become four
    spaces, U+00A0 becomes a space, and trailing spaces and leading or trailing empty lines are dropped.

    Args:
        text: the text as typed by the user.
    """
    lines = clean(text).replace("\t", TAB).split("\n")
    return "<br>".join(_spaced(entities.escape(line)) for line in lines)


def _spaced(line: str) -> str:
    bare = line.lstrip(" ")
    start = "&nbsp;" * (len(line) - len(bare))
    return start + re.sub("  +", lambda run: "&nbsp;" * (len(run[0]) - 1) + " ", bare)


def from_markdown(markdown: str) -> str:
    """Render CommonMark with strikethrough and tables as HTML.

    Raw HTML is escaped, line breaks are preserved, and bare URLs do not become links. Links and images may use
    ``http:``, ``https:``, ``mailto:``, ``tel:`` or a path on the same server; all others stay plain text.

    Text longer than `MARKDOWN_MOST` characters, or with more than `CELLS_MOST` table cells, is rendered with
    `from_text` instead, because parsing it would take seconds.

    Args:
        markdown: the Markdown as typed by the user.
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
    """Return an upper bound on the number of table cells, assuming that each row is as long as the delimiter row."""
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
    """Strip control characters and lone surrogates from HTML; the server sanitizes the markup.

    Args:
        html: the HTML as written by the user.
    """
    return clean(html)


def render(body: str, markup: str) -> str:
    """Render a body as HTML.

    Args:
        body: the body as written by the user.
        markup: ``text``, ``markdown`` or ``html``.

    Raises:
        UsageError: `markup` is not one of these.
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
    """Return a body's HTML, in the format of any version.

    Source: addons/mail/tools/discuss.py, `Store` (19.0); observed on Odoo 14 and 19.

    Args:
        value: a str (Odoo 14 to 18, and RPC), ``["markup", html]`` (the bus in Odoo 19 and later, which sends only
            empty bodies as a str), False or None.
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
    """Return whether a body is empty or contains only the "edited" mark, as in a deleted message.

    A message with only attachments has an empty body too; the caller must check for attachments.

    Source: addons/mail/controllers/thread.py, `update_content` (15.0 to 19.0). The mark was observed on a live
    Odoo 19 server.

    Args:
        html: see `body_html`.
    """
    text = body_html(html)
    return len(text) < 1000 and not _SHELL.sub("", _EDITED.sub("", text))


EDITED = "o-mail-Message-edited"
"""Class of the element with which the server marks an edited body."""


def is_edited(html: str) -> bool:
    """Return whether the server marked a body as edited. Source: addons/mail/models/mail_thread.py (17.0).

    Args:
        html: the body.
    """
    return EDITED in html and _EDITED.search(html) is not None


def to_text(value: object) -> str:
    """Render a body as plain text that is safe to display, in linear time for any input.

    Blocks and ``<br>`` become lines, list items start with ``- `` or ``1. ``, quotes with ``> ``; links become
    ``label (address)``, images become their alternative text, and mentions their names. The "edited" mark is removed.
    White space collapses as in a browser, and U+00A0 becomes a space. Unsafe characters are removed as in `safe_text`.
    A body of more than `BODY_MOST` characters, or `PARTS_MOST` tags and line breaks, is truncated there and ends with
    the line `CUT`.

    Args:
        value: see `body_html`.
    """
    html = value if isinstance(value, str) else body_html(value)
    if len(html) < PLAIN_MOST and "  " not in html and (plain := _PLAIN.fullmatch(html)):
        text = plain[1]
        if html.isascii() or text.isprintable():
            return unescape_common(text.replace("<br>", "\n"))
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
    """Truncate a body that is too long to render.

    A server may send a body of many megabytes; rendering all of it would block the event loop for about a second.

    Args:
        html: the body.

    Returns:
        The body unchanged if it is short enough; otherwise its beginning, with at most `BODY_MOST` characters and
        `PARTS_MOST` tags and line breaks.
    """
    end = min(len(html), BODY_MOST)
    if end > PARTS_MOST and html.count("<", 0, end) + html.count("\n", 0, end) > PARTS_MOST:
        return html[: next(islice(_PART.finditer(html), PARTS_MOST, None)).start()]
    if end == len(html):
        return html
    tag = html.rfind("<", max(end - LONGEST_TAG, 0), end)
    return html[: tag if tag > html.rfind(">", 0, end) else end]
