"""Mentions in the HTML of a message: ``@Name`` and ``#channel`` as the links that Odoo's web client makes of them."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Sequence

from msgspec import Struct

__all__ = ["Mention", "with_links"]


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
    """The HTML with each mention's written form made a link, outside of tags and of other links.

    Source: the classes are those that the web client of 14 to 19 makes and looks for (``o_mail_redirect``,
    ``o_channel_redirect``, addons/mail/static/src of 14 and 19).

    Args:
        base: the server's address.
    """
    known = {entities.escape(m.written): m for m in mentions if m.name}
    if not known:
        return html
    longest_first = sorted(known, key=len, reverse=True)
    pattern = re.compile(r"(<a\b.*?</a>|<[^>]*>)|(?<![\w@#])(" + "|".join(map(re.escape, longest_first)) + r")(?!\w)",
                         re.DOTALL | re.IGNORECASE)  # fmt: skip
    by_folded = {written.casefold(): mention for written, mention in known.items()}

    def linked(found: re.Match[str]) -> str:
        if found[1] is not None:
            return found[1]
        mention = by_folded[found[2].casefold()]
        kind = "o_mail_redirect" if mention.model == "res.partner" else "o_channel_redirect"
        address = entities.escape(f"{base}/web#model={mention.model}&id={mention.id}")
        return (
            f'<a href="{address}" class="{kind}" data-oe-id="{mention.id}" data-oe-model="{mention.model}" '
            f'target="_blank">{entities.escape(mention.written)}</a>'
        )

    return pattern.sub(linked, html)
