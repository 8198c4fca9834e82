"""Avatars: the letter on a coloured ground that 16 and later draw, and a small PNG for those without one."""

from __future__ import annotations

import hashlib
import struct
import zlib
from html import escape


def letter(name: str) -> bytes:
    """An SVG with the first letter of a name; the colour hangs on the name."""
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
    """A PNG of one grey."""
    row = b"\x00" + b"\xb0" * size
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(row * size))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
