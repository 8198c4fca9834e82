"""Exports to self-contained web pages that group messages and use no scripts or remote resources."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from html import escape
from urllib.parse import quote

from odoochat.archive.export.blocks import BlockKind, blocks_of, cells_of
from odoochat.archive.export.writer import Item, is_picture, shown_name
from odoochat.model import Author, ChannelInfo, Message
from odoochat.rich_text import BOLD, CODE, ITALIC, MARGIN, STRIKE, Run, has_format
from odoochat.wire.content.sanitize import safe_line, safe_name

__all__ = ["HtmlWriter", "body"]

GROUP = timedelta(minutes=5)
EXCERPT = 120
NAMED = 100
"""Maximum number of people to name per reaction."""

# The policy allows pictures next to the page and the inline style sheet; browsers load and run nothing else.
_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --dim: #6b7280; --line: #e2e5ea; --soft: #f3f4f6; --page: #fff; --text: #1f2937;
 --accent: #4f46e5 }}
@media (prefers-color-scheme: dark) {{ :root {{ --dim: #9aa3b2; --line: #323843; --soft: #252a33; --page: #1a1d23;
 --text: #e5e7eb; --accent: #a5b4fc }} }}
body {{ margin: 0 auto; max-width: 50rem; padding: 1.5rem 1rem 4rem; background: var(--page); color: var(--text);
 font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }}
header h1 {{ margin: 0; font-size: 1.5rem }} header p, footer, .sys, time, .gone, .via {{ color: var(--dim) }}
header {{ border-bottom: 1px solid var(--line); margin-bottom: 1rem; padding-bottom: .75rem }}
h2 {{ display: flex; gap: .75rem; align-items: center; margin: 2rem 0 1rem; font-size: .8rem; color: var(--dim) }}
h2::before, h2::after {{ content: ""; flex: 1; border-top: 1px solid var(--line) }}
.m {{ position: relative; padding: .1rem 0 .1rem 3.25rem; content-visibility: auto }} .m.first {{ margin-top: .75rem }}
.m:target {{ background: var(--soft) }} .who {{ font-weight: 600 }} time {{ font-size: .75rem; margin-left: .5rem }}
.m > .at {{ position: absolute; left: 0; top: .3rem; width: 2.75rem; margin: 0; text-align: right; opacity: 0 }}
.m:hover > .at {{ opacity: 1 }}
.av {{ position: absolute; left: 0; top: .25rem; width: 2.5rem; height: 2.5rem; border-radius: .6rem; object-fit: cover;
 display: grid; place-items: center; color: #fff; font-weight: 600 }}
.sys {{ padding-left: 3.25rem; font-size: .875rem }} .via {{ font-size: .8rem; text-decoration: none; display: block }}
pre {{ background: var(--soft); border-radius: .4rem; padding: .6rem .8rem; overflow-x: auto; margin: .3rem 0 }}
code {{ background: var(--soft); border-radius: .25rem; padding: .1em .3em; font-size: .9em }} pre code {{ padding: 0 }}
.sys p {{ display: inline }} .m p, .m h3, .m h4 {{ margin: 0 0 .3rem }}
.m h3 {{ font-size: 1.15rem; margin-top: .4rem }} .m h4 {{ font-size: 1rem }}
.li {{ padding-left: 1em; text-indent: -.7em }} table {{ border-collapse: collapse; margin: .3rem 0 }}
th, td {{ border: 1px solid var(--line); padding: .15rem .6rem; text-align: left }}
blockquote {{ border-left: 3px solid var(--line); margin: .3rem 0; padding-left: .75rem }} a {{ color: var(--accent) }}
.rs span {{ display: inline-block; border: 1px solid var(--line); border-radius: 1rem; padding: 0 .55rem;
 margin: .25rem .3rem 0 0; font-size: .85rem }}
.f img {{ display: block; max-width: 100%; max-height: 22rem; border-radius: .5rem; margin: .3rem 0 }}
footer {{ border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1rem; font-size: .875rem }}
</style>
"""


class HtmlWriter:
    """Writes web pages one at a time.

    Args:
        zone: the time zone for dates; None for the system's.
    """

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._last: Message | None = None
        self._day = ""
        self._ids: set[int] = set()

    def begin(self, channel: ChannelInfo, *, before: str = "") -> str:
        """See `ExportWriter.begin`."""
        self._last, self._day, self._ids = None, "", set()
        name = escape(safe_name(channel.name) or f"channel {channel.id}")
        topic = f"<p>{escape(safe_line(channel.description, 500))}</p>" if channel.description else ""
        back = f'<p><a href="{quote(before)}">← Earlier messages</a></p>' if before else ""
        return f"{_HEAD.format(title=name)}<header><h1>{name}</h1>{topic}{back}</header>\n<main>\n"

    def end(self, left_out: list[str] | None, *, after: str = "") -> str:
        """See `ExportWriter.end`."""
        on = f'<p><a href="{quote(after)}">Later messages →</a></p>' if after else ""
        notes = ""
        if left_out:
            notes = f"<p>Not included:</p><ul>{''.join(f'<li>{escape(note)}</li>' for note in left_out)}</ul>"
        return f"</main>\n<footer>{on}{notes}</footer>\n</html>\n"

    def item(self, item: Item) -> str:
        """See `ExportWriter.item`."""
        message = item.message
        moment = message.date.astimezone(self._zone)
        self._ids.add(message.id)
        parts: list[str] = []
        if (day := f"{moment:%A, %d %B %Y}") != self._day:
            self._day, self._last = day, None
            parts.append(f"<h2>{day}</h2>\n")
        if message.is_system:
            self._last = None
            parts.append(f'<div class="sys" id="m{message.id}">{body(message)}{_time(moment)}</div>\n')
            return "".join(parts)
        parts.append(self._message(item, moment))
        return "".join(parts)

    def _message(self, item: Item, moment: datetime) -> str:
        message, last = item.message, self._last
        first = last is None or last.author != message.author or message.date - last.date > GROUP
        self._last = message
        name = safe_name(shown_name(message.author))
        head = f'{_avatar(item, name)}<span class="who">{escape(name)}</span>{_time(moment)}' if first else ""
        at = "" if first else f'<time class="at" datetime="{moment.isoformat()}">{moment:%H:%M}</time>'
        if item.deleted:
            inner = '<div class="gone">This message was deleted.</div>'
        else:
            edited = '<time title="edited">(edited)</time>' if message.edited_at is not None else ""
            inner = f"{self._answered(item)}<div>{body(message)}{edited}</div>{_files(item)}{_reactions(message)}"
        return f'<div class="m{" first" if first else ""}" id="m{message.id}">{head}{at}{inner}</div>\n'

    def _answered(self, item: Item) -> str:
        if (answered := item.answered) is None:
            return ""
        text = escape(f"↩ {safe_name(shown_name(answered.author))}: {safe_line(answered.text, EXCERPT)}")
        there = f' href="#m{answered.id}"' if answered.id in self._ids else ""
        return f'<a class="via"{there}>{text}</a>'


