"""Exports to Markdown (CommonMark), with a heading per day and a paragraph per message."""

from __future__ import annotations

import re
from datetime import tzinfo
from urllib.parse import quote

from odoochat.archive.export.blocks import BlockKind, blocks_of, cells_of
from odoochat.archive.export.writer import Item, is_picture, shown_name
from odoochat.model import ChannelInfo, Message
from odoochat.rich_text import BOLD, CODE, ITALIC, MARGIN, STRIKE, Run, has_format
from odoochat.wire.content.sanitize import safe_line, safe_name

__all__ = ["MarkdownWriter"]

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&])")
_START = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))", re.MULTILINE)


class MarkdownWriter:
    """Writes a Markdown file.

    Args:
        zone: the time zone for dates; None for the system's.
    """

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._day = ""

    def begin(self, channel: ChannelInfo, *, before: str = "") -> str:
        """See `ExportWriter.begin`."""
        topic = f"\n{_plain(safe_line(channel.description, 500))}\n" if channel.description else ""
        return f"# {_plain(safe_name(channel.name) or f'channel {channel.id}')}\n{topic}"

    def end(self, left_out: list[str] | None, *, after: str = "") -> str:
        """See `ExportWriter.end`."""
        return "\n---\n\nNot included:\n\n" + "".join(f"- {_plain(note)}\n" for note in left_out) if left_out else ""

    def item(self, item: Item) -> str:
        """See `ExportWriter.item`."""
        message = item.message
        moment = message.date.astimezone(self._zone)
        head = ""
        if (day := f"{moment:%Y-%m-%d}") != self._day:
            self._day, head = day, f"\n## {day}\n"
        name = _plain(safe_name(shown_name(message.author)))
        if item.deleted:
            return f"{head}\n**{name}** {moment:%H:%M} *deleted*\n"
        edited = " *edited*" if message.edited_at is not None else ""
        parts = [f"{head}\n**{name}** {moment:%H:%M}{edited}\n"]
        if item.answered is not None:
            who = _plain(safe_name(shown_name(item.answered.author)))
            parts.append(f"\n> {who}: {_plain(safe_line(item.answered.text, 120))}\n")
        if text := _body(message):
            parts.append(f"\n{text}\n")
        parts += [f"\n{line}\n" for line in _files(item)]
        if message.reactions:
            parts.append(
                "\n" + " · ".join(f"{_plain(safe_line(r.content, 20))} {r.count}" for r in message.reactions) + "\n"
            )
        return "".join(parts)


def _files(item: Item) -> list[str]:
    found: list[str] = []
    for each in item.message.attachments:
        name, path = _plain(safe_name(each.name) or f"file {each.id}"), item.files.get(each.id)
        if path is None:
            found.append(f"📎 {name} (not included)")
        else:
            found.append(f"{'!' if is_picture(path, each.mimetype) else ''}[{name}]({quote(path)})")
    return found


def _plain(text: str) -> str:
    """Escape text so that Markdown shows it literally."""
    text = _SPECIAL.sub(r"\\\1", text)
    return _START.sub(lambda found: found[1] + (f"{found[2]}\\" if found[2].isdigit() else f"\\{found[2]}"), text)


def _body(message: Message) -> str:
    if not has_format(message.html):
        return _paragraphs(_plain(message.text).split("\n"))
    return "\n\n".join(filter(None, (_block(kind, lines) for kind, lines in blocks_of(message.html))))


def _block(kind: BlockKind, lines: list[list[Run]]) -> str:
    match kind:
        case "code":
            text = "\n".join("".join(run.text for run in line) for line in lines)
            fence = "`" * max(3, _ticks(text) + 1)
            return f"{fence}\n{text}\n{fence}"
        case "title" | "heading":
            sign = "###" if kind == "title" else "####"
            return "\n\n".join(f"{sign} {_line(_not_bold(line))}" for line in lines)
        case "list":
            return "\n".join(_line(line) for line in lines)
        case "table":
            return _table(lines)
        case _:
            return _paragraphs([_line(line) for line in lines])


def _not_bold(line: list[Run]) -> list[Run]:
    return [run._replace(style=run.style & ~BOLD) for run in line]


def _table(lines: list[list[Run]]) -> str:
    rows = [
        [_line(_not_bold(cell)) if not at else _line(cell) for cell in cells_of(line)] for at, line in enumerate(lines)
    ]
    width = max(map(len, rows))
    texts = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
    return "\n".join([texts[0], f"|{' --- |' * width}", *texts[1:]])


def _paragraphs(lines: list[str]) -> str:
    """Add a hard line break to every line except the last one in its paragraph."""
    following = [*lines[1:], ""]
    marked = (
        f"{line}\\" if line.strip() and after.strip() else line for line, after in zip(lines, following, strict=True)
    )
    return "\n".join(marked).strip("\n")


def _line(runs: list[Run]) -> str:
    line = ""
    for run in runs:
        piece = _run(run)
        if run.link and line.endswith("!"):  # otherwise the link would turn into an embedded picture
            line = f"{line[:-1]}\\!"
        elif line.endswith("`") and piece.startswith("`"):  # otherwise the backticks would merge into one delimiter
            line += " "
        line += piece
    return line


def _ticks(text: str) -> int:
    """Return the length of the longest run of backticks; the code delimiter must be longer."""
    return max(map(len, re.findall("`+", text)), default=0)


def _run(run: Run) -> str:
    if run.style == MARGIN:
        return run.text
    core = run.text.strip()
    if not core:
        return run.text
    before, after = run.text[: run.text.index(core)], run.text[run.text.index(core) + len(core) :]
    mark = "`" * (_ticks(core) + 1)
    code = f"{mark} {core} {mark}" if "`" in core else f"`{core}`"
    core = code if run.style & CODE else _plain(core)
    for flag, mark in ((BOLD, "**"), (ITALIC, "*"), (STRIKE, "~~")):
        if run.style & flag:
            core = f"{mark}{core}{mark}"
    if run.link:
        core = f"[{core}](<{run.link}>)"
    return before + core + after
