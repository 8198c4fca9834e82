"""Pictures of the conversation: fetched when they are first seen, drawn in a thread, the latest few kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment

from odoochat.errors import OdooChatError
from odoochat.model import Attachment
from odoochat.tui.graphics.decode import MAX_BYTES
from odoochat.tui.graphics.draw import Means, Thumbnail, drawn, inked, is_picture, shrunk
from odoochat.tui.graphics.placements import Plate
from odoochat.tui.graphics.terminal import Easel
from odoochat.tui.session import Desk

__all__ = ["Gallery"]

MOST = 30
MOST_BYTES = 24_000_000
FETCHES = 2
"""Pictures that are fetched at once; one of them is decoded at a time."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as it was drawn last.

    Attributes:
        means: how it was drawn.
        cells: the columns and rows that were wanted.
        plate: what the terminal holds of it.
    """

    lines: list[list[Segment]]
    means: Means
    cells: tuple[int, int]
    plate: Plate | None = None


class Gallery:
    """Pictures as lines.

    Args:
        desk: fetches them.
        easel: says how they are drawn.
        came: called when one was drawn, and when one was given up.
    """

    def __init__(self, desk: Desk, easel: Easel, came: Callable[[Attachment], None]) -> None:
        self._desk = desk
        self._easel = easel
        self._came = came
        self._kept: OrderedDict[int, tuple[Attachment, Thumbnail]] = OrderedDict()
        self._shown: dict[int, Shown] = {}
        self._asked: set[int] = set()
        self._drawing: set[int] = set()
        self._fetches = asyncio.Semaphore(FETCHES)
        self._decoding = asyncio.Lock()

    def get(self, attachment: Attachment, width: int) -> list[list[Segment]] | None:
        """The lines of a picture, None when it is none or not here yet; then it is fetched, and drawn.

        Args:
            width: columns that there are for it.
        """
        means, number = self._easel.means, attachment.id
        if means.kind == "off" or not is_picture(attachment.mimetype, attachment.size):
            return None
        found, shown = self._kept.get(number), self._shown.get(number)
        if found is None:
            refused = self._desk.cache.pictures.refused(number)
            if number not in self._asked and not refused and self._desk.verbs is not None:
                self._asked.add(number)
                self._desk.run(self._fetch(attachment, width), "picture")
            return None
        self._kept.move_to_end(number)
        cells = found[1].cells(width, means)
        if (shown is None or (shown.means, shown.cells) != (means, cells)) and number not in self._drawing:
            self._desk.run(self._draw(attachment, width), "picture")
        fits = shown is not None and shown.means == means and shown.cells[0] <= width
        return shown.lines if shown is not None and fits else None

    def opened(self) -> None:
        """Another conversation is shown: pictures that were given up may be fetched anew."""
        self._asked = {number for number in self._asked if number in self._kept}

    async def _fetch(self, attachment: Attachment, width: int) -> None:
        async with self._fetches:
            found = await self._thumbnail(attachment)
        if found is None:
            return  # name and size stand there
        self._kept[attachment.id] = attachment, found
        while len(self._kept) > MOST or sum(len(kept.png) for _, kept in self._kept.values()) > MOST_BYTES:
            self._give_up(*self._kept.popitem(last=False)[1])
        await self._draw(attachment, width)

    async def _thumbnail(self, attachment: Attachment) -> Thumbnail | None:
        """Fetch and decode a picture; one that failed, or ended the process, is not tried at each start."""
        pictures = self._desk.cache.pictures
        try:
            if self._desk.verbs is None:
                return None
            data = await self._desk.verbs.read_file(attachment, MAX_BYTES)
        except (OdooChatError, OSError):
            return None
        async with self._decoding:
            pictures.begin(attachment.id)
            try:
                found = await asyncio.to_thread(shrunk, data)
            except asyncio.CancelledError:
                pictures.succeeded(attachment.id)
                raise
        if found is None:
            pictures.failed(attachment.id)
        else:
            pictures.succeeded(attachment.id)
        return found

    async def _draw(self, attachment: Attachment, width: int) -> None:
        number, means = attachment.id, self._easel.means
        found = self._kept.get(number)
        if found is None or number in self._drawing or means.kind == "off":
            return
        self._drawing.add(number)
        try:
            lines, plate = await self._painted(found[1], width, means)
        finally:
            self._drawing.discard(number)
        if number not in self._kept:
            if plate is not None:
                self._easel.plates.drop(plate)
        elif lines:
            self._forget(number)
            self._shown[number] = Shown(lines, means, found[1].cells(width, means), plate)
        if lines:
            self._came(attachment)  # it asks again when pictures are wanted otherwise by now

    async def _painted(
        self, kept: Thumbnail, width: int, means: Means
    ) -> tuple[list[list[Segment]] | None, Plate | None]:
        if means.kind != "blocks":
            async with self._decoding:
                ink = await asyncio.to_thread(inked, kept, width, means)
            plate = self._easel.plates.add(ink) if means == self._easel.means else None
            if plate is not None:
                return plate.lines(), plate
        # A terminal that holds as many as it can gets this one as blocks.
        async with self._decoding:
            return await asyncio.to_thread(drawn, kept.png, kept.cells(width, means)[0]), None

    def _forget(self, number: int) -> None:
        old = self._shown.pop(number, None)
        if old is not None and old.plate is not None:
            self._easel.plates.drop(old.plate)

    def _give_up(self, attachment: Attachment, _: Thumbnail) -> None:
        """One that was not looked at for long: name and size stand there until the conversation is opened anew."""
        self._forget(attachment.id)
        self._came(attachment)