def _time(moment: datetime) -> str:
    return f'<time datetime="{moment.isoformat()}">{moment:%H:%M}</time>'


def _avatar(item: Item, name: str) -> str:
    if item.avatar:
        return f'<img class="av" src="{quote(item.avatar)}" alt="" loading="lazy">'
    hue = (item.message.author.id * 137) % 360
    return f'<span class="av" style="background:hsl({hue} 45% 42%)">{escape(name[:1].upper())}</span>'


def _files(item: Item) -> str:
    found: list[str] = []
    for each in item.message.attachments:
        name, path = escape(safe_name(each.name) or f"file {each.id}"), item.files.get(each.id)
        if path is None:
            found.append(f"<div>📎 {name} (not included)</div>")
        elif is_picture(path, each.mimetype):
            address = quote(path)
            found.append(f'<a href="{address}"><img src="{address}" alt="{name}" title="{name}" loading="lazy"></a>')
        else:
            found.append(f'<div>📎 <a href="{quote(path)}" download>{name}</a></div>')
    return f'<div class="f">{"".join(found)}</div>' if found else ""


def _reactions(message: Message) -> str:
    chips = [
        f'<span title="{escape(_names(each.authors))}">{escape(safe_line(each.content, 20))} {each.count}</span>'
        for each in message.reactions
    ]
    return f'<div class="rs">{"".join(chips)}</div>' if chips else ""


def _names(authors: Sequence[Author]) -> str:
    names = [safe_name(shown_name(author)) for author in authors[:NAMED]]
    return ", ".join([*names, f"and {len(authors) - NAMED:,} more"] if len(authors) > NAMED else names)


# ------------------------------------------------------------------------------ bodies


def body(message: Message) -> str:
    """Return a message's text as HTML that contains only tags generated by this module.

    The server's HTML is parsed as in the chat screen and regenerated, so none of the original tags or attributes
    remain.

    Args:
        message: the message.
    """
    if not has_format(message.html):
        return escape(message.text).replace("\n", "<br>")
    return "".join(_block(kind, lines) for kind, lines in blocks_of(message.html))


def _block(kind: BlockKind, lines: list[list[Run]]) -> str:
    match kind:
        case "code":
            code = "\n".join(_words(line, kind) for line in lines)
            return f"<pre><code>{code}</code></pre>"
        case "title" | "heading":
            tag = "h3" if kind == "title" else "h4"
            return "".join(f"<{tag}>{_words(line, kind)}</{tag}>" for line in lines)
        case "list":
            return "".join(_list_item(line) for line in lines)
        case "table":
            return f"<table>{''.join(_row(line) for line in lines)}</table>"
        case "quote":
            return f"<blockquote>{'<br>'.join(_words(line, kind) for line in lines)}</blockquote>"
        case _:
            return f"<p>{'<br>'.join(_words(line, kind) for line in lines)}</p>"


def _list_item(line: list[Run]) -> str:
    mark = line[0].text
    depth = (len(mark) - len(mark.lstrip())) // 2
    sign = "•" if mark.strip() == "-" else escape(mark.strip())
    margin = f' style="margin-left:{1.3 * depth:.1f}em"' if depth else ""
    return f'<div class="li"{margin}>{sign} {_words(line[1:], "list")}</div>'


def _row(line: list[Run]) -> str:
    cells = cells_of(line)
    tag = "th" if all(run.style & BOLD for cell in cells for run in cell) else "td"
    kind: BlockKind = "heading" if tag == "th" else "table"  # these are already bold
    return "".join(("<tr>", *(f"<{tag}>{_words(cell, kind)}</{tag}>" for cell in cells), "</tr>"))


def _words(line: list[Run], kind: BlockKind) -> str:
    return "".join(_run(run, kind) for run in line if not _is_quote_mark(run, kind))


def _is_quote_mark(run: Run, kind: BlockKind) -> bool:
    return kind == "quote" and run.style == MARGIN and not run.text.strip(" >")


def _run(run: Run, kind: BlockKind) -> str:
    text = escape(run.text)
    for flag, tag in ((BOLD, "b"), (ITALIC, "i"), (STRIKE, "s"), (CODE, "code")):
        already = tag == "code" if kind == "code" else tag == "b" and kind in ("title", "heading")
        if run.style & flag and not already:
            text = f"<{tag}>{text}</{tag}>"
    if run.link:
        text = f'<a href="{escape(run.link)}" rel="noopener noreferrer nofollow">{text}</a>'
    return text
