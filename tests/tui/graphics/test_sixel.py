"""Sixels, read back by a decoder that was written from DEC's manual."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from odoochat.tui.graphics.draw import PictureMode, draw_pixels, make_thumbnail
from odoochat.tui.graphics.sixel import CLEAR, SixelPicture, encoded
from tests.tui import company

Colour = tuple[int, int, int]


def decoded(text: str) -> tuple[int, int, dict[tuple[int, int], Colour]]:
    """Width, height and the pixels that are set, in percents."""
    opened = re.match('\x1bP0;1;0q"1;1;(\\d+);(\\d+)', text)
    assert opened is not None
    assert text.endswith("\x1b\\")
    assert text.isascii()
    pixels: dict[tuple[int, int], Colour] = {}
    colours: dict[int, Colour] = {}
    x = y = colour = 0
    rest = text[opened.end() : -2]
    while rest:
        token = re.match(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|([$-])", rest)
        assert token is not None, rest[:20]
        rest = rest[token.end() :]
        number, red, green, blue, chosen, count, repeated, single, move = token.groups()
        if number:
            assert max(int(red), int(green), int(blue)) <= 100
            colours[int(number)] = (int(red), int(green), int(blue))
        elif chosen:
            colour = int(chosen)
        elif move:
            x, y = 0, y + (6 if move == "-" else 0)
        else:
            bits = ord(repeated or single) - 63
            for column in range(x, x + int(count or 1)):
                for bit in range(6):
                    if bits >> bit & 1:
                        assert (column, y + bit) not in pixels
                        pixels[column, y + bit] = colours[colour]
            x += int(count or 1)
    return int(opened[1]), int(opened[2]), pixels


PALETTE: list[Colour] = [(20, 40, 60), (0, 0, 0), (255, 255, 255), (255, 0, 51), (102, 204, 0)]
indexes = st.sampled_from([CLEAR, 1, 2, 3, 4])


@given(
    st.integers(1, 24).flatmap(
        lambda width: st.lists(st.lists(indexes, min_size=width, max_size=width).map(bytes), min_size=1, max_size=20)
    )
)
def test_every_pixel_comes_back(lines: list[bytes]) -> None:
    width, height, pixels = decoded(encoded(lines, PALETTE))
    assert (width, height) == (len(lines[0]), len(lines))
    wanted = {
        (x, y): tuple(round(value / 2.55) for value in PALETTE[index])
        for y, line in enumerate(lines)
        for x, index in enumerate(line)
        if index != CLEAR
    }
    assert pixels == wanted


def test_runs_are_short() -> None:
    assert encoded([b"\1" * 400] * 6, PALETTE).count("~") == 1


@pytest.mark.parametrize("colours", [255, 16])
def test_a_picture_is_what_it_was(colours: int) -> None:
    kept = make_thumbnail(company.picture())
    assert kept is not None
    ink = draw_pixels(kept, 40, PictureMode("sixel", (9, 19), colours))
    assert (ink.columns, ink.rows) == (11, 3)
    with Image.open(io.BytesIO(company.picture())) as original:
        for row in range(ink.rows):
            width, height, pixels = decoded(draw_half_blocks(ink.cells(1, row, 0, 11), 11))
            assert (width, height) == (99, 19)
            assert set(pixels) == {(x, y) for x in range(96) for y in range(19) if row * 19 + y < 48}
            far = [
                abs(percent * 2.55 - value)
                for (x, y), colour in pixels.items()
                for percent, value in zip(colour, original.getpixel((x, row * 19 + y)), strict=True)  # type: ignore[arg-type]
            ]
            assert sum(far) / len(far) < (4 if colours == 255 else 16)
    assert (
        len(
            {
                colour
                for row in range(3)
                for colour in decoded(draw_half_blocks(ink.cells(1, row, 0, 11), 11))[2].values()
            }
        )
        <= colours
    )


def draw_half_blocks(cells: str, count: int) -> str:
    """The sixels of some cells; around them, blanks where the picture is and the cursor's way behind them."""
    found = re.fullmatch(f"\x1b7 {{{count}}}\x1b8(\x1bP.*\x1b\\\\)\x1b8\x1b\\[{count}C", cells, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_part_of_a_row_is_that_part() -> None:
    lines = [bytes((x + y) % 5 for x in range(40)) for y in range(16)]
    ink = SixelPicture(lines, PALETTE, (10, 8))
    assert (ink.columns, ink.rows) == (4, 2)
    whole = decoded(draw_half_blocks(ink.cells(1, 1, 0, 4), 4))[2]
    width, height, part = decoded(draw_half_blocks(ink.cells(1, 1, 1, 2), 2))
    assert (width, height) == (20, 8)
    assert part == {(x - 10, y): colour for (x, y), colour in whole.items() if 10 <= x < 30}


def test_a_transparent_row_is_empty() -> None:
    ink = SixelPicture([bytes([CLEAR]) * 20] * 8, PALETTE, (10, 8))
    assert decoded(draw_half_blocks(ink.cells(1, 0, 0, 2), 2)) == (20, 8, {})
    # Where a terminal fills such a picture all the same, it fills it with the first colour: the ground's.
    assert '"1;1;20;8#0;2;8;16;24' in ink.cells(1, 0, 0, 2)
    assert (list(ink.send(1)), ink.free(1)) == ([], "")
