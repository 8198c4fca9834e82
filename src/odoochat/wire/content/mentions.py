"""Turns ``@Name``, ``#channel`` and web addresses into links, as Odoo's web client does."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Container, Sequence

from msgspec import Struct

__all__ = ["Mention", "with_links"]

_TAG = re.compile(r"(<[^<>]*>)")
_MARK = re.compile(r"(https?://[^\s<>\"'\xa0]+)|(?<![\w@#])[@#]", re.IGNORECASE)
_WORD = re.compile(r"\w")
_OPEN = re.compile(r"<(a|code|pre)\b", re.IGNORECASE)
_CLOSED = re.compile(r"</(?:a|code|pre)\b", re.IGNORECASE)
_ENTITIES = ("&quot;", "&gt;", "&lt;", "&#x27;", "&#39;")


class Mention(Struct, frozen=True):
    """A person or channel mentioned in a message.

    Attributes:
        model: ``res.partner``, or the channel model.
        id: partner or channel id.
        name: partner or channel name.
    """

    model: str
    id: int
    name: str

    @property
    def written(self) -> str:
        """The mention as written in text: ``@name`` or ``#name``."""
        return ("@" if self.model == "res.partner" else "#") + self.name


def with_links(html: str, mentions: Sequence[Mention], base: str) -> str:
    """Turn mentions and addresses into links, leaving tags, existing links and code untouched.

    Source: addons/mail/static/src (14.0, 19.0): the web client in Odoo 14 to 19 writes and reads the classes
    ``o_mail_redirect`` and ``o_channel_redirect``.

    Args:
        html: the message body.
        mentions: people and channels that the body may mention.
        base: the server's URL.
    """
    known = {entities.escape(m.written).casefold(): m for m in mentions if m.name}
    if not known and "://" not in html:
        return html
    starts = {written[:end] for written in known for end in range(1, len(written) + 1)}
    base = entities.escape(base)

    def linked(text: str) -> str:
        pieces: list[str] = []
        at = 0
        while (found := _MARK.search(text, at)) is not None:
            start = found.start()
            link, end = "", found.end()
            if found[1] is not None:
                link = _address(found[1])
            elif place := _written(text, start, known, starts):
                end = place
                link = _mention(known[text[start:end].casefold()], base)
            pieces.append(text[at:start])
            pieces.append(link or text[start:end])
            at = end
        pieces.append(text[at:])
        return "".join(pieces)

    parts, inside = _TAG.split(html), 0
    for at, part in enumerate(parts):
        if at % 2:
            inside = max(inside + bool(_OPEN.match(part)) - bool(_CLOSED.match(part)), 0)
        elif not inside:
            parts[at] = linked(part)
    return "".join(parts)


def _written(text: str, start: int, known: Container[str], starts: Container[str]) -> int:
    """Return the end offset of the longest whole-word mention that starts at an offset, or 0 if there is none.

    Args:
        text: the message text.
        start: the offset to check.
        known: mentions as written, casefolded.
        starts: all prefixes of `known`.
    """
    read, place = "", 0
    for at in range(start, len(text)):
        read += text[at].casefold()
        if read not in starts:
            break
        if read in known and not _WORD.match(text, at + 1):
            place = at + 1
    return place


def _mention(mention: Mention, base: str) -> str:
    kind = "o_mail_redirect" if mention.model == "res.partner" else "o_channel_redirect"
    address = f"{base}/web#model={mention.model}&amp;id={mention.id}"
    return (
        f'<a href="{address}" class="{kind}" data-oe-id="{mention.id}" data-oe-model="{mention.model}" '
        f'target="_blank">{entities.escape(mention.written)}</a>'
    )


def _address(text: str) -> str:
    """Return a link for a web address in text, excluding trailing punctuation."""
    bracket = "(" in text
    end = len(text)
    while True:  # never strip past the slashes after the scheme
        entity = next((e for e in _ENTITIES if text.endswith(e, 0, end)), "")
        if entity:
            end -= len(entity)
        elif text[end - 1] in ".,:;!?*_~" or (text[end - 1] == ")" and not bracket):
            end -= 1
        else:
            break
    address = text[:end]
    return f'<a href="{address}" target="_blank" rel="noreferrer noopener">{address}</a>{text[end:]}'
