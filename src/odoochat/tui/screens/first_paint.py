"""The first paint: a lightweight screen with the cached content, shown until the chat screen has been imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

from odoochat.model import ChannelInfo, Message
from odoochat.tui.rendering.bars import answer_words, frame_words, list_rows, prompt, status_words, title_words
from odoochat.tui.rendering.hints import HINTS, hint_words
from odoochat.tui.rendering.message import Line, RenderContext, render_message, render_pending
from odoochat.tui.rendering.strips import Parts, bar_strip, row_strip
from odoochat.tui.session import ChatSession
from odoochat.tui.settings import Settings
from odoochat.tui.storage.drafts import Answering
from odoochat.tui.storage.history import HistoryPages
from odoochat.tui.theme import Styles

__all__ = ["FirstPaint"]

MEMBERS = 24
NO_LIST, NO_FRAME = 80, 20
"""Minimum width in columns to show the channel list, and minimum height in rows to show the composer's border."""


class FirstPaint(Screen[None], inherit_bindings=False):
    """Draws `ChatScreen` as it first appears, using the same functions but no widgets.

    Args:
        session: the session, which provides the cached data.
        settings: the settings.
        styles: the theme's styles.
        channel: the id or name of the channel to open first, as for `ChatScreen`.
        typed: a function that returns the composer's text after the keys that wait for it; its argument is the text
            before them.
    """

    AUTO_FOCUS = None

    def __init__(
        self, session: ChatSession, settings: Settings, styles: Styles, channel: str, typed: Callable[[str], str]
    ) -> None:
        super().__init__()
        self._session = session
        self._settings = settings
        self._theme_styles = styles
        self._typed = typed
        number = session.first_channel(channel)
        self._info = session.channels.get(number) or ChannelInfo(0, "")
        self._drawn: list[Strip] = []
        self._composer = Region()

    def show_typed(self) -> None:
        """Show a key that waits for the composer. Only the composer's lines change, unless their number does."""
        at, (width, height) = self._composer, self.size
        if len(self._drawn) != height or self._drawn[0].cell_length != width:
            return  # not painted yet
        rows = [self._on("background", strip) for strip in self._written(at.width, height)]
        if len(rows) != at.height:
            self._drawn = []
            self.refresh()
            return
        for y, row in enumerate(rows, at.y):
            left, right = self._drawn[y].crop(0, at.x), self._drawn[y].crop(at.right, width)
            self._drawn[y] = Strip.join([left, row, right])
        self.refresh(at)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen.

        Args:
            y: the line number, counted from the top.
        """
        width, height = self.size
        if len(self._drawn) != height or self._drawn[0].cell_length != width:
            self._drawn = self._draw(width, height)
        # Textual may ask for the line below the last one, while the chat screen is about to replace this one.
        return self._drawn[y] if y < len(self._drawn) else Strip.blank(width)

    def _draw(self, width: int, height: int) -> list[Strip]:
        """Return the lines from top to bottom. Parts that do not fit are omitted, as in `ChatScreen`."""
        session, styles, info = self._session, self._theme_styles, self._info
        narrow, low, flat = width < 90, height < NO_FRAME, height < 8
        side = 0 if width < NO_LIST else 18 if narrow else self._settings.sidebar
        members = MEMBERS if self._settings.members and not narrow else 0
        room = max(width - side - members, 1)
        below: list[Strip] = []
        if not flat:
            mode: Parts = ((" WRITE ", styles.badge),) if low else ()
            hints = hint_words(HINTS["writing"], self._settings, styles, width - (7 if low else 0))
            below.append(self._on("background", bar_strip(hints, mode, width)))
        status = status_words(session, styles, {}, account=width < NO_LIST, width=width)
        below.append(self._on("panel", bar_strip(*status, width)))
        body = max(height - len(below), 0)
        top = [] if flat else [self._on("panel", bar_strip(*title_words(session, styles, info), room))]
        bottom = [] if flat else [self._on("background", Strip.blank(room))]
        bottom += [self._on("surface", strip) for strip in self._answered(room)]
        written = self._written(room, height)
        bottom += [self._on("background", strip) for strip in written]
        view = max(body - len(top) - len(bottom), 0)
        middle = [self._on("background", Strip(line).adjust_cell_length(room)) for line in self._talk(room - 1, view)]
        main = [*top, *middle, *bottom]
        fits = len(main) <= body
        self._composer = Region(side, len(main) - len(written), room, len(written) if fits else 0)
        left, right = self._list(side, body), self._on("surface", Strip.blank(members))
        lines = [Strip.join([left[y], main[y], right]) for y in range(min(body, len(main)))]
        return [*lines, *below][:height]

    def _on(self, ground: str, strip: Strip) -> Strip:
        """Apply one of the theme's backgrounds to a strip."""
        if self.app.current_theme.ansi:
            return strip.apply_style(self.rich_style)
        colours = self.app.theme_variables
        ink, paper = Color.parse(colours["foreground"]), Color.parse(colours[ground])
        return strip.apply_style(Style(color=ink.rich_color, bgcolor=paper.rich_color))

    def _list(self, width: int, height: int) -> list[Strip]:
        """Return the channel list, scrolled to the open channel."""
        rows = list_rows(self._session, self._theme_styles, self._info.id)
        here = next((i for i, row in enumerate(rows) if row.key == self._info.id), 0)
        room = max(width - 1, 0) if len(rows) > height else width  # one column is reserved for the scrollbar
        rows = rows[max(here - height + 1, 0) :][:height]
        strips: list[Strip] = []
        for row in rows:
            strip = row_strip(row, room).adjust_cell_length(width)
            if row.key is not None and row.key == self._info.id:
                strip = strip.apply_style(self._theme_styles.marked)
            strips.append(strip)
        strips += [Strip.blank(width)] * (height - len(strips))
        return [self._on("surface", strip) for strip in strips]

    def _talk(self, width: int, height: int) -> list[Line]:
        """Return the conversation's last lines."""
        session, number = self._session, self._info.id
        past = HistoryPages(session)
        page = past.newest(number) if number else []
        unread = past.first_unread(number, page)
        source = session.get(self._info.from_message) if self._info.parent and self._info.from_message else None
        if source is not None and past.is_start(number, page):
            page = [source, *page]
        known = {message.id: message for message in page}

        def quoted(message_id: int) -> Message | None:
            return known.get(message_id) or session.get(message_id)

        context = RenderContext(
            max(width, 1), self._theme_styles, session.me.partner_id, session.people.name_of, quoted,
            compact=self._settings.density == "compact",
        )  # fmt: skip
        arrived = {message.local_id for message in page if message.local_id}
        lines: list[Line] = []
        for each in session.send_queue.pending(number):
            if each.local_id not in arrived:
                lines += render_pending(each, context).lines
        for at in range(len(page) - 1, -1, -1):
            if len(lines) >= height:
                break
            before = page[at - 1] if at else None
            lines[:0] = render_message(page[at], before, context, unread=page[at].id == unread).lines
        empty: list[Line] = [[] for _ in range(height - len(lines))]
        return [*empty, *lines[len(lines) - height if len(lines) > height else 0 :]]

    def _answered(self, width: int) -> Iterable[Strip]:
        """Return the line that shows the message being replied to or edited, if there is one."""
        kept = self._session.drafts.answering.get(str(self._info.id), Answering())
        number = kept.reply_to if kept.edits is None else kept.edits
        message = self._session.get(number) if number is not None else None
        if message is not None:
            yield bar_strip(*answer_words(message, self._theme_styles, editing=kept.edits is not None), width)

    def _written(self, width: int, height: int) -> list[Strip]:
        """Return the composer with the draft or the placeholder, and a border if there is room."""
        drafts, place = self._session.drafts, str(self._info.id)
        kept = drafts.answering.get(place, Answering())
        editing = kept.edits is not None and self._session.get(kept.edits) is not None
        text = self._typed(kept.edited if editing else drafts.text(place))
        framed = height >= NO_FRAME
        inner = max(width - (4 if framed else 2), 1)
        lines = self._composed(text, inner, max(height // 3 - 2, 1) if framed else 1)
        if not framed:
            return [Strip([Segment(" "), *line]).adjust_cell_length(width) for line in lines]
        verb = "edit" if editing else "reply" if kept.reply_to is not None and self._session.get(kept.reply_to) else ""
        title = frame_words(self._session, self._info, self._settings.markup, verb)
        accent, paper = (Color.parse(self.app.theme_variables[name]).rich_color for name in ("primary", "background"))
        edge, badge = Style(color=accent), Style(color=paper, bgcolor=accent, bold=True)
        head = f" {title} " if title else ""
        head = set_cell_size(head, min(cell_len(head), max(width - 4, 0)))
        rest = "─" * (width - cell_len(head) - 3)
        top = [Segment("╭─", edge), Segment(head), Segment(f"{rest}╮", edge)]
        foot = "  WRITE  "
        end = [Segment("╰" + "─" * (width - len(foot) - 3), edge), Segment(foot, badge), Segment("─╯", edge)]
        rows = [
            Strip([Segment("│", edge), *Strip([Segment(" "), *line]).adjust_cell_length(width - 2), Segment("│", edge)])
            for line in lines
        ]
        return [strip.adjust_cell_length(width) for strip in (Strip(top), *rows, Strip(end))]

    def _composed(self, text: str, width: int, height: int) -> list[list[Segment]]:
        """Return the composer's lines with the cursor: the end of the text, or the placeholder."""
        styles, cursor = self._theme_styles, self._cursor()
        if not text:
            words, pale = prompt(self._info), self._placeholder()
            return [[Segment(words[:1], pale + cursor), Segment(words[1:], pale)]]
        from odoochat.tui.rendering.composer_text import composer_text

        markdown = styles if self._settings.markup == "markdown" else None
        return composer_text(text, width, height, cursor, self.app.console, markdown)

    def _cursor(self) -> Style:
        """Return the style of the cursor in Textual's `TextArea`."""
        theme, variables = self.app.current_theme, self.app.theme_variables
        if theme.dark:
            ink, paper = (variables[f"input-cursor-{ground}"] for ground in ("foreground", "background"))
            return Style(
                color=Color.parse(ink).rich_color, bgcolor=Color.parse(paper).rich_color, reverse=theme.ansi or None
            )
        if theme.ansi:
            return Style(reverse=True)
        block = Color.parse(variables["background"]).blend(Color.parse(variables["foreground"]), 0.7)
        return Style(color=block.blend(block.get_contrast_text(1.0), 0.9).rich_color, bgcolor=block.rich_color)

    def _placeholder(self) -> Style:
        """Return the style of the placeholder in Textual's `TextArea`."""
        if self.app.current_theme.ansi:
            return self._theme_styles.dim
        paper = Color.parse(self.app.theme_variables["background"])
        return Style(color=paper.blend(paper.get_contrast_text(1.0), 0.4).rich_color)
