"""Kitty's graphics, read back by the words of its protocol."""

from __future__ import annotations

import base64
import io
import re
import unicodedata

from PIL import Image

from odoochat.tui.graphics.draw import MAX_COLUMNS, MAX_ROWS, PictureMode, draw_pixels, make_thumbnail
from odoochat.tui.graphics.kitty import MAX_CELLS, KittyPicture
from tests.tui import company

# gen/rowcolumn-diacritics.txt: marks of class 230 without a decomposition, but for those that fuse with letters.
FUSED = "0300 0301 0302 0303 0304 0306 0307 0308 0309 030A 030B 030C 030F 0311 0313 0314 0342 0653 0654"
MARKS = [
    chr(code)
    for code in range(0x300, 0x6D6)
    if unicodedata.combining(chr(code)) == 230
    and f"{code:04X}" not in FUSED
    and not unicodedata.decomposition(chr(code))
]


def commands(text: str) -> list[tuple[dict[str, str], str]]:
    """The commands of a text that is made of nothing else."""
    found = re.findall("\x1b_G([^;\x1b]*)(?:;([^\x1b]*))?\x1b\\\\", text)
    assert "".join(f"\x1b_G{keys}{';' + data if data else ''}\x1b\\" for keys, data in found) == text
    return [(dict(pair.split("=") for pair in keys.split(",")), data) for keys, data in found]


def cells(text: str) -> list[tuple[int, int, int]]:
    """Number, row and column of each placeholder."""
    found = []
    for red, green, blue, run in re.findall("\x1b\\[27;38;2;(\\d+);(\\d+);(\\d+)m([^\x1b]*)\x1b\\[39m", text):
        number = (int(red) << 16) + (int(green) << 8) + int(blue)
        assert len(run) % 3 == 0
        for at in range(0, len(run), 3):
            assert run[at] == "\U0010eeee"
            found.append((number, MARKS.index(run[at + 1]), MARKS.index(run[at + 2])))
    return found


def test_a_picture_is_sent_in_chunks_that_can_be_put_together() -> None:
    noise = Image.effect_noise((300, 200), 90).convert("RGBA")
    file = io.BytesIO()
    noise.save(file, "PNG")
    sent = commands("".join(KittyPicture(file.getvalue(), 30, 10).send(0xABCDEF)))
    assert len(sent) > 5
    assert all(0 < len(data) <= 4096 and len(data) % 4 == 0 for _, data in sent)
    first, last = sent[0][0], sent[-1][0]
    expected = {"a": "T", "U": "1", "f": "100", "i": str(0xABCDEF), "c": "30", "r": "10", "q": "2", "m": "1"}
    assert first == expected
    assert [keys for keys, _ in sent[1:-1]] == [{"q": "2", "m": "1"}] * (len(sent) - 2)
    assert last == {"q": "2", "m": "0"}
    png = base64.b64decode("".join(data for _, data in sent), validate=True)
    with Image.open(io.BytesIO(png)) as back:
        assert back.tobytes() == noise.tobytes()


def test_a_small_picture_is_one_command() -> None:
    ((keys, _),) = commands("".join(KittyPicture(b"png", 2, 1).send(7)))
    assert (keys["a"], keys["m"], keys["i"]) == ("T", "0", "7")


def test_each_cell_tells_its_place() -> None:
    ink = KittyPicture(b"", MAX_CELLS, MAX_CELLS)
    assert max(MAX_COLUMNS, MAX_ROWS) <= MAX_CELLS
    for row in range(MAX_CELLS):
        assert cells(ink.cells(0x102030, row, 0, MAX_CELLS)) == [(0x102030, row, c) for c in range(MAX_CELLS)]
    assert cells(ink.cells(9, 3, 5, 2)) == [(9, 3, 5), (9, 3, 6)]


def test_a_picture_is_freed_with_its_data() -> None:
    assert commands(KittyPicture.free(77)) == [({"a": "d", "d": "I", "i": "77", "q": "2"}, "")]


def test_what_is_sent_fills_its_cells_and_is_made_anew() -> None:
    data = company.picture() + b"tail of the file"
    kept = make_thumbnail(data)
    assert kept is not None
    assert b"tail" not in kept.png
    ink = draw_pixels(kept, 40, PictureMode("kitty", (9, 19)))
    assert (ink.columns, ink.rows) == (11, 3)  # 96 by 48 pixels
    png = base64.b64decode("".join(data for _, data in commands("".join(ink.send(1)))))
    with Image.open(io.BytesIO(png)) as sent, Image.open(io.BytesIO(data)) as original:
        assert sent.size == (99, 57)
        assert sent.crop((0, 0, 96, 48)).convert("RGB").tobytes() == original.tobytes()
        assert set(sent.crop((96, 0, 99, 57)).getchannel("A").tobytes()) == {0}
