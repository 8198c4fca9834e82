"""SQL patterns: correct for every text, in linear time."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.sandbox.orm.patterns import matches_pattern

LETTERS = st.text(alphabet="abA%_\\.\n", max_size=8)


@given(text=LETTERS, pattern=LETTERS, anywhere=st.booleans(), ignore_case=st.booleans())
def test_it_means_what_the_regular_expression_means(text: str, pattern: str, anywhere: bool, ignore_case: bool) -> None:
    meaning = {"%": ".*", "_": "."}
    tokens = re.findall(r"\\.|[^\\]|\\$", pattern, re.DOTALL)
    expression = "".join(meaning.get(token) or re.escape(token[-1]) for token in tokens)
    whole = f".*{expression}.*" if anywhere else expression
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    expected = re.fullmatch(whole, text, flags) is not None
    assert matches_pattern(text, pattern, anywhere=anywhere, ignore_case=ignore_case) is expected


@pytest.mark.parametrize("pattern", ["%a" * 30 + "%b", "a%" * 300 + "b", "%" * 1000 + "b", "_%" * 30 + "b", "a" * 500])
def test_ten_times_the_text_takes_about_ten_times_as_long(pattern: str) -> None:
    def seconds(size: int) -> float:
        start = time.perf_counter()
        for _ in range(3):
            assert not matches_pattern("a" * size + "c", pattern + "d", anywhere=True, ignore_case=True)
        return time.perf_counter() - start

    short, long = min(seconds(20_000) for _ in range(3)), min(seconds(200_000) for _ in range(3))
    assert long < 40 * short + 0.05
