"""Decoding pictures from the network: what is shown, what is refused, and what it costs."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from odoochat.tui.graphics.decode import decode_picture, picture_format

from . import attacks

WIDTH, HEIGHT = 960, 560
MAX_GROWTH = 250
"""MB that decoding one picture may take; with all that is kept of others the chat stays below 300."""

MEASURE = """
import json, resource, sys
from odoochat.tui.graphics.decode import decode_picture
import PIL.Image, PIL.PngImagePlugin, PIL.JpegImagePlugin, PIL.WebPImagePlugin
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
data, before = open(sys.argv[1], "rb").read(), peak()
found = decode_picture(data, 960, 560)
print(json.dumps({"size": found and found.size, "mb": peak() - before, "loaded": sorted(PIL.Image.OPEN)}))
"""


def measured(data: bytes, folder: Path) -> dict[str, Any]:
    """What decoding a file in a process of its own gives, and takes."""
    path = folder / "picture"
    path.write_bytes(data)
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", sorted(attacks.refused()))
def test_what_is_no_picture_or_too_large_is_refused_before_it_is_decoded(name: str, tmp_path: Path) -> None:
    found = measured(attacks.refused()[name](), tmp_path)
    assert found["size"] is None
    assert found["mb"] < 30, found
    assert not {"EPS", "TIFF", "ICO"} & set(found["loaded"]), found


@pytest.mark.parametrize("name", sorted(attacks.costly()))
def test_a_picture_at_the_limits_takes_bounded_memory(name: str, tmp_path: Path) -> None:
    found = measured(attacks.costly()[name](), tmp_path)
    assert found["mb"] < MAX_GROWTH, found
    if name != "PNG with large texts":
        assert found["size"] == [747, 560]
    assert "EPS" not in found["loaded"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16"])
def test_five_formats_are_shown(kind: str, mode: str) -> None:
    picture = Image.new("RGB", (80, 40), "red").convert(mode) if mode != "I;16" else Image.new("I;16", (80, 40), 40_000)
    data = io.BytesIO()
    try:
        picture.save(data, kind)
    except (OSError, ValueError):
        return  # this format has no such mode
    assert picture_format(data.getvalue()) == kind
    found = decode_picture(data.getvalue(), 40, 40)
    assert found is not None
    assert (found.mode, found.size) == ("RGBA", (40, 20))
    red, green, blue, alpha = found.getpixel((20, 10))
    assert alpha == 255
    if mode == "I;16" and kind == "PNG":
        assert abs(red - 156) < 3 and red == green == blue
    elif mode in ("RGB", "RGBA", "P"):
        assert red > 230 and green < 25 and blue < 25


def test_only_the_first_frame_of_an_animation_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import GifImagePlugin

    frames = [Image.effect_noise((40, 40), number) for number in range(1, 200)]
    data = io.BytesIO()
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:])
    sought: list[int] = []
    seek = GifImagePlugin.GifImageFile._seek

    def watched(self: GifImagePlugin.GifImageFile, at: int, *more: bool) -> None:
        sought.append(at)
        seek(self, at, *more)

    monkeypatch.setattr(GifImagePlugin.GifImageFile, "_seek", watched)
    assert decode_picture(data.getvalue(), 40, 40) is not None
    assert set(sought) == {0}


def test_a_picture_is_never_enlarged() -> None:
    found = decode_picture(attacks.png(7, 3), WIDTH, HEIGHT)
    assert found.size == (7, 3)
