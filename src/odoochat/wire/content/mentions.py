"""Links in the HTML of a message: ``@Name``, ``#channel`` and addresses, as Odoo's web client makes of them."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Sequence

from msgspec import Struct

__all__ = ["Mention", "with_links"]

_TAG = re.compile(r"(<[^<>]*>)")
_ADDRESS = r"https?://[^\s<>\"'\xa0]+"
_OPEN = re.compile(r"<(a|code|pre)\b", re.IGNORECASE)
_CLOSED = re.compile(r"</(?:a|code|pre)\b", re.IGNORECASE)
_ENTITIES = ("&quot;", "&gt;", "&lt;", "&#x27;", "&#39;")


class Mention(Struct, frozen=True):
    """Somebody, or a channel, that a message speaks of.

    Attributes:
        model: ``res.partner``, or the channel model.
    """

    model: str
    id: int
    name: str

    @property
    def written(self) -> str:
        """As it stands in a text."""
        return ("@" if self.model == "res.partner" else "#") + self.name


def with_links(html: str, mentions: Sequence[Mention], base: str) -> str:
    """The HTML with each mention's written form, and each address, made a link; outside of tags, links and code.

    Source: the classes are those that the web client of 14 to 19 makes and looks for (``o_mail_redirect``,
    ``o_channel_redirect``, addons/mail/static/src of 14 and 19).

    Args:
        base: the server's address.
    """
    known = {entities.escape(m.written).casefold(): m for m in mentions if m.name}
    if not known and "://" not in html:
        return html
    longest_first = sorted(known, key=len, reverse=True)
    written = "|".join(map(re.escape, longest_first)) or r"(?!)"
    pattern = re.compile(rf"({_ADDRESS})|(?<![\w@#])({written})(?!\w)", re.IGNORECASE)

    def linked(found: re.Match[str]) -> str:
        if found[1] is not None:
            return _address(found[1])
        mention = known[found[2].casefold()]
        kind = "o_mail_redirect" if mention.model == "res.partner" else "o_channel_redirect"
        address = entities.escape(f"{base}/web#model={mention.model}&id={mention.id}")
        return (
            f'<a href="{address}" class="{kind}" data-oe-id="{mention.id}" data-oe-model="{mention.model}" '
            f'target="_blank">{entities.escape(mention.written)}</a>'
        )

    parts, inside = _TAG.split(html), 0
    for at, part in enumerate(parts):
        if at % 2:
            inside = max(inside + bool(_OPEN.match(part)) - bool(_CLOSED.match(part)), 0)
        elif not inside:
            parts[at] = pattern.sub(linked, part)
    return "".join(parts)


def _address(text: str) -> str:
    """A link to an address that stands in a text; the point that ends its sentence is not a part of it."""
    end = len(text)
    while end:
        entity = next((e for e in _ENTITIES if text.endswith(e, 0, end)), "")
        if entity:
            end -= len(entity)
        elif text[end - 1] in ".,:;!?*_~" or (text[end - 1] == ")" and "(" not in text):
            end -= 1
        else:
            break
    address = text[:end]
    return f'<a href="{address}" target="_blank" rel="noreferrer noopener">{address}</a>{text[end:]}'
