"""Message bodies: wraps, escapes or cleans HTML as each version does."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

from odoochat.sandbox.versions.capabilities import Capabilities

EDITED = '<span class="o-mail-Message-edited"></span>'

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "wbr")
)
_DROPPED = frozenset(("script", "style", "iframe", "object", "embed", "link", "meta", "base", "form", "textarea"))
_BLOCKS = ("p", "div", "span", "pre", "ul", "ol", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6")
_URLS = frozenset(("href", "src", "action", "formaction", "background", "poster"))
_BAD_SCHEME = re.compile(r"^[\s\x00-\x20]*(javascript|vbscript|data(?!:image/))\s*:", re.IGNORECASE)


class _Cleaner(HTMLParser):
    """Copies HTML without scripts, event handlers or unsafe URLs, and closes unclosed tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.roots: list[str] = []  # top-level elements: tag names, "#text" for text
        self._open: list[str] = []
        self._dropping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._open and not self._dropping:
            self.roots.append(tag)  # includes dropped tags, because the parser counts them
        if tag in _DROPPED:
            self._dropping += tag not in _VOID
        if tag in _DROPPED or self._dropping:
            return
        kept = "".join(self._attribute(name, value or "") for name, value in attrs if self._wanted(name))
        self.out.append(f"<{tag}{kept}>")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._dropping = max(0, self._dropping - (tag not in _VOID))
        elif not self._dropping and tag in self._open:
            while self._open:
                last = self._open.pop()
                self.out.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        if self._dropping or not data:
            return
        if not self._open and data.strip():
            self.roots.append("#text")
        self.out.append(escape(data, quote=False))

    def finish(self) -> str:
        """Return the cleaned HTML."""
        self.close()
        while self._open:
            self.out.append(f"</{self._open.pop()}>")
        return "".join(self.out)

    @staticmethod
    def _wanted(name: str) -> bool:
        return not name.startswith("on") and name != "srcdoc"

    @staticmethod
    def _attribute(name: str, value: str) -> str:
        if name in _URLS and _BAD_SCHEME.match(value):
            value = ""
        return f' {name}="{escape(value)}"'


def clean(html: str, wrap: str) -> str:
    """Remove active content from HTML; plain text or multiple root elements are wrapped in `wrap`, as lxml does."""
    if not html.strip():
        return ""
    cleaner = _Cleaner()
    cleaner.feed(html)
    text = cleaner.finish()
    roots = cleaner.roots
    if not roots:
        return text.strip()
    if roots[0] == "#text":
        return f"<{wrap}>{text}</{wrap}>"
    if len(roots) == 1 or all(root in _BLOCKS for root in roots):
        return text
    return f"<span>{text}</span>"  # mixed content that starts with a tag


def stored_body(capabilities: Capabilities, body: str, *, is_html: bool) -> str:
    """Return the stored form of a body passed to message_post.

    Odoo 14 to 16 accept HTML and wrap plain text in a paragraph. Odoo 17 and later escape the body unless it is marked
    as HTML, and Odoo 19 wraps plain text in a span.
    """
    as_html = is_html or not capabilities.escapes_bodies
    return clean(body if as_html else escape(body, quote=False), capabilities.body_wrap)


def edited_body(capabilities: Capabilities, body: str) -> str:
    """Return the stored form of an edited body: always HTML, with an "edited" mark in Odoo 19 and later."""
    html = stored_body(capabilities, body, is_html=True)
    if not capabilities.marks_edits:
        return html
    if html.endswith("</span>") and html.startswith("<span>"):
        return f"{html[: -len('</span>')]}{EDITED}</span>"
    if html.endswith(("</p>", "</div>")):
        cut = html.rindex("</")
        return f"{html[:cut]}{EDITED}{html[cut:]}"
    return html + EDITED
