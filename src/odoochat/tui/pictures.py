"""Pictures as half blocks: two pixels a cell, in every terminal with colours."""

from __future__ import annotations

import io

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

__all__ = ["drawn", "is_picture"]

MOST_BYTES = 8_000_000
MOST_PIXELS = 40_000_000
MOST_COLUMNS = 48
MOST_ROWS = 14
KINDS = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp")


def is_picture(mimetype: str, size: int | None) -> bool:
    """Whether a file is a picture that can be shown."""
    return mimetype in KINDS and (size or 0) <= MOST_BYTES


def drawn(data: bytes, columns: int, rows: int = MOST_ROWS) -> list[list[Segment]] | None:
    """A picture as lines of at most so many cells; None when it is none, or too big. Slow: call it in a thread."""
    try:
        from PIL import Image
    except ImportError:
        return None
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            scale = min(columns / picture.width, 2 * rows / picture.height, 1.0)
            width, height = max(round(picture.width * scale), 1), max(round(picture.height * scale), 2)
            picture.draft("RGB", (width, height))
            pixels = picture.convert("RGBA").resize((width, height + height % 2))
    except Exception:  # noqa: BLE001 - decoders raise what they like on hostile files: then there is no picture
        return None
    return [_line(pixels, y, width) for y in range(0, pixels.height, 2)]


def _line(pixels: object, y: int, width: int) -> list[Segment]:
    parts: list[Segment] = []
    for x in range(width):
        (r1, g1, b1, a1), (r2, g2, b2, a2) = pixels.getpixel((x, y)), pixels.getpixel((x, y + 1))  # type: ignore[attr-defined]
        if a1 < 64 and a2 < 64:
            parts.append(Segment(" "))
            continue
        style = Style(color=Color.from_rgb(r1, g1, b1), bgcolor=Color.from_rgb(r2, g2, b2))
        parts.append(Segment("▀", style))
    return parts
