"""Private characters in the place of pictures."""

from __future__ import annotations

from collections.abc import Iterator

from odoochat.tui.graphics.placements import FIRST, LAST, Placement, Placements


class TerminalPicture:
    """Says what it is asked for."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows

    def send(self, number: int) -> Iterator[str]:
        yield f"<send {number}>"

    def cells(self, number: int, row: int, start: int, count: int) -> str:
        return f"<{number} row {row} from {start}: {count}>"

    def free(self, number: int) -> str:
        return f"<free {number}>"


def hung(placements: Placements, columns: int, rows: int) -> Placement:
    placement = placements.add(TerminalPicture(columns, rows))
    assert placement is not None
    return placement


def rows_of(placement: Placement) -> list[str]:
    return ["".join(segment.text for segment in line) for line in placement.lines()]


def test_characters_become_the_cells_that_are_written() -> None:
    written: list[str] = []
    placements = Placements(written.append)
    one, two = hung(placements, 4, 2), hung(placements, 3, 1)
    first, second, other = *rows_of(one), *rows_of(two)
    assert placements.translate(f"a{first}b") == f"a<{one.number} row 0 from 0: 4>b"
    assert placements.translate(second[1:3]) == f"<{one.number} row 1 from 1: 2>"
    assert placements.translate(first[0] + first[2]) == f"<{one.number} row 0 from 0: 1><{one.number} row 0 from 2: 1>"
    side_by_side = f"<{one.number} row 0 from 3: 1><{one.number} row 1 from 0: 4><{two.number} row 0 from 0: 3>"
    assert placements.translate(first[3] + second + other) == side_by_side
    assert placements.translate("no picture") == "no picture"
    assert written == [f"<send {one.number}>", f"<send {two.number}>"]
    assert one.number != two.number
    assert all(0 < placement.number < 1 << 24 for placement in (one, two))


def test_a_picture_that_is_gone_leaves_blanks() -> None:
    written: list[str] = []
    placements = Placements(written.append)
    kept, gone = hung(placements, 2, 1), hung(placements, 3, 1)
    placements.drop(gone)
    placements.drop(gone)
    assert written[2:] == [f"<free {gone.number}>"]
    assert placements.translate(rows_of(gone)[0]) == "   "
    placements.leave()
    placements.again()
    assert written[3:] == [f"<free {kept.number}>", f"<send {kept.number}>"]
    placements.clear()
    assert written[5:] == [f"<free {kept.number}>"]
    assert placements.translate("x") == "x"


def test_characters_are_used_again_but_never_twice_at_once() -> None:
    placements = Placements(lambda _: None)
    held: list[Placement] = []
    used: set[int] = set()
    for number in range(400):
        placement = hung(placements, 48, 14)
        assert FIRST <= placement.first < placement.end <= LAST + 1
        assert not any(placement.first < other.end and other.first < placement.end for other in held)
        held.append(placement)
        used.add(placement.first)
        if len(held) > 40:
            placements.drop(held.pop(number % 3))
    assert len(used) > 80  # what was freed last is used last


def test_there_is_an_end() -> None:
    placements = Placements(lambda _: None)
    most = (LAST + 1 - FIRST) // (48 * 14)
    held = [hung(placements, 48, 14) for _ in range(most)]
    assert placements.add(TerminalPicture(48, 14)) is None
    placements.drop(held[most // 2])
    assert hung(placements, 48, 14).first == held[most // 2].first
