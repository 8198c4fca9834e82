"""Rich text: renders a message's HTML as lines of styled runs with the same text as `to_text`."""

from __future__ import annotations

import re
from typing import NamedTuple

from odoochat.wire.content.html_text import DEEPEST, Writer, walk
from odoochat.wire.content.sanitize import safe_line, safe_pieces

__all__ = [
    "BOLD", "CODE", "HEADING", "ITALIC", "MARGIN", "PRE", "QUOTE", "STRIKE", "TITLE", "Run", "has_format", "page_runs",
]  # fmt: skip

BOLD, ITALIC, STRIKE, CODE, PRE, QUOTE, MARGIN, TITLE, HEADING = (1 << n for n in range(9))

_FLAGS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("b", "strong", "th"), (BOLD,)),
    **dict.fromkeys(("h1", "h2"), (BOLD, TITLE)),
    **dict.fromkeys(("h3", "h4", "h5", "h6"), (BOLD, HEADING)),
    **dict.fromkeys(("i", "em", "cite", "var", "dfn"), (ITALIC,)),
    **dict.fromkeys(("s", "del", "strike"), (STRIKE,)),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), (CODE,)),
    "pre": (PRE,),
    "blockquote": (QUOTE,),
}
_FORMATTED = re.compile(rf"<(?:{'|'.join((*_FLAGS, 'a', 'li', 'ul', 'ol'))})[\s>/]")
_OPENABLE = re.compile(r"(?:https?://|mailto:)[^\s<>\"'\\]{1,2000}", re.IGNORECASE)


class Run(NamedTuple):
    """Part of a line with a single style.

    Attributes:
        text: safe to show.
        style: a sum of BOLD, ITALIC, STRIKE, CODE, PRE (a block of code), QUOTE, TITLE (a heading of the first two
            levels, combined with BOLD) and HEADING (a lower-level heading, combined with BOLD), or MARGIN alone for the
            marker at the start of a line in a quote or list, such as ``> `` or ``1. ``.
        link: a URL that is safe to open (http, https or mailto), or "" for none.
    """

    text: str
    style: int = 0
    link: str = ""


def has_format(html: str) -> bool:
    """Return whether a body contains any formatting. This is much faster than `page_runs`.

    Args:
        html: the HTML, with lower-case tags, as sent by servers.
    """
    return _FORMATTED.search(html) is not None


def page_runs(html: str) -> list[list[Run]]:
    """Render a body as lines of runs, in linear time for any input.

    The runs have the same text as `odoochat.wire.content.body.to_text`, which truncates huge bodies.

    Args:
        html: the HTML as stored by the server; not safe to display.

    Returns:
        The runs of each line.
    """
    writer = _Styler()
    walk(html, writer)
    writer.done()
    lines: list[list[Run]] = [[]]
    for text, (_, style, link) in zip(safe_pieces([run.text for run in writer.runs]), writer.runs, strict=True):
        if text == "\n":
            lines.append([])
            continue
        first, *others = text.replace("\xa0", " ").split("\n")
        if first:
            lines[-1].append(Run(first, style, link))
        lines += [[Run(other, style, link)] if other else [] for other in others]
    for line in lines:
        _strip(line)
    full = [at for at, line in enumerate(lines) if line]
    return lines[full[0] : full[-1] + 1] if full else [[]]


def _strip(line: list[Run]) -> None:
    """Remove trailing whitespace from a line."""
    while line:
        text = line[-1].text.rstrip()
        if text == line[-1].text:
            return
        last = line.pop()
        if text:
            line.append(last._replace(text=text))
            return


class _Styler(Writer):
    """Records the style of each text fragment."""

    plain = False

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[Run] = []
        self._line: list[Run] = []
        self._open = {flag: 0 for flags in _FLAGS.values() for flag in flags}
        self._style = 0
        self._targets: list[str] = []
        self._link = ""

    def _put(self, text: str) -> None:
        before = len(self.line)
        super()._put(text)
        pieces = self.line[before:]
        if not pieces:
            return
        now = Run(pieces[-1], self._style, self._link)
        if not before:
            self._line.append(Run(pieces[0], MARGIN))
        elif len(pieces) > 1:
            last = self._line[-1]
            self._line.append(Run(pieces[0], last.style & now.style, now.link if last.link == now.link else ""))
        self._line.append(now)

    def break_line(self) -> None:
        """See `Writer.break_line`."""
        super().break_line()
        self.runs += self._line or [Run(self.lines[-1], MARGIN)]
        self.runs.append(Run("\n"))
        self._line = []

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """See `Writer.open`."""
        super().open(name, attributes)
        if name == "a":
            mention = "data-oe-model" in attributes or "data-oe-id" in attributes
            self._targets.append("" if mention else _openable(attributes.get("href", "")))
            del self._targets[:-DEEPEST]
            self._link = self._targets[-1]
        self._count(name, 1)

    def close(self, name: str) -> None:
        """See `Writer.close`."""
        super().close(name)  # this may write the address, which is part of the link
        if name == "a":
            del self._targets[-1:]
            self._link = self._targets[-1] if self._targets else ""
        self._count(name, -1)

    def _count(self, name: str, step: int) -> None:
        for flag in _FLAGS.get(name, ()):
            self._open[flag] = max(self._open[flag] + step, 0)
            self._style = self._style | flag if self._open[flag] else self._style & ~flag


def _openable(href: str) -> str:
    """Return a link's URL if it is safe to open, otherwise ""."""
    address = "".join(href.split())
    return address if _OPENABLE.fullmatch(address) and safe_line(address, 2100) == address else ""
