"""Pictures of the conversation: fetched when they are first seen, drawn in a thread, the latest few kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from rich.segment import Segment

from odoochat.errors import OdooChatError
from odoochat.model import Attachment
from odoochat.tui.desk import Desk
from odoochat.tui.pictures import MOST_COLUMNS, drawn, is_picture

__all__ = ["Gallery"]

MOST = 60


class Gallery:
    """Pictures as lines.

    Args:
        desk: fetches them.
        wanted: whether pictures are to be shown at all.
        came: called when one was drawn.
    """

    def __init__(self, desk: Desk, wanted: Callable[[], bool], came: Callable[[Attachment], None]) -> None:
        self._desk = desk
        self._wanted = wanted
        self._came = came
        self._lines: OrderedDict[int, list[list[Segment]]] = OrderedDict()
        self._asked: set[int] = set()

    def get(self, attachment: Attachment, width: int) -> list[list[Segment]] | None:
        """The lines of a picture, None when it is none or not here yet; then it is fetched."""
        if not self._wanted() or not is_picture(attachment.mimetype, attachment.size):
            return None
        lines = self._lines.get(attachment.id)
        if lines is None and attachment.id not in self._asked and self._desk.verbs is not None:
            self._asked.add(attachment.id)
            self._desk.run(self._fetch(attachment, min(width, MOST_COLUMNS)), "picture")
        return lines if lines and len(lines[0]) <= width else None  # a segment is a cell

    async def _fetch(self, attachment: Attachment, width: int) -> None:
        try:
            assert self._desk.verbs is not None
            data = await self._desk.verbs.read_file(attachment)
        except (OdooChatError, OSError):
            return  # name and size stand there
        lines = await asyncio.to_thread(drawn, data, width)
        if not lines:
            return
        self._lines[attachment.id] = lines
        while len(self._lines) > MOST:
            gone, _ = self._lines.popitem(last=False)
            self._asked.discard(gone)
        self._came(attachment)
