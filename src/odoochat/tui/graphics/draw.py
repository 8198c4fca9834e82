"""Draws images as half blocks or with a terminal graphics protocol.

A file's bytes never reach the terminal: all output is generated from the decoded pixels.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Literal

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from odoochat.tui.graphics.decode import MAX_BYTES, decode_picture
from odoochat.tui.graphics.placements import TerminalPicture

__all__ = [
    "BLOCKS",
    "Kind",
    "PictureMode",
    "Thumbnail",
    "draw_half_blocks",
    "draw_pixels",
    "is_picture",
    "make_thumbnail",
]

MAX_COLUMNS = 48
MAX_ROWS = 14
MAX_CELL = (20, 40)
KINDS = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp")

Kind = Literal["kitty", "sixel", "blocks", "off"]


@dataclass(frozen=True, slots=True)
class PictureMode:
    """How images are drawn.

    Attributes:
        kind: kitty's protocol, sixels, half blocks, or off.
        cell: cell width and height in pixels.
        colours: maximum number of colours per image.
        ground: background colour (red, green, blue), for sixels.
    """

    kind: Kind
    cell: tuple[int, int] = (10, 20)
    colours: int = 255
    ground: tuple[int, int, int] = (0, 0, 0)


BLOCKS = PictureMode("blocks")


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A stored image, re-encoded at the largest displayable size.

    Attributes:
        png: the PNG data.
        width: width in pixels.
        height: height in pixels.
    """

    png: bytes
    width: int
    height: int

    def cells(self, columns: int, mode: PictureMode) -> tuple[int, int]:
        """Return the number of columns and rows to draw. The image is never enlarged.

        Args:
            columns: maximum number of columns.
            mode: the drawing mode.
        """
        width, height = self.pixels(columns, mode)
        cell_width, cell_height = (1, 2) if mode.kind == "blocks" else mode.cell
        return -(-width // cell_width), -(-height // cell_height)

    def pixels(self, columns: int, mode: PictureMode) -> tuple[int, int]:
        """Return the width and height to draw, in pixels.

        Args:
            columns: maximum number of columns.
            mode: the drawing mode.
        """
        cell_width, cell_height = (1, 2) if mode.kind == "blocks" else mode.cell
        room_width, room_height = min(columns, MAX_COLUMNS) * cell_width, MAX_ROWS * cell_height
        scale = min(room_width / self.width, room_height / self.height, 1.0)
        return max(round(self.width * scale), 1), max(round(self.height * scale), 1)


def is_picture(mimetype: str, size: int | None) -> bool:
    """Return whether a file can be shown as an image, judging by its media type and size.

    Args:
        mimetype: the media type.
        size: the size in bytes; None if unknown.
    """
    return mimetype in KINDS and (size or 0) <= MAX_BYTES


def make_thumbnail(data: bytes) -> Thumbnail | None:
    """Decode an image from the network, returning None if it cannot be shown. Slow, so call it in a thread.

    Args:
        data: the file's content; untrusted.
    """
    picture = decode_picture(data, MAX_COLUMNS * MAX_CELL[0], MAX_ROWS * MAX_CELL[1])
    return Thumbnail(_png(picture), picture.width, picture.height) if picture is not None else None


def _png(picture: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=4)
    return file.getvalue()


def draw_half_blocks(data: bytes, columns: int, rows: int = MAX_ROWS) -> list[list[Segment]] | None:
    """Draw an image as half blocks, returning None if the data is not an image or is too large.

    Each cell shows two pixels; any colour terminal supports this. Slow, so call it in a thread.

    Args:
        data: the file's content.
        columns: maximum number of columns.
        rows: maximum number of rows.
    """
    picture = decode_picture(data, columns, 2 * rows)
    if picture is None:
        return None
    pixels = picture.resize((picture.width, picture.height + picture.height % 2))
    return [_line(pixels, y, picture.width) for y in range(0, pixels.height, 2)]


def _line(pixels: Any, y: int, width: int) -> list[Segment]:
    parts: list[Segment] = []
    for x in range(width):
        (r1, g1, b1, a1), (r2, g2, b2, a2) = pixels.getpixel((x, y)), pixels.getpixel((x, y + 1))
        upper, lower = Color.from_rgb(r1, g1, b1), Color.from_rgb(r2, g2, b2)
        if a1 < 64 and a2 < 64:
            parts.append(Segment(" "))
        elif a1 < 64:
            parts.append(Segment("▄", Style(color=lower)))
        elif a2 < 64:
            parts.append(Segment("▀", Style(color=upper)))
        else:
            parts.append(Segment("▀", Style(color=upper, bgcolor=lower)))
    return parts


def draw_pixels(kept: Thumbnail, columns: int, mode: PictureMode) -> TerminalPicture:
    """Encode an image for a terminal graphics protocol. Slow, so call it in a thread.

    Args:
        kept: the stored image.
        columns: maximum number of columns.
        mode: the drawing mode, other than half blocks.
    """
    from PIL import Image

    size = kept.pixels(columns, mode)
    wide, high = kept.cells(columns, mode)
    # The picture fills its cells exactly, so the terminal neither stretches nor centres it.
    ground = Image.new("RGBA", (wide * mode.cell[0], high * mode.cell[1]))
    ground.paste(decode_picture(kept.png, *size), (0, 0))
    if mode.kind == "kitty":
        from odoochat.tui.graphics.kitty import KittyPicture

        return KittyPicture(_png(ground), wide, high)
    from odoochat.tui.graphics.sixel import CLEAR, SixelPicture

    opaque = ground.convert("RGB")
    chosen = opaque.quantize(mode.colours)
    # Dithering improves pictures with few colours; with many it only increases the output.
    mixed = Image.Dither.FLOYDSTEINBERG if mode.colours < 64 else Image.Dither.NONE
    indexes = Image.frombytes("L", ground.size, opaque.quantize(palette=chosen, dither=mixed).tobytes())
    indexes = indexes.point([min(index + 1, 255) for index in range(256)])  # index 0 is the background
    pixels = Image.new("L", ground.size, CLEAR)
    pixels.paste(indexes, (0, 0), ground.getchannel("A").point([0] * 128 + [255] * 128))
    flat = chosen.getpalette() or []
    palette = [mode.ground, *((flat[at], flat[at + 1], flat[at + 2]) for at in range(0, len(flat) - 2, 3))]
    data, width = pixels.tobytes(), pixels.width
    return SixelPicture([data[at : at + width] for at in range(0, len(data), width)], palette, mode.cell)
