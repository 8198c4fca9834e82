"""The widgets of one chat screen."""

from __future__ import annotations

from textual.containers import Vertical

from odoochat.tui.rendering.message import RenderContext
from odoochat.tui.theme import Styles
from odoochat.tui.widgets.bar import TextBar
from odoochat.tui.widgets.composer import Composer
from odoochat.tui.widgets.notices import NoticeBar
from odoochat.tui.widgets.row_list import RowList
from odoochat.tui.widgets.timeline import Timeline

__all__ = ["ChatWidgets"]


class ChatWidgets:
    """The widgets of one chat screen.

    Args:
        conversations: the channel list on the left.
        context: the render context.
        styles: the theme's styles.

    Attributes:
        side: the column of the channel list.
        timeline: the messages in the open channel.
        members: the member list on the right.
        offers: the completions above the composer.
        composer: the text field.
        title: the line above the messages.
        parent_title: the line above the parent channel.
        arrived: the number of new messages below the view.
        typing: the typing indicators.
        answer: the message being replied to or edited.
        files: the attached files.
        notices: messages about outcomes and errors.
        hints: the keys for the focused widget.
        status: the link's state, and jobs in progress.
    """

    def __init__(self, conversations: RowList, context: RenderContext, styles: Styles) -> None:
        self.conversations = conversations
        self.side = Vertical(id="side")
        self.timeline = Timeline(context, id="timeline")
        self.members = RowList(styles, id="members")
        # The composer keeps the focus while a completion is selected.
        self.offers = RowList(styles, always=True, id="offers")
        self.offers.can_focus = False
        self.composer = Composer(id="composer")
        self.title = TextBar(id="title")
        self.parent_title = TextBar(id="parent-title")
        self.arrived = TextBar(id="arrived")
        self.typing = TextBar(id="typing")
        self.answer = TextBar(id="answer")
        self.files = TextBar(id="files")
        self.notices = NoticeBar(id="notices")
        self.hints = TextBar(id="hints")
        self.status = TextBar(id="status")
