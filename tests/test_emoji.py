"""Emojis by name."""

from __future__ import annotations

import pytest

from odoochat.emoji import EMOJIS, emoji_of, find_emojis
from odoochat.errors import UsageError


@pytest.mark.parametrize(
    ("given", "emoji"),
    [
        ("thumbsup", "👍"), ("+1", "👍"), (":+1:", "👍"), ("-1", "👎"), (":tada:", "🎉"), ("Tada", "🎉"), (" tada ", "🎉"),
        ("party popper", "🎉"), ("party_popper", "🎉"), ("thumbs up", "👍"), ("heart", "❤️"), ("white_check_mark", "✅"),
        ("x", "❌"), ("ok", "🆗"), ("100", "💯"), ("eyes", "👀"), ("crossed-fingers", "🤞"), ("grinning", "😀"),
        ("👍", "👍"), ("👍🏽", "👍🏽"), ("❤️", "❤️"), ("1️⃣", "1️⃣"), ("🇩🇪", "🇩🇪"), ("👨‍👩‍👧", "👨‍👩‍👧"), ("ℹ️", "ℹ️"), ("+", "+"),
    ],
)  # fmt: skip
def test_what_an_emoji_may_be_called(given: str, emoji: str) -> None:
    assert emoji_of(given) == emoji


@pytest.mark.parametrize(
    "given", ["", " ", ":", "::", "no-such-name", "A", "!", "7", "ура", "é", "👍👍" * 40, "a" * 5000]
)
def test_what_is_none(given: str) -> None:
    with pytest.raises(UsageError, match="is not an emoji"):
        emoji_of(given)


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(UsageError, match="did you mean :thumbsup: 👍"):
        emoji_of("thumpsup")


@pytest.mark.parametrize(
    ("query", "first"), [("ok", "🆗"), ("+1", "👍"), (":x", "❌"), ("cat", "🐱"), ("sun", "☀️"), ("thum", "👍")]
)
def test_the_exact_and_the_short_come_first(query: str, first: str) -> None:
    assert next(iter(find_emojis(query).values())) == first


@pytest.mark.parametrize("query", ["t", "th", "thu", "thum", "thumb", "thumbs", "thumbsu", "+", "+1"])
def test_thumbs_up_comes_before_thumbs_down(query: str) -> None:
    found = list(find_emojis(query).values())
    assert "👎" not in found or found.index("👍") < found.index("👎")


def test_what_was_used_comes_before_what_fits_alike_but_not_before_the_exact_name() -> None:
    used = {"👎": 3, "🎊": 1}
    assert next(iter(find_emojis("thumb", used).values())) == "👎"
    assert next(iter(find_emojis("thumbsup", used).values())) == "👍"
    assert next(iter(find_emojis("conf", used).values())) == "🎊"


def test_each_emoji_is_found_once() -> None:
    found = list(find_emojis("").values())
    assert len(found) == len(set(found)) >= len(set(EMOJIS.values()))
