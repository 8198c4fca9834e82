"""Searches in an archive: words of any script, filters, and what is no search."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.archive.archive import Archive
from odoochat.archive.query import parse
from odoochat.archive.words import words
from odoochat.errors import NotFound, UsageError
from odoochat.model import Author, ChannelInfo, Me
from tests.archive.texts import ANN, BOB, message
from tests.growth import grows_linearly

LEE = Author(0, "email", "Lee", "lee@example.com")
TEXTS = {
    1: ("The deployment of the Café release is done", ANN, 1),
    2: ("今天我们去東京吃饭", BOB, 1),
    3: ("สวัสดีครับ ทุกคน", BOB, 1),
    4: ("great job 👍👍 at 20°C, hello-world", ANN, 2),
    5: ("हिन्दी में लिखो", BOB, 2),
    6: ("Straße in Łódź, ΑΘΗΝΑ, ЁЛКА", ANN, 2),
    7: ("한국어를 배우다", BOB, 2),
    8: ("مُحَمَّد", ANN, 2),
    9: ("release notes: https://example.com/x_y?a=1", LEE, 1),
    10: ("e\u0301te\u0301 ｆｕｌｌ ｗｉｄｔｈ", ANN, 1),
}


@pytest.fixture
async def archive():
    async with Archive(None) as made:
        await made.claim("7@db@url", Me(7, BOB.id, BOB.name))
        await made.keep(
            [message(n, text, author=author, channel=c) for n, (text, author, c) in TEXTS.items()],
            [ChannelInfo(1, "general"), ChannelInfo(2, "Général team"), ChannelInfo(3, "12")],
        )
        yield made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cafe", [1]),
        ("CAFÉ release", [1]),
        ("release", [9, 1]),
        ("deploy", [1]),
        ("de*", [1]),
        ("de", []),
        ('"deploy"', []),
        ('"deploy"*', [1]),
        ('"the cafe"', [1]),
        ('"cafe the"', []),
        ("release -cafe", [9]),
        ('-"release notes" release', [1]),
        ("東京", [2]),
        ("吃饭 東京", [2]),
        ("京吃", [2]),
        ("京東", []),
        ("สวัสดี", [3]),
        ("ทุก", [3]),
        ("👍", [4]),
        ("20", [4]),
        ("hello-world", [4]),
        ("world hello", [4]),
        ("हिन्दी", [5]),
        ("strasse lodz", [6]),
        ("αθηνα елка", [6]),
        ("한국어", [7]),
        ("محمد", [8]),
        ("x_y", [9]),
        ("https://example.com", [9]),
        ("ÉTÉ full width", [10]),
        ("from:bob", [7, 5, 3, 2]),
        ('from:"bob example" 東京', [2]),
        ("from:me 한국어", [7]),
        ("from:lee@example", [9]),
        ("from:ann from:lee release", [9, 1]),
        ("has:link", [9]),
        ("in:general release", [9, 1]),
        ("in:1 release", [9, 1]),
        ("in:#general in:2 has:link", [9]),
        ('in:"general team" great', [4]),
        ("after:2024-05-11", [10]),
        ("before:2024-05-03", [1]),
        ("on:2024-05-03", [2]),
        ("after:2024-05 before:2024-06 release", [9, 1]),
        ("before:2024", []),
        ("after:2025", []),
        ("NOT AND OR", []),
        ('release" OR "x', []),
        ("", UsageError),
        ("  ...  ", UsageError),
        ('"open', UsageError),
        ("-release", UsageError),
        ("from:", UsageError),
        ('from:""', UsageError),
        ("-from:ann x", UsageError),
        ("form:ann", UsageError),
        ("has:wings", UsageError),
        ("before:tomorrow", UsageError),
        ("before:2024-13", UsageError),
        ("after:9999", UsageError),
        ("x " * 300, UsageError),
        ("x" * 1001, UsageError),
        ("in:nowhere x", NotFound),
        ("from:zoe x", NotFound),
    ],
)
async def test_searches(archive: Archive, query: str, found: list[int] | type[Exception]) -> None:
    if isinstance(found, list):
        assert [m.id for m in await archive.search(query)] == found
    else:
        with pytest.raises(found):
            await archive.search(query)


async def test_pages_and_one_channel(archive: Archive) -> None:
    assert [m.id for m in await archive.search("from:bob", 2)] == [7, 5]
    assert [m.id for m in await archive.search("from:bob", 2, before=5)] == [3, 2]
    assert [m.id for m in await archive.search("from:bob", channel=2)] == [7, 5]
    assert await archive.search("from:bob", 0) == []
    with pytest.raises(UsageError, match="negative"):
        await archive.search("x", -1)


async def test_errors_name_the_part_and_the_mend() -> None:
    for text, said in {
        "form:ann": "did you mean from:",
        "has:wings": "has:wings is unknown; use has: with one of file",
        "before:soon": "before:soon is not a date; use a form such as before:2024-05-01",
        '"open': 'opening " without',
    }.items():
        with pytest.raises(UsageError, match=said):
            parse(text)


@given(st.text(max_size=80))
async def test_no_text_breaks_the_syntax_of_the_index(text: str) -> None:
    async with Archive(None) as archive:
        await archive.keep([message(1, text), message(2, text[::-1])])
        with suppress(UsageError, NotFound):
            await archive.search(text)


@given(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12))
async def test_a_word_finds_its_own_message(word: str) -> None:
    async with Archive(None) as archive:
        await archive.keep([message(1, f"before {word} after"), message(2, "nothing of it")])
        found = [m.id for m in await archive.search(f'"{word}"')]
        assert 1 in found, (word, words(word))


async def test_odd_texts_and_numbers_are_no_internal_errors(archive: Archive) -> None:
    assert await archive.search("zebra\ud800") == []
    assert await archive.search("in:1", 10**30) == await archive.search("in:1", 1000)


async def test_the_user_is_a_known_author_before_their_first_message() -> None:
    async with Archive(None) as archive:
        await archive.claim("7@db@url", Me(7, BOB.id, BOB.name))
        await archive.keep([message(1, "hello")])
        assert await archive.search(f'from:"{BOB.name}"') == []


@pytest.mark.parametrize("marks", ["\u0300\u0323", "\u0e38\u0e48", "\u3099\u302a\u0323", "\u05b0\u0345"])
def test_floods_of_combining_marks_are_indexed_in_linear_time(marks: str) -> None:
    assert grows_linearly(words, lambda size: "a" + marks * (size // len(marks)))
    assert words("a" + "\u0323" * 50 + "b") == words("a" + "\u0323" * 30 + "b")
    assert words("💚" * 100) == " 💚 " * 100
