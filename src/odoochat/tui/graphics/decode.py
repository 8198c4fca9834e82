"""Decodes images from the network: five formats, detected by their first bytes, within fixed memory limits.

The decoder is chosen by the file's content alone, not by its name or media type, because Pillow would pass a PostScript
file to Ghostscript, which can execute programs. The limits are checked against the header before any pixels are
decoded.
"""

from __future__ import annotations

import importlib
import io
from typing import Any, Literal

__all__ = ["MAX_BYTES", "MAX_PIXELS", "MAX_SIDE", "PictureFormat", "decode_picture", "picture_format"]

MAX_BYTES = 8_000_000
"""Maximum file size in bytes."""

MAX_SIDE = 12_000
"""Maximum width and height in pixels."""

MAX_PIXELS = 12_600_000
"""Maximum number of pixels in a decoder's memory: 4096 x 3072, which takes 50 MB as RGBA."""

MAX_WEBP_PIXELS = 8_300_000
"""Maximum number of pixels in a WebP image: 3840 x 2160. The decoder keeps three copies of the canvas."""

MAX_JPEG_PIXELS = 60_000_000
"""Maximum number of pixels in a JPEG image that is downscaled line by line while decoding."""

MAX_JPEG_SCANS = 30
"""Maximum number of scans in a progressive JPEG; each takes a pass over the image. Common encoders write ten."""

PictureFormat = Literal["PNG", "JPEG", "GIF", "WEBP", "BMP"]

_PLUGINS: dict[PictureFormat, str] = {
    "PNG": "PngImagePlugin",
    "JPEG": "JpegImagePlugin",
    "GIF": "GifImagePlugin",
    "WEBP": "WebPImagePlugin",
    "BMP": "BmpImagePlugin",
}
_GREY_16 = ("I", "I;16", "I;16B", "I;16L", "I;16N")


def picture_format(data: bytes) -> PictureFormat | None:
    """Detect a file's image format by its first bytes, returning None for an unsupported format.

    Args:
        data: the file, or its first 12 bytes.
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    return "BMP" if data.startswith(b"BM") else None


def decode_picture(data: bytes, width: int, height: int) -> Any:
    """Decode and downscale the first frame of an image. This is slow and blocking, so call it in a thread.

    Args:
        data: the file's content; untrusted.
        width: maximum width of the result in pixels.
        height: maximum height of the result in pixels.

    Returns:
        A `PIL.Image.Image` in RGBA, never larger than the original; None if the file has an unsupported format, is
        damaged or exceeds a limit, or if Pillow is not installed.
    """
    kind = picture_format(data)
    if kind is None or len(data) > MAX_BYTES:
        return None
    try:
        from PIL import Image
    except ImportError:
        return None
    try:
        importlib.import_module(f"PIL.{_PLUGINS[kind]}")
        # Pillow imports all its decoders if the requested one is not registered.
        if kind not in Image.OPEN or not _may_open(data, kind):
            return None
        with Image.open(io.BytesIO(data), formats=[kind]) as picture:
            scale = _scale(picture.size, width, height)
            if kind == "JPEG":
                picture.draft("RGB", _scaled(picture.size, scale))
            if not _within(picture.size, MAX_PIXELS):
                return None
            return _reduced(picture, width, height)
    except Exception:  # noqa: BLE001 - decoders can raise anything on hostile files; show no picture
        return None


def _within(size: tuple[int, int], pixels: int) -> bool:
    return 0 < size[0] <= MAX_SIDE and 0 < size[1] <= MAX_SIDE and size[0] * size[1] <= pixels


def _may_open(data: bytes, kind: PictureFormat) -> bool:
    """Check the limits that Pillow's header reader ignores, or checks only after allocating memory."""
    if kind == "WEBP":
        size = _webp_size(data)
        return size is not None and _within(size, MAX_WEBP_PIXELS)
    if kind == "JPEG":
        return _jpeg_fits(data)
    return True


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """Return a WebP file's canvas size. Source: RFC 9649, sections 2.5 to 2.7."""
    kind, head = data[12:16], data[20:30]
    if len(head) < 10:
        return None
    if kind == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if kind == b"VP8 ":
        return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _jpeg_fits(data: bytes) -> bool:
    """Return whether a JPEG frame is within the limits; files that decode without a full buffer are allowed more.

    With multiple scans, a decoder has to keep the coefficients of the whole image. Source: ITU-T T.81, B.2.
    """
    at, frame = 2, None
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill bytes
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if frame is not None or len(body) < 6:
                return False
            frame = marker, (int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")), body[5]
        elif marker == 0xDA:
            if frame is None or not body:
                return False
            kind, size, components = frame
            if kind in (0xC0, 0xC1) and body[0] == components:
                return _within(size, MAX_JPEG_PIXELS)
            return _within(size, MAX_PIXELS) and data.count(b"\xff\xda", at) <= MAX_JPEG_SCANS
        at += 2 + length
    return False


def _scale(size: tuple[int, int], width: int, height: int) -> float:
    return min(width / size[0], height / size[1], 1.0)


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)


def _reduced(picture: Any, width: int, height: int) -> Any:
    """Downscale the image to its final size in RGBA, keeping at most two copies in memory at a time."""
    picture.load()
    scale = _scale(picture.size, width, height)
    size = _scaled(picture.size, scale)
    if picture.mode in _GREY_16:
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    elif picture.mode not in ("RGB", "RGBA", "L", "LA"):
        picture = picture.convert("RGBA")
    if (factor := int(1 / scale) // 2) > 1:
        picture = picture.reduce(factor)
    # Colours are multiplied by their alpha while resizing, so that transparent pixels do not bleed into the edges.
    return picture.convert("RGBA").convert("RGBa").resize(size).convert("RGBA")
