"""Generates avatars and a sample image."""

from __future__ import annotations

import hashlib
import struct
import zlib
from html import escape


def letter(name: str) -> bytes:
    """Return an SVG with the first letter of a name, in a colour derived from the name."""
    hue = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 360
    initial = escape(name[:1].upper())
    return (
        "<?xml version='1.0' encoding='UTF-8' ?>"
        "<svg height='180' width='180' xmlns='http://www.w3.org/2000/svg' "
        "xmlns:xlink='http://www.w3.org/1999/xlink'>"
        f"<rect fill='hsl({hue}, 45%, 45%)' height='180' width='180'/>"
        "<text fill='#ffffff' font-size='96' text-anchor='middle' x='90' y='125' font-family='sans-serif'>"
        f"{initial}</text></svg>"
    ).encode()


def placeholder(size: int = 128) -> bytes:
    """Return a grey PNG."""
    return _png(size, size, 0, b"\xb0" * size * size)


def morning(width: int = 480, height: int = 270) -> bytes:
    """Return a PNG of the sun over the sea, used as sample content."""
    sea, radius, middle = height * 2 // 3, height // 5, width // 2
    lines = []
    for y in range(height):
        part = y / sea if y < sea else (height - y) / (height - sea)
        sky = (int(90 + 165 * part), int(110 + 60 * part), int(170 - 70 * part))
        ground = sky if y < sea else (int(20 + 110 * part), int(50 + 70 * part), int(100 + 30 * part))
        half = int(max(radius**2 - (y - sea + radius // 3) ** 2, 0) ** 0.5) if y < sea else 0
        glade = (radius * (height - y)) // (height - sea) // 2 if y >= sea and y % 6 < 3 else 0
        bright, wide = ((255, 236, 150), half) if half else ((255, 200, 120), glade)
        line = bytes(ground) * (middle - wide) + bytes(bright) * (2 * wide)
        lines.append(line + bytes(ground) * (width - middle - wide))
    return _png(width, height, 2, b"".join(lines))


def _png(width: int, height: int, kind: int, pixels: bytes) -> bytes:
    """Encode a PNG in greyscale (kind 0) or RGB (kind 2)."""
    length = len(pixels) // height
    rows = b"".join(b"\x00" + pixels[at : at + length] for at in range(0, len(pixels), length))
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
