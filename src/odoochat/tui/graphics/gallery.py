"""Images in messages: fetched when they become visible, drawn in a thread, and cached."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment

from odoochat.errors import OdooChatError
from odoochat.model import Attachment
from odoochat.tui.graphics.decode import MAX_BYTES
from odoochat.tui.graphics.draw import PictureMode, Thumbnail, draw_half_blocks, draw_pixels, is_picture, make_thumbnail
from odoochat.tui.graphics.placements import Placement
from odoochat.tui.graphics.terminal import TerminalGraphics
from odoochat.tui.session import ChatSession

__all__ = ["Gallery"]

MAX_PICTURES = 30
MAX_KEPT_BYTES = 24_000_000
FETCHES = 2
"""Maximum number of simultaneous downloads."""


@dataclass(frozen=True, slots=True)
class DrawnPicture:
    """An image as last drawn.

    Attributes:
        lines: the drawn lines.
        mode: the drawing mode that was used.
        cells: the requested columns and rows.
        placement: the image's placement in the terminal, or None.
    """

    lines: list[list[Segment]]
    mode: PictureMode
    cells: tuple[int, int]
    placement: Placement | None = None


class Gallery:
    """Fetches and draws images.

    Args:
        session: the user's session, which fetches the files.
        graphics: determines the drawing mode.
        came: a function that is called after an image is drawn or dropped.
    """

    def __init__(self, session: ChatSession, graphics: TerminalGraphics, came: Callable[[Attachment], None]) -> None:
        self._session = session
        self._graphics = graphics
        self._came = came
        self._kept: OrderedDict[int, tuple[Attachment, Thumbnail]] = OrderedDict()
        self._shown: dict[int, DrawnPicture] = {}
        self._asked: set[int] = set()
        self._drawing: set[int] = set()
        self._fetches = asyncio.Semaphore(FETCHES)

    def get(self, attachment: Attachment, width: int, height: int) -> list[list[Segment]] | None:
        """Return an image's lines, or start fetching and drawing the image if it is not available yet.

        Args:
            attachment: the attachment.
            width: maximum number of columns.
            height: maximum number of rows.

        Returns:
            The lines, or None if the image is unavailable or not available yet.
        """
        mode, number = self._graphics.mode, attachment.id
        if mode.kind == "off" or not is_picture(attachment.mimetype, attachment.size):
            return None
        found, shown = self._kept.get(number), self._shown.get(number)
        if found is None:
            refused = self._session.cache.pictures.refused(number)
            if number not in self._asked and not refused and self._session.client is not None:
                self._asked.add(number)
                self._session.run(self._fetch(attachment, width), "picture")
            return None
        self._kept.move_to_end(number)
        cells = found[1].cells(width, mode)
        while cells[1] > height and width > 1:  # keep the aspect ratio
            width = max(min(cells[0], width) * height // cells[1], 1)
            cells = found[1].cells(width, mode)
        if (shown is None or (shown.mode, shown.cells) != (mode, cells)) and number not in self._drawing:
            self._session.run(self._draw(attachment, width), "picture")
        fits = shown is not None and shown.mode == mode and shown.cells[0] <= width
        return shown.lines if shown is not None and fits else None

    def opened(self) -> None:
        """Allow dropped images to be fetched again now that a channel has been opened."""
        self._asked = {number for number in self._asked if number in self._kept}

    async def _fetch(self, attachment: Attachment, width: int) -> None:
        async with self._fetches:
            found = await self._thumbnail(attachment)
        if found is None:
            return  # only the name and size are shown
        self._kept[attachment.id] = attachment, found
        while len(self._kept) > MAX_PICTURES or sum(len(kept.png) for _, kept in self._kept.values()) > MAX_KEPT_BYTES:
            self._give_up(*self._kept.popitem(last=False)[1])
        await self._draw(attachment, width)

    async def _thumbnail(self, attachment: Attachment) -> Thumbnail | None:
        """Fetch and decode an image. Images that failed or crashed the process are not retried on every start."""
        pictures = self._session.cache.pictures
        try:
            if self._session.client is None:
                return None
            data = await self._session.client.files.read(attachment, limit=MAX_BYTES)
        except (OdooChatError, OSError):
            return None
        async with self._graphics.worker.turn:
            pictures.begin(attachment.id)
            try:
                found = await self._graphics.worker.run(make_thumbnail, data)
            except asyncio.CancelledError:
                pictures.succeeded(attachment.id)
                raise
        if found is None:
            pictures.failed(attachment.id)
        else:
            pictures.succeeded(attachment.id)
        return found

    async def _draw(self, attachment: Attachment, width: int) -> None:
        number, mode = attachment.id, self._graphics.mode
        found = self._kept.get(number)
        if found is None or number in self._drawing or mode.kind == "off":
            return
        self._drawing.add(number)
        try:
            lines, placement = await self._painted(found[1], width, mode)
        finally:
            self._drawing.discard(number)
        if number not in self._kept:
            if placement is not None:
                self._graphics.placements.drop(placement)
        elif lines:
            self._forget(number)
            self._shown[number] = DrawnPicture(lines, mode, found[1].cells(width, mode), placement)
        if lines:
            self._came(attachment)  # the screen calls `get` again, which redraws if the mode has changed

    async def _painted(
        self, kept: Thumbnail, width: int, mode: PictureMode
    ) -> tuple[list[list[Segment]] | None, Placement | None]:
        if mode.kind != "blocks":
            async with self._graphics.worker.turn:
                ink = await self._graphics.worker.run(draw_pixels, kept, width, mode)
            placement = self._graphics.placements.add(ink) if mode == self._graphics.mode else None
            if placement is not None:
                return placement.lines(), placement
        # If the terminal has reached the maximum number of pictures, this one is drawn as blocks.
        async with self._graphics.worker.turn:
            return await self._graphics.worker.run(draw_half_blocks, kept.png, kept.cells(width, mode)[0]), None

    def _forget(self, number: int) -> None:
        old = self._shown.pop(number, None)
        if old is not None and old.placement is not None:
            self._graphics.placements.drop(old.placement)

    def _give_up(self, attachment: Attachment, _: Thumbnail) -> None:
        """Drop an image not shown for a while. Its name and size are shown until the channel is reopened."""
        self._forget(attachment.id)
        self._came(attachment)
