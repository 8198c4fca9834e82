"""Equal texts are one object, and are freed."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from odoochat.wire.content.shared_text import REMEMBERED, REMEMBERED_LENGTH, remembered, share


def made(number: int, length: int = 50) -> str:
    return "".join([str(number), "x" * length])


@pytest.mark.parametrize("one", [share, remembered])
def test_equal_texts_are_one_object(one: Callable[[str], str]) -> None:
    first = one(made(1))
    assert one(made(1)) is first
    assert one(made(2)) == made(2)


def test_a_shared_text_can_be_freed() -> None:
    """The count of an object that is never freed is about 2**32."""
    assert sys.getrefcount(share(made(3))) < 100


def test_few_and_short_texts_are_remembered() -> None:
    first, long = remembered(made(1)), made(1, REMEMBERED_LENGTH)
    assert remembered(long) is long
    assert remembered(made(1, REMEMBERED_LENGTH)) is not long
    for number in range(REMEMBERED + 1):
        remembered(made(number + 10))
    assert remembered(made(1)) is not first
