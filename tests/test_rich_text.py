"""Styled lines: their text is that of `to_text` for any input; styles and links are those of the page."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from odoochat.rich_text import (
    BOLD,
    CODE,
    HEADING,
    ITALIC,
    MARGIN,
    PRE,
    QUOTE,
    STRIKE,
    TITLE,
    Run,
    has_format,
    page_runs,
)
from odoochat.wire.content.body import from_markdown, safe_text, to_text
from odoochat.wire.content.sanitize import safe_pieces
from tests.growth import grows_linearly

PIECES = [
    *("<b>", "</b>", "<strong>", "<i>", "</i>", "<em>", "<s>", "</s>", "<code>", "</code>", "<h1>", "</h1>", "<td>"),
    *("<pre>", "</pre>", "<pre>\n", "<blockquote>", "</blockquote>", "<ul>", "</ul>", "<ol start=7>", "</ol>", "<li>"),
    *("</li>", "<p>", "</p>", "<br>", "<div>", "</div>", "<hr>", "<img alt=x>", "<script>", "</script>", "<!--", "-->"),
    *("<a href=http://x.y>", "<a href='mailto:a@b.c'>", "<a href='javascript:x'>", "<a>", "</a>", "<a href='' data-oe-id=3>"),
    *("a", "word ", " ", "\n", "\t", "\r", "\r\n", "\xa0", "&nbsp;", "é", "漢字", "&lt;b&gt;", "&#27;[31m", "&#13;"),
    *("\x1b[", "31", "m", "\x1b]0;", "\x07", "\x9b", "0", "\x00", "\u202e", "\u2028", "\ud800", "\x85", "\x1c", "\ufffe"),
    *('<span class="o-mail-Message-edited">', "</span>", "<span>", "<", ">", '"', "<b", "http://x.y", "[red]", "---"),
]  # fmt: skip


def text_of(lines: list[list[Run]]) -> str:
    return "\n".join("".join(run.text for run in line) for line in lines)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=40).map("".join))
@example("<b>\x1b[3</b>1m&#13;<i>\nx</i>")
@example("<blockquote><p>a</p><br><br><p>b</p></blockquote>")
def test_the_text_is_the_text(html: str) -> None:
    lines = page_runs(html)
    assert text_of(lines) == to_text(html)
    for line in lines:
        for at, run in enumerate(line):
            assert run.text
            assert not run.style & MARGIN or (at == 0 and not run.link)


@given(st.text())
def test_any_string_is_a_page(html: str) -> None:
    assert text_of(page_runs(html)) == to_text(html)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5)))
def test_pieces_are_cleaned_as_the_whole(pieces: list[str]) -> None:
    cleaned = safe_pieces(pieces)
    assert len(cleaned) == len(pieces)
    assert "".join(cleaned) == safe_text("".join(pieces))


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("", [[]]),
        ("<p>plain</p>", [[Run("plain")]]),
        ("a <b>b</b> c", [[Run("a"), Run(" "), Run("b", BOLD), Run(" "), Run("c")]]),
        ("<b>b <i>bi</b> i</i>", [[Run("b", BOLD), Run(" ", BOLD), Run("bi", BOLD | ITALIC), Run(" ", ITALIC), Run("i", ITALIC)]]),
        ("<em>i</em><del>s</del>", [[Run("i", ITALIC), Run("s", STRIKE)]]),
        ("</b></b>a<b>b", [[Run("a"), Run("b", BOLD)]]),
        ("<h2>Head</h2>x", [[Run("Head", BOLD | TITLE)], [Run("x")]]),
        ("<h3>Head <i>i</i></h3>x", [[Run("Head", BOLD | HEADING), Run(" ", BOLD | HEADING), Run("i", BOLD | HEADING | ITALIC)], [Run("x")]]),
        ("<code>x</code>", [[Run("x", CODE)]]),
        ("<pre><code>x\n\n y</code></pre>", [[Run("x", PRE | CODE)], [], [Run(" y", PRE | CODE)]]),
        ("<ul><li>a</li><li>b<ol><li>c", [[Run("- ", MARGIN), Run("a")], [Run("- ", MARGIN), Run("b")],
                                          [Run("  1. ", MARGIN), Run("c")]]),
        ("<blockquote>a<br><br>b</blockquote>c", [[Run("> ", MARGIN), Run("a", QUOTE)], [Run(">", MARGIN)],
                                                  [Run("> ", MARGIN), Run("b", QUOTE)], [Run("c")]]),
    ],
)  # fmt: skip
def test_formats(html: str, lines: list[list[Run]]) -> None:
    assert page_runs(html) == lines


@pytest.mark.parametrize(
    ("html", "linked"),
    [
        ('<a href="https://x.y/z">label</a> after', "label (https://x.y/z)"),
        ('<a href="mailto:a@b.c">a@b.c</a>', "a@b.c"),
        ('<a href="HTTP://x.y">HTTP://x.y</a>', "HTTP://x.y"),
        ('<a href="https://x.y">open <b>for</b> ever', "open for ever"),
        ('<a href="javascript:alert(1)">x</a>', ""),
        ('<a href="tel:123">x</a>', ""),
        ('<a href="/web#id=3">x</a>', ""),
        ('<a href="file:///etc/passwd">x</a>', ""),
        ('<a href="https://x.y/&#27;[31m">x</a>', "x (https://x.y/[31m)"),
        ('<a href="https://x.y/&#x202e;">x</a>', ""),
        ('<a href="https://x.y" data-oe-model="res.partner" data-oe-id="3">@Bob</a>', ""),
        ('<a href="https://x.y/' + "a" * 3000 + '">x</a>', ""),
    ],
)
def test_links(html: str, linked: str) -> None:
    assert "".join(run.text for line in page_runs(html) for run in line if run.link) == linked


def test_markdown_of_ours_is_read_back() -> None:
    runs = [run for line in page_runs(from_markdown("**b** *i* ~~s~~ `c` [l](https://x.y)\n\n> q")) for run in line]
    styles = {run.text: run.style for run in runs}
    assert [styles[word] for word in ("b", "i", "s", "c", "q")] == [BOLD, ITALIC, STRIKE, CODE, QUOTE]
    assert {run.link for run in runs} == {"", "https://x.y"}


def test_what_is_formatted() -> None:
    for html in ("<b>x</b>", "<a href='x'>x</a>", "<ul><li>x", "<pre>x", "<code class='x'>y", "<h3>x</h3>"):
        assert has_format(html)
    for html in ("<p>x</p>", "<span>a<br>b</span>", "", "a < b", "<article>x", "<body>", "<img src=x>", "<section>"):
        assert not has_format(html)


@pytest.mark.parametrize("piece", [*PIECES, "<b>x</i> ", "<a href=http://x>y</a>", "<a href=http://x>y ", "<li>\n"])
def test_a_long_page_is_read_in_linear_time(piece: str) -> None:
    assert grows_linearly(page_runs, lambda size: piece * (size // len(piece)))
    page = piece * (10_000 // len(piece))  # `to_text` cuts longer ones
    assert text_of(page_runs(page)) == to_text(page)
