"""Renders HTML as lines of text, in linear time; the result is not yet safe to display (see `body`)."""

from __future__ import annotations

import html as entities
import re

__all__ = ["DEEPEST", "Writer", "page_text", "unescape", "unescape_common", "walk"]

DEEPEST = 8
"""Maximum indentation of quotes and lists; deeper levels use the same indentation."""

_LINE_END = re.compile("\r\n?")
_FOLDED = re.compile("[ \t\n\r\f]{2,}|[\t\n\r\f]")
_TAG = re.compile(r"/?([A-Za-z][A-Za-z0-9:-]{0,30})")
_TAG_STOP = re.compile("[\"'>]")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]*+)))?""")
_HUGE = re.compile("&#(?:[0-9]{9,}+|[xX][0-9a-fA-F]{9,}+);?")
_DROPPED = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "head", "title", "template")}
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption "
        "figure footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table "
        "tbody tfoot thead tr ul ",
    )
)
_READ_ATTRIBUTES = frozenset(("a", "img", "span", "ol"))


def page_text(html: str) -> str:
    """Render HTML as text.

    Args:
        html: a message body, or any other string.
    """
    writer = Writer()
    walk(html, writer)
    return writer.done()


_UNCOMMON = re.compile("&(?!(?:lt|gt|quot|#39|nbsp|amp);)")


def unescape(html: str) -> str:
    """Resolve the character references in text.

    References with more digits than any Unicode code point become U+FFFD, because `html.unescape` raises on very long
    numbers (5000 digits).

    Args:
        html: HTML text without tags.
    """
    if "&" not in html:
        return html
    if _UNCOMMON.search(html):
        return entities.unescape(_HUGE.sub("\ufffd", html))
    return unescape_common(html.replace("&nbsp;", "\xa0"))


def unescape_common(html: str) -> str:
    """Resolve only the references to ``<``, ``>``, ``&`` and quotation marks; faster than `unescape`.

    Args:
        html: HTML text without tags.
    """
    if "&" not in html:
        return html
    # The ampersand comes last, because it may create another reference.
    text = html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&#39;", "'")
    return text.replace("&amp;", "&")


_TEXT = "[^<]++|<(?![A-Za-z!?/])"
_NAME = "[A-Za-z][A-Za-z0-9:-]{0,30}"
_REST = r"""(?:[^<>"']|(?<==)"[^"<>]*+"|(?<==)'[^'<>]*+')*+"""
_INLINE = "</?(?:b|i|u|s|strong|em|small|big|font|sub|sup|code|del|ins|strike|mark|kbd|tt|abbr|label)>"

_INLINE_TAG = re.compile(_INLINE, re.IGNORECASE | re.ASCII)
# Text, followed by a tag. Tags that only format text count as plain text.
_STEP = re.compile(f"((?:{_TEXT})*+)(?:<(/?)({_NAME})({_REST})>)?")
_PLAIN_STEP = re.compile(f"((?:{_TEXT}|(?ai:{_INLINE}))*+)(?:<(/?)({_NAME})({_REST})>)?")


def walk(html: str, writer: Writer) -> None:
    """Feed the text and tags of an HTML document to a writer, in linear time.

    Args:
        html: a message body, or any other string.
        writer: receives the text and tags.
    """
    plain = writer.plain and "\0" not in html
    step = (_PLAIN_STEP if plain else _STEP).match
    at, end = 0, len(html)
    edited = False
    quotes = True
    while at < end:
        found = step(html, at)
        assert found is not None  # it always matches, even if only the empty string
        text, slash, name, attributes = found.groups()
        at = found.end()
        if plain and "<" in text:
            if edited:  # text up to the next tag
                text = text[inline.end() :] if (inline := _INLINE_TAG.search(text)) else ""
                edited = not inline
            # The mark keeps a character reference from forming across a tag.
            text = unescape(_INLINE_TAG.sub("\0", text)).replace("\0", "")
            if text:
                writer.text(text)
        elif text and not edited:
            writer.text(unescape(text))
        if name is None:
            if at >= end:
                return
            start = at
            at, quotes, slash, name, attributes = _odd_tag(html, start, quotes)
            if at < 0 and not edited:
                writer.text(unescape(html[start:]))
            if at < 0:
                return
            if name is None:
                continue
        name = name.lower()
        edited = name == "span" and not slash and "o-mail-Message-edited" in attributes
        if slash:
            writer.close(name)
            continue
        writer.open(name, _attributes(attributes) if attributes and name in _READ_ATTRIBUTES else {})
        if name in _DROPPED:
            over = _DROPPED[name].search(html, at)
            at = over.start() if over else end


def _odd_tag(html: str, lt: int, quotes: bool) -> tuple[int, bool, str, str | None, str]:
    """Read an unusual tag: a comment, a declaration, a tag with unbalanced quotes, or an unclosed tag.

    Args:
        html: the HTML document.
        lt: offset of the tag's ``<``.
        quotes: whether to skip a ``>`` inside quotes; False after an unclosed quote.

    Returns:
        The tag's end offset, the new value of `quotes`, the slash, the name (None if this is not a tag) and the
        attributes.
    """
    end = len(html)
    match = _TAG.match(html, lt + 1)
    if html.startswith("<!--", lt):
        close = html.find("-->", lt + 2)
        close = end if close < 0 else close + 2
    else:
        close = _tag_end(html, lt + 1) if quotes and match else -1
        if close < 0:
            quotes = quotes and not match
            close = html.find(">", lt + 1)
    if close < 0:
        return -1, quotes, "", None, ""
    at = min(close + 1, end)
    if not match:
        return at, quotes, "", None, ""
    slash = "/" if html[lt + 1] == "/" else ""
    return at, quotes, slash, match[1], html[match.end() : close]


def _tag_end(html: str, at: int) -> int:
    """Return the offset of the ``>`` that closes a tag, ignoring quoted attributes, or -1 if there is none."""
    while (stop := _TAG_STOP.search(html, at)) is not None:
        if stop[0] == ">":
            return stop.start()
        at = stop.end()
        if html[stop.start() - 1] == "=":
            at = html.find(stop[0], at) + 1
            if at == 0:
                return -1
    return -1


def _attributes(source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(source[:8192]):
        raw = match[2] or match[3] or match[4] or ""
        found.setdefault(match[1].lower(), unescape(raw))
    return found


class Writer:
    """Builds lines of text from the text and tags of an HTML document."""

    plain = True
    """Whether tags that only format text are ignored."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.blank = False  # a pending space, written only if a word follows on the same line
        self.quotes = 0
        self.lists: list[int] = []  # the next item number of each open list, 0 for bullets
        self.marker = ""
        self.pre = 0
        self.fresh_pre = False
        self.links: list[tuple[str, int, int]] = []

    def text(self, text: str) -> None:
        """Append text.

        Args:
            text: the text, with character references resolved.
        """
        if self.pre:
            text = _LINE_END.sub("\n", text)
            if self.fresh_pre:
                text = text.removeprefix("\n")
            self.fresh_pre = False
            first, *others = text.split("\n")
            self._put(first)
            for other in others:
                self.break_line()
                self._put(other)
            return
        words = _FOLDED.sub(" ", text)
        if words.startswith(" "):
            self.blank = bool(self.line)
            words = words[1:]
        ends = words.endswith(" ")
        words = words[:-1] if ends else words
        if words:
            self._put(words)
            self.blank = ends

    def _put(self, text: str) -> None:
        if not text:
            return
        if not self.line:
            self.line.append(self._margin())
        elif self.blank:
            self.line.append(" ")
        self.blank = False
        self.line.append(text)

    def _margin(self) -> str:
        quotes = "> " * min(self.quotes, DEEPEST)
        depth = min(len(self.lists), DEEPEST)
        marker, self.marker = self.marker, ""
        return quotes + "  " * (depth - 1 if marker else depth) + marker

    def break_line(self) -> None:
        """End the line, even if it is empty."""
        if self.line:
            self.lines.append("".join(self.line))
        else:
            self.lines.append(("> " * min(self.quotes, DEEPEST)).rstrip())
        self.line = []
        self.blank = False

    def block(self) -> None:
        """End the line unless it is empty."""
        if self.line:
            self.break_line()

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """Handle a start tag.

        Args:
            name: tag name, in lower case.
            attributes: the tag's attributes; set only for tags whose attributes are used here.
        """
        if name in _BLOCKS:
            self.block()
        match name:
            case "br":
                self.break_line()
            case "a":
                href = attributes.get("href", "")
                mention = "data-oe-model" in attributes or "data-oe-id" in attributes
                self.links.append(("" if mention else _shown(href), len(self.lines), len(self.line)))
                del self.links[:-DEEPEST]
            case "img":
                self._put(f"[{attributes.get('alt', '').strip() or 'image'}]")
            case "hr":
                self._put("---")
                self.break_line()
            case "td" | "th":
                if self.line:
                    self._put(" | ")
            case "pre":
                self.pre, self.fresh_pre = self.pre + 1, True
            case "blockquote":
                self.quotes += 1
            case "ul":
                self.lists.append(0)
            case "ol":
                start = attributes.get("start", "1")
                self.lists.append(int(start) if re.fullmatch("[0-9]{1,6}", start) else 1)
            case "li":
                self._item()
            case _:
                pass

    def _item(self) -> None:
        number = self.lists[-1] if self.lists else 0
        self.marker = f"{number}. " if number else "- "
        if number:
            self.lists[-1] += 1

    def close(self, name: str) -> None:
        """Handle an end tag.

        Args:
            name: tag name, in lower case.
        """
        if name == "a" and self.links:
            self._end_link(*self.links.pop())
        if name not in _BLOCKS:
            return
        self.block()
        if name == "pre":
            self.pre = max(0, self.pre - 1)
        elif name == "blockquote":
            self.quotes = max(0, self.quotes - 1)
        elif name in ("ul", "ol") and self.lists:
            self.lists.pop()
        elif name == "li":
            self.marker = ""

    def _end_link(self, href: str, line: int, at: int) -> None:
        if not href or line != len(self.lines):
            return
        label = "".join(self.line[at or 1 :]).strip()
        if not label:
            self._put(href)
        elif label.rstrip("/") not in (href.rstrip("/"), href.partition("://")[2].rstrip("/")):
            after, self.blank = self.blank, False
            self._put(f" ({href})")
            self.blank = after

    def done(self) -> str:
        """Return the finished text."""
        self.block()
        return "\n".join(self.lines)


def _shown(href: str) -> str:
    """Return a link's address as displayed, or "" for links to the server itself."""
    href = "".join(href.split())
    if re.match(r"https?://|tel:", href, re.IGNORECASE):
        return href
    return href[7:] if href[:7].lower() == "mailto:" else ""
