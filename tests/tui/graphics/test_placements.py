"""Private characters in the place of pictures."""

from __future__ import annotations

from collections.abc import Iterator

from odoochat.tui.graphics.placements import FIRST, LAST, Plate, Plates


class Ink:
    """Says what it is asked for."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows

    def send(self, number: int) -> Iterator[str]:
        yield f"<send {number}>"

    def cells(self, number: int, row: int, start: int, count: int) -> str:
        return f"<{number} row {row} from {start}: {count}>"

    def free(self, number: int) -> str:
        return f"<free {number}>"


def hung(plates: Plates, columns: int, rows: int) -> Plate:
    plate = plates.add(Ink(columns, rows))
    assert plate is not None
    return plate


def rows_of(plate: Plate) -> list[str]:
    return ["".join(segment.text for segment in line) for line in plate.lines()]


def test_characters_become_the_cells_that_are_written() -> None:
    written: list[str] = []
    plates = Plates(written.append)
    one, two = hung(plates, 4, 2), hung(plates, 3, 1)
    first, second, other = *rows_of(one), *rows_of(two)
    assert plates.translate(f"a{first}b") == f"a<{one.number} row 0 from 0: 4>b"
    assert plates.translate(second[1:3]) == f"<{one.number} row 1 from 1: 2>"
    assert plates.translate(first[0] + first[2]) == f"<{one.number} row 0 from 0: 1><{one.number} row 0 from 2: 1>"
    side_by_side = f"<{one.number} row 0 from 3: 1><{one.number} row 1 from 0: 4><{two.number} row 0 from 0: 3>"
    assert plates.translate(first[3] + second + other) == side_by_side
    assert plates.translate("no picture") == "no picture"
    assert written == [f"<send {one.number}>", f"<send {two.number}>"]
    assert one.number != two.number
    assert all(0 < plate.number < 1 << 24 for plate in (one, two))


def test_a_picture_that_is_gone_leaves_blanks() -> None:
    written: list[str] = []
    plates = Plates(written.append)
    kept, gone = hung(plates, 2, 1), hung(plates, 3, 1)
    plates.drop(gone)
    plates.drop(gone)
    assert written[2:] == [f"<free {gone.number}>"]
    assert plates.translate(rows_of(gone)[0]) == "   "
    plates.leave()
    plates.again()
    assert written[3:] == [f"<free {kept.number}>", f"<send {kept.number}>"]
    plates.clear()
    assert written[5:] == [f"<free {kept.number}>"]
    assert plates.translate("x") == "x"


def test_characters_are_used_again_but_never_twice_at_once() -> None:
    plates = Plates(lambda _: None)
    held: list[Plate] = []
    used: set[int] = set()
    for number in range(400):
        plate = hung(plates, 48, 14)
        assert FIRST <= plate.first < plate.end <= LAST + 1
        assert not any(plate.first < other.end and other.first < plate.end for other in held)
        held.append(plate)
        used.add(plate.first)
        if len(held) > 40:
            plates.drop(held.pop(number % 3))
    assert len(used) > 80  # what was freed last is used last


def test_there_is_an_end() -> None:
    plates = Plates(lambda _: None)
    most = (LAST + 1 - FIRST) // (48 * 14)
    held = [hung(plates, 48, 14) for _ in range(most)]
    assert plates.add(Ink(48, 14)) is None
    plates.drop(held[most // 2])
    assert hung(plates, 48, 14).first == held[most // 2].first
