"""Pictures as attackers send them, built by hand: small files that want much memory, or that are no pictures."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _empty_lines(width: int, height: int, bits: int) -> bytes:
    packer = zlib.compressobj(1)
    lines = bytes(1_000 * (1 + (width * bits + 7) // 8)) if height > 100_000 else bytes(1 + (width * bits + 7) // 8)
    count = height // 1_000 if height > 100_000 else height
    return b"".join(packer.compress(lines) for _ in range(count)) + packer.flush()


def png(width: int, height: int, *, kind: int = 6, depth: int = 8, more: bytes = b"") -> bytes:
    """A PNG of one colour: some bytes for any size."""
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    data = _empty_lines(width, height, bits)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + more + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def bomb_of_texts() -> bytes:
    """A small PNG with compressed texts of 500 MB each."""
    packer = zlib.compressobj(9)
    text = b"".join(packer.compress(bytes(1_000_000)) for _ in range(500)) + packer.flush()
    return png(10, 10, more=_chunk(b"zTXt", b"x\0\0" + text) * 4)


def _saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    data = io.BytesIO()
    picture.save(data, kind, **options)
    return data.getvalue()


def webp_canvas(width: int, height: int) -> bytes:
    """A WebP that says nothing but its size: an animated canvas."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + sides + bytes(60)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bmp_head(width: int, height: int) -> bytes:
    """A BMP without pixels."""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def jpeg_of_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    data = _saved(Image.new("RGB", (3000, 3000), "red"), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    scan = data[at : data.rindex(b"\xff\xd9")]
    return data[:at] + scan * count + b"\xff\xd9"


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(/tmp/x) (w) file closefile\nshowpage\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


def refused() -> dict[str, Callable[[], bytes]]:
    """Files that must not be decoded, by a name for each."""
    return {
        "a line of 39,999,999 pixels": lambda: png(39_999_999, 1, kind=0, depth=1),
        "a column of 39,999,999 pixels": lambda: png(1, 39_999_999, kind=0, depth=1),
        "a side of 12,001": lambda: png(12_001, 1),
        "an area of 40 million": lambda: png(8_000, 5_000),
        "a WebP canvas of 16,383 x 16,383": lambda: webp_canvas(16_383, 16_383),
        "a WebP canvas of 12 million": lambda: webp_canvas(4_000, 3_000),
        "a BMP of 2,000,000,000 lines": lambda: bmp_head(10, 2_000_000_000),
        "a BMP with a negative width": lambda: bmp_head(-10, 10),
        "a JPEG of 48 million pixels that is held whole": lambda: _saved(
            Image.new("RGB", (8_000, 6_000)), "JPEG", progressive=True
        ),
        "a JPEG of 2,000 scans": lambda: jpeg_of_scans(2_000),
        "a file of 9 MB": lambda: _saved(Image.new("RGB", (1_733, 1_733)), "BMP"),
        "PostScript": lambda: POSTSCRIPT,
        "PostScript behind a DOS header": lambda: b"\xc5\xd0\xd3\xc6" + bytes(26) + POSTSCRIPT,
        "SVG": lambda: SVG,
        "TIFF": lambda: _saved(Image.new("RGB", (9, 9)), "TIFF"),
        "ICO": lambda: _saved(Image.new("RGB", (9, 9)), "ICO"),
        "PPM": lambda: _saved(Image.new("RGB", (9, 9)), "PPM"),
        "nothing": lambda: b"",
        "a PNG that ends": lambda: png(100, 100)[:60],
    }


def costly() -> dict[str, Callable[[], bytes]]:
    """Files at the limits: they may be shown, at a bounded cost."""

    def wide(colour: str = "red", mode: str = "RGB", size: tuple[int, int] = (4_096, 3_072)) -> Image.Image:
        return Image.new(mode, size, colour)

    def animated() -> bytes:
        first, *more = [wide(colour, "RGBA", (3_320, 2_490)) for colour in ("red", "green", "blue")]
        return _saved(first, "WEBP", save_all=True, append_images=more)

    return {
        "PNG in RGBA": lambda: png(4_096, 3_072),
        "PNG with 16 bits": lambda: png(4_096, 3_072, kind=2, depth=16),
        "PNG in 16 bits of grey": lambda: png(4_096, 3_072, kind=0, depth=16),
        "PNG with large texts": bomb_of_texts,
        "JPEG of 48 million pixels": lambda: _saved(Image.new("RGB", (8_000, 6_000)), "JPEG"),
        "progressive JPEG": lambda: _saved(wide(), "JPEG", progressive=True),
        "WebP": lambda: _saved(wide(size=(3_320, 2_490)), "WEBP"),
        "animated WebP": animated,
        "GIF": lambda: _saved(Image.new("P", (4_096, 3_072)), "GIF"),
    }
